import { WHOLE_RANGE, type SortedChanges } from '#index';
import { CursorEntries, KeyView, rebuildStore, USES_EXPIRY, type Engine } from '#txn';
import { assertNotAborted, type LongWorkOptions } from '../long-work.js';
import { sweepStore } from './expiry-sweep.js';
import { PARTS_SUFFIX } from './parts.js';

/** What compact() did. */
export interface CompactResult {
  /** Keys of the store now. */
  readonly keys: number;
  /** Sizes of its files. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Rewrites the files of a store one after the other (the values in parts have their own); each is swapped in one step. */
export async function compactStore(engine: Engine, name: string, options: LongWorkOptions): Promise<CompactResult> {
  engine.writeSide.assertWritable();
  assertNotAborted(options.signal, 'the compaction');
  const swept = engine.keyStores.store(name);
  if ((swept.ownerFlags & USES_EXPIRY) !== 0) await sweepStore(engine, swept, Infinity);
  assertNotAborted(options.signal, 'the compaction');
  return engine.exclusively(async () => {
    const files = [name, `${name}${PARTS_SUFFIX}`].filter((one) => engine.keyStores.has(one));
    const total = files.reduce((sum, one) => sum + new KeyView(engine.keyStores.store(one), engine.sequence).count(WHOLE_RANGE), 0);
    const result = { keys: 0, bytesBefore: 0, bytesAfter: 0 };
    let done = 0;
    for (const one of files) {
      const rebuilt = await compactFile(engine, one, (keys) => {
        assertNotAborted(options.signal, 'the compaction');
        options.onProgress?.({ done: done + keys, total: Math.max(total, done + keys) });
      });
      done += rebuilt.keys;
      if (one === name) result.keys = rebuilt.keys;
      result.bytesBefore += rebuilt.bytesBefore;
      result.bytesAfter += rebuilt.bytesAfter;
    }
    options.onProgress?.({ done, total: done });
    return result;
  });
}

async function compactFile(engine: Engine, name: string, onKeys: (keys: number) => void): ReturnType<typeof rebuildStore> {
  const store = engine.keyStores.store(name);
  const hold = engine.takeSnapshot(`compaction of ${name}`);
  try {
    const view = new KeyView(store, hold.sequence);
    const entries = counted(new CursorEntries(view.cursor(WHOLE_RANGE)));
    const turn = async (): Promise<void> => {
      onKeys(entries.count);
      await new Promise<void>((resolve) => { engine.options.env.scheduler.later(resolve); });
      engine.assertAlive(hold);
    };
    return await rebuildStore(engine, { store, expectedKeys: view.count(WHOLE_RANGE), live: { hold, entries, turn } });
  } finally {
    engine.releaseSnapshot(hold);
  }
}

function counted(entries: SortedChanges): SortedChanges & { readonly count: number } {
  let count = 0;
  return {
    next() {
      const more = entries.next();
      if (more) count++;
      return more;
    },
    get count() { return count; },
    get keyBytes() { return entries.keyBytes; },
    get keyStart() { return entries.keyStart; },
    get keyLength() { return entries.keyLength; },
    get value() { return entries.value; },
  };
}
