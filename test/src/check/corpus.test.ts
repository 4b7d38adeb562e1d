import { mkdtempSync, rmSync, copyFileSync, readFileSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { FieldstoneError, open } from '../../../src/main.js';
import { corpus, type CorpusUnit } from '../../support/corpus.js';

const UNITS = 100;
const MAX_UNIT_BYTES = 2 << 20;
/** A second is the promise; the machine may be busy. */
const MAX_MS = 5000;

function malformed(units: readonly CorpusUnit[]): CorpusUnit[] {
  const small = units.filter((u) => u.files.reduce((sum, f) => sum + f.size, 0) < MAX_UNIT_BYTES && u.files.some((f) => /\.dbf$/i.test(f.path)));
  const mutated = small.filter((u) => u.kind === 'mutated');
  const odd = small.filter((u) => u.kind === 'real' && 'malformed' in u && u.malformed === true);
  return [...mutated, ...odd].slice(0, UNITS);
}

function hashes(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder, { withFileTypes: true }).filter((e) => e.isFile()).map((e) => [e.name, createHash('sha256').update(readFileSync(join(folder, e.name))).digest('hex')]));
}

test('check of malformed tables: findings or a typed error, in time, and no file is changed', async () => {
  const all = corpus();
  if (all === undefined) return;
  const units = malformed(all.units);
  expect(units.length).toBeGreaterThan(50);
  for (const unit of units) {
    const folder = mkdtempSync(join(tmpdir(), 'fieldstone-check-'));
    try {
      for (const file of unit.files) copyFileSync(all.path(file.path), join(folder, basename(file.path)));
      const before = hashes(folder);
      const start = performance.now();
      const db = await open(folder, { readOnly: true });
      const result = await db.check();
      await db.close();
      expect(performance.now() - start, unit.unit).toBeLessThan(MAX_MS);
      expect(hashes(folder), unit.unit).toEqual(before);
      for (const finding of result.findings) expect(finding.message, unit.unit).not.toBe('');
    } catch (e) {
      expect(e, `${unit.unit} ${unit.name ?? ''}`).toBeInstanceOf(FieldstoneError);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}, 120_000);

test('repair of malformed tables: repaired and then fine, or failed and not touched', async () => {
  const all = corpus();
  if (all === undefined) return;
  const outcomes = { fine: 0, repaired: 0, failed: 0, refused: 0 };
  for (const unit of malformed(all.units)) {
    const folder = mkdtempSync(join(tmpdir(), 'fieldstone-repair-'));
    try {
      for (const file of unit.files) copyFileSync(all.path(file.path), join(folder, basename(file.path)));
      const before = hashes(folder);
      const db = await open(folder);
      const { tables } = await db.repair({ indexes: 'detach' });
      const after = await db.check();
      await db.close();
      for (const t of tables) {
        outcomes[t.status]++;
        const there = hashes(folder);
        const own = Object.keys(before).filter((name) => name.toLowerCase() === `${t.table.toLowerCase()}.dbf`)[0] ?? '';
        if (t.status === 'repaired') {
          for (const kept of t.kept) expect(there[kept], unit.unit).toBe(before[kept.replace(/\.bak-\d+$/, '')]);
          const left = after.findings.filter((f) => f.severity === 'error' && f.file?.endsWith(`/${own}`) === true);
          expect(left, `${unit.unit} ${unit.name ?? ''}: ${t.actions.join('; ')}`).toEqual([]);
        } else expect(there[own], unit.unit).toBe(before[own]);
      }
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      outcomes.refused++;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  expect(outcomes.repaired).toBeGreaterThan(10);
  console.log(`repair of malformed tables: ${JSON.stringify(outcomes)}`);
}, 120_000);
