import { afterEach, beforeEach, expect, test } from 'vitest';
import { char, FieldstoneError, memo, numeric, open, type Database } from '../../../src/main.js';

// Whatever a caller hands in, in whatever place: a typed error or a result, never an error without a code, and the table stays as it is.
const JUNK: readonly unknown[] = [
  undefined, null, 0, -1, 1.5, NaN, Infinity, 2 ** 53, 10n, '', 'nope', '../t', 'a\0b', '__proto__', true, Symbol('s'), [], [1], {}, { x: 1 },
  Object.create(null), JSON.parse('{"__proto__":{"n":1}}'), { n: {} }, { n: Symbol('v') }, () => 1, new Date(NaN), new Map(), new Uint8Array(3), Promise.resolve(1),
  { get name(): never { throw new FieldstoneError('VALUE', 'a getter threw'); } },
];

type Call = (db: Database, args: unknown[]) => unknown;

/** Every public method, by the name of its handle; each gets junk in every place. */
function callsOf(): Record<string, Call> {
  const calls: Record<string, Call> = {};
  const on = (kind: string, names: readonly string[], target: (db: Database) => object): void => {
    for (const name of names) {
      calls[`${kind}.${name}`] = (db, args) => {
        const object = target(db);
        const method: unknown = Reflect.get(object, name);
        if (typeof method !== 'function') throw new Error(`${kind} has no ${name}`);
        return Reflect.apply(method, object, args) as unknown;
      };
    }
  };
  on('db', ['table', 'createTable', 'dropTable', 'renameTable', 'alterTable', 'transaction', 'transactionSync', 'importTable', 'kv'], (db) => db);
  on('table', ['get', 'getMany', 'scan', 'insert', 'insertMany', 'update', 'delete', 'recall', 'pack'], (db) => db.table('t'));
  on('snapshot', ['table'], (db) => db.snapshot());
  on('snapshot table', ['get', 'getMany', 'scan'], (db) => db.snapshot().table('t'));
  const inTx = (kind: string, names: readonly string[], target: (tx: object) => object): void => {
    for (const name of names) {
      calls[`${kind}.${name}`] = (db, args) => db.transaction(async (tx) => {
        const object = target(tx);
        try {
          await consumed(Reflect.apply(Reflect.get(object, name) as () => unknown, object, args));
        } finally {
          tx.rollback();
        }
      });
    }
  };
  inTx('tx', ['table', 'lock', 'savepoint', 'rollbackTo'], (tx) => tx);
  inTx('tx table', ['get', 'getMany', 'scan', 'insert', 'insertMany', 'update', 'delete', 'recall'], (tx) => (tx as { table(n: string): object }).table('t'));
  return calls;
}

async function consumed(value: unknown): Promise<void> {
  const result: unknown = await value;
  if (typeof result === 'object' && result !== null && 'toArray' in result && typeof result.toArray === 'function') Reflect.apply(result.toArray, result, []);
}

function problemOf(error: unknown): string | undefined {
  if (error instanceof FieldstoneError) return undefined;
  if ((error instanceof TypeError || error instanceof RangeError) && 'code' in error) return undefined;
  return error instanceof Error ? `${error.name}: ${error.message}` : `not an error: ${String(error)}`;
}

let db: Database;

beforeEach(async () => {
  db = await open(':memory:', { lockTimeoutMs: 10 });
  await db.createTable('t', { name: char(10), n: numeric(6), notes: memo() });
  await db.table('t').insert({ name: 'one', n: 1, notes: 'text' });
});

afterEach(async () => { await db.close(); });

const CALLS = callsOf();

test.each(Object.keys(CALLS))('%s', async (name) => {
  const call = CALLS[name] as Call;
  const problems = new Set<string>();
  const attempt = async (args: unknown[]): Promise<void> => {
    try {
      await consumed(call(db, args));
    } catch (error) {
      const problem = problemOf(error);
      if (problem !== undefined) problems.add(problem);
    }
  };
  for (const junk of JUNK) {
    await attempt([junk]);
    await attempt(['t', junk]);
    await attempt([1, junk]);
    await attempt(['t', { n: numeric(4) }, junk]);
    await attempt([() => 1, junk]);
  }
  expect([...problems]).toEqual([]);
  if (/^db\.(drop|rename|alter)/.test(name)) return;
  expect(({} as Record<string, unknown>)['n']).toBeUndefined();
  if (name !== 'db.table') expect(db.tables()).toContain('t');
});
