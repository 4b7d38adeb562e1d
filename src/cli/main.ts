#!/usr/bin/env node
import { nodeEnvironment, nodeVfs } from '#storage';
import { NO_PROGRESS, progressLine } from './progress-line.js';
import { runCli, type CliIo } from './run.js';

const INTERRUPTED = 1;

/** Standard input, output and signals of this process. */
function processIo(): CliIo {
  const { stdout, stderr, stdin } = process;
  const env = nodeEnvironment(nodeVfs());
  const abort = new AbortController();
  let closed = false;
  let wake = (): void => undefined;
  const interrupt = (): void => {
    if (abort.signal.aborted) process.exit(INTERRUPTED); // the second time somebody is in a hurry; nothing is left half done
    abort.abort(new Error('interrupted'));
    wake();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  stdout.on('error', () => {
    closed = true;
    abort.abort(new Error('nobody reads the output'));
    wake();
  });
  stdout.on('drain', () => wake());
  stderr.on('error', () => undefined);
  return {
    env, signal: abort.signal, columns: stdout.isTTY ? stdout.columns : undefined,
    screen: stdout.isTTY ? () => ({ columns: stdout.columns, rows: stdout.rows }) : undefined, isOutputClosed: () => closed,
    tell: (text) => { stderr.write(text); },
    print(text) {
      if (closed) return Promise.reject(new Error('nobody reads the output'));
      // A turn of the event loop: signals and a reader that went away are noticed in it.
      if (stdout.write(text)) return new Promise((resolve) => env.scheduler.later(resolve));
      return new Promise((resolve) => { wake = resolve; });
    },
    progress: stderr.isTTY ? progressLine(env.clock, (text) => { stderr.write(text); }, () => stderr.columns) : NO_PROGRESS,
    stdin: () => stdin,
  };
}

process.exitCode = await runCli(process.argv.slice(2), processIo());
process.stdin.unref?.();
