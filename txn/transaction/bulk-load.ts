import { keepNewest, type VfsFile } from '#storage';
import type { Engine } from '../engine.js';
import { BulkAppend, ExtentBegin } from '../record/bulk-append.js';
import type { RecordStore } from '../record/record-store.js';

const BUFFER_BYTES = 1 << 18;

/**
 * Appends any number of rows in bounded memory, as one atomic commit. `fill` encodes rows into the load; if it throws,
 * nothing remains. Other inserts into the table wait meanwhile, and it waits for locks on the whole table.
 *
 * @param expected how many rows will come, about; 0: nobody knows
 * @param storeOf the table's store now: while the load waits for its turn, a rebuild may put another in its place
 */
export async function bulkLoad<Result>(
  engine: Engine, expected: number, storeOf: () => RecordStore, fill: (load: BulkAppend) => Promise<Result> | Result,
): Promise<Result> {
  engine.assertAccepting();
  const owner = { id: engine.transactions.nextId(), name: 'insertMany' };
  const done = engine.loads.begin();
  try {
    // An item of its own: the intention lock on the table is what counts.
    await engine.locks.acquire(owner, { space: storeOf().id, item: 'load' }, 'exclusive');
    const { store, release } = await takeLease(engine, storeOf);
    try {
      return await loadAlone(engine, expected, store, fill);
    } finally {
      release();
    }
  } finally {
    engine.locks.releaseAll(owner);
    done();
  }
}

async function loadAlone<Result>(engine: Engine, expected: number, store: RecordStore, fill: (load: BulkAppend) => Promise<Result> | Result): Promise<Result> {
  const { writeSide } = engine;
  let load: BulkAppend | undefined;
  try {
    await writeSide.commit([new ExtentBegin(store)], 'commit');
    load = new BulkAppend(store, BUFFER_BYTES, engine.options.transactionMemoryBytes, expected);
    const filled = fill(load);
    const result = filled instanceof Promise ? await engine.loads.unlessClosed(filled) : filled;
    load.finish();
    if (load.count > 0) {
      await syncFiles(engine, store);
      store.base.memo?.memos.measure(); // publishing must not ask the disk for anything
      await writeSide.commit([load.commit()], 'commit');
    }
    keepNewest('load', [load]);
    return result;
  } catch (e) {
    if (load !== undefined) abandon(engine, load);
    throw e;
  } finally {
    load?.release();
  }
}

/** What cannot be cut off stays behind the published end, where recovery and the next checkpoint cut it; the first error is the one to report. */
function abandon(engine: Engine, load: BulkAppend): void {
  try {
    load.abandon(!engine.writeSide.isPoisoned);
  } catch (e) {
    engine.writeSide.poison(e);
  }
}

/** A disk that does not even say how the files look now gets no more writes: they could not be told from a stranger's. */
function noteWritten(engine: Engine, store: RecordStore): void {
  try {
    store.base.noteWritten();
  } catch (e) {
    engine.writeSide.poison(e);
  }
}

/** A load begins when no other load, no rebuild and no checkpoint is under way. The lease is taken in the turn that saw this. */
async function takeLease(engine: Engine, storeOf: () => RecordStore): Promise<{ store: RecordStore; release: () => void }> {
  for (;;) {
    const store = storeOf();
    if (store.appendLease !== undefined) await store.appendLease;
    else if (store.replacing !== undefined) await store.replacing;
    else if (engine.writeSide.isCheckpointing) await engine.writeSide.settle();
    else {
      let wake = (): void => undefined;
      store.appendLease = new Promise<void>((resolve) => { wake = resolve; });
      const release = (): void => {
        store.appendLease = undefined;
        wake();
        noteWritten(engine, store);
      };
      return { store, release };
    }
  }
}

async function syncFiles(engine: Engine, store: RecordStore): Promise<void> {
  const sync = async (file: VfsFile): Promise<void> => {
    try {
      await file.datasyncAsync();
    } catch (e) {
      engine.writeSide.poison(e);
      throw e;
    }
  };
  if (store.base.memo !== undefined) await sync(store.base.memo.cached.file);
  await sync(store.base.file);
}
