import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssertionError, FieldstoneError, readFully, readUpTo, writeFully, type ErrorCode, type OpenMode, type Vfs } from '#storage';

/** One file system under test, with a folder of its own to work in. */
export interface VfsUnderTest {
  readonly vfs: Vfs;
  /** An existing, empty folder. */
  readonly root: string;
  dispose?(): void;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);

/** The code of the FieldstoneError that `run` throws; 'none' when it throws nothing. */
export function codeOf(run: () => unknown): ErrorCode | 'none' {
  try {
    run();
    return 'none';
  } catch (error) {
    if (error instanceof FieldstoneError) return error.code;
    throw error;
  }
}

/** What every Vfs must do alike. Run it for each implementation and each wrapper. */
export function vfsConformance(name: string, make: () => VfsUnderTest): void {
  describe(`${name}: a Vfs`, () => {
    let subject: VfsUnderTest;
    beforeEach(() => { subject = make(); });
    afterEach(() => { subject.dispose?.(); });
    const context = (): Context => new Context(subject);

    fileTests(context);
    sizeTests(context);
    offsetTests(context);
    closedTests(context);
    nameTests(context);
    folderTests(context);
    statTests(context);
  });
}

class Context {
  readonly vfs: Vfs;
  readonly root: string;

  constructor(subject: VfsUnderTest) {
    this.vfs = subject.vfs;
    this.root = subject.root;
  }

  path(name: string): string { return `${this.root}/${name}`; }

  write(name: string, content: string): void {
    const file = this.vfs.open(this.path(name), 'create');
    writeFully(file, bytes(content), 0);
    file.close();
  }

  read(name: string): string {
    const file = this.vfs.open(this.path(name), 'read');
    const content = new Uint8Array(file.stat().sizeBytes);
    readFully(file, content, 0);
    file.close();
    return text(content);
  }
}

function fileTests(context: () => Context): void {
  test('reads back what was written, at any position and in any order', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'exclusive');
    writeFully(file, bytes('world'), 6);
    writeFully(file, bytes('hello '), 0);
    const all = new Uint8Array(11);
    readFully(file, all, 0);
    expect(text(all)).toBe('hello world');
    const middle = new Uint8Array(3);
    readFully(file, middle, 4);
    expect(text(middle)).toBe('o w');
    file.close();
    expect(c.read('a')).toBe('hello world');
  });

  test('overwrites without changing what lies outside', () => {
    const c = context();
    c.write('a', '0123456789');
    const file = c.vfs.open(c.path('a'), 'write');
    writeFully(file, bytes('xyz'), 3);
    file.close();
    expect(c.read('a')).toBe('012xyz6789');
  });

  test('the open modes keep their promises', () => {
    const c = context();
    const open = (name: string, mode: OpenMode): string => codeOf(() => c.vfs.open(c.path(name), mode).close());
    expect(open('none', 'read')).toBe('NOT_FOUND');
    expect(open('none', 'write')).toBe('NOT_FOUND');
    expect(open('new', 'exclusive')).toBe('none');
    expect(open('new', 'exclusive')).toBe('EXISTS');
    expect(open('made', 'create')).toBe('none');
    c.write('kept', 'content');
    expect(open('kept', 'create')).toBe('none');
    expect(c.read('kept')).toBe('content');
  });

  test('a file opened for reading refuses writes and truncation', () => {
    const c = context();
    c.write('a', 'content');
    const file = c.vfs.open(c.path('a'), 'read');
    expect(codeOf(() => file.writeAt(bytes('x'), 0))).toBe('IO');
    expect(codeOf(() => file.truncate(0))).toBe('IO');
    file.close();
    expect(c.read('a')).toBe('content');
  });

  test('two handles of one file see each other', () => {
    const c = context();
    const a = c.vfs.open(c.path('a'), 'create');
    const b = c.vfs.open(c.path('a'), 'read');
    writeFully(a, bytes('shared'), 0);
    const seen = new Uint8Array(6);
    readFully(b, seen, 0);
    expect(text(seen)).toBe('shared');
    a.close();
    b.close();
  });

  test('all four syncs work', async () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    writeFully(file, bytes('durable'), 0);
    file.datasync();
    file.sync();
    await file.datasyncAsync();
    await file.syncAsync();
    file.close();
    expect(c.read('a')).toBe('durable');
  });

  test('an empty read and an empty write do nothing', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    expect(file.writeAt(new Uint8Array(0), 100)).toBe(0);
    expect(file.stat().sizeBytes).toBe(0);
    expect(file.readAt(new Uint8Array(0), 0)).toBe(0);
    file.close();
  });
}

