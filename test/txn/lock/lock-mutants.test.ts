import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as LockModeModule from '../../../txn/lock/lock-mode.js';
import type * as LockQueueModule from '../../../txn/lock/lock-queue.js';
import type * as LockShardModule from '../../../txn/lock/lock-shard.js';
import type * as LockTableModule from '../../../txn/lock/lock-table.js';
import type * as WaitForModule from '../../../txn/lock/wait-for-graph.js';
import { runSchedules, type LockManagerClass } from './lock-schedule.js';

/** The modules of one copy of the lock manager; a planted bug changes this copy alone. */
interface Copy {
  readonly mode: typeof LockModeModule;
  readonly queue: typeof LockQueueModule;
  readonly shard: typeof LockShardModule;
  readonly table: typeof LockTableModule;
  readonly graph: typeof WaitForModule;
}

const PATH = '../../../txn/lock/';
const { IS, IX, S, SIX, X } = await import('../../../txn/lock/lock-mode.js');

function allow(copy: Copy, a: number, b: number): void {
  copy.mode.CONFLICTS[a] = (copy.mode.CONFLICTS[a] ?? 0) & ~(1 << b);
  copy.mode.CONFLICTS[b] = (copy.mode.CONFLICTS[b] ?? 0) & ~(1 << a);
}

function conflictBits(mode: number): number { return mode === X ? 0b111110 : 0b110100; }

/** Bugs made by changing tables and methods of the fresh copy. */
const PATCHES: Record<string, (copy: Copy) => void> = {
  'a reader of the table ignores IX': (copy) => allow(copy, IX, S),
  'IX ignores SIX': (copy) => allow(copy, IX, SIX),
  'IS ignores X': (copy) => allow(copy, IS, X),
  'two writers of one row': (copy) => allow(copy, X, X),
  'no upgrade detection': ({ graph }) => {
    const find = graph.CycleSearch.prototype.find;
    graph.CycleSearch.prototype.find = function noUpgrades(start) {
      const cycle = find.call(this, start);
      return cycle?.every((w) => w.isConversion) === true ? undefined : cycle;
    };
  },
  'only circles of two are found': ({ graph }) => {
    const find = graph.CycleSearch.prototype.find;
    graph.CycleSearch.prototype.find = function shortOnly(start) {
      const cycle = find.call(this, start);
      return cycle !== undefined && cycle.length > 2 ? undefined : cycle;
    };
  },
  'circles through a place in a queue are not found': ({ graph }) => {
    const find = graph.CycleSearch.prototype.find;
    graph.CycleSearch.prototype.find = function heldOnly(start) {
      const cycle = find.call(this, start);
      return cycle?.every((w, i) => cycle[(i + 1) % cycle.length]?.party.grants.some((grant) => grant.queue === w.queue)) === true ? cycle : undefined;
    };
  },
  'no deadlock detection': ({ graph }) => { graph.CycleSearch.prototype.find = () => undefined; },
  'unfair: a newcomer passes the queue': ({ queue, mode }) => {
    queue.LockQueue.prototype.admitsNewcomer = function unfair(wanted, own) { return (mode.conflictsOf(wanted) & this.heldModes(own)) === 0; };
  },
  'unfair: anybody in the queue that fits is let in': ({ queue, mode }) => {
    queue.LockQueue.prototype.firstAdmissible = function unfair() {
      for (let w = this.head; w !== undefined; w = w.next) {
        if ((mode.conflictsOf(w.mode) & this.heldModes(this.grantOf(w.party))) === 0) return w;
      }
      return undefined;
    };
  },
  'an upgrade waits behind the queue': ({ queue, mode }) => {
    queue.LockQueue.prototype.admitsNewcomer = function slow(wanted, own) {
      if ((mode.conflictsOf(wanted) & this.heldModes(own)) !== 0) return false;
      for (let w = this.head; w !== undefined; w = w.next) if (!mode.compatible(wanted, w.mode)) return false;
      return true;
    };
  },
  'an upgrade sees its own lock as foreign': ({ queue }) => {
    const heldModes = queue.LockQueue.prototype.heldModes;
    queue.LockQueue.prototype.heldModes = function all() { return heldModes.call(this, undefined); };
  },
  'lost wakeup: only one waiter is let in': ({ queue }) => {
    const first = queue.LockQueue.prototype.firstAdmissible;
    let last: unknown;
    queue.LockQueue.prototype.firstAdmissible = function once() {
      if (last === this) { last = undefined; return undefined; }
      const waiter = first.call(this);
      if (waiter !== undefined) last = this;
      return waiter;
    };
  },
  'lost wakeup: a wait that ends wakes nobody': ({ table }) => {
    table.LockTable.prototype.settle = function afterReleaseOnly() { if (this.heldCount % 2 === 0) settle.call(this); };
    const settle = new table.LockTable(1, {} as never, {} as never).settle;
  },
  'a second wait of an owner is not revised': ({ queue }) => { queue.LockQueue.prototype.revise = () => undefined; },
  'the queues of free resources are kept': ({ shard }) => { shard.LockShard.prototype.drop = () => undefined; },
  'tryAcquire takes what it likes': ({ table }) => { table.LockTable.prototype.isFree = () => true; },
  'conflicts looks at the row alone': ({ table }) => {
    table.LockTable.prototype.conflict = function rowOnly(party, resource, wanted) {
      const queue = this.find(resource.space, resource.item);
      const free = queue === undefined || (conflictBits(wanted) & queue.heldModes(queue.grantOf(party as never))) === 0;
      return free ? undefined : queue;
    };
  },
};

