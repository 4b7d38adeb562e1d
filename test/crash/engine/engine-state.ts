import type { Database } from '../../../src/main.js';

/**
 * Of each table the number of columns (`#3`), then its live rows as text, in record order. Record numbers are left out: pack
 * changes them, not the content.
 */
export type EngineState = ReadonlyMap<string, readonly string[]>;

export function stateKey(state: EngineState): string {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, rows]) => `${name}[${rows.join('|')}]`).join(' ');
}

/** What a row looks like in the state; columns of later alterations are in it. */
export function rowText(row: object): string {
  return Object.values(row).map((value: unknown) => (value instanceof Date ? value.toISOString().slice(0, 10) : String(value))).join(',');
}

export function columnsText(columns: number): string { return `#${columns}`; }

export function readState(db: Database): EngineState {
  return new Map(db.tables().map((name) => [name, [columnsText(db.table(name).fields.length), ...[...db.table(name).scan()].map(rowText)]]));
}
