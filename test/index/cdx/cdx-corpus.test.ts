import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bufferSource, CdxFile, checkCdx, compareTag, compileExpression, CdxKeys, forFilter, guessesTextKeys, hasTextKeys, KeySorter, type CdxTag,
  type TagFacts } from '#index';
import { FieldstoneError, nodeVfs, readDbfLayout, recordOffset, type DbfLayout } from '#storage';
import { corpus, type Corpus, type CorpusUnit } from '../../support/corpus.js';
import { compareEntries, drain, keysOf, listOf, MemorySink, type Entry } from './memory-index.js';

/** What readers say of a tag. */
interface TruthTag {
  readonly name: string;
  readonly status: string;
  readonly key?: string;
  readonly for?: string;
  readonly count?: number;
  readonly recnos?: readonly number[];
  readonly recnosHead?: readonly number[];
  readonly recnosTail?: readonly number[];
  readonly recnoSha256?: string;
}

interface TruthIndex {
  readonly file: string;
  readonly type: string;
  readonly tags?: readonly TruthTag[];
}

/** Tables whose index is older than they are, or the other way round: what is in the file counts, and the truth took another reader. */
const STALE: Readonly<Record<string, string>> = {
  u01479: 'the table was emptied, the index was not (145 keys); the truth has the list of the reader that stops at the record count',
  u01482: 'the table was emptied, the index was not (4383 keys); the truth has the list of the reader that stops at the record count',
};
/** Tags that do not belong to the rows beside them: the rows changed while the index was away. */
const OLD_TAGS: ReadonlySet<string> = new Set([
  'u00959/CATEGORYID', 'u00972/UID', 'u01413/DENUMIRE', 'u01413/COD', 'u01479/CODE_ART', 'u01482/DATE', 'u01482/FACT', 'u01678/SO_ID',
]);
/** Tags in a national order under the name MACHINE. */
const OTHER_ORDER: ReadonlySet<string> = new Set(['u00957/CITY', 'u00957/FIRST', 'u00957/LAST']);

const vfs = nodeVfs();

function layoutOf(path: string): { readonly layout: DbfLayout; readonly bytes: Buffer } | undefined {
  const file = vfs.open(path, 'read');
  try {
    return { layout: readDbfLayout(file), bytes: readFileSync(path) };
  } catch (e) {
    if (e instanceof FieldstoneError) return undefined;
    throw e;
  } finally {
    file.close();
  }
}

function isText(layout: DbfLayout | undefined): (facts: TagFacts) => boolean {
  return (facts) => {
    try {
      return layout === undefined ? guessesTextKeys(facts) : hasTextKeys(compileExpression(facts.expression, { layout }));
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      return guessesTextKeys(facts);
    }
  };
}

function recnosOf(tag: CdxTag, anyOrder: boolean): number[] {
  const cursor = anyOrder ? tag.fileOrderCursor() : tag.cursor();
  const recnos: number[] = [];
  for (let stands = cursor.first(); stands; stands = cursor.next()) recnos.push(cursor.recno);
  return recnos;
}

function agrees(recnos: readonly number[], truth: TruthTag): boolean {
  if (truth.recnoSha256 !== undefined) return createHash('sha256').update(recnos.join(',')).digest('hex') === truth.recnoSha256;
  return truth.recnos !== undefined && truth.recnos.join() === recnos.join();
}

interface Opened {
  readonly unit: CorpusUnit;
  readonly index: TruthIndex;
  readonly file: CdxFile;
  readonly table: { readonly layout: DbfLayout; readonly bytes: Buffer } | undefined;
}

interface Failed {
  readonly unit: CorpusUnit;
  readonly index: TruthIndex;
  readonly error: FieldstoneError;
}