function sizeTests(context: () => Context): void {
  test('reading at or past the end gives nothing, across the end what is there', () => {
    const c = context();
    c.write('a', '12345');
    const file = c.vfs.open(c.path('a'), 'read');
    const target = bytes('........');
    expect(file.readAt(target, 5)).toBe(0);
    expect(file.readAt(target, 1_000_000)).toBe(0);
    expect(readUpTo(file, target, 2)).toBe(3);
    expect(text(target)).toBe('345.....');
    expect(codeOf(() => readFully(file, target, 2))).toBe('IO');
    file.close();
  });

  test('a write past the end fills the gap with zeros', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    writeFully(file, bytes('a'), 0);
    writeFully(file, bytes('b'), 3000);
    const all = new Uint8Array(3001).fill(7);
    readFully(file, all, 0);
    expect([all[0], all[3000]]).toEqual([97, 98]);
    expect(all.subarray(1, 3000).every((byte) => byte === 0)).toBe(true);
    file.close();
  });

  test('truncation cuts, growth by truncation and after it reads as zeros', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    writeFully(file, bytes('secret content'), 0);
    file.truncate(3);
    expect(file.stat().sizeBytes).toBe(3);
    file.truncate(8);
    const all = new Uint8Array(8);
    readFully(file, all, 0);
    expect([...all]).toEqual([...bytes('sec'), 0, 0, 0, 0, 0]);
    file.truncate(0);
    writeFully(file, bytes('x'), 6);
    const again = new Uint8Array(7);
    readFully(file, again, 0);
    expect([...again]).toEqual([0, 0, 0, 0, 0, 0, 120]);
    file.close();
  });

  test('many small appends arrive complete', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    const piece = Uint8Array.from({ length: 100 }, (_, i) => i);
    for (let k = 0; k < 300; k++) writeFully(file, piece, k * 100);
    expect(file.stat().sizeBytes).toBe(30_000);
    const all = new Uint8Array(30_000);
    readFully(file, all, 0);
    expect(all.every((byte, i) => byte === i % 100)).toBe(true);
    file.close();
  });

  test('the source of a write may be reused at once', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    const source = bytes('first');
    writeFully(file, source, 0);
    source.fill(0);
    file.close();
    expect(c.read('a')).toBe('first');
  });
}

const BAD_OFFSETS: readonly unknown[] = [Number.NaN, 1.5, -1, -5, Infinity, 2 ** 53, Number.MAX_SAFE_INTEGER, '8', 8n, null, undefined, {}];

function offsetTests(context: () => Context): void {
  test('an offset that is not an addressable integer is an assertion, never "the current position"', () => {
    const c = context();
    c.write('a', 'header');
    const file = c.vfs.open(c.path('a'), 'write');
    for (const offset of BAD_OFFSETS) {
      const position = offset as number;
      expect(() => file.writeAt(bytes('xx'), position), `write at ${String(offset)}`).toThrow(AssertionError);
      expect(() => file.readAt(new Uint8Array(2), position), `read at ${String(offset)}`).toThrow(AssertionError);
    }
    for (const size of [Number.NaN, 1.5, -1, '8', 8n]) {
      expect(() => file.truncate(size as number), `truncate to ${String(size)}`).toThrow(AssertionError);
    }
    file.close();
    expect(c.read('a')).toBe('header');
  });
}

