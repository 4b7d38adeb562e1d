import { describe, expect, test } from 'vitest';
import { FieldstoneError, Probe } from '#storage';
import { LockManager, toDot, type LockEvent, type LockOwner, type LockResource, type UserLockMode } from '#txn';
import { simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';

const table: LockResource = { space: 't:people' };
const row = (item: number | string): LockResource => ({ space: 't:people', item });
const [a, b, c, d] = [1, 2, 3, 4].map((id): LockOwner => ({ id, name: `t${id}` })) as [LockOwner, LockOwner, LockOwner, LockOwner];

interface Bed {
  readonly env: SimEnvironment;
  readonly locks: LockManager;
  readonly probe: Probe;
  readonly events: LockEvent[];
  /** What became of each request, in order: name:granted or name:CODE. */
  readonly log: string[];
  readonly errors: Map<string, FieldstoneError>;
  ask(name: string, owner: LockOwner, resource: LockResource, mode: UserLockMode, options?: { timeoutMs?: number; signal?: AbortSignal }): boolean;
  news(): Promise<string[]>;
}

function bed(shards = 4, timeoutMs = 1000): Bed {
  const env = simEnvironment(1);
  const probe = new Probe();
  const events: LockEvent[] = [];
  const locks = new LockManager({ shards, timeoutMs, env, probe, trace: (event) => events.push(event) });
  const log: string[] = [];
  const errors = new Map<string, FieldstoneError>();
  return {
    env, locks, probe, events, log, errors,
    ask: (name, owner, resource, mode, options) => {
      const waiting = locks.acquire(owner, resource, mode, options);
      waiting?.then(() => { log.push(`${name}:granted`); }, (error: unknown) => {
        if (!(error instanceof FieldstoneError)) throw error;
        errors.set(name, error);
        log.push(`${name}:${error.code}`);
      });
      return waiting === undefined;
    },
    news: async () => { await env.settle(); return log.splice(0); },
  };
}

function expectEmpty({ locks, env, probe }: Bed): void {
  expect(locks.isIdle).toBe(true);
  expect(env.pendingTimers).toBe(0);
  expect(locks.shardStats().map(({ held, waiting, resources }) => [held, waiting, resources])).toEqual(locks.shardStats().map(() => [0, 0, 0]));
  expect(probe.snapshot().counters.locks).toMatchObject({ held: 0, waiting: 0, owners: 0 });
}

describe('grants', () => {
  test('what is free is granted without a promise, and freed without a trace', () => {
    const t = bed();
    expect(t.locks.isIdle).toBe(true);
    expect(t.locks.acquire(a, row(1), 'exclusive')).toBeUndefined();
    expect(t.locks.acquire(a, row('1'), 'shared')).toBeUndefined();
    expect(t.locks.isIdle).toBe(false);
    expect(t.locks.heldBy(a)).toEqual([
      { resource: table, mode: 'IX' }, { resource: row(1), mode: 'X' }, { resource: row('1'), mode: 'S' },
    ]);
    expect(t.locks.holdersOf(row(1))).toEqual([{ owner: a, mode: 'X', ageMs: 0 }]);
    t.locks.releaseAll(a);
    t.locks.releaseAll(a);
    expect(t.locks.heldBy(a)).toEqual([]);
    expectEmpty(t);
  });

  test('re-entrant: what is held, or covered by the space, is not locked again', () => {
    const t = bed();
    expect(t.ask('a', a, table, 'shared')).toBe(true);
    expect(t.ask('a', a, row(1), 'shared')).toBe(true);
    expect(t.locks.heldBy(a)).toEqual([{ resource: table, mode: 'S' }]);
    expect(t.ask('a', a, row(1), 'exclusive')).toBe(true);
    expect(t.locks.heldBy(a)).toEqual([{ resource: table, mode: 'SIX' }, { resource: row(1), mode: 'X' }]);
    for (let i = 0; i < 3; i++) expect(t.ask('a', a, row(1), 'shared')).toBe(true);
    expect(t.ask('a', a, table, 'exclusive')).toBe(true);
    expect(t.ask('a', a, row(2), 'exclusive')).toBe(true);
    expect(t.locks.heldBy(a)).toEqual([{ resource: table, mode: 'X' }, { resource: row(1), mode: 'X' }]);
    expect(t.probe.snapshot().counters.locks).toMatchObject({ acquisitions: 2, conversions: 2, waits: 0, held: 2, owners: 1 });
  });

  test('the table and its rows see each other through intention locks', async () => {
    const t = bed();
    expect(t.ask('a', a, row(1), 'exclusive')).toBe(true);
    expect(t.ask('b', b, row(2), 'exclusive')).toBe(true);
    expect(t.ask('c', c, table, 'shared')).toBe(false);
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual([]);
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['c:granted']);
    expect(t.ask('a', a, row(1), 'shared')).toBe(true);
    expect(t.ask('b', b, row(1), 'exclusive')).toBe(false);
    t.locks.releaseAll(c);
    expect(await t.news()).toEqual([]); // now it waits for the row itself
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['b:granted']);
    t.locks.releaseAll(b);
    expectEmpty(t);
  });

  test('spaces and items with the same letters are different resources', () => {
    const t = bed();
    expect(t.ask('a', a, { space: 'kv', item: 'a/b' }, 'exclusive')).toBe(true);
    expect(t.ask('b', b, { space: 'kv/a', item: 'b' }, 'exclusive')).toBe(true);
    expect(t.ask('c', c, { space: 'kv', item: '' }, 'exclusive')).toBe(true);
    expect(t.ask('d', d, { space: '__proto__', item: '__proto__' }, 'exclusive')).toBe(true);
  });
});