function* openedFiles(corpusOf: Corpus, kinds: readonly string[]): Generator<Opened | Failed> {
  for (const unit of corpusOf.units) {
    const { indexes = [] } = corpusOf.truth(unit.unit) as { indexes?: readonly TruthIndex[] };
    for (const index of indexes) {
      if (!kinds.includes(index.type)) continue;
      const path = unit.files.find((one) => basename(one.path) === index.file)?.path;
      if (path === undefined) throw new Error(`${unit.unit} has no file ${index.file}`);
      const tablePath = unit.files.find(({ role }) => role === 'table')?.path;
      const table = tablePath === undefined ? undefined : layoutOf(corpusOf.path(tablePath));
      const foxpro = table !== undefined && table.layout.version >= 0x30 && table.layout.version <= 0x32;
      const name = index.file.replace(/\.[^.]*$/, '').toUpperCase();
      try {
        const source = bufferSource(index.file, readFileSync(corpusOf.path(path)));
        yield { unit, index, table, file: CdxFile.open(source, { dialect: foxpro || table === undefined ? 'foxpro' : 'clipper', name,
          isText: isText(table?.layout) }) };
      } catch (e) {
        if (!(e instanceof FieldstoneError)) throw e;
        yield { unit, index, error: e };
      }
    }
  }
}

