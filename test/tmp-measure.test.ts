import { test } from 'vitest';
import { mkdtempSync, statSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { char, numeric, open } from '../src/main.js';
test('measure', async () => {
  for (const [rows, width] of [[300, 12], [3000, 12], [3900, 240], [12000, 40]] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'fsm-'));
    const db = await open(folder);
    const t = await db.createTable('t', { name: char(12), n: numeric(8), pad: char(width) }, { dialect: 'foxpro2' });
    await t.insertMany(Array.from({ length: rows }, (_, i) => ({ name: `n${(i * 7919) % rows}`, n: i, pad: 'x' })));
    await t.createIndex('a', { on: 'name', type: 'cdx' });
    await t.createIndex('b', { expression: 'UPPER(NAME)', type: 'cdx' });
    await t.createIndex('i', { on: 'n', type: 'idx' });
    if (rows < 4000) await t.createIndex('x', { on: 'name', type: 'ntx' });
    await db.close();
    const median = (a: number[]) => a.sort((x, y) => x - y)[Math.floor(a.length / 2)]?.toFixed(2);
    const times: Record<string, number[]> = { open: [], table: [], get: [], scan: [], firstSeekA: [], secondSeekA: [], firstFindIx: [], secondFind: [], firstSeekB: [], firstX: [] };
    for (let r = 0; r < 15; r++) {
      const mark = async (name: string, f: () => unknown) => { const s = performance.now(); const v = await f(); times[name]?.push(performance.now() - s); return v; };
      const d = await mark('open', () => open(folder, { readOnly: true })) as typeof db;
      await mark('table', () => d.table('t').recordCount);
      await mark('get', () => d.table('t').get(5));
      await mark('scan', () => d.table('t').scan().toArray().length);
      await mark('firstSeekA', () => d.table('t').index('a').seek('n5'));
      await mark('secondSeekA', () => d.table('t').index('a').seek('n6'));
      await mark('firstFindIx', () => d.table('t').find({ n: 7 }).toArray());
      await mark('secondFind', () => d.table('t').find({ n: 8 }).toArray());
      await mark('firstSeekB', () => d.table('t').index('b').seek('N5'));
      if (rows < 4000) await mark('firstX', () => d.table('t').index('x').seek('n5'));
      await d.close();
    }
    console.log(rows, width, 'dbf', statSync(join(folder, 't.dbf')).size, 'cdx', statSync(join(folder, 't.cdx')).size, 'idx', statSync(join(folder, 'i.idx')).size, Object.entries(times).map(([k, v]) => `${k} ${median(v)}`).join(', '));
    rmSync(folder, { recursive: true });
  }
}, 200000);
