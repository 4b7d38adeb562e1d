import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError, BufferPool, Probe } from '#storage';

const KB = 1024;
const MB = 1024 * KB;

function pool(limitBytes?: number): { pool: BufferPool; counters: () => Readonly<Record<string, number>> } {
  const probe = new Probe();
  return { pool: new BufferPool({ limitBytes, probe }), counters: () => probe.snapshot().counters['buffers'] ?? {} };
}

describe('BufferPool', () => {
  test.each([[0, KB], [1, KB], [KB, KB], [KB + 1, 64 * KB], [64 * KB, 64 * KB], [64 * KB + 1, MB], [MB, MB], [MB + 1, MB + 1]])(
    '%i bytes come in a buffer of %i', (asked, got) => {
      expect(pool().pool.take(asked).length).toBe(got);
    });

  test('gives a returned buffer out again, and counts', () => {
    const { pool: p, counters } = pool();
    const first = p.take(10);
    p.giveBack(first);
    expect(p.take(500)).toBe(first);
    expect(p.take(500)).not.toBe(first);
    expect(counters()).toEqual({ taken: 3, returned: 1, reused: 1, allocated: 2, oversize: 0, dropped: 0, outstanding: 2 });
  });

  test('never keeps an oversize buffer', () => {
    const { pool: p, counters } = pool();
    p.giveBack(p.take(2 * MB));
    expect(p.freeBytes).toBe(0);
    expect(counters()).toMatchObject({ oversize: 1, allocated: 1, returned: 1, dropped: 0 });
  });

  test('keeps no more free bytes than its limit', () => {
    const { pool: p, counters } = pool(3 * KB);
    const taken = [1, 2, 3, 4, 5].map(() => p.take(KB));
    for (const buffer of taken) p.giveBack(buffer);
    expect(p.freeBytes).toBe(3 * KB);
    expect(counters()).toMatchObject({ dropped: 2, outstanding: 0 });
    p.giveBack(p.take(64 * KB));
    expect(counters()).toMatchObject({ dropped: 3 });
    const none = pool(0);
    none.pool.giveBack(none.pool.take(1));
    expect(none.pool.freeBytes).toBe(0);
  });

  test('a buffer returned twice, a part of one, or a stranger is an assertion', () => {
    const { pool: p } = pool();
    const buffer = p.take(10);
    expect(() => p.giveBack(buffer.subarray(0, 10))).toThrow(AssertionError);
    expect(() => p.giveBack(Buffer.alloc(KB))).toThrow(AssertionError);
    expect(() => pool().pool.giveBack(buffer)).toThrow(AssertionError);
    p.giveBack(buffer);
    expect(() => p.giveBack(buffer)).toThrow(AssertionError);
    const big = p.take(2 * MB);
    p.giveBack(big);
    expect(() => p.giveBack(big)).toThrow(AssertionError);
  });

  test('a leaked buffer is found', () => {
    const { pool: p } = pool();
    p.assertAllReturned();
    const buffer = p.take(2000);
    expect(() => p.assertAllReturned()).toThrow(/1 buffers were not given back \(bytes: 65536\)/);
    p.giveBack(buffer);
    p.assertAllReturned();
  });

  test('refuses sizes and limits that are not numbers of bytes', () => {
    const { pool: p } = pool();
    for (const size of [-1, 1.5, Number.NaN, 2 ** 60]) expect(() => p.take(size)).toThrow(AssertionError);
    for (const limit of [-1, 1.5, Number.NaN]) expect(() => pool(limit)).toThrow(RangeError);
  });

  test('never lends one buffer twice at a time, whatever the order of calls', () => {
    const step = fc.oneof(fc.record({ take: fc.nat(2 * 64 * KB) }), fc.record({ giveBack: fc.nat(30) }));
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.nat(300 * KB), (steps, limit) => {
      const { pool: p, counters } = pool(limit);
      const lent: Buffer[] = [];
      for (const one of steps) {
        if ('take' in one) {
          const buffer = p.take(one.take);
          expect(buffer.length).toBeGreaterThanOrEqual(one.take);
          expect(lent.includes(buffer)).toBe(false);
          lent.push(buffer);
        } else if (lent.length > 0) {
          p.giveBack(lent.splice(one.giveBack % lent.length, 1)[0] as Buffer);
        }
        expect(p.freeBytes).toBeLessThanOrEqual(limit);
        const seen = counters();
        expect(seen['outstanding']).toBe(lent.length);
        expect((seen['reused'] ?? 0) + (seen['allocated'] ?? 0)).toBe(seen['taken']);
      }
    }), { numRuns: 100 });
  });
});
