import { expect, test } from 'vitest';
import { sha256Hex } from '#storage';

test('the example of the standard (FIPS 180)', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
