import { describe, expect, test } from 'vitest';
import { bufferSource, CdxFile, checkCdx, compareTag, createIdx, type TagSpec } from '#index';
import { hasCode } from '#storage';
import { drain, keysOf, listOf, MemoryIndex, MemorySink, type Change, type Entry } from './memory-index.js';

const spec = (name: string, more: Partial<TagSpec> = {}): TagSpec => ({ name, expression: name, keyType: 'C', keyLength: 10, ...more });
const entry = (text: string, recno: number): Entry => ({ key: Buffer.from(text.padEnd(10)), recno });
const add = (text: string, recno: number): Change => ({ ...entry(text, recno), isRemoval: false });
const remove = (text: string, recno: number): Change => ({ ...entry(text, recno), isRemoval: true });
const shown = (entries: readonly Entry[]): string[] => entries.map(({ key, recno }) => `${key.toString('latin1').trimEnd()} ${recno}`);
const many = (count: number, from = 0): Entry[] => Array.from({ length: count }, (_, i) => entry(String(from + i).padStart(8, '0'), from + i + 1));

describe('the tags of a file', () => {
  test('are told as they were made', () => {
    const index = new MemoryIndex();
    index.add(spec('SECOND', { descending: true, forExpression: 'OK', unique: 'candidate' }), many(3));
    index.add(spec('First', { unique: 'first', keyType: 'N', keyLength: 8, nullPrefix: false }), []);
    expect(index.open().tags.map(({ facts }) => facts)).toEqual([
      {
        name: 'SECOND', expression: 'SECOND', forExpression: 'OK', unique: 'candidate', descending: true, storedDescending: false, keyLength: 10,
          keyType: undefined,
        nullPrefix: false, collation: 'MACHINE', readOnlyReason: undefined,
      },
      {
        name: 'FIRST', expression: 'First', forExpression: undefined, unique: 'first', descending: false, storedDescending: false, keyLength: 8,
          keyType: undefined,
        nullPrefix: false, collation: 'MACHINE', readOnlyReason: undefined,
      },
    ]);
    expect(index.check()).toMatchObject({ findings: [], lostPages: 0 });
  });

  test('change together in one update, and come and go in it', () => {
    const index = new MemoryIndex();
    for (const name of ['A', 'B', 'C']) index.add(spec(name), many(500));
    index.change((update) => {
      drain(update.apply('A', keysOf([...many(100).map((one) => ({ ...one, isRemoval: true })), ...many(900, 500)])));
      drain(update.apply('C', keysOf([{ ...many(1)[0]!, isRemoval: true }])));
      update.dropTag('b');
      drain(update.addTag(spec('D'), keysOf(many(40))));
    }, () => true);
    expect(index.open().tags.map(({ facts }) => facts.name)).toEqual(['A', 'C', 'D']);
    expect([index.list('A').length, index.list('C').length, index.list('D').length]).toEqual([1300, 499, 40]);
    const before = index.bytes.length;
    expect(index.check()).toMatchObject({ findings: [], lostPages: 0 });
    index.add(spec('B'), many(500));
    expect(index.bytes.length - before, 'the dropped tag\'s pages are used again').toBe(1024);
    expect(index.check()).toMatchObject({ findings: [], lostPages: 0, freePages: expect.any(Number) as number });
  });

  test('more of them than one page of names holds', () => {
    const index = new MemoryIndex();
    const names = Array.from({ length: 60 }, (_, i) => `TAG${(i * 37) % 60}`);
    for (const [i, name] of names.entries()) index.add(spec(name), many(i));
    expect(index.open().tags.map(({ facts }) => facts.name)).toEqual(names);
    for (const name of names.slice(0, 50)) index.change((update) => { update.dropTag(name); });
    expect(index.open().tags.map(({ facts }) => facts.name)).toEqual(names.slice(50));
    expect(index.check()).toMatchObject({ findings: [], lostPages: 0 });
  });

  test('a tag that is replaced in one update keeps its name', () => {
    const index = new MemoryIndex();
    index.add(spec('A'), many(300));
    index.change((update) => {
      update.dropTag('A');
      drain(update.addTag(spec('A'), keysOf(many(5))));
    });
    expect(index.list('A')).toHaveLength(5);
    expect(index.check()).toMatchObject({ findings: [], lostPages: 0 });
  });

  test('wrong wishes are refused, and nothing is written', () => {
    const index = new MemoryIndex();
    index.add(spec('A'), many(3));
    const update = index.open().update(new MemorySink());
    const code = (work: () => unknown): string | undefined => {
      try {
        work();
      } catch (e) {
        return e instanceof Error && 'code' in e ? String(e.code) : String(e);
      }
      return undefined;
    };
    expect(code(() => drain(update.apply('B', keysOf([]))))).toBe('NOT_FOUND');
    expect(code(() => { update.dropTag('B'); })).toBe('NOT_FOUND');
    expect(code(() => drain(update.addTag(spec('a'), keysOf([]))))).toBe('EXISTS');
    expect(code(() => drain(update.addTag(spec('ELEVEN_CHAR'), keysOf([]))))).toBe('NAME');
    expect(code(() => drain(update.addTag(spec('X', { keyLength: 241 }), keysOf([]))))).toBe('LIMIT');
    expect(code(() => drain(update.addTag(spec('X', { expression: 'A+'.repeat(256) }), keysOf([]))))).toBe('LIMIT');
    expect(drain(update.finish())).toEqual({ sizeBytes: index.bytes.length, blocksWritten: 0 });
  });

  test('the counter of changes moves, and only with changes', () => {
    const index = new MemoryIndex();
    index.add(spec('A'), many(3));
    const counter = index.bytes.readUInt32BE(8);
    expect(index.apply('A', [add('00000000', 1), remove('nobody', 5)])).toEqual({ added: 0, removed: 0, alreadyThere: 1, notThere: 1 });
    expect(index.bytes.readUInt32BE(8)).toBe(counter);
    index.apply('A', [add('x', 9)]);
    expect(index.bytes.readUInt32BE(8)).toBe(counter + 1);
  });
});

