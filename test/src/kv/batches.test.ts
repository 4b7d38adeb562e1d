import { describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { KvOperation } from '../../../src/kv/kv-types.js';
import { openIn } from '../../../src/open.js';
import { seededRandom } from '../../support/sim-clock.js';

const SEED = Number(process.env['SEED'] ?? 4711);
const CASES = Number(process.env['SEED'] === undefined ? 8 : 1);
const LETTERS = ['a', 'ordinary words', '\u00e9', '\u4e2d\u6587', '\ud83d\ude00'];

describe('batches of every size', () => {
  test('read as a map does, with single puts over them, beneath snapshots, through checkpoints', async () => {
    for (let seed = SEED; seed < SEED + CASES; seed++) {
      try {
        await run(seededRandom(seed).int);
      } catch (cause) {
        throw new Error(`seed ${seed}; run again: SEED=${seed} npx vitest run test/src/kv/batches.test.ts`, { cause });
      }
    }
  });
});

async function run(draw: (n: number) => number): Promise<void> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const db = await openIn(nodeEnvironment(vfs), '/db');
  const kv = db.kv<string, string>('s', { values: 'utf8' });
  const model = new Map<string, string>();
  const text = (): string => (LETTERS[draw(draw(3) === 0 ? LETTERS.length : 2)] ?? '').repeat(draw(draw(10) === 0 ? 200 : 12));
  const name = (): string => `key ${draw(400)}`;
  const sorted = (of: Map<string, string>): [string, string][] => [...of].sort(([a], [b]) => (a < b ? -1 : 1));
  let held: { snapshot: ReturnType<typeof db.snapshot>; seen: Map<string, string> } | undefined;
  for (let step = 0; step < 60; step++) {
    const list: KvOperation<string, string>[] = [];
    for (let left = draw(3) === 0 ? 1 : draw(600); left > 0; left--) {
      const key = name();
      if (draw(12) === 0) {
        list.push({ type: 'del', key });
        model.delete(key);
      } else {
        const value = text();
        list.push({ type: 'put', key, value });
        model.set(key, value);
      }
    }
    await kv.batch(list);
    for (let i = 0; i < 5; i++) {
      const [key, value] = [name(), text()];
      await kv.put(key, value);
      model.set(key, value);
    }
    for (let i = 0; i < 20; i++) {
      const key = name();
      expect(kv.get(key)).toBe(model.get(key));
    }
    if (draw(6) === 0) await db.checkpoint();
    if (held === undefined && draw(4) === 0) held = { snapshot: db.snapshot(), seen: new Map(model) };
    else if (held !== undefined && draw(4) === 0) {
      expect([...held.snapshot.kv(kv).entries()]).toEqual(sorted(held.seen));
      held.snapshot.close();
      held = undefined;
    }
    if (draw(8) === 0) expect([...kv.entries()]).toEqual(sorted(model));
  }
  held?.snapshot.close();
  expect([...kv.entries()]).toEqual(sorted(model));
  await db.close();
  const again = await openIn(nodeEnvironment(vfs), '/db');
  expect([...again.kv<string, string>('s', { values: 'utf8' }).entries()]).toEqual(sorted(model));
  await again.close();
}
