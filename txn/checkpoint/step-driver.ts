import { PHASE, phases, type Environment } from '#storage';
import type { Step, Steps } from './step.js';

/**
 * Drives a generator of steps in the background, and can finish it blocking when somebody can not
 * wait: both go through the same steps in the same order.
 */
export class StepDriver<Result> {
  readonly #env: Environment;
  readonly #folder: string;
  readonly #steps: Steps<Result>;
  #outcome: { readonly result: Result } | { readonly error: unknown } | undefined;
  #pending: Step | undefined;
  #turn = 0;
  readonly #onEnd: (() => void)[] = [];

  readonly #onLateFailure: (error: unknown) => void;

  /** `onLateFailure` hears of a sync that failed after finishBlocking() had repeated it: the repetition proved nothing (I5). */
  constructor(env: Environment, folder: string, steps: Steps<Result>, onLateFailure: (error: unknown) => void) {
    this.#onLateFailure = onLateFailure;
    this.#env = env;
    this.#folder = folder;
    this.#steps = steps;
  }

  get isDone(): boolean { return this.#outcome !== undefined; }

  /** Runs step by step, letting the event loop turn in between. */
  start(): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#onEnd.push(() => {
        if (this.#outcome === undefined) return;
        if ('error' in this.#outcome) reject(this.#outcome.error);
        else resolve(this.#outcome.result);
      });
      this.#continue();
    });
  }

  /** Does all that is left without returning to the event loop. */
  finishBlocking(): Result {
    this.#turn++; // answers to steps under way are ignored from now on
    while (this.#outcome === undefined) {
      try {
        if (this.#pending !== undefined) this.#runBlocking(this.#pending);
      } catch (e) {
        this.#throwInto(e);
        continue;
      }
      this.#advance();
    }
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.result;
  }

  #runBlocking(step: Step): void {
    if (step.kind === 'sync') step.file.sync();
    else if (step.kind === 'syncFolder') this.#env.vfs.syncFolder(this.#folder);
  }

  #continue(): void {
    this.#advance();
    const step = this.#pending;
    if (step === undefined) return;
    const turn = ++this.#turn;
    const goOn = (): void => { if (turn === this.#turn) this.#continue(); };
    const failed = (e: unknown): void => {
      if (turn !== this.#turn) {
        this.#onLateFailure(e);
        return;
      }
      this.#throwInto(e);
      if (this.#pending !== undefined) this.#continueAfterThrow();
    };
    if (step.kind === 'sync') step.file.syncAsync().then(goOn, failed);
    else if (step.kind === 'syncFolder') {
      try {
        this.#env.vfs.syncFolder(this.#folder);
      } catch (e) {
        failed(e);
        return;
      }
      this.#env.scheduler.later(goOn);
    } else this.#env.scheduler.later(goOn);
  }

  #continueAfterThrow(): void {
    const turn = ++this.#turn;
    this.#env.scheduler.later(() => { if (turn === this.#turn) this.#continue(); });
  }

  #advance(): void {
    this.#take(() => this.#steps.next());
  }

  #throwInto(error: unknown): void {
    this.#take(() => this.#steps.throw(error));
  }

  #take(move: () => IteratorResult<Step, Result>): void {
    try {
      const next = phases.active ? phases.measure(PHASE.checkpoint, move) : move();
      if (next.done === true) this.#end({ result: next.value });
      else this.#pending = next.value;
    } catch (error) {
      this.#end({ error });
    }
  }

  #end(outcome: { readonly result: Result } | { readonly error: unknown }): void {
    this.#outcome = outcome;
    this.#pending = undefined;
    for (const end of this.#onEnd.splice(0)) end();
  }
}
