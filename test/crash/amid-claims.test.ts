import { expect, test } from 'vitest';
import { AMID_CLAIMS } from './engine/amid-claims.js';

test.each(Object.entries(AMID_CLAIMS))('%s', { timeout: 60_000 }, async (_claim, problem) => {
  expect(await problem()).toBeUndefined();
});
