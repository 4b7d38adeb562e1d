import type { Durability } from '../commit/commit-pipeline.js';
import type { Engine } from '../engine.js';
import type { KeyBatch } from './key-batch.js';

/**
 * Commits writes that depend on nothing that was read: no snapshot, no conflicts, no retry. Resolves when acknowledged.
 * Throws what commits throw; LOCK_TIMEOUT when a key stays locked.
 */
export function commitBatch(engine: Engine, batch: KeyBatch, durability: Durability = engine.options.durability): Promise<void> {
  return new Promise((resolve, reject) => {
    const { writeSide } = engine;
    writeSide.assertWritable();
    if (batch.isEmpty) return resolve();
    if (!engine.locks.isIdle || writeSide.isLogFull) return resolve(waitAndCommit(engine, batch, durability));
    const writes = [batch];
    writeSide.prepare(writes);
    writeSide.pipeline.submit(writes, durability, () => {
      engine.transactions.counters.commits++;
      resolve();
    }, reject);
  });
}

async function waitAndCommit(engine: Engine, batch: KeyBatch, durability: Durability): Promise<void> {
  const { writeSide } = engine;
  const owner = { id: engine.transactions.nextId() };
  try {
    if (!engine.locks.isIdle) {
      for (const key of batch.keys()) {
        const waiting = engine.locks.acquire(owner, { space: batch.store.id, item: key }, 'exclusive');
        if (waiting !== undefined) await waiting;
      }
    }
    if (writeSide.isLogFull) await writeSide.waitForLog();
    await writeSide.commit([batch], durability);
    engine.transactions.counters.commits++;
  } finally {
    engine.locks.releaseAll(owner);
  }
}
