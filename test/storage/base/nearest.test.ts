import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestNames } from '#storage';

const NAMES = ['cacheSize', 'pageSize', 'checkpointSize', 'create', 'retries'];

test('finds a name by a slip of one key, without regard to case', () => {
  expect(nearestNames('cachesize', NAMES)).toEqual(['cacheSize']);
  expect(nearestNames('cahceSize', NAMES)).toEqual(['cacheSize']);
  expect(nearestNames('retrie', NAMES)).toEqual(['retries']);
  expect(nearestNames('cretae', NAMES)[0]).toBe('create');
});

test('puts the closest name first and keeps to the limit', () => {
  expect(nearestNames('NAME1', ['NAME', 'NAMES1', 'NAME1', 'NAME22'])[0]).toBe('NAME1');
  expect(nearestNames('ab', ['aa', 'ac', 'ad', 'ae'], 2)).toEqual(['aa', 'ac']);
});

test('offers nothing that is not close', () => {
  expect(nearestNames('zebra', NAMES)).toEqual([]);
  expect(nearestNames('', NAMES)).toEqual([]);
});

test('a name one change away is always found, and any input ends quickly', () => {
  fc.assert(fc.property(fc.string({ minLength: 3, maxLength: 20 }), fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (name, at, letter) => {
    const i = at % name.length;
    const slip = name.slice(0, i) + letter + name.slice(i + 1);
    expect(nearestNames(slip, [name])).toEqual([name]);
  }));
  expect(nearestNames('x'.repeat(1_000_000), [`${'x'.repeat(64)}y`])).toHaveLength(1);
});
