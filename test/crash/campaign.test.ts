import { afterEach, describe, expect, test } from 'vitest';
import { reportText } from '../support/sim/campaign-report.js';
import { runCampaign } from '../support/sim/campaign.js';
import { CommitLog, extendedExpectation } from '../support/sim/commit-log.js';
import { SimDisk } from '../support/sim/sim-disk.js';
import { SimScheduler, simEnvironmentOf, Stalled } from '../support/sim/sim-scheduler.js';
import type { System } from '../support/sim/system.js';
import { toySystem } from './toy/toy-system.js';

describe('the commit log', () => {
  const logOn = (disk: SimDisk): CommitLog<string> => new CommitLog(disk, (state) => state, 'empty');
  const accepted = (log: CommitLog<string>, point: number, kind: 'power' | 'kill' = 'power'): string[] =>
    ['empty', 'a', 'b', 'c'].filter((key) => log.expectationAt(point).accepts(key, kind));

  test('accepts the states from the last acknowledged commit to the last begun one', () => {
    const disk = new SimDisk();
    const log = logOn(disk);
    const points = [disk.trace.length];
    const [a, b] = [log.begin('a'), log.begin('b')];
    points.push(disk.trace.length);
    log.ack(a);
    points.push(disk.trace.length);
    log.begin('c');
    log.ack(b);
    points.push(disk.trace.length);
    expect(points.map((point) => accepted(log, point))).toEqual([['empty'], ['empty', 'a', 'b'], ['a', 'b'], ['b', 'c']]);
  });

  test('an acknowledgement that is not durable binds after the death of the process, not after a power loss', () => {
    const disk = new SimDisk();
    const log = logOn(disk);
    const a = log.begin('a');
    log.ack(a, false);
    expect([accepted(log, 9, 'power'), accepted(log, 9, 'kill')]).toEqual([['empty', 'a'], ['a']]);
    log.durable(a);
    expect(accepted(log, 9, 'power')).toEqual(['a']);
  });

  test('a rejected commit may be there before it is rejected, never after', () => {
    const disk = new SimDisk();
    const log = logOn(disk);
    const a = log.begin('a');
    const before = disk.trace.length;
    log.reject(a);
    log.begin('b');
    expect([accepted(log, before), accepted(log, disk.trace.length)]).toEqual([['empty', 'a'], ['empty', 'b']]);
  });

  test('what is lost, and what a sync that lied takes back', () => {
    const disk = new SimDisk();
    const log = logOn(disk);
    log.ack(log.begin('a'));
    const late = disk.trace.length;
    log.ack(log.begin('b'));
    const expectation = log.expectationAt(disk.trace.length, late);
    expect([expectation.lostAfter('a'), expectation.accepts('a', 'power'), expectation.accepts('a', 'kill')]).toEqual([2, true, false]);
  });

  test('after a transaction on top, only what it left', () => {
    const disk = new SimDisk();
    const before = logOn(disk).expectationAt(0);
    const accepts = (begun: boolean, acked: boolean): string[] => ['empty', 'x'].filter((key) => extendedExpectation(before, 'x', begun, acked).accepts(key, 'power'));
    expect([accepts(false, false), accepts(true, false), accepts(true, true)]).toEqual([['empty'], ['empty', 'x'], ['x']]);
  });
});

