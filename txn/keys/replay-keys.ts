import { hashKey } from '#index';
import { FieldstoneError } from '#storage';
import type { LoggedOp } from '../commit/commit-record.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { KeyStoreSet } from './key-store-set.js';

const NO_SNAPSHOTS: LiveSnapshots = { count: 0, oldestSequence: () => Infinity };
const KIND_BITS = 0x0f;

/** Recovery: changes of a commit that is in the log go into the delta. */
export function replayKeys(stores: KeyStoreSet, op: Extract<LoggedOp, { op: 'keys' }>, sequence: number, logFile: string): void {
  const store = stores.forReplay(op.table, logFile);
  if ((store.ownerFlags & KIND_BITS) !== (op.flags & KIND_BITS)) {
    throw new FieldstoneError('EXTERNAL_CHANGE', `the log holds commits of store "${op.table}" with other kinds of keys or values than its file has`, { file: logFile });
  }
  store.ownerFlags |= op.flags;
  for (const { key, value } of op.changes) store.publish(key, key.length, hashKey(key), value, sequence, NO_SNAPSHOTS);
}
