import { char, memo, numeric, type Tx } from '../../../src/main.js';
import { seededRandom } from '../../support/sim-clock.js';
import type { EngineState } from './engine-state.js';

export const SCHEMA = { name: char(8), n: numeric(6), notes: memo() };
export type TableName = 'a' | 'b';

/** One change of a transaction. `place` picks a live row; values have the same length for every tag. */
export interface Change {
  readonly table: string;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly place: number;
  readonly value: { readonly name: string; readonly n: number; readonly notes?: string };
}

/**
 * The changes of commit `number`: their kinds and lengths follow from the seed, the tag gives other values of equal length.
 *
 * @param insertsOnly for a commit that runs beside others: it must mean the same in any order of looking
 */
export function changesOf(seed: number, number: number, tables: readonly string[], tag: string, insertsOnly = false): Change[] {
  const random = seededRandom(seed * 1009 + number);
  return Array.from({ length: 1 + random.int(3) }, (_, i) => {
    const kind = random.chance(0.55) || insertsOnly ? 'insert' : random.chance(0.75) ? 'update' : 'delete';
    const table = tables[random.int(tables.length)] ?? 'a';
    const memoLength = random.chance(0.4) ? 0 : 1 + random.int(90);
    return {
      table, kind, place: random.int(1000),
      value: { name: `${tag}${number}.${i}`, n: number, ...(memoLength === 0 ? {} : { notes: tag.repeat(memoLength) }) },
    };
  });
}

function textOf(value: Change['value'], columns: number): string {
  return [value.name, value.n, value.notes ?? '', ...new Array<string>(Math.max(0, columns - 3)).fill('')].join(',');
}

/** The first entry of a table's rows says how many columns it has. */
export function columnsOf(rows: readonly string[]): number { return Number(rows[0]?.slice(1)); }

/** The model's side of a transaction. */
export function applied(state: EngineState, changes: readonly Change[]): EngineState {
  const after = new Map([...state].map(([name, rows]) => [name, [...rows]]));
  for (const { table, kind, place, value } of changes) {
    const rows = after.get(table);
    if (rows === undefined) continue;
    const live = rows.length - 1;
    const at = live === 0 ? 0 : 1 + (place % live);
    if (kind === 'insert') rows.push(textOf(value, columnsOf(rows)));
    else if (live === 0) continue;
    else if (kind === 'delete') rows.splice(at, 1);
    else {
      const old = rows[at]?.split(',') ?? [];
      rows[at] = [value.name, String(value.n), value.notes ?? old[2] ?? '', ...old.slice(3)].join(',');
    }
  }
  return after;
}

/** The engine's side: rows are found again each time, because the body may run twice. */
export function change(tx: Tx, changes: readonly Change[]): void {
  for (const { table, kind, place, value } of changes) {
    const t = tx.table(table);
    if (kind === 'insert') {
      t.insert({ ...value });
      continue;
    }
    const live = [...t.scan({ fields: [] })].map((row) => Number(row['$recno']));
    if (live.length === 0) continue;
    const recno = live[place % live.length] ?? 0;
    if (kind === 'delete') t.delete(recno);
    else t.update(recno, { ...value });
  }
}
