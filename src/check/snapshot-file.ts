import { blankRecord, DELETED_MARK, END_MARK, FieldstoneError, headerPatches, readUpTo, type VfsFile } from '#storage';
import { RecordCursor, type Engine, type RecordView } from '#txn';

/** True when nothing stands above the base file: its bytes are the committed state. */
export function isPlain(view: RecordView): boolean {
  const { store } = view;
  return !store.hasChanges() && store.extents.length === 0 && store.appendLease === undefined && view.highestRecno === store.base.recordCount;
}

/**
 * The file of a table as a snapshot sees it, for reading: the header with the count of then, the committed record images
 * (a number that nobody filled is a blank deleted record), and what stands behind them in the file when nothing is under way.
 */
export function snapshotFile(engine: Engine, view: RecordView): VfsFile {
  const { store } = view;
  const { layout, base } = store;
  const count = view.highestRecno;
  const end = layout.headerLength + count * layout.recordLength;
  const header = headerOf(view, count);
  const gap = blankRecord(layout);
  gap[0] = DELETED_MARK;
  const tailBytes = (): number => (isPlain(view) ? Math.max(0, base.stat().sizeBytes - end) : 1);

  function readRecords(target: Uint8Array, position: number): number {
    const from = position - layout.headerLength;
    const first = Math.floor(from / layout.recordLength) + 1;
    const wanted = Math.min(target.length, end - position);
    const last = Math.ceil((from + wanted) / layout.recordLength);
    const cursor = new RecordCursor(view, { from: first, to: last, reverse: false, deleted: true }, engine.buffers, engine.options.readAheadBytes);
    try {
      let more = cursor.next();
      for (let recno = first; recno <= last; recno++) {
        const here = more && cursor.recno === recno;
        const image = here ? cursor.bytes.subarray(cursor.start, cursor.start + layout.recordLength) : gap;
        const at = (recno - 1) * layout.recordLength - from;
        const skip = Math.max(0, -at);
        target.set(image.subarray(skip, Math.min(layout.recordLength, wanted - at)), at + skip);
        if (here) more = cursor.next();
      }
    } finally {
      cursor.close();
    }
    return wanted;
  }

  const refuse = (): never => { throw new FieldstoneError('READ_ONLY', 'a snapshot can not be written to'); };
  return {
    path: base.file.path,
    readAt(target, position) {
      if (target.length === 0) return 0;
      if (position < header.length) {
        const n = Math.min(target.length, header.length - position);
        target.set(header.subarray(position, position + n));
        return n;
      }
      if (position < end) return readRecords(target, position);
      if (isPlain(view)) return readUpTo(base.file, target, position);
      if (position > end) return 0;
      target[0] = END_MARK;
      return 1;
    },
    stat: () => ({ ...base.stat(), sizeBytes: end + tailBytes() }),
    close: () => undefined,
    writeAt: refuse, truncate: refuse, datasync: refuse, sync: refuse,
    datasyncAsync: () => Promise.resolve().then(refuse), syncAsync: () => Promise.resolve().then(refuse),
  };
}

function headerOf(view: RecordView, count: number): Uint8Array {
  const { layout, autoNext } = view.store;
  const header = new Uint8Array(layout.headerBytes);
  if (layout.dialect === 'dbase2') return header;
  for (const { offset, bytes } of headerPatches(layout, { recordCount: count, lastUpdate: undefined, autoIncrementNext: autoNext })) header.set(bytes, offset);
  return header;
}
