import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import keyvTestSuite, { keyvApiTests, keyvIteratorTests, keyvNamespaceTest, keyvValueTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { FieldstoneKeyv } from '../../../src/keyv/main.js';
import { open, type Database } from '../../../src/main.js';

const { afterAll, beforeAll, describe } = vitest;

describe.each(['in memory', 'in a folder'])('@keyv/test-suite %s', (where) => {
  let folder: string | undefined;
  let db: Database;
  beforeAll(async () => {
    folder = where === 'in a folder' ? mkdtempSync(join(tmpdir(), 'fieldstone-keyv-')) : undefined;
    db = await open(folder ?? ':memory:');
  });
  afterAll(async () => {
    await db.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  const store = (): FieldstoneKeyv => new FieldstoneKeyv(db);

  describe('whole', () => keyvTestSuite(vitest, Keyv, store));
  describe('iterator', () => keyvIteratorTests(vitest, Keyv, store));
  // Each part again by itself, as the suite offers them.
  describe('api', () => keyvApiTests(vitest, Keyv, store));
  describe('values', () => keyvValueTests(vitest, Keyv, store));
  describe('namespaces', () => keyvNamespaceTest(vitest, Keyv, store));
});
