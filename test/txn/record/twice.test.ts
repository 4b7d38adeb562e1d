import { expect, test } from 'vitest';
import { FieldstoneError, hasCode } from '#storage';
import { twice } from '../../../txn/record/twice.js';

test('reads again after one IO, not after two, and not after anything else', () => {
  const failing = (code: 'IO' | 'CORRUPT_DBF', failures: number): { read: () => string; calls: number } => {
    const it = { calls: 0, read: () => {
      if (it.calls++ < failures) throw new FieldstoneError(code, 'failed');
      return 'read';
    } };
    return it;
  };
  const once = failing('IO', 1);
  expect([twice(once.read), once.calls]).toEqual(['read', 2]);
  const always = failing('IO', 9);
  expect(() => twice(always.read)).toThrowError(expect.toSatisfy((e: unknown) => hasCode(e, 'IO')) as never);
  const other = failing('CORRUPT_DBF', 1);
  expect(() => twice(other.read)).toThrowError(expect.toSatisfy((e: unknown) => hasCode(e, 'CORRUPT_DBF')) as never);
  expect([always.calls, other.calls]).toEqual([2, 1]);
});
