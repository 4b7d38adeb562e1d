import { tracingChannel } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import { PHASE, phases, Probe, type Operation, type OperationContext } from '#storage';
import { simEnvironment } from '../../support/sim-clock.js';

function environment(): ReturnType<typeof simEnvironment> { return simEnvironment(1); }

function call(op: Operation, work: () => number): number {
  return --op.left < 0 || op.start.hasSubscribers ? op.run('people', work) : work();
}

test.each(['off', 'counts'] as const)('level %s counts each call and times none', (level) => {
  const op = new Probe(level, 1, environment().clock).operation('x.get', 'read');
  for (let i = 0; i < 1234; i++) call(op, () => i);
  expect([op.count, op.latencyNs.count, op.recent.snapshot().count]).toEqual([1234, 0, 0]);
});

test.each([[1, 100_000, 100_000], [0.1, 9_000, 11_000], [0.01, 800, 1200]])('level times at rate %d times a fair share, and counts stay exact', (rate, least, most) => {
  const env = environment();
  const probe = new Probe('times', rate, env.clock);
  const op = probe.operation('x.get', 'read');
  for (let i = 0; i < 100_000; i++) call(op, () => i);
  expect(op.count).toBe(100_000);
  expect(op.latencyNs.count).toBeGreaterThanOrEqual(least);
  expect(op.latencyNs.count).toBeLessThanOrEqual(most);
});

test('a demand raises the level while it lasts; counts stay exact over the changes', () => {
  const probe = new Probe('counts', 1, environment().clock);
  const read = probe.operation('x.get', 'read');
  const write = probe.operation('x.put', 'update');
  for (let i = 0; i < 10; i++) call(read, () => i);
  const endFirst = probe.demand({ level: 'times', samplingRate: 0, slowSamplingRate: 1 });
  for (let i = 0; i < 10; i++) [read, write].forEach((op) => call(op, () => i));
  expect([probe.level, read.latencyNs.count, write.latencyNs.count]).toEqual(['times', 0, 10]);
  const endSecond = probe.demand({ level: 'times', samplingRate: 1 });
  endFirst();
  for (let i = 0; i < 10; i++) call(read, () => i);
  expect(read.latencyNs.count).toBe(10);
  endSecond();
  endSecond();
  for (let i = 0; i < 10; i++) call(read, () => i);
  expect([probe.level, read.count, read.latencyNs.count]).toEqual(['counts', 40, 10]);
});

test('times are those of the clock; the last 1,000 stand exactly', async () => {
  const env = environment();
  const probe = new Probe('times', 1, env.clock);
  const op = probe.operation('x.put', 'update');
  const seen: [string, number][] = [];
  const stop = probe.listenTimed((operation, target, ns) => { seen.push([`${operation.name} ${target}`, ns]); });
  for (let ms = 1; ms <= 1500; ms++) call(op, () => { env.advance(ms); return ms; });
  expect(op.recent.snapshot()).toEqual({ count: 1000, minNs: 501e6, maxNs: 1500e6, meanNs: 1000.5e6, p95Ns: 1450e6, p99Ns: 1490e6 });
  expect(seen.length).toBe(1500);
  stop();
  call(op, () => 1);
  expect(seen.length).toBe(1500);
  expect(seen[41]).toEqual(['x.put people', 42e6]);
  const failing = op.runAsync('people', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
});

test('a diagnostics channel tells of each call while somebody listens, without values', async () => {
  const probe = new Probe('off', 1, environment().clock, '/db');
  const op = probe.operation('x.told', 'read');
  const channel = tracingChannel<OperationContext, OperationContext>('fieldstone:x.told');
  const told: unknown[] = [];
  const own = { start: (m: object) => { told.push(['start', { ...m }]); }, end: () => { told.push('end'); }, asyncStart: () => {}, asyncEnd: () => { told.push('asyncEnd'); }, error: () => { told.push('error'); } };
  channel.subscribe(own);
  expect(call(op, () => 5)).toBe(5);
  await op.runAsync('people', () => Promise.resolve(6));
  expect(() => call(op, () => { throw new Error('bad'); })).toThrow('bad');
  channel.unsubscribe(own);
  call(op, () => 7);
  expect(told).toEqual([
    ['start', { operation: 'x.told', kind: 'read', target: 'people', database: '/db' }], 'end',
    ['start', { operation: 'x.told', kind: 'read', target: 'people', database: '/db' }], 'end', 'asyncEnd',
    ['start', { operation: 'x.told', kind: 'read', target: 'people', database: '/db' }], 'error', 'end',
  ]);
  expect(op.count).toBe(3); // runAsync() was called without taking one off
});

test('parts of a timed call get the time they take themselves', () => {
  const env = environment();
  const op = new Probe('times', 1, env.clock).operation('x.get', 'read');
  const work = (): number => {
    env.advance(1);
    return phases.measure(PHASE.cache, () => {
      env.advance(2);
      phases.measure(PHASE.io, () => env.advance(30));
      env.advance(3);
      try {
        phases.measure(PHASE.codec, () => { env.advance(400); throw new Error('damaged'); });
      } catch { /* its time counts all the same */ }
      return 1;
    });
  };
  expect(phases.active).toBe(false);
  call(op, work);
  expect(phases.active).toBe(false);
  const of = (phase: keyof typeof PHASE): number => (op.phaseTimes[PHASE[phase]] ?? 0) / 1e6;
  expect([of('cache'), of('io'), of('codec'), of('index')]).toEqual([5, 30, 400, 0]);
  expect(op.latencyNs.snapshot().sum).toBe(436e6);
});
