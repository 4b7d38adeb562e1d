import { hasCode, type Finding } from '#storage';
import type { Engine } from '#txn';
import { assertNotAborted } from '../long-work.js';
import { checkFolder } from './check-folder.js';
import { chosenWork } from './chosen-work.js';
import { checkStore } from './check-store.js';
import { checkTable } from './check-table.js';

/** Options of check(). */
export interface CheckOptions {
  /** Cancels with ABORTED. */
  readonly signal?: AbortSignal;
  /** Records and keys done of all. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Only these tables. Default: all, all stores, and the folder itself; when `stores` is given, none. */
  readonly tables?: readonly string[];
  /** Only these key-value stores. Default: all; when `tables` is given, none. */
  readonly stores?: readonly string[];
}

/** What check() found. */
export interface CheckResult {
  /** No finding is an error or a warning. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** How many tables were looked at. */
  readonly tables: number;
  /** How many records were looked at, deleted ones included. */
  readonly records: number;
  /** How many key-value stores were looked at. */
  readonly stores: number;
  /** How many keys were looked at. */
  readonly keys: number;
}

const ATTEMPTS = 20;

/** Checks the committed state of tables, then the folder. Changes nothing. */
export async function checkDatabase(engine: Engine, options: CheckOptions): Promise<CheckResult> {
  await onFreshState(engine, async () => { await Promise.resolve(engine.assertReadable()); });
  const { tables: names, stores, isAll } = chosenWork(engine, options);
  const total = totalRecords(engine, names) + totalKeys(engine, stores);
  const findings: Finding[] = [];
  let records = 0;
  for (const name of names) {
    const done = records;
    const checked = await onFreshState(engine, async () => {
      assertNotAborted(options.signal, 'the check');
      const entry = engine.tables.state.get(name.toLowerCase());
      if (entry === undefined) return { findings: [], records: 0 }; // dropped meanwhile
      const hold = engine.takeSnapshot('check');
      try {
        const onProgress = (n: number): void => options.onProgress?.({ done: done + n, total: Math.max(total, done + n) });
        return await checkTable({ engine, hold, entry, signal: options.signal, onProgress });
      } finally {
        engine.releaseSnapshot(hold);
      }
    });
    findings.push(...checked.findings);
    records += checked.records;
  }
  const { keys } = await checkStores(engine, stores, options, findings, records, total);
  if (isAll) findings.push(...checkFolder(engine));
  assertNotAborted(options.signal, 'the check');
  options.onProgress?.({ done: records + keys, total: records + keys });
  return { ok: findings.every((f) => f.severity === 'note'), findings, tables: names.length, records, stores: stores.length, keys };
}

async function checkStores(
  engine: Engine, stores: readonly string[], options: CheckOptions, findings: Finding[], before: number, total: number,
): Promise<{ readonly keys: number }> {
  let keys = 0;
  for (const name of stores) {
    const done = before + keys;
    const checked = await onFreshState(engine, async () => {
      assertNotAborted(options.signal, 'the check');
      const hold = engine.takeSnapshot('check');
      try {
        const onProgress = (n: number): void => options.onProgress?.({ done: done + n, total: Math.max(total, done + n) });
        return await checkStore({ engine, hold, name, signal: options.signal, onProgress });
      } finally {
        engine.releaseSnapshot(hold);
      }
    });
    findings.push(...checked.findings);
    keys += checked.keys;
  }
  return { keys };
}

function totalKeys(engine: Engine, names: readonly string[]): number {
  let total = 0;
  for (const name of names) {
    try {
      total += engine.keyStores.store(name).base?.tree.keyCount ?? 0;
    } catch (e) {
      if (hasCode(e, 'CLOSED')) throw e;
    }
  }
  return total;
}

/** Read-only handles beside a writer: when a checkpoint moved the files, once more on the new state. */
export async function onFreshState<Result>(engine: Engine, read: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (e) {
      if (!engine.options.readOnly || !hasCode(e, 'EXTERNAL_CHANGE') || attempt >= ATTEMPTS) throw e;
      await new Promise<void>((resolve) => { engine.options.env.scheduler.later(resolve); });
      engine.refresh();
    }
  }
}

/** For the progress; tables that cannot be opened count as none. */
function totalRecords(engine: Engine, names: readonly string[]): number {
  let total = 0;
  for (const name of names) {
    try {
      total += engine.store(engine.entry(name)).counts.latest;
    } catch (e) {
      if (hasCode(e, 'CLOSED')) throw e;
    }
  }
  return total;
}
