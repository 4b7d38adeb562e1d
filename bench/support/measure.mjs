// How the benches measure: alternating rounds in one process, medians of the ratios of neighbouring rounds.
import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

export function median(values) { return quantile(values, 0.5); }

export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/** A folder of its own, on the disk under FIELDSTONE_BENCH_DIR (default: the system's temporary folder). */
export function benchFolder(name) {
  const folder = join(process.env.FIELDSTONE_BENCH_DIR ?? tmpdir(), `fieldstone-bench-${name}-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the figures depend on: processor, Node, and how long a flush of the disk takes. */
export function machineFacts(folder) {
  const path = join(folder, 'flush');
  const file = openSync(path, 'w');
  const bytes = Buffer.alloc(200, 1);
  const ms = [];
  for (let i = 0; i < 500; i++) {
    const start = performance.now();
    writeSync(file, bytes, 0, bytes.length, i * bytes.length);
    fdatasyncSync(file);
    ms.push(performance.now() - start);
  }
  closeSync(file);
  unlinkSync(path);
  return `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}, Node ${process.versions.node}; `
    + `append + fdatasync ${(median(ms) * 1000).toFixed(0)} us median, ${(quantile(ms, 0.1) * 1000).toFixed(0)} us best tenth, ${(quantile(ms, 0.9) * 1000).toFixed(0)} us worst tenth`;
}

/**
 * Runs the subjects in turn, `rounds` times, every other round in reverse order, so that drift and other load hit all
 * of them. A subject is a function, or { prepare, run }, of which only run is timed. Returns by name the milliseconds
 * of each round, `ms.name`, and the processor's share of them, `ms.cpu.name` (all threads, user and system).
 */
export async function alternate(rounds, subjects) {
  const names = Object.keys(subjects);
  const empty = () => Object.fromEntries(names.map((name) => [name, []]));
  const ms = { ...empty(), cpu: empty() };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const subject = subjects[name];
      const run = typeof subject === 'function' ? subject : subject.run;
      await subject.prepare?.();
      globalThis.gc?.();
      const cpu = process.cpuUsage();
      const start = performance.now();
      await run();
      ms[name].push(performance.now() - start);
      const { user, system } = process.cpuUsage(cpu);
      ms.cpu[name].push((user + system) / 1000);
    }
  }
  return ms;
}

/** Ratios peer / ours of the same rounds. */
export function ratios(peer, ours) { return peer.map((ms, i) => ms / ours[i]); }

/** The same of two subjects of alternate(), with the ratio of processor time in the text. */
export function compare(what, times, peer, ours, least, detail) {
  const cpu = median(ratios(times.cpu[peer], times.cpu[ours]));
  return reportRatio(what, ratios(times[peer], times[ours]), least, `processor time ${cpu.toFixed(2)} x${detail === undefined ? '' : `; ${detail}`}`);
}

const lines = [];

/** One line of the final table: what, its figure, its target, whether it is met. */
export function report(what, figure, target = '', met = undefined) {
  const verdict = met === undefined ? '' : met ? 'met' : 'missed';
  lines.push(`| ${what} | ${figure} | ${target} | ${verdict} |`);
  console.log(`${what.padEnd(62)} ${figure}${target === '' ? '' : `   (target ${target}: ${verdict})`}`);
}

/** Reports a list of ratios against a least one. */
export function reportRatio(what, values, least, detail = '') {
  const m = median(values);
  const spread = values.length > 1 ? ` (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})` : '';
  report(what, `${m.toFixed(2)} x${spread}${detail === '' ? '' : `; ${detail}`}`, least === undefined ? '' : `>= ${least} x`, least === undefined ? undefined : m >= least);
  return m;
}

/** Prints all reported lines as a Markdown table. */
export function printTable() {
  console.log('\n| what | figure | target | |\n|---|---|---|---|');
  for (const line of lines) console.log(line);
}

export function perSecond(count, ms) {
  const rate = count / ms * 1000;
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M/s` : `${Math.round(rate / 1000)} k/s`;
}