describe('fair queues', () => {
  test('a reader behind a waiting writer waits, and they go in order', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'shared');
    expect(t.ask('b', b, row(1), 'exclusive')).toBe(false);
    expect(t.ask('c', c, row(1), 'shared')).toBe(false);
    expect(t.ask('d', d, row(1), 'shared')).toBe(false);
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['b:granted']);
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['c:granted', 'd:granted']);
  });

  test('a request that delays nobody passes a waiter', () => {
    const t = bed();
    t.ask('a', a, table, 'shared');
    expect(t.ask('b', b, row(1), 'exclusive')).toBe(false); // IX waits for S
    expect(t.ask('c', c, row(2), 'shared')).toBe(true); // IS agrees with S and with IX
    expect(t.ask('d', d, table, 'shared')).toBe(false); // S agrees with S, but would delay the IX
  });

  test('tryAcquire neither waits nor passes anybody', () => {
    const t = bed();
    expect(t.locks.tryAcquire(a, row(1), 'shared')).toBe(true);
    expect(t.locks.tryAcquire(b, row(1), 'exclusive')).toBe(false);
    expect(t.locks.heldBy(b)).toEqual([]);
    t.ask('b', b, row(1), 'exclusive');
    expect(t.locks.tryAcquire(c, row(1), 'shared')).toBe(false);
    expect(t.locks.tryAcquire(c, row(2), 'shared')).toBe(true);
    expect(t.locks.tryAcquire(a, row(1), 'exclusive')).toBe(true); // the only holder converts before the waiter
  });

  test('a table that once had several holders still counts a single one', async () => {
    const t = bed();
    for (const [i, owner] of [a, b].entries()) t.ask('is', owner, row(i), 'shared');
    t.ask('c', c, table, 'exclusive');
    t.ask('d', d, row(1), 'exclusive');
    t.locks.releaseAll(a);
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['c:granted']);
    expect(t.locks.tryAcquire(a, row(1), 'shared')).toBe(false);
  });

  test('an upgrade goes before those who wait', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'shared');
    t.ask('b', b, row(1), 'shared');
    expect(t.ask('c', c, row(1), 'exclusive')).toBe(false);
    expect(t.ask('a', a, row(1), 'exclusive')).toBe(false);
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['a:granted']);
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['c:granted']);
  });

  test('a second wait of the same owner in the same queue becomes a conversion of the first', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'exclusive');
    t.ask('b1', b, row(1), 'shared');
    t.ask('c', c, row(1), 'shared');
    t.ask('b2', b, row(1), 'exclusive');
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['b1:granted', 'b2:granted']); // an upgrade goes first
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['c:granted']);
    t.locks.releaseAll(c);
    expectEmpty(t);
  });
});

