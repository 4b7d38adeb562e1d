import { MemoryVfs, nodeEnvironment } from '#storage';
import type { Database, Kv } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import { Session } from './session.js';

type Level = 'snapshot' | 'serializable';
interface Stage { readonly db: Database; readonly kv: Kv<string, number>; begin(): Session; between(): Promise<void> }

/** Scenario, and the level from which on it must be impossible. It returns what went wrong. */
interface Anomaly { readonly name: string; readonly stops: Level; readonly play: (s: Stage) => Promise<boolean> }

const both = (codes: readonly string[]): boolean => codes.every((code) => code === 'committed');

/** Each scenario gives true when the anomaly happened. */
export const KV_ANOMALIES: readonly Anomaly[] = [
  { name: 'lost update', stops: 'snapshot', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    const add = (n: number) => (t: Session) => t.step((tx) => { const kv = tx.kv(s.kv); kv.put('x', (kv.get('x') ?? 0) + n); });
    await add(1)(a);
    await add(10)(b);
    const first = await a.outcome();
    await s.between();
    return both([first, await b.outcome()]);
  } },
  { name: 'lost update of commits that go out together', stops: 'snapshot', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    for (const t of [a, b]) await t.step((tx) => { const kv = tx.kv(s.kv); kv.put('x', (kv.get('x') ?? 0) + 1); });
    return both(await Promise.all([a.outcome(), b.outcome()]));
  } },
  { name: 'dirty write: a delete and a put', stops: 'snapshot', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    await a.step((tx) => { tx.kv(s.kv).delete('x'); });
    await b.step((tx) => { tx.kv(s.kv).put('x', 5); });
    const first = await a.outcome();
    await s.between();
    return both([first, await b.outcome()]);
  } },
  { name: 'read skew', stops: 'snapshot', play: async (s) => {
    const a = s.begin();
    const x = await a.step((tx) => tx.kv(s.kv).get('x'));
    await s.db.transaction((tx) => { const kv = tx.kv(s.kv); kv.put('x', 21); kv.put('y', 22); });
    await s.between();
    const y = await a.step((tx) => tx.kv(s.kv).get('y'));
    const sum = await a.step((tx) => tx.kv(s.kv).values().toArray().reduce((m, n) => m + n, 0));
    await a.commit();
    return x !== 11 || y !== 12 || sum !== 23;
  } },
  { name: 'dirty read', stops: 'snapshot', play: async (s) => {
    const a = s.begin();
    await a.step((tx) => { tx.kv(s.kv).put('x', 99); });
    await s.between();
    const seen = [s.kv.get('x'), s.kv.values().toArray()[0], s.kv.count()];
    await a.rollback();
    return seen[0] !== 11 || seen[1] !== 11 || seen[2] !== 2 || s.kv.get('x') !== 11;
  } },
  { name: 'write skew', stops: 'serializable', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    for (const t of [a, b]) await t.step((tx) => { const kv = tx.kv(s.kv); return [kv.get('x'), kv.get('y')]; });
    await a.step((tx) => { tx.kv(s.kv).put('x', 1); });
    await b.step((tx) => { tx.kv(s.kv).put('y', 1); });
    const first = await a.outcome();
    await s.between();
    return both([first, await b.outcome()]);
  } },
  { name: 'phantom in a range', stops: 'serializable', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    for (const t of [a, b]) await t.step((tx) => tx.kv(s.kv).keys({ prefix: 'p' }).toArray().length);
    await a.step((tx) => { tx.kv(s.kv).put('p1', 1); });
    await b.step((tx) => { tx.kv(s.kv).put('p2', 1); });
    const first = await a.outcome();
    await s.between();
    return both([first, await b.outcome()]);
  } },
  { name: 'phantom in a count, of commits that go out together', stops: 'serializable', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    for (const t of [a, b]) await t.step((tx) => tx.kv(s.kv).count({ gte: 'p', lt: 'q' }));
    await a.step((tx) => { tx.kv(s.kv).put('p1', 1); });
    await b.step((tx) => { tx.kv(s.kv).put('p2', 1); });
    return both(await Promise.all([a.outcome(), b.outcome()]));
  } },
  { name: 'a key that was absent when it was read', stops: 'serializable', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    for (const t of [a, b]) await t.step((tx) => tx.kv(s.kv).has('absent'));
    await a.step((tx) => { tx.kv(s.kv).put('absent', 1); });
    await b.step((tx) => { tx.kv(s.kv).put('other', 1); });
    const first = await a.outcome();
    await s.between();
    return both([first, await b.outcome()]);
  } },
  { name: 'a range that a delete empties', stops: 'serializable', play: async (s) => {
    const [a, b] = [s.begin(), s.begin()];
    await a.step((tx) => tx.kv(s.kv).entries({ gte: 'x', lte: 'y', reverse: true }).toArray());
    await b.step((tx) => tx.kv(s.kv).get('z'));
    await a.step((tx) => { tx.kv(s.kv).put('z', 1); });
    await b.step((tx) => { tx.kv(s.kv).delete('y'); });
    const first = await b.outcome();
    await s.between();
    return both([first, await a.outcome()]);
  } },
];

/** What happens between the two commits: nothing, a checkpoint that ends, one that still runs. */
export const KV_MOMENTS = ['nothing', 'a checkpoint', 'a checkpoint 1 turn old', 'a checkpoint 2 turns old', 'a checkpoint 4 turns old', 'a compaction'] as const;

/** Plays a scenario at a level; true when the anomaly happened. */
export async function playKvAnomaly(anomaly: Anomaly, level: Level, moment: (typeof KV_MOMENTS)[number]): Promise<boolean> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const env = nodeEnvironment(vfs);
  const db = await openIn(env, '/db');
  const kv = db.kv<string, number>('s');
  await kv.batch([{ type: 'put', key: 'x', value: 11 }, { type: 'put', key: 'y', value: 12 }]);
  await db.checkpoint();
  let running: Promise<unknown> = Promise.resolve();
  try {
    return await anomaly.play({
      db, kv, begin: () => new Session(db, { isolation: level }),
      between: async () => {
        if (moment === 'nothing') return;
        running = moment === 'a compaction' ? kv.compact() : db.checkpoint();
        const turns = /\d/.exec(moment)?.[0];
        if (turns === undefined) await running;
        else for (let turn = 0; turn < Number(turns); turn++) await new Promise<void>((resolve) => { env.scheduler.later(resolve); });
      },
    });
  } finally {
    await running;
    await db.close();
  }
}

/** All scenarios at all levels and moments; what was not as it must be. */
export async function runKvAnomalies(): Promise<string[]> {
  const failures: string[] = [];
  for (const anomaly of KV_ANOMALIES) {
    for (const moment of KV_MOMENTS) {
      for (const level of ['snapshot', 'serializable'] as const) {
        const happened = await playKvAnomaly(anomaly, level, moment);
        const mayHappen = level === 'snapshot' && anomaly.stops === 'serializable';
        if (happened !== mayHappen) failures.push(`${anomaly.name}, ${level}, with ${moment}: ${happened ? 'it happened' : 'it did not happen, though this level allows it'}`);
      }
    }
  }
  return failures;
}