describe('the scheduler', () => {
  test('runs waiting work, then timers in order of time, until the work is done', async () => {
    const scheduler = new SimScheduler();
    const seen: string[] = [];
    const work = new Promise<string>((resolve) => {
      scheduler.timer(() => { seen.push(`late ${scheduler.elapsedMs}`); resolve('done'); }, 50);
      scheduler.timer(() => { seen.push('early'); }, 10);
      scheduler.timer(() => { seen.push('never'); }, 20).cancel();
      scheduler.later(() => { seen.push('later'); });
    });
    expect(await scheduler.settle(work)).toBe('done');
    expect(seen).toEqual(['later', 'early', 'late 50']);
  });

  test('says when nothing is left to run, hands on errors, and does not wait for what is no promise', async () => {
    const scheduler = new SimScheduler();
    await expect(scheduler.settle(new Promise(() => undefined))).rejects.toThrow(Stalled);
    await expect(scheduler.settle(Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await scheduler.settle(7)).toBe(7);
  });

  test('a seed decides the order of waiting work', async () => {
    const order = async (seed: number): Promise<string> => {
      const scheduler = new SimScheduler(seed);
      let seen = '';
      for (const name of 'abcdefgh') scheduler.later(() => { seen += name; });
      while (scheduler.step()) await Promise.resolve();
      return seen;
    };
    expect(await order(1)).toBe(await order(1));
    expect(new Set(await Promise.all([1, 2, 3, 4].map(order))).size).toBeGreaterThan(1);
  });

  test('the wall clock jumps, the other one never goes back', () => {
    const { clock } = simEnvironmentOf(new SimDisk(), new SimScheduler(), 1);
    const looks = Array.from({ length: 20 }, () => [clock.nowMs(), clock.monotonicNs()] as const);
    expect(looks.some(([now], i) => i > 0 && now < (looks[i - 1]?.[0] ?? 0))).toBe(true);
    expect(looks.every(([, ns], i) => i === 0 || ns > (looks[i - 1]?.[1] ?? 0))).toBe(true);
  });
});

describe('a failure', () => {
  afterEach(() => {
    delete process.env['CRASH'];
    delete process.env['SEED'];
  });

  test.each(['log-not-checked', 'torn-tail-kept', 'replay-not-synced', 'journal-not-checked'] as const)('is the same when run again by its words: %s', async (bug) => {
    const report = await runCampaign(toySystem([bug]), { firstSeed: 1 });
    const [failure] = report.failures;
    expect(reportText(report)).toContain(`again: SEED=${failure?.seed ?? 0} CRASH='${failure?.crashes.join(' > ') ?? ''}' npx vitest run`);
    process.env['CRASH'] = failure?.crashes.join(' > ') ?? '';
    process.env['SEED'] = String(failure?.seed);
    const again = await runCampaign(toySystem([bug]));
    expect(again.distinct).toBe(1);
    expect(again.failures[0]?.what.split('\n    at ')[0]).toBe(failure?.what.split('\n    at ')[0]);
    // These bugs sit in recovery: the workload is the same without them, what a recovery does is not.
    if (failure?.crashes.length === 1) expect((await runCampaign(toySystem())).bad, 'the same crash without the bug').toBe(0);
  });

  test('a recovery that never ends is unverifiable, not a pass', async () => {
    const toy = toySystem();
    const hanging: System<readonly string[]> = { ...toy, observe: (stage) => { for (;;) stage.vfs.list('/'); } };
    const waiting: System<readonly string[]> = { ...toy, observe: () => new Promise<never>(() => undefined) };
    for (const system of [hanging, waiting]) {
      const report = await runCampaign(system, { firstSeed: 1, states: 10, budgetPerSeed: 10 });
      expect([report.bad, report.unverifiable]).toEqual([0, 1]);
    }
  });

  test('a workload that fails is one', async () => {
    const broken: System<readonly string[]> = { ...toySystem(), play: () => { throw new Error('cannot play'); } };
    expect((await runCampaign(broken, { firstSeed: 1 })).failures[0]?.what).toContain('cannot play');
  });

  test('an error when opening, a wrong state before recovery and a dirty folder after close are findings', async () => {
    const toy = toySystem();
    const systems: readonly [System<readonly string[]>, string][] = [
      [{ ...toy, observe: () => { throw new Error('cannot open'); } }, 'cannot open'],
      [{ ...toy, rawProblem: () => 'ugly' }, 'before recovery: ugly'],
      [{ ...toy, closedProblem: () => 'dirty' }, 'after close: dirty'],
      [{ ...toy, extend: () => undefined }, 'not acknowledged'],
    ];
    for (const [system, what] of systems) expect((await runCampaign(system, { firstSeed: 1, states: 200 })).failures[0]?.what).toContain(what);
  });
});