describe('waits that fail', () => {
  test('a timeout names who holds the lock', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'shared');
    t.env.advance(250);
    t.ask('b', b, row(1), 'exclusive');
    t.ask('c', c, row(1), 'exclusive', { timeoutMs: 500 });
    t.env.advance(499);
    expect(await t.news()).toEqual([]);
    t.env.advance(1);
    expect(await t.news()).toEqual(['c:LOCK_TIMEOUT']);
    expect(t.errors.get('c')?.message).toBe("transaction 3 't3' did not get lock X on t:people/1 within 500 ms: "
      + "transaction 1 't1' (holds S, 750 ms old), transaction 2 't2' (waits before it for X, 500 ms old). "
      + 'Shorten that transaction or raise lockTimeoutMs.');
    t.env.advance(500);
    expect(await t.news()).toEqual(['b:LOCK_TIMEOUT']);
    expect(t.errors.get('b')?.details).toEqual({
      owner: 2, resource: row(1), mode: 'X', timeoutMs: 1000, holderCount: 1,
      holders: [{ id: 1, name: 't1', mode: 'S', why: 'held', ageMs: 1250 }],
    });
    expect(t.locks.heldBy(b)).toEqual([{ resource: table, mode: 'IX' }]);
    for (const owner of [a, b, c]) t.locks.releaseAll(owner);
    expectEmpty(t);
  });

  test('a timeout lets those behind go on', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'shared');
    t.ask('b', b, row(1), 'exclusive', { timeoutMs: 10 });
    t.ask('c', c, row(1), 'shared');
    t.env.advance(10);
    expect(await t.news()).toEqual(['b:LOCK_TIMEOUT', 'c:granted']);
  });

  test('timeout 0 fails at once, Infinity never; the wall clock does not matter', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'exclusive');
    t.ask('b', b, row(1), 'exclusive', { timeoutMs: 0 });
    t.ask('c', c, row(1), 'exclusive', { timeoutMs: Infinity });
    expect(await t.news()).toEqual(['b:LOCK_TIMEOUT']);
    expect(t.errors.get('b')?.message).toContain("transaction 1 't1' (holds X, 0 ms old)");
    t.env.jumpWallClock(1e12);
    t.env.advance(1e9);
    expect(await t.news()).toEqual([]);
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['c:granted']);
  });

  test('an AbortSignal ends a wait, before or while it waits, and is forgotten afterwards', async () => {
    const t = bed();
    const [early, late, unused] = [new AbortController(), new AbortController(), new AbortController()];
    early.abort(new Error('stopped'));
    t.ask('early', b, row(2), 'shared', { signal: early.signal });
    t.ask('a', a, row(1), 'exclusive');
    t.ask('late', b, row(1), 'exclusive', { signal: late.signal });
    t.ask('c', c, row(1), 'exclusive', { signal: unused.signal });
    late.abort('enough');
    expect(await t.news()).toEqual(['early:ABORTED', 'late:ABORTED']);
    expect(t.errors.get('early')?.cause).toEqual(new Error('stopped'));
    expect(t.errors.get('late')?.cause).toBe('enough');
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['c:granted']);
    unused.abort();
    expect(t.locks.heldBy(c)).toHaveLength(2);
    t.locks.releaseAll(b);
    t.locks.releaseAll(c);
    expectEmpty(t);
  });

  test('the end of an owner ends its waits', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'exclusive');
    t.ask('b1', b, row(1), 'shared');
    t.ask('b2', b, row(2), 'shared');
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['b1:TXN_DONE']);
    t.locks.releaseAll(a);
    expectEmpty(t);
  });

  test('wrong arguments are refused before anything is taken', () => {
    const t = bed();
    expect(() => t.locks.acquire(a, row(1.5), 'shared')).toThrow(TypeError);
    expect(() => t.locks.acquire(a, row(1), 'IX' as UserLockMode)).toThrow(TypeError);
    expect(() => t.locks.acquire(a, { space: 7 as unknown as string }, 'shared')).toThrow(TypeError);
    expect(() => t.locks.acquire(a, row(1), 'shared', { timeoutMs: NaN })).toThrow(RangeError);
    expect(() => bed(0)).toThrow(RangeError);
    expect(() => bed(4, -1)).toThrow(RangeError);
    expectEmpty(t);
  });
});

