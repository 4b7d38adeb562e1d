import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bufferSource, isPlainIdx, PlainIdxFile } from '#index';
import { FieldstoneError, hasCode } from '#storage';
import { corpus } from '../../support/corpus.js';
import { listOf, type Entry } from './memory-index.js';

interface TruthIndex {
  readonly file: string;
  readonly type: string;
  readonly tags: readonly { readonly key?: string; readonly status: string; readonly recnos?: readonly number[] }[];
}

/** A file of two leaves below a root, written by hand. */
function written(): { readonly bytes: Buffer; readonly entries: readonly Entry[] } {
  const entries = Array.from({ length: 40 }, (_, i) => ({ key: Buffer.from(`k${String(Math.floor(i / 2)).padStart(3, '0')}`), recno: i + 1 }));
  const bytes = Buffer.alloc(512 * 4);
  bytes.writeUInt32LE(1536, 0);
  bytes.writeUInt32LE(0xffffffff, 4);
  bytes.writeUInt32LE(bytes.length, 8);
  bytes.writeUInt16LE(4, 12);
  bytes[15] = 1;
  bytes.write('NAME', 16, 'latin1');
  const page = (at: number, attributes: number, list: readonly Entry[]): void => {
    bytes.writeUInt16LE(attributes, at);
    bytes.writeUInt16LE(list.length, at + 2);
    bytes.fill(0xff, at + 4, at + 12);
    list.forEach(({ key, recno }, i) => {
      key.copy(bytes, at + 12 + i * 8);
      bytes.writeUInt32BE(recno, at + 16 + i * 8);
    });
  };
  page(512, 2, entries.slice(0, 21));
  page(1024, 2, entries.slice(21));
  page(1536, 1, [{ key: entries[20]!.key, recno: 512 }, { key: entries[39]!.key, recno: 1024 }]);
  return { bytes, entries };
}

const shown = (list: readonly Entry[]): string[] => list.map(({ key, recno }) => `${key.toString('latin1')} ${recno}`);

describe('an IDX that is not compact', () => {
  const { bytes, entries } = written();
  const tag = new PlainIdxFile(bufferSource('x.idx', bytes), 'X').tags[0];

  test('is told and walked in both directions', () => {
    expect(tag.facts).toMatchObject({ name: 'X', expression: 'NAME', keyLength: 4, unique: 'none' });
    expect(shown(listOf(tag.cursor()))).toEqual(shown(entries));
    const cursor = tag.cursor();
    const back: Entry[] = [];
    for (let stands = cursor.last(); stands; stands = cursor.previous()) back.push({ key: Buffer.from(cursor.key), recno: cursor.recno });
    expect(shown(back.reverse())).toEqual(shown(entries));
    expect(tag.estimateRange(Buffer.from('k005'), Buffer.from('k010'))).toBe(10);
  });

  test('finds keys, also those that stand in two leaves', () => {
    const cursor = tag.cursor();
    for (const { key, recno } of entries) {
      expect(cursor.seek(key, recno)).toBe(true);
      expect(cursor.recno).toBe(recno);
      expect(cursor.seek(key)).toBe(true);
      expect(cursor.recno).toBe(recno - ((recno - 1) % 2));
    }
    expect(cursor.seek(Buffer.from('z'))).toBe(false);
    expect(cursor.seek(Buffer.from('k0'))).toBe(true);
    expect(cursor.recno).toBe(1);
  });

  test('is not changed', () => {
    expect(() => new PlainIdxFile(bufferSource('x.idx', bytes), 'X').update()).toThrow(/only read/);
  });

  test('ends, whatever byte is changed', () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [1, 0xff]) {
        const copy = Buffer.from(bytes);
        copy[at] = bytes[at]! ^ change;
        try {
          const list = listOf(new PlainIdxFile(bufferSource('x.idx', copy), 'X').tags[0].cursor());
          expect(list.length).toBeLessThan(5000);
        } catch (e) {
          if (!(e instanceof FieldstoneError) || !hasCode(e, 'CORRUPT_INDEX')) throw e;
        }
      }
    }
  });

  test('files of the corpus have the record numbers of the truth', () => {
    const found = corpus();
    let files = 0;
    for (const unit of found?.units ?? []) {
      for (const index of (found!.truth(unit.unit) as { indexes?: readonly TruthIndex[] }).indexes ?? []) {
        const path = unit.files.find((one) => basename(one.path) === index.file)?.path;
        const truth = index.tags[0];
        if (index.type !== 'idx' || path === undefined || truth?.recnos === undefined || unit.name === 'idx-noise') continue;
        const source = bufferSource(index.file, readFileSync(found!.path(path)));
        if (!isPlainIdx(source)) continue;
        const { facts } = new PlainIdxFile(source, 'X').tags[0];
        expect(facts.expression).toBe(truth.key);
        expect(listOf(new PlainIdxFile(source, 'X').tags[0].cursor()).map(({ recno }) => recno), `${unit.unit}/${index.file}`).toEqual(truth.recnos);
        files++;
      }
    }
    console.log(`${files} IDX files that are not compact compared with the truth.`);
    if (found !== undefined) expect(files).toBeGreaterThan(2);
  });
});
