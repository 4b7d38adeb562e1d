import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Isolation } from '../../src/main.js';
import { ReadSet } from '../../txn/commit/read-set.js';
import { RecordStore } from '../../txn/record/record-store.js';
import { RecordWrites } from '../../txn/record/record-writes.js';
import { findAnomalies, violations, type Anomaly, type Transaction } from '../model/elle.js';
import { randomHistory, type ListKind } from './random-history.js';

// HISTORIES: how many of each kind (long form: HISTORIES=2000). SEED replays one.
const COUNT = Number(process.env['HISTORIES'] ?? 12);
const replay = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);

const KINDS: readonly { isolation: Isolation; lists: ListKind; lives: number }[] = [
  { isolation: 'snapshot', lists: 'field', lives: 1 },
  { isolation: 'snapshot', lists: 'memo', lives: 1 },
  { isolation: 'serializable', lists: 'field', lives: 1 },
  { isolation: 'serializable', lists: 'memo', lives: 1 },
  { isolation: 'serializable', lists: 'rows', lives: 1 },
  { isolation: 'snapshot', lists: 'memo', lives: 3 },
  { isolation: 'serializable', lists: 'rows', lives: 3 },
];

type Kind = (typeof KINDS)[number];

const historyOf = (kind: Kind, seed: number): Promise<readonly Transaction[]> => randomHistory({ ...kind, seed, transactionsOfEach: 6 });
const seeds = (kind: Kind): number[] => (replay === undefined ? Array.from({ length: COUNT }, (_, i) => KINDS.indexOf(kind) * 1_000_000 + i) : [replay]);

function badOnes(history: readonly Transaction[], isolation: Isolation): Anomaly[] {
  return violations(findAnomalies(history), isolation === 'snapshot' ? 'strong-snapshot' : 'strict-serializable');
}

describe.each(KINDS)('$isolation, lists in $lists, $lives lives', (kind) => {
  test('random histories show nothing that the level forbids', async () => {
    let committed = 0, conflicts = 0;
    for (const seed of seeds(kind)) {
      const history = await historyOf(kind, seed).catch((cause: unknown) => { throw new Error(`SEED=${seed}`, { cause }); });
      const bad = badOnes(history, kind.isolation);
      expect(bad.map((a) => `${a.kind}: ${a.text}`), `SEED=${seed} npx vitest run test/isolation/histories.test.ts`).toEqual([]);
      committed += history.filter((t) => t.status === 'ok').length;
      conflicts += history.filter((t) => t.status === 'fail').length;
    }
    if (replay === undefined) {
      expect(committed).toBeGreaterThan(COUNT * 10);
      expect(conflicts).toBeGreaterThan(COUNT);
    }
  }, 3_600_000);
});

describe('a broken engine is found out', () => {
  afterEach(() => { vi.restoreAllMocks(); });

  const find: RecordStore['find'] = Reflect.get(RecordStore.prototype, 'find');
  const check: RecordWrites['checkConflicts'] = Reflect.get(RecordWrites.prototype, 'checkConflicts');
  const SABOTAGES: Record<string, { kind: Kind; expected: readonly string[]; sabotage: () => void }> = {
    'no check of write conflicts': {
      kind: { isolation: 'snapshot', lists: 'field', lives: 1 }, expected: ['dirty-update', 'incompatible-order', 'G-single', 'G0', 'G1c', 'lost-update'],
      sabotage: () => {
        vi.spyOn(RecordWrites.prototype, 'checkConflicts').mockImplementation(function (this: RecordWrites) { if (this.store.retired) check.call(this, 0); });
      },
    },
    'no check of what was read': {
      kind: { isolation: 'serializable', lists: 'field', lives: 1 }, expected: ['G2-item', 'G2-item-realtime'],
      sabotage: () => { vi.spyOn(ReadSet.prototype, 'validate').mockImplementation(() => undefined); },
    },
    'no check of ranges': {
      kind: { isolation: 'serializable', lists: 'rows', lives: 1 }, expected: ['G2-item', 'incompatible-order', 'G-single', 'G0', 'G1c'],
      sabotage: () => { vi.spyOn(ReadSet.prototype, 'range').mockImplementation(() => undefined); },
    },
    'reads of the newest state instead of the snapshot': {
      kind: { isolation: 'snapshot', lists: 'field', lives: 1 }, expected: ['G-single', 'internal', 'G-single-realtime', 'G-nonadjacent'],
      sabotage: () => { vi.spyOn(RecordStore.prototype, 'find').mockImplementation(function (this: RecordStore, recno) { return find.call(this, recno, Infinity); }); },
    },
  };

  test.each(Object.keys(SABOTAGES))('%s', async (name) => {
    const { kind, expected, sabotage } = SABOTAGES[name] ?? { kind: KINDS[0] as Kind, expected: [], sabotage: () => undefined };
    sabotage();
    const found = new Set<string>();
    for (let seed = 0; seed < 12; seed++) for (const a of badOnes(await historyOf(kind, seed), kind.isolation)) found.add(a.kind);
    expect(expected.filter((one) => found.has(one)), `found ${[...found].join(', ')}`).not.toEqual([]);
  });
});