describe('deadlocks', () => {
  test('two upgraders: the younger dies, the other gets the lock when it is gone', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'shared');
    t.ask('b', b, row(1), 'shared');
    t.ask('b', b, row(1), 'exclusive');
    t.ask('a', a, row(1), 'exclusive');
    expect(await t.news()).toEqual(['b:DEADLOCK']);
    expect(t.errors.get('b')?.message).toBe("deadlock: transaction 1 't1' waits for X on t:people/1 behind transaction 2 't2'; "
      + "transaction 2 't2' waits for X on t:people/1 behind transaction 1 't1'. transaction 2 't2' is the youngest and must be run again.");
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['a:granted']);
    t.locks.releaseAll(a);
    expectEmpty(t);
  });

  test('a circle of three over different shards; details name it', async () => {
    const t = bed(64);
    t.ask('a', a, row(1), 'exclusive');
    t.ask('c', c, row(2), 'exclusive');
    t.ask('b', b, row(3), 'exclusive');
    t.ask('a', a, row(2), 'exclusive');
    t.ask('c', c, row(3), 'shared');
    expect(await t.news()).toEqual([]);
    t.ask('b', b, row(1), 'shared');
    expect(await t.news()).toEqual(['c:DEADLOCK']);
    expect(t.errors.get('c')?.details).toEqual({
      victim: 3,
      cycle: [
        { id: 2, name: 't2', resource: row(1), mode: 'S' },
        { id: 1, name: 't1', resource: row(2), mode: 'X' },
        { id: 3, name: 't3', resource: row(3), mode: 'S' },
      ],
    });
    expect(t.probe.snapshot().counters.locks).toMatchObject({ deadlocks: 1, waiting: 2 });
  });

  test('who only queues beside a circle does not die', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'exclusive');
    t.ask('b', b, row(2), 'exclusive');
    t.ask('d', d, row(1), 'exclusive'); // the youngest, before b in the queue of row 1
    t.ask('b', b, row(1), 'exclusive');
    t.ask('a', a, row(2), 'exclusive');
    expect(await t.news()).toEqual(['b:DEADLOCK']);
    t.locks.releaseAll(b);
    expect(await t.news()).toEqual(['a:granted']);
    t.locks.releaseAll(a);
    expect(await t.news()).toEqual(['d:granted']);
  });

  test('all waits of the victim end, also those that were in no circle', async () => {
    const t = bed();
    t.ask('a', a, row(1), 'exclusive');
    t.ask('b', b, row(2), 'exclusive');
    t.ask('c', c, row(3), 'exclusive');
    t.ask('b3', b, row(3), 'shared');
    t.ask('b1', b, row(1), 'shared');
    t.ask('a2', a, row(2), 'shared');
    expect((await t.news()).sort()).toEqual(['b1:DEADLOCK', 'b3:DEADLOCK']);
  });

  test('a lock made stronger at once can close a circle when its owner waits elsewhere', async () => {
    const t = bed();
    t.ask('b', b, row(9), 'shared'); // b: IS on the table
    t.ask('a', a, { space: 'kv', item: 1 }, 'exclusive');
    t.ask('c', c, row(5), 'exclusive'); // c: IX on the table
    t.ask('a', a, table, 'shared'); // a waits for c
    t.ask('b', b, { space: 'kv', item: 1 }, 'shared'); // b waits for a
    expect(await t.news()).toEqual([]);
    expect(t.ask('b', b, row(8), 'exclusive')).toBe(true); // IS becomes IX: now a waits for b, too
    expect(await t.news()).toEqual(['b:DEADLOCK']);
  });

  test('a long queue on one row costs little', async () => {
    const t = bed(4, Infinity);
    const n = 3000;
    t.ask('holder', a, row(0), 'exclusive');
    t.ask('x', b, row(1), 'exclusive');
    for (let id = 10; id < n; id++) t.ask(`${id}`, { id }, row(0), id % 3 === 0 ? 'shared' : 'exclusive');
    const begin = performance.now();
    for (let i = 0; i < 50; i++) {
      const owner = { id: n + i };
      t.ask('side', owner, { space: 's', item: i }, 'exclusive');
      t.ask('behind', { id: 2 * n + i }, { space: 's', item: i }, 'shared'); // so the owner is waited for
      t.ask('tail', owner, row(0), 'exclusive');
    }
    expect(performance.now() - begin).toBeLessThan(2000);
    t.ask('b', b, row(0), 'exclusive');
    t.ask('a', a, row(1), 'exclusive');
    expect(await t.news()).toEqual(['b:DEADLOCK']);
  });
});

