import { nodeEnvironment, nodeVfs } from '#storage';
import { NO_PROGRESS } from '../../../src/cli/progress-line.js';
import { runCli } from '../../../src/cli/run.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CliRun { readonly status: number; readonly out: string; readonly err: string }

/** Runs a command line in this process on the real file system. */
export async function cli(args: readonly string[], options: { readonly stdin?: readonly string[]; readonly signal?: AbortSignal } = {}): Promise<CliRun> {
  let out = '';
  let err = '';
  async function* stdin(): AsyncGenerator<Uint8Array> { for (const text of options.stdin ?? []) yield await Promise.resolve(Buffer.from(text)); }
  const status = await runCli(args, {
    env: nodeEnvironment(nodeVfs()), columns: undefined, progress: NO_PROGRESS, signal: options.signal ?? new AbortController().signal,
    isOutputClosed: () => false, stdin,
    print(text) {
      out += text;
      return Promise.resolve();
    },
    tell(text) { err += text; },
  });
  return { status, out, err };
}

/** A temporary folder for as long as `body` runs. */
export async function inFolder<Result>(body: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-cli-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
