import type { VfsFile } from '#storage';
import type { Engine } from '../engine.js';
import { BulkAppend, ExtentBegin } from '../record/bulk-append.js';
import type { RecordStore } from '../record/record-store.js';

const BUFFER_BYTES = 1 << 20;

/**
 * Appends any number of rows in bounded memory, as one atomic commit. `fill` encodes rows into the
 * load; if it throws, nothing remains. Other inserts into the table wait meanwhile.
 */
export async function bulkLoad<Result>(
  engine: Engine, store: RecordStore, fill: (load: BulkAppend) => Promise<Result> | Result,
): Promise<Result> {
  const { writeSide } = engine;
  await takeLease(engine, store);
  let release = (): void => undefined;
  store.appendLease = new Promise<void>((resolve) => { release = resolve; });
  let load: BulkAppend | undefined;
  try {
    await writeSide.commit([new ExtentBegin(store)], 'commit');
    load = new BulkAppend(store, BUFFER_BYTES, engine.options.transactionMemoryBytes);
    const result = await fill(load);
    load.finish();
    if (load.count > 0) {
      await syncFiles(engine, store);
      await writeSide.commit([load.commit()], 'commit');
    }
    return result;
  } catch (e) {
    if (!writeSide.isPoisoned && load !== undefined) abandon(engine, load);
    throw e;
  } finally {
    store.appendLease = undefined;
    release();
    noteWritten(engine, store);
  }
}

/** What cannot be cut off stays behind the published end, where recovery and the next checkpoint cut it; the first error is the one to report. */
function abandon(engine: Engine, load: BulkAppend): void {
  try {
    load.abandon();
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

/** A load begins when no other load, no rebuild and no checkpoint is under way. */
async function takeLease(engine: Engine, store: RecordStore): Promise<void> {
  for (;;) {
    if (store.appendLease !== undefined) await store.appendLease;
    else if (store.replacing !== undefined) await store.replacing;
    else if (engine.writeSide.isCheckpointing) await engine.writeSide.settle();
    else return;
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