describe('a unique tag', () => {
  const index = (): MemoryIndex => {
    const made = new MemoryIndex();
    made.add(spec('A', { unique: 'first' }), [entry('a', 3), entry('a', 5), entry('b', 2), entry('c', 1), entry('c', 9)]);
    return made;
  };

  test('holds the first row of each key', () => expect(shown(index().list('A'))).toEqual(['a 3', 'b 2', 'c 1']));

  test('leaves out further rows with a key; a row with a lower number takes its place', () => {
    const made = index();
    expect(made.apply('A', [add('a', 4), add('b', 1), add('d', 8), add('d', 9)])).toEqual({ added: 2, removed: 1, alreadyThere: 2, notThere: 0 });
    expect(shown(made.list('A'))).toEqual(['a 3', 'b 1', 'c 1', 'd 8']);
  });

  test('takes the row that is offered when the holder of a key goes', () => {
    const made = index();
    expect(made.apply('A', [remove('a', 3), add('a', 5), add('a', 7), remove('c', 1), remove('c', 9)])).toEqual({ added: 1, removed: 2,
      alreadyThere: 1, notThere: 1 });
    expect(shown(made.list('A'))).toEqual(['a 5', 'b 2']);
  });

  test('counts rows as present whose key is there', () => {
    const rows = [entry('a', 1), entry('a', 3), entry('b', 2), entry('b', 7), entry('e', 4)];
    const tag = index().open().tag('A');
    expect(drain(compareTag(tag, keysOf(rows))).map(({ kind, recno }) => `${kind} ${recno}`)).toEqual(['extra 1', 'missing 4']);
  });
});

describe('a compact IDX', () => {
  const written = (entries: readonly Entry[]): Buffer => {
    const sink = new MemorySink();
    const { sizeBytes, blocksWritten } = drain(createIdx('people.idx', spec('A', { forExpression: 'OK' }), keysOf(entries), sink));
    expect(sizeBytes % 512).toBe(0);
    expect(blocksWritten).toBe(sizeBytes / 512);
    return sink.applyTo(Buffer.alloc(0), sizeBytes);
  };
  const open = (bytes: Buffer): CdxFile => CdxFile.open(bufferSource('people.idx', bytes), { dialect: 'foxpro', name: 'PEOPLE', isText: () => true });

  test('is one tag with the name of the file', () => {
    const file = open(written(many(1000)));
    expect(file.kind).toBe('idx');
    expect(file.tags.map(({ facts }) => [facts.name, facts.expression, facts.forExpression])).toEqual([['PEOPLE', 'A', 'OK']]);
    expect(shown(listOf(file.tag('people').cursor()))).toEqual(shown(many(1000)));
    expect(drain(checkCdx(file)).findings).toEqual([]);
  });

  test('changes like a tag, and takes no other', () => {
    const bytes = written(many(1000));
    const sink = new MemorySink();
    const update = open(bytes).update(sink);
    drain(update.apply('PEOPLE', keysOf([...many(700).map((one) => ({ ...one, isRemoval: true })), ...many(10, 5000)])));
    expect(() => { update.dropTag('PEOPLE'); }).toThrow(/one order only/);
    const { sizeBytes } = drain(update.finish());
    const file = open(sink.applyTo(bytes, sizeBytes));
    expect(shown(listOf(file.tag('PEOPLE').cursor()))).toEqual(shown([...many(300, 700), ...many(10, 5000)]));
    expect(drain(checkCdx(file))).toMatchObject({ findings: [], lostPages: 0 });
  });
});

describe('estimates', () => {
  test('are near the truth', () => {
    const index = new MemoryIndex();
    index.add(spec('A'), many(20_000));
    const tag = index.open().tag('A');
    expect(tag.estimateEntries()).toBeGreaterThan(10_000);
    expect(tag.estimateEntries()).toBeLessThan(40_000);
    const range = tag.estimateRange(Buffer.from('00005000'), Buffer.from('00006000'));
    expect(range).toBeGreaterThan(500);
    expect(range).toBeLessThan(2000);
    expect(tag.estimateRange(Buffer.from('00005000'), Buffer.from('00005000'))).toBe(0);
  });
});

test('tags of other kinds are read, not changed', () => {
  const index = new MemoryIndex();
  index.add(spec('A'), many(3));
  const at = index.open().tag('A').header.offset;
  index.bytes.write('GENERAL', at + 494, 'latin1');
  expect(index.open().tag('A').facts).toMatchObject({ collation: 'GENERAL', readOnlyReason: expect.stringContaining('GENERAL') as string });
  expect(listOf(index.open().tag('A').cursor())).toHaveLength(3);
  try {
    index.apply('A', [add('x', 4)]);
    expect.unreachable();
  } catch (e) {
    expect(hasCode(e, 'UNSUPPORTED')).toBe(true);
  }
});
