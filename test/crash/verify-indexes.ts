import { readdirSync } from 'node:fs';
import { open, type Database } from '../../src/main.js';
import type { KillRound } from '../support/sim/kill-harness.js';

const INDEXES = ['by_name', 'in_memory', 'tag', 'upper', 'idx', 'ntx', 'ndx'];

/** What was acknowledged is there once, what took its place too, and rows, documents, pairs and the entries of every index are of the same commits. */
export async function verifyIndexes({ folder, acks }: KillRound): Promise<void> {
  const db = await open(folder);
  try {
    const names = namesIn(db);
    for (const ack of acks) assertAck(ack, names);
    const apart = [...names].filter((name) => !name.includes('load')).sort().join();
    assertSame('documents', documentsIn(db), apart);
    assertSame('pairs', db.stores().includes('pairs') ? db.kv<string, string>('pairs', { values: 'utf8' }).keys().toArray() : [], apart);
    if (db.tables().includes('t')) assertIndexes(db, names);
    const damage = (await db.check()).findings.filter((f) => f.severity !== 'note');
    if (damage.length > 0) throw new Error(`the check finds ${damage.map((f) => `${f.code} ${f.message}`).join('; ')}`);
  } finally {
    await db.close();
  }
  const strangers = readdirSync(folder).filter((name) => !/^(t\.(dbf|cdx|by_name\.fsi)|(idx\.idx|ntx\.ntx|ndx\.ndx)|docs\.(dbf|fpt|_id\.fsi|tags\.fsi)|pairs\.kv|fieldstone\.json)$/.test(name));
  if (strangers.length > 0) throw new Error(`after close there is ${strangers.join(', ')}`);
}

function namesIn(db: Database): Set<string> {
  const names = new Set<string>();
  if (!db.tables().includes('t')) return names;
  for (const row of db.table('t').scan()) {
    const name = String(row['name']);
    if (names.has(name)) throw new Error(`${name} is there twice`);
    names.add(name);
  }
  return names;
}

function documentsIn(db: Database): string[] {
  if (!db.collections().includes('docs')) return [];
  const docs = db.collection('docs');
  const ids = docs.find({}).toArray().map((doc) => String(doc['_id']));
  for (const id of ids) if (docs.get(id)?.['name'] !== id) throw new Error(`document ${id} is not found by its id`);
  const hasTags = docs.indexes().some((index) => index.name === 'tags');
  if (hasTags) assertSame('documents by tag', docs.find({ tags: 'all' }).toArray().map((doc) => String(doc['_id'])), [...ids].sort().join());
  return ids;
}

function assertSame(what: string, found: readonly string[], want: string): void {
  const text = [...found].sort().join();
  if (text !== want) throw new Error(`${what}: ${text} instead of ${want}`);
}

function assertAck(ack: string, names: ReadonlySet<string>): void {
  const [first = '', second = ''] = ack.split(' ');
  if (first === 'load') {
    const there = [0, 1, 2, 3, 4].filter((k) => names.has(`${second}.load${k}`)).length;
    if (there !== 5) throw new Error(`the load of ${second} was acknowledged: ${there} of 5 rows`);
    return;
  }
  // Its successor took it away, acknowledged or not.
  const [seed = '', number = ''] = first.split('.');
  const successor = `${seed}.${Number(number) + 1}`;
  if (!names.has(first) && !(Number(number) % 4 === 1 && names.has(successor))) throw new Error(`${first} was acknowledged and is gone`);
  if (second !== '' && names.has(second)) throw new Error(`${second} was taken away and is there`);
}

/** Every index leads to every row, and to no other. */
function assertIndexes(db: Database, names: ReadonlySet<string>): void {
  const t = db.table('t');
  const there = t.indexes().map((index) => index.name.toLowerCase());
  const all = [...names].sort().join();
  for (const name of INDEXES.filter((each) => there.includes(each))) {
    for (const reverse of [false, true]) assertSame(`index ${name}`, t.index(name).range({ reverse }).toArray().map((row) => String(row['name'])), all);
  }
  if (there.includes('by_name')) for (const name of names) if (t.index('by_name').seek(name)?.['name'] !== name) throw new Error(`${name} is not found`);
}
