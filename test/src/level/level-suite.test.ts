import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FieldstoneLevel } from '../../../src/level/main.js';
import { open } from '../../../src/main.js';
import { runLevelSuite, type SuiteOutcome } from './level-suite.js';

/** Fewer assertions than this would mean that a part of the suite did not run. */
const LEAST_ASSERTIONS = 5150;
const TIMEOUT_MS = 240_000;
/** The suite opens some 1,500 folders and syncs each: in memory where the system has such a place. */
const TEMP = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

function expectAllGreen(outcome: SuiteOutcome, where: string): void {
  console.log(`abstract-level/test ${where}: ${outcome.tests} tests, ${outcome.assertions} assertions, ${outcome.failures.length} failed`);
  expect(outcome.failures).toEqual([]);
  expect(outcome.leftOut).toEqual([]);
  expect(outcome.assertions).toBeGreaterThan(LEAST_ASSERTIONS);
}

test('abstract-level/test passes whole in folders', async () => {
  const base = mkdtempSync(join(TEMP, 'fieldstone-level-'));
  try {
    let made = 0;
    expectAllGreen(await runLevelSuite((options) => new FieldstoneLevel(join(base, String(made++)), options)), 'in folders');
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}, TIMEOUT_MS);

test('abstract-level/test passes whole in memory', async () => {
  expectAllGreen(await runLevelSuite((options) => new FieldstoneLevel(':memory:', options)), 'in memory');
}, TIMEOUT_MS);

test('abstract-level/test passes whole in stores of one open database', async () => {
  const db = await open(':memory:');
  let made = 0;
  expectAllGreen(await runLevelSuite((options) => new FieldstoneLevel(db, { ...options, store: `level${made++}` })), 'in stores of one database');
  await db.close();
}, TIMEOUT_MS);

test('what fails in the suite, or is left out, is seen', async () => {
  const outcome = await runLevelSuite(() => ({}), (options) => {
    options.test('one', (t) => {
      t.is(1, 1, 'right');
      t.is(1, 2, 'wrong');
      t.end();
    });
    options.test('two', (t) => {
      t.plan(2);
      t.skip('not here');
      t.end();
    });
  });
  expect(outcome).toMatchObject({ tests: 2, leftOut: ['two: not here'] });
  expect(outcome.failures).toEqual([expect.stringMatching(/^one: wrong/), expect.stringMatching(/^two: plan != count/)]);
});
