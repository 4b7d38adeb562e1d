import { performance, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { open } from '../../../src/main.js';

// What the process does, beside outside observers of the same things.

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc') as () => void;

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

function block(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

test('pauses of the garbage collector are those that an observer of its own sees', async () => {
  const seen: number[] = [];
  const observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) seen.push(entry.duration * 1e6); });
  observer.observe({ entryTypes: ['gc'] });
  const db = await open(':memory:');
  await pause(50);
  const before = { count: db.stats().gc.reduce((sum, { count }) => sum + count, 0), seen: seen.length };
  const profiler = db.profile({ cpu: false });
  let kept: unknown[] = [];
  for (let round = 0; round < 8; round++) {
    kept = Array.from({ length: 200_000 }, (_, i) => ({ i }));
    collect();
    await pause(1);
  }
  await pause(50); // the observers are told in a later turn
  const { data } = await profiler.stop();
  const mine = db.stats().gc;
  expect(kept.length).toBe(200_000);
  const during = seen.slice(before.seen);
  expect(during.length).toBeGreaterThanOrEqual(8);
  expect(mine.reduce((sum, { count }) => sum + count, 0) - before.count).toBe(during.length);
  const kinds = data.gc?.kinds ?? [];
  expect(kinds.reduce((sum, { count }) => sum + count, 0)).toBe(during.length);
  expect(kinds.reduce((sum, { totalNs }) => sum + totalNs, 0)).toBeCloseTo(during.reduce((sum, ns) => sum + ns, 0), -1);
  expect(Math.max(...kinds.map(({ maxNs }) => maxNs))).toBeCloseTo(Math.max(...during), -1);
  expect(kinds.find(({ kind }) => kind === 'major')?.count).toBeGreaterThanOrEqual(8);
  expect(data.timeline?.reduce((sum, { gcCount }) => sum + (gcCount ?? 0), 0)).toBe(during.length);
  observer.disconnect();
  await db.close();
});

test('the delay of the event loop is at least as long as it was blocked, and not much longer', async () => {
  const db = await open(':memory:');
  const profiler = db.profile({ cpu: false, timelineMs: 50 });
  await pause(200);
  const start = performance.now();
  block(400);
  const blockedMs = performance.now() - start;
  await pause(200);
  const { data } = await profiler.stop();
  const worst = Math.max(...(data.timeline ?? []).map(({ eventLoopDelayMaxNs }) => eventLoopDelayMaxNs ?? 0)) / 1e6;
  expect(worst).toBeGreaterThan(blockedMs * 0.9); // the timer of the histogram may have begun 20 ms before
  expect(worst).toBeLessThan(blockedMs * 2 + 200); // other work on the machine comes on top
  const quiet = [...data.timeline ?? []].map(({ eventLoopDelayMaxNs = 0 }) => eventLoopDelayMaxNs).sort((a, b) => a - b)[1] ?? Infinity;
  expect(quiet / 1e6).toBeLessThan(blockedMs / 2);
  await db.close();
});

test('processor time and share of the event loop are those of the process', async () => {
  const db = await open(':memory:');
  const profiler = db.profile({ cpu: false, timelineMs: 1000 });
  const before = process.cpuUsage();
  const start = performance.now();
  block(300);
  await pause(300);
  const { data } = await profiler.stop();
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1000 / (performance.now() - start);
  const [sample] = data.timeline ?? [];
  expect(sample?.cpuShare).toBeGreaterThan(share * 0.7);
  expect(sample?.cpuShare).toBeLessThan(share * 1.3 + 0.1);
  expect(sample?.eventLoopUtilization).toBeGreaterThan(0.3);
  expect(sample?.eventLoopUtilization).toBeLessThanOrEqual(1);
  await db.close();
});
