import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryVfs, readFully, writeFully, type ShownBytes, type VfsFile } from '#storage';
import { codeOf } from '../../support/vfs-conformance.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const MEGABYTE = 1 << 20;

function chunksOf(file: VfsFile): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const shown: ShownBytes = { bytes: new Uint8Array(0), start: 0, end: 0 };
  for (let at = 0; file.show?.(at, shown) === true; at += shown.end - shown.start) chunks.push(shown.bytes);
  return chunks;
}

function writeLarge(vfs: MemoryVfs, path: string, megabytes: number, value: number): VfsFile {
  const file = vfs.open(path, 'create');
  for (let i = 0; i < megabytes; i++) writeFully(file, new Uint8Array(MEGABYTE).fill(value), i * MEGABYTE);
  return file;
}

/** Writes a large file, closes and removes it; its chunks. */
function removeLarge(vfs: MemoryVfs, megabytes: number): Set<Uint8Array> {
  const file = writeLarge(vfs, '/removed', megabytes, 0xaa);
  const chunks = new Set(chunksOf(file));
  file.close();
  vfs.unlink('/removed');
  return chunks;
}

describe('MemoryVfs', () => {
  test('takes initial files, makes their folders, and copies both ways', () => {
    const given = bytes('content');
    const vfs = new MemoryVfs([['/data/deep/a.dbf', given], ['b.dbf', bytes('b')], ['/data/../c.dbf', bytes('c')]]);
    given.fill(0);
    const all = vfs.files();
    expect([...all.keys()].sort()).toEqual(['/b.dbf', '/c.dbf', '/data/deep/a.dbf']);
    expect(all.get('/data/deep/a.dbf')).toEqual(bytes('content'));
    all.get('/data/deep/a.dbf')?.fill(0);
    expect(vfs.files().get('/data/deep/a.dbf')).toEqual(bytes('content'));
    expect(new MemoryVfs(vfs.files()).files()).toEqual(vfs.files());
  });

  test.each([
    ['removed, but open', (vfs: MemoryVfs) => { vfs.unlink('/kept'); }],
    ['replaced, but open', (vfs: MemoryVfs) => {
      vfs.open('/other', 'create').close();
      vfs.rename('/other', '/kept');
    }],
    ['opened twice, closed once, and closed again', (vfs: MemoryVfs) => {
      const second = vfs.open('/kept', 'read');
      vfs.unlink('/kept');
      second.close();
      second.close();
    }],
    ['closed by another, not removed', (vfs: MemoryVfs) => { vfs.open('/kept', 'read').close(); }],
  ])('memory of a file that is %s serves no other', (_, lose) => {
    const vfs = new MemoryVfs();
    const kept = writeLarge(vfs, '/kept', 6, 1);
    lose(vfs);
    writeLarge(vfs, '/new', 8, 2);
    const read = new Uint8Array(6 * MEGABYTE);
    readFully(kept, read, 0);
    expect(read.every((byte) => byte === 1)).toBe(true);
  });

  test('a file that everybody closed keeps its content', () => {
    const vfs = new MemoryVfs();
    writeLarge(vfs, '/kept', 6, 1).close();
    writeLarge(vfs, '/new', 8, 2);
    expect(vfs.files().get('/kept')?.every((byte) => byte === 1)).toBe(true);
  });

  test('memory of removed files serves the next ones: closed first or removed first', () => {
    const vfs = new MemoryVfs();
    const first = writeLarge(vfs, '/first', 6, 1);
    const chunks = new Set(chunksOf(first));
    vfs.unlink('/first');
    first.close();
    const second = writeLarge(new MemoryVfs(), '/second', 6, 2);
    expect(chunksOf(second).filter((chunk) => chunks.has(chunk)).length).toBeGreaterThan(8);
    expect(new Set(chunksOf(second)).size).toBe(chunksOf(second).length);
    expect(() => first.readAt(new Uint8Array(1), 0)).toThrow();
  });

  test('files() holds no spare capacity', () => {
    const vfs = new MemoryVfs();
    const file = vfs.open('/a', 'create');
    for (let i = 0; i < 1000; i++) writeFully(file, bytes('x'), i);
    expect(vfs.files().get('/a')?.length).toBe(1000);
    expect(vfs.files().get('/a')?.buffer.byteLength).toBe(1000);
  });

  test.each(['new memory', 'memory of a removed file'])('a large file grows by large pieces, and is cut and grows again, with the right bytes and zeros: %s', (memory) => {
    const seed = Number(process.env['SEED'] ?? 3);
    const vfs = new MemoryVfs();
    const left = memory === 'new memory' ? undefined : removeLarge(vfs, 12);
    const file = vfs.open('/a', 'create');
    const mostBytes = 12 << 20;
    const model = new Uint8Array(mostBytes);
    let sizeBytes = 0;
    let largest = 0;
    let reused = 0;
    let state = seed;
    const below = (n: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
    for (let step = 0; step < 400; step++) {
      if (step % 40 === 39) {
        const to = Math.max(0, sizeBytes - (1 << 20) + below(2 << 20));
        file.truncate(to);
        model.fill(0, Math.min(to, sizeBytes));
        sizeBytes = to;
        continue;
      }
      const piece = new Uint8Array(1 + below(1 << 18)).fill(1 + below(255));
      const at = below(4) === 0 ? below(sizeBytes + 1000) : sizeBytes;
      if (at + piece.length > mostBytes) continue;
      writeFully(file, piece, at);
      model.set(piece, at);
      sizeBytes = Math.max(sizeBytes, at + piece.length);
      largest = Math.max(largest, sizeBytes);
      if (left !== undefined) reused = Math.max(reused, chunksOf(file).filter((chunk) => left.has(chunk)).length);
    }
    const read = new Uint8Array(sizeBytes);
    readFully(file, read, 0);
    expect(largest).toBeGreaterThan(4 << 20);
    if (left !== undefined) expect(reused, 'chunks of the removed file').toBeGreaterThan(0);
    expect(Buffer.from(read).equals(model.subarray(0, sizeBytes)), `SEED=${seed}`).toBe(true);
  });

  test('refuses to be given one path twice, or a file as a folder', () => {
    expect(codeOf(() => new MemoryVfs([['/a', bytes('1')], ['a', bytes('2')]]))).toBe('EXISTS');
    expect(codeOf(() => new MemoryVfs([['/a', bytes('1')], ['/a/b', bytes('2')]]))).toBe('IO');
  });

  test('each file system is a device of its own', () => {
    expect(new MemoryVfs().stat('/')?.device).not.toBe(new MemoryVfs().stat('/')?.device);
  });

  test('a size that no memory can hold is FULL, and the file stays as it was', () => {
    const vfs = new MemoryVfs([['/a', bytes('content')]]);
    const file = vfs.open('/a', 'write');
    expect(codeOf(() => file.truncate(2 ** 50))).toBe('FULL');
    expect(codeOf(() => file.writeAt(bytes('x'), 2 ** 52))).toBe('FULL');
    expect(vfs.files().get('/a')).toEqual(bytes('content'));
  });

  test('a long file is what was written to it, across its pieces', () => {
    const length = (1 << 19) + 1000;
    const file = new MemoryVfs().open('/a', 'create');
    const model = new Uint8Array(length);
    let state = 7;
    const draw = (n: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
    let size = 0;
    for (let i = 0; i < 300; i++) {
      const at = draw(length);
      const count = Math.min(length - at, draw(i % 3 === 0 ? 300_000 : 500));
      if (i % 5 === 4) {
        file.truncate(at);
        model.fill(0, at);
        size = at;
      } else if (count > 0) {
        const some = new Uint8Array(count).fill(i + 1);
        writeFully(file, some, at);
        model.set(some, at);
        size = Math.max(size, at + count);
      }
      expect(file.stat().sizeBytes).toBe(size);
      const got = new Uint8Array(draw(400_000));
      const n = file.readAt(got, at);
      expect(n).toBe(Math.max(0, Math.min(got.length, size - at)));
      expect(Buffer.compare(got.subarray(0, n), model.subarray(at, at + n))).toBe(0);
    }
  });

  test('behaves as an array of bytes under any writes, truncations and reads', () => {
    const range = fc.record({ at: fc.nat(2000), size: fc.nat(600) });
    const step = fc.oneof(
      fc.record({ op: fc.constant('write' as const), range }),
      fc.record({ op: fc.constant('truncate' as const), range }),
      fc.record({ op: fc.constant('read' as const), range }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const file = new MemoryVfs().open('/a', 'create');
      let model: number[] = [];
      steps.forEach(({ op, range: { at, size } }, i) => {
        if (op === 'write' && size > 0) {
          writeFully(file, new Uint8Array(size).fill(i + 1), at);
          while (model.length < at) model.push(0);
          model.splice(at, size, ...Array.from({ length: size }, () => i + 1));
        } else if (op === 'truncate') {
          file.truncate(at);
          model = model.slice(0, at);
          while (model.length < at) model.push(0);
        } else if (op === 'read') {
          const target = new Uint8Array(size);
          const count = file.readAt(target, at);
          expect([...target.subarray(0, count)]).toEqual(model.slice(at, at + size));
          const shown = { bytes: target, start: 0, end: 0 };
          expect(file.show?.(at, shown)).toBe(at < model.length);
          const together = Math.min(size, shown.end - shown.start);
          expect([...shown.bytes.subarray(shown.start, shown.start + together)]).toEqual(model.slice(at, at + together));
        }
      });
      const all = new Uint8Array(model.length);
      readFully(file, all, 0);
      expect([...all]).toEqual(model);
      expect(file.stat().sizeBytes).toBe(model.length);
    }), { numRuns: 200 });
  });
});