function closedTests(context: () => Context): void {
  test('a closed file answers everything with CLOSED; closing twice is fine', async () => {
    const c = context();
    c.write('a', 'content');
    const file = c.vfs.open(c.path('a'), 'write');
    file.close();
    file.close();
    const one = new Uint8Array(1);
    const uses: readonly (() => unknown)[] = [
      () => file.readAt(one, 0), () => file.writeAt(one, 0), () => file.truncate(0),
      () => file.datasync(), () => file.sync(), () => file.stat(),
    ];
    for (const use of uses) expect(codeOf(use), String(use)).toBe('CLOSED');
    await expect(file.datasyncAsync()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(file.syncAsync()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(c.read('a')).toBe('content');
  });

  test('a close during an asynchronous sync does not disturb it', async () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    writeFully(file, bytes('content'), 0);
    const syncs = [file.datasyncAsync(), file.syncAsync(), file.datasyncAsync()];
    file.close();
    expect(codeOf(() => file.stat())).toBe('CLOSED');
    await Promise.all(syncs);
    expect(c.read('a')).toBe('content');
  });
}

function nameTests(context: () => Context): void {
  test('rename moves and replaces; a replaced or removed file stays readable through its handle', () => {
    const c = context();
    c.write('old', 'old content');
    c.write('new', 'new content');
    const old = c.vfs.open(c.path('old'), 'read');
    c.vfs.rename(c.path('new'), c.path('old'));
    expect(c.vfs.list(c.root)).toEqual(['old']);
    expect(c.read('old')).toBe('new content');
    const seen = new Uint8Array(11);
    readFully(old, seen, 0);
    expect(text(seen)).toBe('old content');
    expect(old.stat().linkCount).toBe(0);
    old.close();

    const open = c.vfs.open(c.path('old'), 'write');
    c.vfs.unlink(c.path('old'));
    expect(c.vfs.stat(c.path('old'))).toBeUndefined();
    writeFully(open, bytes('still'), 0);
    readFully(open, seen, 0);
    expect(text(seen)).toBe('stillontent');
    open.close();
  });

  test('a handle follows its file through a rename', () => {
    const c = context();
    const file = c.vfs.open(c.path('a'), 'create');
    c.vfs.rename(c.path('a'), c.path('b'));
    writeFully(file, bytes('moved'), 0);
    file.close();
    expect(c.read('b')).toBe('moved');
  });

  test('missing names are NOT_FOUND', () => {
    const c = context();
    expect(codeOf(() => c.vfs.rename(c.path('none'), c.path('x')))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.unlink(c.path('none')))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.removeFolder(c.path('none')))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.list(c.path('none')))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.syncFolder(c.path('none')))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.realPath(c.path('none')))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.open(c.path('none/a'), 'create'))).toBe('NOT_FOUND');
    expect(codeOf(() => c.vfs.makeFolder(c.path('none/a')))).toBe('NOT_FOUND');
    expect(c.vfs.stat(c.path('none'))).toBeUndefined();
    expect(c.vfs.stat(c.path('none/a'))).toBeUndefined();
  });

  test('an error names its file and carries the cause', () => {
    const c = context();
    let caught: unknown;
    try { c.vfs.open(c.path('none'), 'read'); } catch (error) { caught = error; }
    expect(caught).toMatchObject({ code: 'NOT_FOUND', file: c.path('none'), cause: { code: 'ENOENT' } });
  });
}

