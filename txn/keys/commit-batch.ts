import type { Durability } from '../commit/commit-pipeline.js';
import type { Engine } from '../engine.js';
import { txnCounters } from '../transaction/transaction-counters.js';
import type { KeyBatch } from './key-batch.js';

/**
 * Commits writes that depend on nothing that was read: no snapshot, no conflicts, no retry. Resolves when acknowledged.
 * Throws what commits throw; LOCK_TIMEOUT when a key stays locked.
 */
export async function commitBatch(engine: Engine, batch: KeyBatch, durability: Durability = engine.options.durability): Promise<void> {
  const { writeSide } = engine;
  writeSide.assertWritable();
  if (batch.isEmpty) return;
  if (engine.locks.isIdle && !writeSide.isLogFull) {
    await writeSide.commit([batch], durability);
    txnCounters(engine).commits++;
    return;
  }
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
    txnCounters(engine).commits++;
  } finally {
    engine.locks.releaseAll(owner);
  }
}
