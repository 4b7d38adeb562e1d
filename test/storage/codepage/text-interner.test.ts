import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { createRowDecoder, internCounters, TextInterner, type Row } from '#storage';
import { codePage } from '../../../storage/codepage/code-page.js';
import { dbfImage, layoutOf } from '../../support/dbf-image.js';
import { interningProblem } from './interning-problem.js';

setFlagsFromString('--expose-gc');
const collected = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collected();
  return process.memoryUsage().heapUsed;
};

describe('an interner', () => {
  const page = codePage('cp1252');

  test('gives equal bytes the same text and counts exactly', () => {
    const counters = internCounters();
    const interner = new TextInterner(1 << 16, counters);
    const bytes = Buffer.from('London, Z\xfcrich, London', 'latin1');
    expect(interner.text(bytes, 0, 6, page)).toBe('London');
    expect(interner.text(bytes, 8, 14, page)).toBe('Zürich');
    expect(interner.text(bytes, 16, 22, page)).toBe('London');
    expect(counters).toEqual({ hits: 1, misses: 2, replaced: 0 });
    expect(interner.text(bytes, 8, 14, codePage('cp850'))).toBe('Z³rich');
    expect(interner.text(bytes, 8, 14, page)).toBe('Zürich');
    expect(counters).toEqual({ hits: 2, misses: 3, replaced: 0 });
    expect(interner.text(bytes, 3, 3, page)).toBe('');
    expect(interner.text(Buffer.alloc(65, 'x'), 0, 65, page)).toBe('x'.repeat(65));
    expect(counters).toEqual({ hits: 2, misses: 3, replaced: 0 });
  });

  test('gives what the page makes, whatever came before', () => { expect(interningProblem(5000, 7) ?? '').toBe(''); });

  test('takes no more than it may, and keeps what is asked for often among much that is not', () => {
    const counters = internCounters();
    const interner = new TextInterner(1 << 16, counters);
    expect(interner.capacity * 192).toBeLessThanOrEqual(1 << 16);
    const often = Buffer.from('often');
    let hits = 0;
    for (let i = 0; i < 20_000; i++) {
      const before = counters.hits;
      interner.text(often, 0, 5, page);
      hits += counters.hits - before;
      const rare = Buffer.from(`rare ${i}`);
      expect(interner.text(rare, 0, rare.length, page)).toBe(`rare ${i}`);
    }
    expect(hits).toBeGreaterThan(19_900);
    expect(counters.replaced).toBe(counters.misses - interner.capacity);
  });
});

describe('memory of 1,000,000 rows that hold 100 cities', () => {
  const ROWS = 1_000_000;
  const PER_IMAGE = 1000;

  test('falls, and hits and misses are exact', () => {
    const records = Array.from({ length: PER_IMAGE }, (_, i) => ` ${`The city of ${String(i % 100).padStart(4, '0')}`.padEnd(30)}`);
    const bytes = dbfImage([{ name: 'CITY', type: 'C', length: 30 }], { records });
    const layout = layoutOf(bytes);
    const read = (interner: TextInterner | undefined): { cities: unknown[]; bytes: number } => {
      const decoder = createRowDecoder(layout, { interner });
      const before = heapBytes();
      const cities = new Array<unknown>(ROWS);
      const rows: Row[] = [];
      for (let i = 0; i < ROWS; i += PER_IMAGE) {
        decoder.decodeRun(bytes, layout.headerLength, PER_IMAGE, 1, rows);
        for (let k = 0; k < PER_IMAGE; k++) cities[i + k] = rows[k]?.['CITY'];
      }
      return { cities, bytes: heapBytes() - before };
    };
    const counters = internCounters();
    const plain = read(undefined);
    const plainBytes = plain.bytes;
    const interned = read(new TextInterner(1 << 20, counters));
    expect(interned.cities).toEqual(plain.cities);
    expect(counters).toEqual({ hits: ROWS - 100, misses: 100, replaced: 0 });
    console.log(`${ROWS} cities: ${(plainBytes / 1e6).toFixed(1)} MB of heap, interned ${(interned.bytes / 1e6).toFixed(1)} MB`);
    expect(interned.bytes).toBeLessThan(plainBytes / 3);
  }, 120_000);
});