function folderTests(context: () => Context): void {
  test('folders are made one at a time, listed in order, removed when empty', () => {
    const c = context();
    c.vfs.makeFolder(c.path('f'));
    expect(codeOf(() => c.vfs.makeFolder(c.path('f')))).toBe('EXISTS');
    for (const name of ['b', 'a', 'B', '10', '9']) c.write(`f/${name}`, name);
    expect(c.vfs.list(c.path('f'))).toEqual(['10', '9', 'B', 'a', 'b']);
    expect(codeOf(() => c.vfs.removeFolder(c.path('f')))).toBe('IO');
    for (const name of c.vfs.list(c.path('f'))) c.vfs.unlink(c.path(`f/${name}`));
    c.vfs.syncFolder(c.path('f'));
    c.vfs.removeFolder(c.path('f'));
    expect(c.vfs.list(c.root)).toEqual([]);
  });

  test('a folder moves with its content; onto a folder only when that is empty or absent', () => {
    const c = context();
    c.vfs.makeFolder(c.path('a'));
    c.write('a/inside', 'content');
    c.vfs.rename(c.path('a'), c.path('b'));
    expect(c.read('b/inside')).toBe('content');
    c.vfs.makeFolder(c.path('full'));
    c.write('full/other', 'other');
    expect(codeOf(() => c.vfs.rename(c.path('b'), c.path('full')))).not.toBe('none');
    expect(c.vfs.list(c.root)).toEqual(['b', 'full']);
    expect(c.read('full/other')).toBe('other');
    expect(codeOf(() => c.vfs.rename(c.path('b'), c.path('b/inside/deeper')))).not.toBe('none');
    expect(codeOf(() => c.vfs.rename(c.path('b'), c.path('b/deeper')))).toBe('IO');
    expect(c.read('b/inside')).toBe('content');
  });

  test('files and folders are not taken for each other', () => {
    const c = context();
    c.vfs.makeFolder(c.path('f'));
    c.write('a', 'content');
    expect(codeOf(() => c.vfs.open(c.path('f'), 'read'))).toBe('IO');
    expect(codeOf(() => c.vfs.open(c.path('f'), 'write'))).toBe('IO');
    expect(codeOf(() => c.vfs.open(c.path('f'), 'create'))).toBe('IO');
    expect(codeOf(() => c.vfs.open(c.path('f'), 'exclusive'))).toBe('EXISTS');
    expect(codeOf(() => c.vfs.unlink(c.path('f')))).toBe('IO');
    expect(codeOf(() => c.vfs.rename(c.path('a'), c.path('f')))).toBe('IO');
    expect(codeOf(() => c.vfs.rename(c.path('f'), c.path('a')))).toBe('IO');
    expect(codeOf(() => c.vfs.removeFolder(c.path('a')))).toBe('IO');
    expect(codeOf(() => c.vfs.list(c.path('a')))).toBe('IO');
    expect(codeOf(() => c.vfs.syncFolder(c.path('a')))).toBe('IO');
    expect(codeOf(() => c.vfs.makeFolder(c.path('a')))).toBe('EXISTS');
    expect(codeOf(() => c.vfs.open(c.path('a/x'), 'create'))).toBe('IO');
    expect(c.vfs.stat(c.path('a/x'))).toBeUndefined();
    expect(c.read('a')).toBe('content');
  });

  test('realPath resolves . and ..', () => {
    const c = context();
    c.vfs.makeFolder(c.path('f'));
    expect(c.vfs.realPath(c.path('f/../f/.'))).toBe(c.vfs.realPath(c.path('f')));
  });
}

function statTests(context: () => Context): void {
  test('stat by name and by handle agree, and name the file itself', () => {
    const c = context();
    c.write('a', '12345');
    c.write('b', '');
    const file = c.vfs.open(c.path('a'), 'read');
    const [a, b, folder] = [c.vfs.stat(c.path('a')), c.vfs.stat(c.path('b')), c.vfs.stat(c.root)];
    expect(file.stat()).toEqual(a);
    file.close();
    expect(a).toMatchObject({ sizeBytes: 5, kind: 'file', linkCount: 1 });
    expect(folder?.kind).toBe('folder');
    expect(a?.device).toBe(b?.device);
    expect(new Set([a?.inode, b?.inode, folder?.inode]).size).toBe(3);
    c.vfs.rename(c.path('a'), c.path('c'));
    expect(c.vfs.stat(c.path('c'))?.inode).toBe(a?.inode);
  });

  test('a write changes mtimeNs, a read does not', async () => {
    const c = context();
    c.write('a', '12345');
    const before = c.vfs.stat(c.path('a'));
    expect(c.read('a')).toBe('12345');
    expect(c.vfs.stat(c.path('a'))).toEqual(before);
    await new Promise((resolve) => setTimeout(resolve, 30));
    c.write('a', '54321');
    expect(c.vfs.stat(c.path('a'))?.mtimeNs).not.toBe(before?.mtimeNs);
  });
}