describe('index files of the corpus', () => {
  const found = corpus();
  if (found === undefined) {
    test('are not here', () => { console.log('CDX and IDX files are not compared with their truth.'); });
    return;
  }

  test('record numbers of every tag, in both directions, are those of the truth', () => {
    let files = 0;
    let tags = 0;
    let keys = 0;
    const odd: string[] = [];
    for (const opened of openedFiles(found, ['cdx', 'idx'])) {
      const { unit, index } = opened;
      if (unit.kind === 'mutated') continue;
      const place = `${unit.unit}/${index.file}`;
      if ('error' in opened) {
        const { code, message } = opened.error;
        if (code !== 'UNSUPPORTED') odd.push(`${place}: ${message}`);
        else console.log(`${place}: ${message}`);
        continue;
      }
      files++;
      for (const tag of opened.file.tags) {
        const { name, expression, descending } = tag.facts;
        const truth = index.tags?.find((one) => one.name.toUpperCase() === name) ?? (index.type === 'idx' ? index.tags?.[0] : undefined);
        if (truth === undefined) {
          odd.push(`${place}: no reader knows the tag ${name}`);
          continue;
        }
        if (truth.key !== undefined && truth.key.toUpperCase() !== expression.toUpperCase()) odd.push(`${place} ${name}: '${expression}' is '${truth.key}' in the truth`);
        if (!tag.isReadable) {
          console.log(`${place} ${name}: ${tag.facts.readOnlyReason ?? ''}, not read`);
          continue;
        }
        const recnos = recnosOf(tag, OTHER_ORDER.has(`${unit.unit}/${name}`));
        tags++;
        keys += recnos.length;
        if (agrees(recnos, truth) || (descending && agrees(recnos.slice().reverse(), truth))) continue;
        const stale = STALE[unit.unit];
        if (stale === undefined) odd.push(`${place} ${name} (${truth.status}): ${recnos.length} records, ${truth.count ?? '?'} in the truth`);
        else console.log(`${place} ${name}: ${stale}`);
      }
    }
    console.log(`${files} index files, ${tags} tags, ${keys} keys compared with the truth.`);
    expect(odd).toEqual([]);
    expect(files).toBeGreaterThan(150);
  });

  test('every file that no reader finds damaged passes the check', () => {
    const odd: string[] = [];
    let files = 0;
    for (const opened of openedFiles(found, ['cdx', 'idx'])) {
      if ('error' in opened || opened.unit.kind === 'mutated') continue;
      files++;
      const { findings } = drain(checkCdx(opened.file));
      const own = findings.filter(({ tag }) => !OTHER_ORDER.has(`${opened.unit.unit}/${tag}`));
      if (own.length > 0) odd.push(`${opened.unit.unit}/${opened.index.file} ${own[0]!.tag}: ${own[0]!.message}`);
    }
    console.log(`${files} index files checked.`);
    expect(odd).toEqual([]);
  });

  test('files of other programs are changed here, and stay sound', () => {
    const odd: string[] = [];
    let tags = 0;
    for (const opened of openedFiles(found, ['cdx', 'idx'])) {
      if ('error' in opened || opened.unit.kind === 'mutated') continue;
      const place = `${opened.unit.unit}/${opened.index.file}`;
      const { source, options } = opened.file;
      const old = Buffer.from(source.block(0, source.sizeBytes));
      const sink = new MemorySink();
      const update = opened.file.update(sink);
      const wanted = new Map<string, Entry[]>();
      for (const tag of opened.file.tags) {
        const { name, readOnlyReason, unique } = tag.facts;
        if (readOnlyReason !== undefined || unique === 'first' || OTHER_ORDER.has(`${opened.unit.unit}/${name}`)) continue;
        const entries = listOf(tag.cursor());
        const gone = entries.filter((_, i) => i % 3 === 0);
        const come = entries.filter((_, i) => i % 2 === 0).map(({ key, recno }) => ({ key, recno: recno + 100_000 }));
        const changes = [...gone.map((one) => ({ ...one, isRemoval: true })), ...come.map((one) => ({ ...one, isRemoval: false }))].sort(compareEntries);
        drain(update.apply(name, keysOf(changes)));
        wanted.set(name, [...entries.filter((_, i) => i % 3 !== 0), ...come].sort(compareEntries));
        tags++;
      }
      const { sizeBytes } = drain(update.finish());
      const changed = CdxFile.open(bufferSource(place, sink.applyTo(old, Math.max(sizeBytes, old.length))), options);
      for (const [name, entries] of wanted) {
        const list = listOf(changed.tag(name).cursor());
        if (list.length !== entries.length || list.some((one, i) => compareEntries(one, entries[i]!) !== 0)) odd.push(`${place} ${name}: other entries`);
      }
      const { findings } = drain(checkCdx(changed));
      const own = findings.filter(({ tag, message }) => wanted.has(tag) && !message.includes('one key in a unique tag'));
      if (own.length > 0) odd.push(`${place} ${own[0]!.tag}: ${own[0]!.message}`);
    }
    console.log(`${tags} tags of other programs changed.`);
    expect(odd).toEqual([]);
  });

  test('keys made of the rows are those of the file, byte for byte', () => {
    let tags = 0;
    let keys = 0;
    const left: string[] = [];
    const odd: string[] = [];
    for (const opened of openedFiles(found, ['cdx', 'idx'])) {
      if ('error' in opened || opened.unit.kind !== 'real' || opened.table === undefined) continue;
      const { layout, bytes } = opened.table;
      for (const tag of opened.file.tags) {
        const place = `${opened.unit.unit}/${tag.facts.name}`;
        try {
          const made = rowsOf(tag, layout, bytes);
          const differences = drain(compareTag(tag, made));
          tags++;
          keys += made.count;
          if (differences.length > 0) odd.push(`${place}: ${differences.length} of ${made.count} differ,
            first ${differences[0]!.kind} ${differences[0]!.recno} ${differences[0]!.key.toString('latin1')}`);
        } catch (e) {
          if (!(e instanceof FieldstoneError)) throw e;
          left.push(`${place}: ${e.code} ${e.message}`);
        }
      }
    }
    console.log(`${tags} tags with ${keys} keys recomputed; ${left.length} are not:\n  ${left.join('\n  ')}\n${odd.length} do not belong to their rows:\n  ${odd.join('\n  ')}`);
    expect(odd.filter((line) => !OLD_TAGS.has(line.slice(0, line.indexOf(':'))))).toEqual([]);
    expect(tags).toBeGreaterThan(350);
    expect(left.filter((line) => !/UNSUPPORTED|NOT_FOUND/.test(line) && ![...OTHER_ORDER].some((tag) => line.startsWith(tag)))).toEqual([]);
  });
});

function rowsOf(tag: CdxTag, layout: DbfLayout, bytes: Buffer): ReturnType<KeySorter['sorted']> & { readonly count: number } {
  const keys = new CdxKeys(compileExpression(tag.facts.expression, { layout }), tag.facts);
  const filter = tag.facts.forExpression === undefined ? undefined : forFilter(compileExpression(tag.facts.forExpression, { layout }));
  const sorter = new KeySorter(tag.facts.keyLength);
  const key = Buffer.alloc(tag.facts.keyLength);
  const row = { bytes, start: 0, recno: 0 };
  for (let recno = 1; recno <= layout.recordCount; recno++) {
    row.recno = recno;
    row.start = recordOffset(layout, recno);
    if (filter?.(row) === false) continue;
    keys.write(row, key, 0);
    sorter.add(key, 0, recno);
  }
  return Object.assign(sorter.sorted(), { count: sorter.count });
}