describe('looking at it', () => {
  test('conflicts counts holders of the row and of the table, not waiters or oneself', () => {
    const t = bed();
    expect(t.locks.conflicts(a, row(1), 'exclusive')).toBe(false);
    t.ask('a', a, row(1), 'shared');
    t.ask('b', b, row(1), 'exclusive');
    const of = (owner: LockOwner, resource: LockResource): boolean[] =>
      (['shared', 'exclusive'] as const).map((mode) => t.locks.conflicts(owner, resource, mode));
    expect(of(a, row(1))).toEqual([false, false]);
    expect(of(c, row(1))).toEqual([false, true]);
    expect(of(c, row(2))).toEqual([false, false]);
    expect(of(c, table)).toEqual([true, true]); // b announced a change of a row
    expect(t.locks.conflictsWith(c, table, 'exclusive').map(({ id, mode, why }) => [id, mode, why])).toEqual([[1, 'IS', 'held'], [2, 'IX', 'held']]);
    expect(t.locks.conflictsWith(c, row(2), 'exclusive')).toEqual([]);
    t.ask('d', d, { space: 'kv' }, 'exclusive');
    expect(of(c, { space: 'kv', item: 'k' })).toEqual([true, true]);
    expect(of(d, { space: 'kv', item: 'k' })).toEqual([false, false]);
  });

  test('the wait-for graph as data and as DOT', () => {
    const t = bed();
    t.ask('a', a, row(1), 'shared');
    t.ask('b', { id: 2, name: 'say "x"\\' }, row(1), 'exclusive');
    t.ask('c', c, row(1), 'shared');
    const graph = t.locks.waitForGraph();
    expect(graph).toEqual({
      nodes: [
        { id: 1, name: 't1', held: 2, waitsFor: [] },
        { id: 2, name: 'say "x"\\', held: 1, waitsFor: [row(1)] },
        { id: 3, name: 't3', held: 1, waitsFor: [row(1)] },
      ],
      edges: [
        { from: 2, to: 1, resource: row(1), mode: 'X', why: 'held' },
        { from: 3, to: 2, resource: row(1), mode: 'S', why: 'queued' },
      ],
    });
    expect(toDot(graph)).toBe(`digraph waits {
  1 [label="transaction 1 't1', 2 held"];
  2 [label="transaction 2 'say \\"x\\"\\\\', 1 held"];
  3 [label="transaction 3 't3', 1 held"];
  2 -> 1 [label="X t:people/1"];
  3 -> 2 [label="S t:people/1", style=dashed];
}
`);
  });

  test('counters, histograms and hot resources', async () => {
    const t = bed(8);
    for (const owner of [a, b, c]) t.ask(owner.name ?? '', owner, row('hot'), 'exclusive');
    t.env.advance(5);
    for (const owner of [a, b, c]) t.locks.releaseAll(owner);
    t.ask('a', a, row('warm'), 'exclusive');
    t.ask('b', b, row('warm'), 'exclusive');
    expect(await t.news()).toEqual(['t2:granted', 't3:granted']);
    const { counters, histograms } = t.probe.snapshot();
    expect(counters.locks).toMatchObject({ acquisitions: 9, waits: 3, maxQueue: 2, timeouts: 0, waiting: 1, listenerErrors: 0 });
    expect(histograms['locks.waitNs']).toMatchObject({ count: 2, min: 5e6, max: 5e6 });
    expect(t.locks.hotResources()).toEqual([
      { resource: row('hot'), name: 't:people/"hot"', shard: expect.any(Number), waits: 2, overcount: 0, waitNs: 10e6, maxWaitNs: 5e6 },
      { resource: row('warm'), name: 't:people/"warm"', shard: expect.any(Number), waits: 1, overcount: 0, waitNs: 0, maxWaitNs: 0 },
    ]);
    const shards = t.locks.shardStats();
    const sum = (key: 'acquisitions' | 'waits' | 'held' | 'waiting'): number => shards.reduce((total, shard) => total + shard[key], 0);
    expect([sum('acquisitions'), sum('waits'), sum('held'), sum('waiting')]).toEqual([9, 3, 3, 1]);
    expect(shards.reduce((n, shard) => n + shard.waitNs.count, 0)).toBe(2);
    expect(t.events.map((e) => e.kind).join(' ')).toBe('grant grant grant wait grant wait release release grant release release '
      + 'grant release release grant grant grant wait');
    expect(t.events.filter((e) => e.waitNs !== undefined).map((e) => [e.kind, e.owner.id, e.waitNs])).toEqual([['grant', 2, 5e6], ['grant', 3, 5e6]]);
  });

  test('a listener that throws does no harm', () => {
    const probe = new Probe();
    const locks = new LockManager({ shards: 1, timeoutMs: 1, env: simEnvironment(1), probe, trace: () => { throw new Error('no'); } });
    void locks.acquire(a, row(1), 'shared');
    locks.releaseAll(a);
    expect(probe.snapshot().counters.locks).toMatchObject({ listenerErrors: 4, held: 0 });
  });

  test('neighbouring rows spread over the shards', () => {
    const t = bed(16);
    for (let i = 1; i <= 16_000; i++) void t.locks.acquire(a, row(i), 'shared');
    for (const shard of t.locks.shardStats()) expect(Math.abs(shard.held - 1000)).toBeLessThan(150);
    t.locks.releaseAll(a);
    expectEmpty(t);
  });
});
