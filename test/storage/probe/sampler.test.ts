import { expect, test } from 'vitest';
import { Probe } from '#storage';
import { BURST_CALLS, Sampler, type SamplerHost } from '../../../storage/probe/sampler.js';

/** A host whose random numbers are those of the probe. */
function host(rate: () => number): SamplerHost {
  const probe = new Probe('times', 1);
  return { rate, random: () => probe.random() };
}

function call(sampler: Sampler): boolean { return --sampler.left < 0 && sampler.take(); }

/** Numbers of the calls that are taken, of so many. */
function taken(sampler: Sampler, calls: number): number[] {
  return Array.from({ length: calls }, (_, i) => (call(sampler) ? i : -1)).filter((i) => i >= 0);
}

test.each([1, 0.5, 0.1, 0.01, 0.001])('rate %d comes out, and the count is exact', (rate) => {
  const sampler = new Sampler(host(() => rate));
  const calls = 3_000_000;
  expect(taken(sampler, calls).length / calls / rate).toSatisfy((share: number) => share > 0.95 && share < 1.05);
  expect(sampler.count).toBe(calls);
});

test('a short life has its share too: many samplers of 300 calls each', () => {
  const common = host(() => 0.01);
  let sum = 0;
  for (let i = 0; i < 2000; i++) sum += taken(new Sampler(common), 300).length;
  expect(sum / 6000).toSatisfy((share: number) => share > 0.9 && share < 1.1);
});

test('the first calls are taken one by one, later ones in bursts', () => {
  const calls = taken(new Sampler(host(() => 0.01)), 100_000);
  const starts = calls.filter((n, i) => i === 0 || n !== (calls[i - 1] ?? 0) + 1);
  const lengths = starts.map((start) => { let length = 0; while (calls.includes(start + length)) length++; return length; });
  expect(lengths.slice(0, 30).every((length) => length <= 2)).toBe(true); // two single ones may lie side by side
  expect(new Set(lengths.slice(40, -1).map((length) => length % BURST_CALLS))).toEqual(new Set([0]));
});

test.each([2, 7, 16, 100, 1600, 1601])('work that comes in rounds of %d is sampled fairly', (round) => {
  const sampler = new Sampler(host(() => 0.01));
  let first = 0;
  let all = 0;
  for (let i = 0; i < 4_000_000; i++) {
    if (!call(sampler)) continue;
    all++;
    if (i % round < round / 2) first++; // the first half of a round
  }
  const expected = Math.ceil(round / 2) / round;
  expect(Math.abs(first / all - expected)).toBeLessThan(0.05);
});

test('a change of the rate is in force at once, and nothing is counted twice', () => {
  let rate = 1;
  const sampler = new Sampler(host(() => rate));
  expect(taken(sampler, 100).length).toBe(100);
  rate = 0;
  sampler.reload();
  expect(taken(sampler, 100_000).length).toBe(0);
  rate = 1;
  sampler.reload();
  expect(taken(sampler, 100).length).toBe(100);
  expect(sampler.count).toBe(100_200);
});
