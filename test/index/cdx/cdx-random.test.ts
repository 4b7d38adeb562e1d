import { describe, test } from 'vitest';
import { KEY_WORLDS, runHistory } from './random-tag.js';

const SEED = Number(process.env['FIELDSTONE_SEED'] ?? 1);
const HISTORIES = process.env['FIELDSTONE_SEED'] === undefined ? 12 : 1;

describe('a CDX tag is what a sorted array would be', () => {
  test.each(Object.keys(KEY_WORLDS))('%s', (world) => {
    for (let i = 0; i < HISTORIES; i++) runHistory(SEED + i, world, 12, 300);
  });
});
