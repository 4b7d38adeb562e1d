import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../sim-clock.js';

/** When a child dies: at a random time, or by its own hand at one of its file-system calls. */
export type KillMode = 'random' | 'call';

/** One life of a child, as the parent saw it. */
export interface KillRound {
  readonly folder: string;
  readonly seed: number;
  /** Counted from 0 over the whole run. */
  readonly round: number;
  /** What children said about this folder since it was new, in order: the words behind `ack`. Nothing of it may be missing. */
  readonly acks: readonly string[];
  /** False when the child came to its end before the bullet. */
  readonly killed: boolean;
  /** `12:half`, or how many milliseconds after the child was ready. */
  readonly killAt: string;
}

export interface KillOptions {
  /** The script of the child, a plain .mjs; called as `node child folder seed`, with FIELDSTONE_KILL_AT in the environment. */
  readonly child: string;
  /** Where database folders are made; exists, belongs to the harness. */
  readonly workFolder: string;
  readonly seed: number;
  readonly rounds: number;
  readonly mode: KillMode;
  /** The same folder is opened again and again for this many rounds (wear), then a new one. Default 100. */
  readonly freshEvery?: number;
  /** In `random` mode, the longest life after `ready`. Default 60. */
  readonly mostDelayMs?: number;
  /** A child that lives longer hangs. Default 30,000. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Opens the folder as the next process would and throws when something acknowledged is missing or something is half there. */
  verify(round: KillRound): void | Promise<void>;
}

export interface KillReport {
  rounds: number;
  killed: number;
  acks: number;
  /** Calls of a child that nobody killed (`call` mode). */
  calls: number;
  elapsedMs: number;
  readonly failures: string[];
}

const PHASES = ['before', 'half', 'after'] as const;
const MOST_FAILURES = 3;

/**
 * Lets children work on a real folder and kills them with SIGKILL, then verifies. In `call` mode a first child counts its
 * calls; then call after call is the last one, before, half-way and after, all of them when there are rounds enough.
 * SIGKILL leaves the system's cache alone: missing syncs are not seen here, but by the simulated disk.
 */
export async function runKillRounds(options: KillOptions): Promise<KillReport> {
  const report: KillReport = { rounds: 0, killed: 0, acks: 0, calls: 0, elapsedMs: 0, failures: [] };
  const started = performance.now();
  if (options.mode === 'call') report.calls = await countChildCalls(options);
  const freshEvery = options.freshEvery ?? 100;
  let folder = '', acks: string[] = [];
  for (let round = 0; round < options.rounds && report.failures.length < MOST_FAILURES; round++) {
    if (round % freshEvery === 0) {
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
      folder = makeFolder(options, `db-${round}`);
      acks = [];
    }
    const kill = killOf(options, round, report.calls);
    const life = await runChild(options, folder, options.seed + round, kill);
    acks.push(...life.acks);
    report.rounds++;
    report.acks += life.acks.length;
    if (life.killed) report.killed++;
    const seen: KillRound = { folder, seed: options.seed + round, round, acks, killed: life.killed, killAt: kill.words };
    const problem = life.problem ?? await problemOf(options, seen);
    if (problem !== undefined) report.failures.push(failureText(options, seen, problem));
  }
  if (folder !== '' && report.failures.length === 0) rmSync(folder, { recursive: true, force: true });
  report.elapsedMs = performance.now() - started;
  return report;
}

export function killReportLine(name: string, report: KillReport): string {
  const rate = report.rounds / (report.elapsedMs / 1000);
  return `${name}: ${report.rounds} rounds, ${report.killed} killed, ${report.acks} acknowledgements, ${report.failures.length} bad, `
    + `${(report.elapsedMs / 1000).toFixed(1)} s (${rate.toFixed(1)} rounds/s)`;
}

interface Kill { readonly words: string; readonly spec: string; readonly delayMs: number | undefined }
interface Life { readonly acks: readonly string[]; readonly calls: number; readonly killed: boolean; readonly problem: string | undefined }

function makeFolder(options: KillOptions, name: string): string {
  const folder = join(options.workFolder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function countChildCalls(options: KillOptions): Promise<number> {
  const folder = makeFolder(options, 'count');
  const life = await runChild(options, folder, options.seed, { words: 'never', spec: '0', delayMs: undefined });
  rmSync(folder, { recursive: true, force: true });
  if (life.calls === 0) throw new Error(`the child did not say "calls <n>" at its end; ${life.problem ?? ''}`);
  return life.calls;
}

function killOf(options: KillOptions, round: number, calls: number): Kill {
  if (options.mode === 'random') {
    const delayMs = seededRandom(options.seed * 7919 + round).int((options.mostDelayMs ?? 60) + 1);
    return { words: `${delayMs} ms`, spec: '0', delayMs };
  }
  const points = calls * PHASES.length;
  const point = options.rounds >= points ? round % points : Math.floor(round * points / options.rounds);
  const spec = `${1 + Math.floor(point / PHASES.length)}:${PHASES[point % PHASES.length] ?? 'before'}`;
  return { words: spec, spec, delayMs: undefined };
}

function runChild(options: KillOptions, folder: string, seed: number, kill: Kill): Promise<Life> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [options.child, folder, String(seed)], {
      env: { ...process.env, ...options.env, FIELDSTONE_KILL_AT: kill.spec }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    const acks: string[] = [];
    let calls = 0, said = '', complaint = '', hangs = false, bullet: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => { hangs = true; child.kill('SIGKILL'); }, options.timeoutMs ?? 30_000);
    const hear = (line: string): void => {
      if (line.startsWith('ack ')) acks.push(line.slice(4));
      else if (line.startsWith('calls ')) calls = Number(line.slice(6));
      else if (line === 'ready' && kill.delayMs !== undefined) bullet = setTimeout(() => child.kill('SIGKILL'), kill.delayMs);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (said + text).split('\n');
      said = lines.pop() ?? '';
      for (const line of lines) hear(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { complaint += text; });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      clearTimeout(bullet);
      const killed = signal === 'SIGKILL';
      const problem = hangs ? 'the child hangs' : killed || code === 0 ? undefined : `the child ended with ${String(code ?? signal)}: ${complaint}`;
      resolve({ acks, calls, killed, problem });
    });
  });
}

async function problemOf(options: KillOptions, round: KillRound): Promise<string | undefined> {
  try {
    await options.verify(round);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  }
}

function failureText(options: KillOptions, round: KillRound, problem: string): string {
  return [
    `round ${round.round}, killed at ${round.killAt}, seed ${round.seed}, ${round.acks.length} acknowledgements so far`, `  ${problem}`,
    `  the folder is left as it is: ${round.folder}`,
    `  again: SEED=${options.seed} with ${options.rounds} rounds of mode ${options.mode}; this child alone (the time of a random kill varies):`,
    `  FIELDSTONE_KILL_AT=${options.mode === 'call' ? round.killAt : '0'} node ${options.child} <folder> ${round.seed}`,
  ].join('\n');
}
