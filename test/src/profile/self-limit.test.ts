import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment, nodeProcessIdentity } from '#storage';
import type { Database } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { nodeRuntime } from '../../../src/profile/node-runtime.js';
import type { Runtime } from '../../../src/profile/runtime.js';
import { samplingCosts } from '../../../src/profile/sampling-cost.js';

const { clock } = nodeEnvironment(new MemoryVfs());
const ALL = { cpu: true, memory: true, cache: true };

/** A process whose recordings cost so much: what it says of its processor time grows while they run. */
class Planted implements Runtime {
  readonly intervalsUs: number[] = [];
  readonly heapIntervals: number[] = [];
  #onPause: (kind: string, ns: number) => void = () => undefined;
  #workNs = 0;
  #recording: (() => number) | undefined;
  readonly nodeVersion = 'planted';
  readonly platform = 'planted';
  readonly arch = 'planted';
  readonly cpuCount = 1;
  readonly pid = 1;
  readonly #stackSampleNs: number;
  readonly #allocationSampleNs: number;

  constructor(stackSampleNs: number, allocationSampleNs: number) {
    this.#stackSampleNs = stackSampleNs;
    this.#allocationSampleNs = allocationSampleNs;
  }

  memory(): ReturnType<Runtime['memory']> { return { heapUsedBytes: 1, heapTotalBytes: 1, externalBytes: 0, arrayBuffersBytes: 0, rssBytes: 1 }; }
  cpuNs(): number { return this.#workNs += 1000 + (this.#recording?.() ?? 0); }
  eventLoopTimes(): { activeNs: number; idleNs: number } { return { activeNs: 0, idleNs: 0 }; }
  watchEventLoop(): ReturnType<Runtime['watchEventLoop']> { return { read: () => ({ meanNs: 0, p50Ns: 0, p99Ns: 0, maxNs: 0 }), stop: () => undefined }; }
  watchGc(onPause: (kind: string, ns: number) => void): { stop(): void } {
    this.#onPause = onPause;
    return { stop: () => undefined };
  }

  /** The space of young objects was full once more. */
  collect(): void { this.#onPause('minor', 1000); }

  recordCpu(intervalUs: number): ReturnType<Runtime['recordCpu']> {
    this.intervalsUs.push(intervalUs);
    let last = clock.monotonicNs();
    this.#recording = () => {
      const now = clock.monotonicNs();
      const samples = (now - last) / 1000 / intervalUs;
      last = now;
      return samples * this.#stackSampleNs;
    };
    return { stop: () => this.#stop({ nodes: [], startTime: 0, endTime: 1 }) };
  }

  recordHeap(intervalBytes: number): ReturnType<Runtime['recordHeap']> {
    this.heapIntervals.push(intervalBytes);
    this.#recording = () => 2_000_000 / intervalBytes * this.#allocationSampleNs;
    const frame = { functionName: '', url: '', lineNumber: -1, columnNumber: -1 };
    return { stop: () => this.#stop({ head: { callFrame: frame, selfSize: 0, id: 1, children: [] }, samples: [], samplingIntervalBytes: intervalBytes }) };
  }

  #stop<Data>(data: Data): Promise<Data> {
    this.#recording = undefined;
    return Promise.resolve(data);
  }
}

function openOn(runtime: Runtime): Promise<Database> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return openIn(nodeEnvironment(vfs), '/db', {}, nodeProcessIdentity(), runtime);
}

test('the costs of samples are measured in the process itself', () => {
  const real = samplingCosts({ ...nodeRuntime() }, clock, ALL);
  expect(real.stackNs).toBeLessThan(1e6);
  expect(real.operationNs).toBeGreaterThan(20);
  expect(real.operationNs).toBeLessThan(50_000);
  expect(real.lookupNs).toBeGreaterThan(20);
  const planted = samplingCosts(new Planted(700_000, 90_000), clock, ALL);
  expect(planted.stackNs / 700_000).toSatisfy((share: number) => share > 0.3 && share < 2);
  expect(planted.allocationNs / 90_000).toSatisfy((share: number) => share > 0.5 && share < 2);
  expect(samplingCosts(undefined, clock, ALL)).toMatchObject({ stackNs: 0, allocationNs: 0 });
});

test.each([[0, 10_000, 10_000], [1_000_000, 60_000, 500_000]])('when a sample of the stack costs %d ns they are %d to %d us apart in production mode', async (cost, least, most) => {
  const runtime = new Planted(cost, 0);
  const db = await openOn(runtime);
  const profile = await db.profile({ production: true }).stop();
  const intervalUs = runtime.intervalsUs.at(-1);
  expect(intervalUs).toBeGreaterThanOrEqual(least);
  expect(intervalUs).toBeLessThanOrEqual(most);
  expect(profile.data.cpu).toBeDefined();
  await db.profile({}).stop();
  expect(runtime.intervalsUs.at(-1)).toBe(1000); // only production mode limits itself
  await db.close();
});

test('allocation samples that cost too much become fewer, and the profile says so', async () => {
  const runtime = new Planted(0, 50e6);
  const db = await openOn(runtime);
  const profiler = db.profile({ production: true, cpu: false, memory: true, timelineMs: 5 });
  for (let i = 0; i < 40; i++) {
    runtime.collect();
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
  const { data } = await profiler.stop();
  expect(runtime.heapIntervals[1]).toBe(8 << 20);
  expect(runtime.heapIntervals.at(-1)).toBeGreaterThan(100 << 20);
  expect(data.heap?.samplingIntervalBytes).toBe(runtime.heapIntervals.at(-1));
  expect(data.meta.missing?.join()).toMatch(/sampling them cost too much/);
  await db.close();
});

test('a trace of the cache that costs too much ends, and the profile says so', async () => {
  const db = await openOn(new Planted(0, 0));
  const table = db.kv<string, string>('things');
  await table.batch(Array.from({ length: 2000 }, (_, i) => ({ type: 'put' as const, key: `k${i}`, value: 'x'.repeat(500) })));
  await db.checkpoint();
  const profiler = db.profile({ production: true, cpu: false, cache: true, samplingRate: 0.5, maxOverhead: 0.0005, timelineMs: 5 });
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 2000; i++) table.get(`k${(i * 37) % 2000}`);
    await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
  const { data } = await profiler.stop();
  expect(data.meta.missing?.join()).toMatch(/cache trace: lookups after \d+ ms/);
  expect(data.cacheTrace?.atUs.length).toBeGreaterThan(0);
  await db.close();
});
