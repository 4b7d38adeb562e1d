import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import {
  checkDbf, createRowEncoder, FieldstoneError, MemoFile, MemoryVfs, planDbf, readDbfLayout, writePointer, type DbfLayout, type FieldSpec, type WritableDialect,
} from '#storage';
import { openDbf } from '../../src/dbf/main.js';
import { readFileSync } from 'node:fs';
import { corpus } from '../support/corpus.js';
import { dbfImage } from '../support/dbf-image.js';

/** What every byte outside the header is changed to, besides being inverted. */
const VALUES = [0x00, 0x01, 0x0d, 0x1a, 0x20, 0x2a, 0x30, 0x7f, 0x80, 0xff];
const LONGEST_MS = 1000;
const PATH = '/t.dbf';

interface Victim { readonly name: string; readonly table: Uint8Array; readonly memo?: readonly [path: string, bytes: Uint8Array] }

const spec = (name: string, type: string, length = 0, decimals = 0, nullable = false): FieldSpec =>
  ({ name, type, length, decimals, ...(nullable ? { nullable } : {}) });

/** A small table of a dialect, with what its types can do. */
function victimOf(dialect: WritableDialect): Victim {
  const vfp = dialect === 'vfp';
  const layout = planDbf([
    spec('NAME', 'C', 6, 0, vfp), spec('N', 'N', 6, 2), spec('M', 'M'),
    ...(vfp ? [spec('D', 'D'), spec('I', 'I'), spec('T', 'T'), spec('V', 'V', 5, 0, true), spec('Q', 'Q', 5)] : []),
  ], { dialect, encoding: 'cp1252' });
  const [memoPath, memo] = memoOf(layout);
  const encoder = createRowEncoder(layout);
  const records = [1, 2, 3].map((n) => {
    const record = new Uint8Array(layout.recordLength);
    const more = { D: new Date(Date.UTC(2024, 1, n)), I: n, T: new Date(0), V: 'ab', Q: new Uint8Array(n) };
    const input = { NAME: `row ${n}`, N: n / 4, M: 'memo', ...(vfp ? more : {}) };
    const block = layout.memoKind === 'fpt' ? 8 : 1;
    for (const { field } of encoder.encodeInsert(input, record, 0)) writePointer(layout, field, { block }, record, 0);
    return record;
  });
  const table = Buffer.concat([layout.headerBytes, ...records, Uint8Array.of(0x1a)]);
  table.writeUInt32LE(records.length, 4);
  return { name: dialect, table, memo: [memoPath, memo] };
}

function memoOf(layout: DbfLayout): [string, Uint8Array] {
  const memo = Buffer.alloc(640);
  if (layout.memoKind === 'fpt') {
    memo.writeUInt32BE(10, 0);
    memo.writeUInt16BE(64, 6);
    memo.writeUInt32BE(1, 512);
    memo.writeUInt32BE(4, 516);
    memo.write('memo', 520);
    return ['/t.fpt', memo];
  }
  memo.writeUInt32LE(2, 0);
  memo.writeUInt16LE(512, 20);
  memo.write(layout.memoKind === 'dbt4' ? '\xff\xff\x08\0\x0c\0\0\0memo' : 'memo\x1a\x1a', 512, 'latin1');
  return ['/t.dbt', memo];
}

/** dBASE 7: two fields in 48-byte descriptors, one record. */
function dbase7(): Victim {
  const table = Buffer.alloc(68 + 2 * 48 + 1 + 13 + 1);
  table.set([0x04, 126, 1, 2]);
  table.writeUInt32LE(1, 4);
  table.writeUInt16LE(68 + 97, 8);
  table.writeUInt16LE(13, 10);
  table.write('DB437US0', 32);
  for (const [i, type] of ['I', '@'].entries()) {
    table.write(`field ${i}`, 68 + 48 * i);
    table.write(type, 68 + 48 * i + 32);
    table[68 + 48 * i + 33] = type === 'I' ? 4 : 8;
  }
  table[68 + 96] = 0x0d;
  table.set([0x20, 0x80, 0, 0, 1, 0x42, 0xcc, 0x41, 0x8b, 0xa9, 0x9a, 0, 0, 0x1a], 68 + 97);
  return { name: 'dbase7', table };
}

/** dBASE II: one field, two records. */
function dbase2(): Victim {
  const table = Buffer.alloc(640, 0x1a);
  table.fill(0, 0, 521);
  table.set([0x02, 2, 0, 1, 2, 83, 6, 0]);
  table.write('NAME', 8);
  table.set([0x43, 5, 0, 0, 0, 0x0d], 19);
  table.write(' abcde*fghij', 521);
  return { name: 'dbase2', table };
}

function harbour(): Victim {
  const fields = [{ name: 'ID', type: '+', length: 4 }, { name: 'TEXT', type: 'C', length: 300 }, { name: 'AT', type: '@', length: 8 }];
  return { name: 'harbour', table: dbfImage(fields, { tail: [0x0d, 0], records: [` \x01\0\0\0${'text'.padEnd(300)}\xab\x3d\x25\0\0\0\0\0`] }) };
}

const VICTIMS = [...(['dbase3', 'dbase4', 'clipper', 'foxpro2', 'vfp'] as const).map(victimOf), dbase7(), dbase2(), harbour()];

