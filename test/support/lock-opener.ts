import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./lock-opener.mjs', import.meta.url));

/** What the child says; which fields are there depends on the command. */
export interface OpenerAnswer {
  readonly got?: string;
  readonly pid?: number;
  readonly tookOverFrom?: number;
  readonly code?: string;
  readonly message?: string;
  readonly details?: { readonly pid: number };
  readonly held?: boolean;
  readonly listeners?: number;
}

/** A child process that takes and gives up a lock on command. */
export class LockOpener {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(storageUrl: string, folder: string): Promise<LockOpener> {
    const opener = new LockOpener(spawn(process.execPath, [SCRIPT, storageUrl, folder]));
    await opener.#answer();
    return opener;
  }

  get pid(): number { return this.#child.pid ?? 0; }

  async ask(command: string): Promise<OpenerAnswer> {
    this.#child.stdin.write(`${command}\n`);
    return this.#answer();
  }

  signal(name: NodeJS.Signals): void { this.#child.kill(name); }

  /** Sends a signal or command that ends the child, and says how it ended. */
  async end(how: NodeJS.Signals | { readonly command: string }): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const exited = once(this.#child, 'exit');
    if (typeof how === 'string') this.#child.kill(how);
    else this.#child.stdin.write(`${how.command}\n`);
    const [code, signal] = await exited as [number | null, NodeJS.Signals | null];
    return { code, signal };
  }

  /** No more commands: a child with nothing else to do must end by itself. */
  async endOfCommands(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    const [code] = await exited as [number | null];
    return code;
  }

  kill(): void { if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL'); }

  async #answer(): Promise<OpenerAnswer> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the opener ended without an answer');
    return JSON.parse(value) as OpenerAnswer;
  }
}
