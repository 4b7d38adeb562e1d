import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertDocumentId, idColumn, idFromColumn, IdGenerator, ID_COLUMN_BYTES, type DocumentId } from '../../../src/document/document-id.js';

let nowMs = 0;
const clock = { nowMs: () => nowMs, monotonicNs: () => 0 };
const random = { fill: (target: Uint8Array) => void target.fill(255) };

test('ids sort by time, and count upwards within a millisecond and when the clock goes back', () => {
  const ids = new IdGenerator(clock, random);
  nowMs = 1_700_000_000_000;
  const made = [ids.next(), ids.next()];
  nowMs += 1;
  made.push(ids.next());
  nowMs -= 5000;
  for (let i = 0; i < 100; i++) made.push(ids.next());
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
  expect(made[0]).toMatch(/^01HF7YAT00Z{16}$/);
  expect(made.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
});

test('each id has a column text of its own that tells it again, or a hash', () => {
  const ids: fc.Arbitrary<DocumentId> = fc.oneof(
    fc.constantFrom<DocumentId>('5', '#5', 5, 5n, -1.5, 1e300, new Date(5), new Uint8Array([5]), ' a', 'a ', 'é', '', '#', '#h1', 'x'.repeat(40), 'x'.repeat(41)),
    fc.string(), fc.string({ unit: 'grapheme' }), fc.integer(), fc.bigInt(), fc.uint8Array(), fc.date({ noInvalidDate: true }),
  );
  fc.assert(fc.property(ids, (id) => {
    assertDocumentId(id);
    const { text, whole } = idColumn(id);
    expect(text.length).toBeLessThanOrEqual(ID_COLUMN_BYTES);
    expect(text).toMatch(/^[ -~]+$/);
    expect(text.trim()).toBe(text);
    expect(idFromColumn(text)).toEqual(whole ? id : undefined);
  }), { seed: Number(process.env['SEED'] ?? 8), numRuns: 3000 });
});

test.each([[null], [undefined], [true], [NaN], [Infinity], [{}], [[]], ['x'.repeat(1001)], [new Uint8Array(1001)]])('%j is no id', (id) => {
  expect(() => assertDocumentId(id)).toThrowError(expect.objectContaining({ code: 'VALUE' }));
});
