import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { char, numeric, open, type Database, type Isolation, type Tx } from '../../src/main.js';
import { Session } from './session.js';

// M. Kleppmann's Hermitage: each anomaly as a schedule by hand. Two rows: record 1 has value 10, record 2 has value 20.
const SCHEMA = { value: numeric(6), note: char(4) };
const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];
const BETWEEN = ['nothing', 'a checkpoint'] as const;

/** The ways to look at the table: each must be protected. */
const READERS = {
  'point reads': (tx: Tx): number[] => pointReads(tx),
  'a scan': (tx: Tx): number[] => [...tx.table('test').scan()].map((row) => Number(row['value'])),
  'a scan backwards': (tx: Tx): number[] => [...tx.table('test').scan({ reverse: true })].map((row) => Number(row['value'])).reverse(),
  'getMany': (tx: Tx): number[] => tx.table('test').getMany([1, 2, 3, 4, 5]).flatMap((row) => (row === undefined ? [] : [Number(row['value'])])),
} as const;

function pointReads(tx: Tx): number[] {
  const values: number[] = [];
  for (let recno = 1; recno <= 5; recno++) {
    const row = tx.table('test').get(recno);
    if (row !== undefined) values.push(Number(row['value']));
  }
  return values;
}

const set = (recno: number, value: number) => (tx: Tx): void => { tx.table('test').update(recno, { value }); };
const valueOf = (recno: number) => (tx: Tx): unknown => tx.table('test').get(recno)?.['value'];
const where = (test: (value: number) => boolean) => (tx: Tx): number[] => (
  [...tx.table('test').scan()].flatMap((row) => (test(Number(row['value'])) ? [row.$recno] : [])) as number[]
);
const divisibleBy3 = where((value) => value % 3 === 0);

let db: Database;
let between: () => Promise<void>;

async function begin(event: (typeof BETWEEN)[number]): Promise<void> {
  await db.table('test').insert({ value: 10, note: 'one' });
  await db.table('test').insert({ value: 20, note: 'two' });
  await db.checkpoint();
  between = event === 'nothing' ? () => Promise.resolve() : () => db.checkpoint();
}

const committed = (): unknown[] => db.table('test').scan().toArray().map((row) => row['value']);

beforeEach(async () => {
  db = await open(':memory:');
  await db.createTable('test', SCHEMA);
});

afterEach(async () => { await db.close(); });

const CASES = LEVELS.flatMap((isolation) => BETWEEN.flatMap((event) => (
  Object.entries(READERS).map(([reader, read]) => ({ isolation, event, reader, read }))
)));

