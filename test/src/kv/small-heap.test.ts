import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { transpile } from '../../support/transpiled.js';

const CHILD = fileURLToPath(new URL('./small-heap-child.mjs', import.meta.url));
/** 1,000 bytes each: at 40,000 the store is ten times its cache of 4 MB. */
const ENTRIES = process.env['HEAP_ENTRIES'] ?? '40000';

test('a store ten times its cache is filled, walked, read, thinned, compacted and checked in a heap of 128 MB', async () => {
  const modules = transpile(['storage', 'index', 'txn', 'src']);
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-heap-'));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=128', CHILD, modules.url(''), join(folder, 'db'), ENTRIES]);
    const result = JSON.parse(stdout) as Record<string, number | boolean>;
    console.log(`small heap: ${stdout.trim()}`);
    expect(result).toMatchObject({ seen: Number(ENTRIES), keys: Number(ENTRIES) / 2, ok: true });
    expect(result['fileBytes']).toBeGreaterThan(4 << 20);
    expect(Number(result['mostResidentBytes'])).toBeLessThan(400 << 20);
  } finally {
    modules.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
