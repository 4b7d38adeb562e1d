import { describe, expect, test } from 'vitest';
import { lockHash, LockShard } from '../../../txn/lock/lock-shard.js';
import type { LockQueue } from '../../../txn/lock/lock-queue.js';
import { seededRandom } from '../../support/sim-clock.js';

describe('the table of one shard', () => {
  test('finds what is in it while it grows and shrinks, as a Map does', () => {
    const seed = Number(process.env.SEED ?? 11);
    const random = seededRandom(seed);
    const shard = new LockShard(0);
    const model = new Map<string, LockQueue>();
    for (let step = 0; step < 30_000; step++) {
      const growing = Math.floor(step / 5000) % 2 === 0;
      const item = random.pick([undefined, random.int(1000), `${random.int(1000)}`, `${'x'.repeat(40)}${random.int(1000)}${'y'.repeat(40)}`]);
      const space = random.pick(['s', 't']);
      const key = `${space} ${typeof item} ${item}`;
      const hash = lockHash(space, item);
      const known = model.get(key);
      expect(shard.find(space, item, hash) === known, `SEED=${seed} step ${step} ${key}`).toBe(true);
      if (known === undefined && random.chance(growing ? 0.9 : 0.1)) model.set(key, shard.create(space, item, hash));
      else if (known !== undefined && random.chance(growing ? 0.1 : 0.9)) { shard.drop(known); model.delete(key); }
    }
    for (const queue of model.values()) shard.drop(queue);
    expect(shard.stats().resources).toBe(0);
  });

  test('hashes tell kinds, spaces and long keys apart', () => {
    const hashes = [
      lockHash('t', undefined), lockHash('t', 1), lockHash('t', '1'), lockHash('t', 2 ** 32 + 1), lockHash('t', -1), lockHash('t', ''), lockHash('u', 1),
      lockHash('t', `${'x'.repeat(100)}1${'y'.repeat(100)}`), lockHash('t', `${'x'.repeat(100)}2${'y'.repeat(100)}`),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(hash >= 0 && hash < 2 ** 31).toBe(true);
  });
});
