import { expect, test } from 'vitest';
import { FieldstoneError, hasCode, MemoryVfs, type VfsFile } from '#storage';
import { fingerprintOf } from '../../../txn/recovery/catalog-file.js';

/** A file of which the first `failures` looks at its size fail. */
function failing(file: VfsFile, failures: number): VfsFile {
  let left = failures;
  return {
    path: file.path, close: () => { file.close(); }, truncate: (size) => { file.truncate(size); },
    readAt: (target, position) => file.readAt(target, position), writeAt: (source, position) => file.writeAt(source, position),
    sync: () => { file.sync(); }, datasync: () => { file.datasync(); }, syncAsync: () => file.syncAsync(), datasyncAsync: () => file.datasyncAsync(),
    stat: () => {
      if (left-- > 0) throw new FieldstoneError('IO', 'cannot look at it');
      return file.stat();
    },
  };
}

test('one failure that passes does not keep a fingerprint from being taken, two do', () => {
  const vfs = new MemoryVfs([['/f', Uint8Array.of(1, 2, 3, 4)]]);
  const file = vfs.open('/f', 'read');
  const wanted = fingerprintOf(file, 4);
  expect(wanted).toMatchObject({ sizeBytes: 4 });
  expect(fingerprintOf(failing(file, 1), 4)).toEqual(wanted);
  expect(() => fingerprintOf(failing(file, 2), 4)).toThrowError(expect.toSatisfy((e: unknown) => hasCode(e, 'IO')) as never);
});