describe.each(CASES)('$isolation, $reader, $event between the steps', ({ isolation, event, read }) => {
  let t1: Session, t2: Session, t3: Session;
  const serializable = isolation === 'serializable';

  beforeEach(async () => {
    await begin(event);
    [t1, t2, t3] = [new Session(db, { isolation }), new Session(db, { isolation }), new Session(db, { isolation })];
  });

  test('G0: writes of two transactions do not interleave', async () => {
    await t1.step(set(1, 11));
    await t2.step(set(1, 12));
    await t1.step(set(2, 21));
    await t1.commit();
    await between();
    await t2.step(set(2, 22));
    expect(await t2.outcome()).toBe('CONFLICT');
    expect(committed()).toEqual([11, 21]);
    await t3.commit();
  });

  test('G1a: nobody reads what is rolled back', async () => {
    await t1.step(set(1, 101));
    expect(await t2.step(read)).toEqual([10, 20]);
    await between();
    await t1.rollback();
    expect(await t2.step(read)).toEqual([10, 20]);
    expect(await t2.outcome()).toBe('committed');
    await t3.commit();
  });

  test('G1b: nobody reads what is changed again', async () => {
    await t1.step(set(1, 101));
    expect(await t2.step(read)).toEqual([10, 20]);
    await t1.step(set(1, 11));
    await t1.commit();
    await between();
    expect(await t2.step(read)).toEqual([10, 20]);
    expect(await t2.outcome()).toBe('committed');
    await t3.commit();
  });

  test('G1c: information does not flow in a circle', async () => {
    await t1.step(set(1, 11));
    await t2.step(set(2, 22));
    expect(await t1.step(read)).toEqual([11, 20]);
    expect(await t2.step(read)).toEqual([10, 22]);
    await t1.commit();
    await between();
    expect(await t2.outcome()).toBe(serializable ? 'CONFLICT' : 'committed');
    await t3.commit();
  });

  test('OTV: a transaction that was seen does not vanish', async () => {
    await t1.step(set(1, 11));
    await t1.step(set(2, 19));
    await t2.step(set(1, 12));
    await t1.commit();
    await between();
    expect(await t3.step(read)).toEqual([11, 19]);
    await t2.step(set(2, 18));
    expect(await t3.step(read)).toEqual([11, 19]);
    expect(await t2.outcome()).toBe('CONFLICT');
    expect(await t3.step(read)).toEqual([11, 19]);
    await t3.commit();
  });

  test('PMP: a predicate that was read gives the same rows again', async () => {
    expect(await t1.step(read)).toEqual([10, 20]);
    expect(await t1.step(divisibleBy3)).toEqual([]);
    await t2.step((tx) => tx.table('test').insert({ value: 30 }));
    await t2.commit();
    await between();
    expect(await t1.step(divisibleBy3)).toEqual([]);
    expect(await t1.step(read)).toEqual([10, 20]);
    expect(await t1.outcome()).toBe('committed');
    await t3.commit();
  });

  test('PMP: a predicate that is written by does not lose an update', async () => {
    await t1.step((tx) => { for (const row of tx.table('test').scan()) tx.table('test').update(Number(row['$recno']), { value: Number(row['value']) + 10 }); });
    const found = await t2.step(where((value) => value === 20));
    expect(found).toEqual([2]);
    await t1.commit();
    await between();
    await t2.step((tx) => { for (const recno of found) tx.table('test').delete(recno); });
    expect(await t2.outcome()).toBe('CONFLICT');
    expect(committed()).toEqual([20, 30]);
    await t3.commit();
  });

  test('P4: no update is lost', async () => {
    expect(await t1.step(read)).toEqual([10, 20]);
    expect(await t2.step(read)).toEqual([10, 20]);
    await t1.step(set(1, 11));
    await t2.step(set(1, 11));
    await t1.commit();
    await between();
    expect(await t2.outcome()).toBe('CONFLICT');
    await t3.commit();
  });

  test('G-single: a transaction sees another wholly or not at all', async () => {
    expect(await t1.step(valueOf(1))).toBe(10);
    await t2.step(set(1, 12));
    await t2.step(set(2, 18));
    await t2.commit();
    await between();
    expect(await t1.step(valueOf(2))).toBe(20);
    expect(await t1.step(read)).toEqual([10, 20]);
    expect(await t1.outcome()).toBe('committed');
    await t3.commit();
  });

  test('G-single: nor does it write by half of what it saw', async () => {
    expect(await t1.step(read)).toEqual([10, 20]);
    await t2.step(set(1, 12));
    await t2.step(set(2, 18));
    await t2.commit();
    await between();
    await t1.step((tx) => { tx.table('test').delete(2); });
    expect(await t1.outcome()).toBe('CONFLICT');
    expect(committed()).toEqual([12, 18]);
    await t3.commit();
  });

  test('G2-item: write skew is allowed by snapshot and stopped by serializable', async () => {
    expect(await t1.step(read)).toEqual([10, 20]);
    expect(await t2.step(read)).toEqual([10, 20]);
    await t1.step(set(1, 11));
    await t2.step(set(2, 21));
    await t1.commit();
    await between();
    expect(await t2.outcome()).toBe(serializable ? 'CONFLICT' : 'committed');
    expect(committed()).toEqual(serializable ? [11, 20] : [11, 21]);
    await t3.commit();
  });

  test('G2: so is write skew over a predicate', async () => {
    expect(await t1.step(divisibleBy3)).toEqual([]);
    expect(await t2.step(read)).toEqual([10, 20]);
    expect(await t2.step(divisibleBy3)).toEqual([]);
    await t1.step((tx) => tx.table('test').insert({ value: 30 }));
    await t2.step((tx) => tx.table('test').insert({ value: 42 }));
    await t1.commit();
    await between();
    expect(await t2.outcome()).toBe(serializable ? 'CONFLICT' : 'committed');
    expect(committed()).toEqual(serializable ? [10, 20, 30] : [10, 20, 30, 42]);
    await t3.commit();
  });

  test('G2: a reader in the middle does not make an order impossible', async () => {
    expect(await t1.step(read)).toEqual([10, 20]);
    await t2.step((tx) => { set(2, Number(valueOf(2)(tx)) + 5)(tx); });
    await t2.commit();
    await between();
    expect(await t3.step(read)).toEqual([10, 25]);
    await t3.commit();
    await between();
    await t1.step(set(1, 0));
    expect(await t1.outcome()).toBe(serializable ? 'CONFLICT' : 'committed');
  });
});
