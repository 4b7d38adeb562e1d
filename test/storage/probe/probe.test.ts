import { expect, test } from 'vitest';
import { Histogram, Probe } from '#storage';

test('a group is made once and keeps what was counted', () => {
  const probe = new Probe();
  const first = probe.counters('io', { reads: 0 });
  first.reads += 3;
  const again = probe.counters('io', { reads: 0, writes: 0 });
  again.writes++;
  expect(again).toBe(first);
  expect(probe.snapshot().counters).toEqual({ io: { reads: 3, writes: 1 }, operations: {} });
});

test('a snapshot is a copy, and gauges are read when it is taken', () => {
  const probe = new Probe();
  const group = probe.counters('a', { n: 1 });
  let size = 5;
  probe.gauge('a', () => ({ size }));
  const before = probe.snapshot();
  group.n = 2;
  size = 6;
  expect(before.counters['a']).toEqual({ n: 1, size: 5 });
  expect(probe.snapshot().counters['a']).toEqual({ n: 2, size: 6 });
});

test.each([0, 0.01, 0.25, 1])('at rate %d that share of the file accesses is timed', (rate) => {
  const probe = new Probe('times', rate);
  let timed = 0;
  for (let i = 0; i < 100_000; i++) if (probe.takesTime()) timed++;
  expect(Math.abs(timed / 100_000 - rate)).toBeLessThanOrEqual(0.1 * rate);
});

test('below the level times nothing is timed', () => {
  expect(new Probe('counts', 1).takesTime()).toBe(false);
  expect(new Probe('off', 1).takesTime()).toBe(false);
});

test('a histogram tells quantiles within 12.5 percent, and totals exactly', () => {
  const histogram = new Histogram();
  for (let v = 1; v <= 100_000; v++) histogram.record(v);
  const { count, sum, min, max, mean, p50, p95, p99 } = histogram.snapshot();
  expect([count, sum, min, max, mean]).toEqual([100_000, 5_000_050_000, 1, 100_000, 50_000.5]);
  for (const [got, exact] of [[p50, 50_000], [p95, 95_000], [p99, 99_000]] as const) {
    expect(got).toBeGreaterThanOrEqual(exact);
    expect(got).toBeLessThanOrEqual(exact * 1.125);
  }
});

test.each([0, 1, 7, 8, 9, 255, 2 ** 31, 2 ** 32 + 1, 2 ** 45 + 12345, Number.MAX_SAFE_INTEGER])('a histogram of %d alone says so', (value) => {
  const histogram = new Histogram();
  histogram.record(value);
  expect(histogram.snapshot()).toMatchObject({ count: 1, min: value, max: value, p50: value, p99: value });
  histogram.reset();
  expect(histogram.snapshot()).toMatchObject({ count: 0, min: 0, max: 0, p50: 0 });
});

test('a histogram cuts fractions and takes what is below 0 as 0', () => {
  const histogram = new Histogram();
  for (const value of [-5, Number.NaN, 0.9, 1.9]) histogram.record(value);
  expect(histogram.snapshot()).toMatchObject({ count: 4, sum: 1, min: 0, max: 1 });
});
