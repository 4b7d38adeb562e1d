import type { CrashKind } from './crash-states.js';
import type { TraceEvent } from './trace.js';

/** What the log needs of a disk. */
export interface MarkedDisk {
  readonly trace: readonly TraceEvent[];
  mark(label: string, data?: unknown, narrows?: boolean): void;
}

/** One transaction in commit order. Numbers are positions in the trace; undefined: has not happened. */
interface Entry<State> {
  readonly state: State;
  readonly key: string;
  readonly begun: number;
  acked?: number;
  durable?: number;
  rejected?: number;
}

/** What a database may hold after a crash. */
export interface Expectation {
  /** `kind` is the worst crash since: after the death of a process alone, what was acknowledged is there in every durability. */
  accepts(key: string, kind: CrashKind): boolean;
  describe(kind: CrashKind): string;
  /** The number of the first transaction that the state does not hold; its bytes may still lie in the log. */
  lostAfter(key: string): number;
}

/**
 * What a workload did and was told, in commit order: the model's state after each commit, and what was promised when.
 * Number 0 is the state before the first commit.
 *
 * @example
 * const n = log.begin(after);          // its place in the commit order is decided
 * try { await commit(); log.ack(n); }
 * catch (e) { if (e.code === 'FULL') log.reject(n); }   // outcome unknown: say nothing
 */
export class CommitLog<State> {
  readonly #disk: MarkedDisk;
  readonly #key: (state: State) => string;
  readonly #entries: Entry<State>[];
  /** States come point by point: the last answer is often the next one too. */
  #last: { readonly point: number; readonly lateSince: number; readonly marks: number; readonly expectation: Expectation } | undefined;

  constructor(disk: MarkedDisk, key: (state: State) => string, initial: State) {
    this.#disk = disk;
    this.#key = key;
    this.#entries = [{ state: initial, key: key(initial), begun: -1, acked: -1, durable: -1 }];
  }

  get length(): number { return this.#entries.length; }
  get acked(): number { return this.#entries.filter((entry) => entry.acked !== undefined).length - 1; }

  /** A transaction got its place; from here on a crash may leave `state`. */
  begin(state: State): number {
    this.#entries.push({ state, key: this.#key(state), begun: this.#disk.trace.length });
    const number = this.#entries.length - 1;
    this.#disk.mark('commit', number, false);
    return number;
  }

  /** It was acknowledged. `durable` false: in a durability that lets a power loss take it back. */
  ack(number: number, durable = true): void {
    const entry = this.#entry(number);
    entry.acked ??= this.#disk.trace.length;
    if (durable) entry.durable ??= this.#disk.trace.length;
    this.#disk.mark('ack', number);
  }

  /** A checkpoint, say, made it and all before it safe against power loss. */
  durable(number: number): void {
    this.#entry(number).durable ??= this.#disk.trace.length;
    this.#disk.mark('durable', number);
  }

  /** It failed and the outcome is known: no trace of it may ever be seen. States begun later are without it. */
  reject(number: number): void {
    this.#entry(number).rejected ??= this.#disk.trace.length;
    this.#disk.mark('reject', number);
  }

  /** What is right after a crash at this point. `lateSince`: the position of a sync that lied; promises from there on do not bind after a power loss. */
  expectationAt(point: number, lateSince = Infinity): Expectation {
    const marks = this.#disk.trace.length;
    if (this.#last?.point !== point || this.#last.lateSince !== lateSince || this.#last.marks !== marks) {
      this.#last = { point, lateSince, marks, expectation: this.#expectationAt(point, lateSince) };
    }
    return this.#last.expectation;
  }

  #expectationAt(point: number, lateSince: number): Expectation {
    const known = this.#entries.map((entry, number) => ({ ...entry, number })).filter((entry) => entry.begun < point);
    const last = (when: (entry: Entry<State>) => number | undefined, before: number): number =>
      known.reduce((most, entry) => (when(entry) ?? Infinity) < before ? entry.number : most, 0);
    const least = {
      kill: last((entry) => entry.acked, point),
      power: last((entry) => entry.durable, Math.min(point, lateSince)),
    };
    const numbers = new Map<string, number[]>();
    for (const { key, number, rejected } of known) {
      if (rejected === undefined || rejected >= point) numbers.set(key, [...numbers.get(key) ?? [], number]);
    }
    return {
      accepts: (key, kind) => (numbers.get(key)?.at(-1) ?? -1) >= least[kind],
      describe: (kind) => `the state after a commit from ${least[kind]} to ${known.at(-1)?.number ?? 0}:${describeStates(numbers, least[kind])}`,
      lostAfter: (key) => (numbers.get(key)?.at(-1) ?? 0) + 1,
    };
  }

  #entry(number: number): Entry<State> {
    const entry = this.#entries[number];
    if (entry === undefined) throw new RangeError(`no commit ${number}`);
    return entry;
  }
}

/** More states than this are not listed in a message. */
const MOST_LISTED = 4;

function describeStates(numbers: ReadonlyMap<string, readonly number[]>, least: number): string {
  const right = [...numbers].filter(([, of]) => (of.at(-1) ?? -1) >= least);
  const listed = right.slice(0, MOST_LISTED).map(([key, of]) => `\n    ${of.join('=')}: ${key}`);
  return listed.join('') + (right.length > MOST_LISTED ? `\n    and ${right.length - MOST_LISTED} more` : '');
}

/** After a transaction was put on top of a recovered state: before its acknowledgement `before` or its state, after it that state alone. */
export function extendedExpectation(before: Expectation, key: string, begun: boolean, acked: boolean): Expectation {
  if (!begun) return before;
  return {
    accepts: (seen, kind) => seen === key || (!acked && before.accepts(seen, kind)),
    describe: (kind) => `${acked ? '' : `${before.describe(kind)}\n  or `}the transaction after recovery: ${key}`,
    lostAfter: (seen) => before.lostAfter(seen),
  };
}