/** Reads all there is to read of the table; a typed error is as good as an answer. */
async function readAll(vfs: MemoryVfs): Promise<string> {
  try {
    const table = await openDbf(PATH, { vfs });
    let rows = 0;
    for (const row of table.scan({ deleted: true })) rows += row.$recno > 0 ? 1 : 0;
    const backward = [...table.scan({ deleted: true, reverse: true })];
    if (backward.length !== rows) throw new Error(`${rows} rows forward, ${backward.length} backward`);
    table.info();
    await table.close();
    return `${rows} rows`;
  } catch (e) {
    if (e instanceof FieldstoneError) return e.code;
    throw e;
  }
}

async function checkAll(vfs: MemoryVfs, memoPath: string | undefined): Promise<void> {
  const file = vfs.open(PATH, 'read');
  try {
    const layout = readDbfLayout(file);
    const memo = memoPath === undefined || layout.memoKind === undefined ? undefined : MemoFile.open(vfs.open(memoPath, 'read'), layout.memoKind);
    for await (const finding of checkDbf(file, layout, memo)) expect(finding.code).toMatch(/^[A-Z0-9_]+$/);
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
  } finally {
    file.close();
  }
}

/** One byte changed: answers within the time, leaves the files as they are. */
async function attack(victim: Victim, table: Uint8Array, memo: Uint8Array | undefined, where: string, checks = true): Promise<void> {
  const before = performance.now();
  const files: [string, Uint8Array][] = [[PATH, table]];
  if (victim.memo !== undefined && memo !== undefined) files.push([victim.memo[0], memo]);
  const vfs = new MemoryVfs(files);
  try {
    await readAll(vfs);
    if (checks) await checkAll(vfs, victim.memo?.[0]);
  } catch (e) {
    throw new Error(`${victim.name}: ${where}`, { cause: e });
  }
  const tookMs = performance.now() - before;
  if (tookMs > LONGEST_MS) throw new Error(`${victim.name}: ${where} took ${tookMs} ms`);
  const after = Buffer.alloc(table.length + 1);
  const size = vfs.open(PATH, 'read').readAt(after, 0);
  if (size !== table.length || Buffer.compare(after.subarray(0, size), table) !== 0) throw new Error(`${victim.name}: ${where} changed the file`);
}

function prototypeKeys(): string { return Reflect.ownKeys(Object.prototype).map(String).join(); }

describe.each(VICTIMS)('every byte of a $name table', (victim) => {
  test('is read as it should before', async () => {
    const vfs = new MemoryVfs([[PATH, victim.table], ...(victim.memo === undefined ? [] : [victim.memo])]);
    expect(await readAll(vfs)).toMatch(/^[123] rows$/);
  });

  test('of the header, changed to each of 256 values, gives an answer or a typed error', async () => {
    const keys = prototypeKeys();
    const layout = readDbfLayout(new MemoryVfs([[PATH, victim.table]]).open(PATH, 'read'));
    // The backlink of Visual FoxPro and the unused end of a dBASE II header hold nothing that is looked at byte by byte.
    const end = Math.min(layout.headerLength, victim.name === 'vfp' ? layout.headerLength - 255 : victim.name === 'dbase2' ? 64 : layout.headerLength);
    for (let at = 0; at < end; at++) {
      for (let value = 0; value < 256; value++) {
        const table = victim.table.slice();
        if (table[at] === value) continue;
        table[at] = value;
        await attack(victim, table, victim.memo?.[1], `byte ${at} = ${value}`, VALUES.includes(value));
      }
    }
    expect(prototypeKeys()).toBe(keys);
  });

  test('anywhere, and of the memo, changed to several values, gives an answer or a typed error', async () => {
    for (let at = 0; at < victim.table.length; at++) {
      for (const value of [...VALUES, (victim.table[at] ?? 0) ^ 0xff]) {
        const table = victim.table.slice();
        table[at] = value;
        await attack(victim, table, victim.memo?.[1], `byte ${at} = ${value}`);
      }
    }
    const memo = victim.memo?.[1] ?? new Uint8Array(0);
    for (let at = 0; at < memo.length; at++) {
      if (at > 64 && at < 500) continue;
      for (const value of [...VALUES, (memo[at] ?? 0) ^ 0xff]) {
        const changed = memo.slice();
        changed[at] = value;
        await attack(victim, victim.table, changed, `memo byte ${at} = ${value}`);
      }
    }
  });

  test('cut at every length, it gives an answer or a typed error', async () => {
    for (let length = 0; length < victim.table.length; length++) await attack(victim, victim.table.slice(0, length), victim.memo?.[1], `cut to ${length}`);
  });
});

test('mutated files of the corpus stay as they are when they are read', async () => {
  const source = corpus();
  if (source === undefined) return;
  for (const unit of source.units.filter((one) => one.kind === 'mutated')) {
    const path = unit.files.find((file) => file.role === 'table')?.path;
    if (path === undefined) continue;
    const bytes = readFileSync(source.path(path));
    await readAll(new MemoryVfs([[PATH, bytes]]));
    expect(readFileSync(source.path(path)).equals(bytes)).toBe(true);
  }
});