/** Bugs made by replacing a function that other modules import. */
const REPLACEMENTS: Record<string, { module: string; change: (original: Copy[keyof Copy]) => object }> = {
  'rows ask for IS even when they are changed': { module: 'lock-mode', change: () => ({ intentionFor: () => IS }) },
  'SIX on the table covers changes of rows': {
    module: 'lock-mode', change: () => ({ coversItems: (space: number, item: number) => space >= SIX || (item === S && space === S) }),
  },
  'IX joined with S is S': {
    module: 'lock-mode',
    change: (original) => ({ joinModes: (a: number, b: number) => ((a === IX && b === S) || (a === S && b === IX) ? S : joinOf(original)(a, b)) }),
  },
  'the oldest dies': {
    module: 'wait-for-graph',
    change: () => ({
      youngestOf: (cycle: { party: { owner: { id: number } } }[]) => cycle.map((w) => w.party).sort((a, b) => a.owner.id - b.owner.id)[0],
    }),
  },
  'the graph shows no places in queues': {
    module: 'wait-for-graph',
    change: (original) => ({
      describeWaits: (contended: Iterable<LockQueueModule.LockQueue>) => {
        const graph = describeOf(original)(contended);
        return { ...graph, edges: graph.edges.filter((e) => e.why === 'held') };
      },
    }),
  },
  'a resource hashes differently each time': { module: 'lock-shard', change: () => { let n = 0; return { lockHash: () => n++ }; } },
};

function joinOf(module: object): (a: number, b: number) => number {
  return 'joinModes' in module ? module.joinModes as (a: number, b: number) => number : () => X;
}

function describeOf(module: object): typeof WaitForModule.describeWaits {
  if (!('describeWaits' in module)) throw new Error('describeWaits is in another module');
  return module.describeWaits as typeof WaitForModule.describeWaits;
}

/** One import after the other: a mock is ready only for those that follow the first. */
async function freshCopy(): Promise<{ copy: Copy; Manager: LockManagerClass }> {
  const { LockManager: Manager } = await import('../../../txn/lock/lock-manager.js');
  const mode = await import('../../../txn/lock/lock-mode.js');
  const queue = await import('../../../txn/lock/lock-queue.js');
  const shard = await import('../../../txn/lock/lock-shard.js');
  const table = await import('../../../txn/lock/lock-table.js');
  const graph = await import('../../../txn/lock/wait-for-graph.js');
  return { copy: { mode, queue, shard, table, graph }, Manager };
}

afterEach(() => {
  for (const { module } of Object.values(REPLACEMENTS)) vi.doUnmock(`${PATH}${module}.js`);
  vi.resetModules();
});

const SEEDS = 300;

describe('the checker finds planted bugs', () => {
  test('and finds nothing in an unchanged copy', async () => {
    vi.resetModules();
    const { Manager } = await freshCopy();
    await runSchedules(Manager, 1, SEEDS, 50);
  });

  test.each(Object.keys(PATCHES))('%s', async (name) => {
    vi.resetModules();
    const { copy, Manager } = await freshCopy();
    PATCHES[name]?.(copy);
    await expect(runSchedules(Manager, 1, SEEDS, 50)).rejects.toThrow(/seed \d+/);
  });

  test.each(Object.keys(REPLACEMENTS))('%s', async (name) => {
    vi.resetModules();
    const replacement = REPLACEMENTS[name];
    if (replacement === undefined) throw new Error(`no bug named ${name}`);
    vi.doMock(`${PATH}${replacement.module}.js`, async (importOriginal) => {
      const original = await importOriginal<Copy[keyof Copy]>();
      return { ...original, ...replacement.change(original) };
    });
    const { Manager } = await freshCopy();
    await expect(runSchedules(Manager, 1, SEEDS, 50)).rejects.toThrow(/seed \d+/);
  });
});
