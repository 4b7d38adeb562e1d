import { describe, expect, test } from 'vitest';
import { createMemoHeader, explainFile, MemoryVfs, planDbf, RECORD_HEADER_BYTES, WAL_HEADER_BYTES, type ExplainedBytes, type JournalEntry } from '#storage';
import { ENTRY_FORM, JOURNAL_FORM, TRAILER_FORM } from '../../../storage/inspect/explain-journal.js';
import { RECORD_FORM, SEGMENT_FORM } from '../../../storage/inspect/explain-wal.js';
import { formBytes } from '../../../storage/inspect/explained-bytes.js';
import { ENTRY_HEADER_BYTES, JOURNAL_HEADER_BYTES, TRAILER_BYTES } from '../../../storage/journal/journal-format.js';
import { FaultVfs } from '../../support/sim/fault-vfs.js';
import { codeOf } from '../../support/vfs-conformance.js';
import { bytesOf, journalBytes, META } from '../journal/journal-kit.js';
import { buildWal } from '../wal/wal-kit.js';

const explain = (content: Uint8Array, path: string, others: [string, Uint8Array][] = []): ExplainedBytes[] => (
  [...explainFile(new MemoryVfs([[path, content], ...others]), path)]
);

/** The pieces lie one behind the other, from the first byte to the last, and show the bytes that stand there. */
function expectWhole(items: readonly ExplainedBytes[], content: Uint8Array, label = ''): void {
  let at = 0;
  for (const item of items) {
    if (item.length === 0) continue;
    expect(item.offset, `${label} ${item.name}`).toBe(at);
    const shown = item.hex.replace(/ …$/, '');
    expect(shown, label).toBe(Buffer.from(content.subarray(at, at + Math.min(16, item.length))).toString('hex').replace(/(..)(?=.)/g, '$1 '));
    at += item.length;
  }
  expect(at, label).toBe(content.length);
}

const problems = (items: readonly ExplainedBytes[]): string[] => items.filter(({ problem }) => problem !== undefined).map(({ name }) => name);
const valueOf = (items: readonly ExplainedBytes[], name: string): string | undefined => items.find((item) => item.name === name)?.value;

test('the explained layouts are as long as the real ones', () => {
  expect([SEGMENT_FORM, RECORD_FORM, JOURNAL_FORM, ENTRY_FORM, TRAILER_FORM].map(formBytes))
    .toEqual([WAL_HEADER_BYTES, RECORD_HEADER_BYTES, JOURNAL_HEADER_BYTES, ENTRY_HEADER_BYTES, TRAILER_BYTES]);
});

describe('a log segment', () => {
  const built = buildWal([[bytesOf('first')], [bytesOf('second'), new Uint8Array(0)], [bytesOf('fourth')]]);

  test('is explained byte by byte', () => {
    const items = explain(built.content, '/db/x.wal');
    expectWhole(items, built.content);
    expect(problems(items)).toEqual([]);
    expect(valueOf(items, 'segment')).toBe('7');
    expect(valueOf(items, 'record 42 body')).toBe('second');
    expect(valueOf(items, 'record 44 promised')).toBe(`the first ${built.offsets[3]} bytes were on disk`);
    expect(items.find(({ name }) => name === 'record 44 body')).toMatchObject({ offset: built.content.length - 6, length: 6, hex: '66 6f 75 72 74 68' });
  });

  test('with a damaged record is explained beyond it', () => {
    const content = built.content.slice();
    content.fill(0xee, built.offsets[1]! + 2, built.offsets[2]! + 1);
    const items = explain(content, '/db/x.wal');
    expectWhole(items, content);
    expect(problems(items)).toEqual(['unreadable', 'record 44 body checksum']);
    expect(valueOf(items, 'record 44 body')).toBe('fourth');
  });

  test('with a length that lies shows the records that it would hide', () => {
    for (const lie of [20, 5000]) {
      const content = built.content.slice();
      new DataView(content.buffer).setUint32(built.offsets[0]! + 4, lie, true);
      const items = explain(content, '/db/x.wal');
      expectWhole(items, content);
      expect(problems(items)).toContain('record 41 header checksum');
      expect(valueOf(items, 'record 42 body')).toBe('second');
    }
  });

  test('with a damaged database id shows every record, each with its wrong checksum', () => {
    const content = built.content.slice();
    content[20] = 0;
    const items = explain(content, '/db/x.wal');
    expectWhole(items, content);
    expect(problems(items)[0]).toBe('header checksum');
    expect(['first', 'second', 'fourth'].every((body) => items.some(({ value }) => value === body))).toBe(true);
  });

  test('of any damage is covered whole', () => {
    for (let size = 0; size < built.content.length; size++) {
      expectWhole(explain(built.content.subarray(0, size), '/db/x.wal'), built.content.subarray(0, size), `cut to ${size}`);
    }
    for (let at = 0; at < built.content.length; at++) {
      const content = built.content.slice();
      content[at] = content[at]! ^ 0x41;
      const items = explain(content, '/db/x.wal');
      expectWhole(items, content, `byte ${at}`);
      expect(problems(items).length, `byte ${at}`).toBeGreaterThan(0);
    }
    const roomy = Uint8Array.from([...built.content, ...new Uint8Array(300)]);
    expect(explain(roomy, '/db/x.wal').at(-1)).toMatchObject({ name: 'room', value: 'zeros', length: 300 });
    const torn = Uint8Array.from([...roomy, 1]);
    expect(explain(torn, '/db/x.wal').at(-1)).toMatchObject({ name: 'unreadable', length: 301 });
  });
});

describe('a checkpoint journal', () => {
  const entries: JournalEntry[] = [
    { kind: 'write', file: 'a.dbf', phase: 'body', offset: 64, bytes: bytesOf('row') }, { kind: 'rename', from: 'b.fs-2', to: 'b.dbf' },
    { kind: 'unlink', file: 'c.dbf' }, { kind: 'truncate', file: 'a.dbf', sizeBytes: 100 },
  ];
  const content = journalBytes(entries);

  test('is explained byte by byte', () => {
    const items = explain(content, '/db/x.journal');
    expectWhole(items, content);
    expect(problems(items)).toEqual([]);
    expect(valueOf(items, 'checkpoint')).toBe(String(META.checkpoint));
    expect(valueOf(items, 'note')).toBe('{"tables":2}');
    const values = items.map(({ value }) => value);
    expect(values).toEqual(expect.arrayContaining(['3 bytes at 64 of a.dbf', 'b.fs-2 becomes b.dbf', 'c.dbf is removed', 'a.dbf is cut to 100 bytes']));
    expect(items.filter(({ value }) => value === 'trailer').length).toBe(2);
  });

  test('of any damage is covered whole', () => {
    for (let size = 0; size < content.length; size += size < 600 ? 1 : 97) {
      const items = explain(content.subarray(0, size), '/db/x.journal');
      expectWhole(items, content.subarray(0, size), `cut to ${size}`);
    }
    for (let at = 0; at < 500; at++) {
      const damaged = content.slice();
      damaged[at] = damaged[at]! ^ 0x41;
      const items = explain(damaged, '/db/x.journal');
      expectWhole(items, damaged, `byte ${at}`);
    }
    expect(problems(explain(content.subarray(0, 300), '/db/x.journal')).at(-1)).toBe('trailer');
  });
});

describe('a table', () => {
  const plan = planDbf([
    { name: 'NAME', type: 'C', length: 10, decimals: 0 }, { name: 'N', type: 'N', length: 8, decimals: 2 },
  ], { dialect: 'vfp', encoding: 'cp1252' });
  const records = bytesOf(`${' '}${'Ada'.padEnd(10)}${'1.50'.padStart(8)}`);
  const content = Uint8Array.from([...plan.headerBytes, ...records, 0x1a]);
  new DataView(content.buffer).setUint32(4, 1, true);

  test('is explained by its header', () => {
    const items = explain(content, '/db/t.dbf');
    expectWhole(items, content);
    expect(problems(items)).toEqual([]);
    expect(valueOf(items, 'record count')).toBe('1');
    expect(valueOf(items, 'field 2 name')).toBe('N');
    expect(valueOf(items, 'field 1 type')).toBe('C');
    expect(valueOf(items, 'records')).toBe('1 records of 19 bytes');
    expect(items.at(-1)).toMatchObject({ name: 'end mark', hex: '1a' });
  });

  test('of any damage is covered whole', () => {
    for (let size = 0; size < content.length; size += 3) expectWhole(explain(content.subarray(0, size), '/db/t.dbf'), content.subarray(0, size), `cut to ${size}`);
    for (let at = 0; at < 100; at++) {
      for (const byte of [0, 0xff, 0x0d, 0x30]) {
        const damaged = content.slice();
        damaged[at] = byte;
        expectWhole(explain(damaged, '/db/t.dbf'), damaged, `byte ${at} = ${byte}`);
      }
    }
    const lying = content.slice();
    lying[10] = 3;
    expect(problems(explain(lying, '/db/t.dbf')).length).toBeGreaterThan(0);
  });
});

describe('a memo file', () => {
  test.each(['fpt', 'dbt3', 'smt'] as const)('is explained by its header (%s)', (kind) => {
    const content = Uint8Array.from([...createMemoHeader(kind, { tableName: 't' }), ...new Uint8Array(128)]);
    const items = explain(content, `/db/t.${kind === 'dbt3' ? 'dbt' : kind}`);
    expectWhole(items, content);
    expect(items.at(-1)).toMatchObject({ name: 'blocks' });
  });

  test('called .dbt is read as its table says', () => {
    const content = Uint8Array.from([...createMemoHeader('dbt4', { tableName: 't' }), ...new Uint8Array(512)]);
    const { headerBytes } = planDbf([{ name: 'M', type: 'M', length: 10, decimals: 0 }], { dialect: 'dbase4', encoding: 'cp437' });
    const items = explain(content, '/db/T.DBT', [['/db/t.dbf', headerBytes]]);
    expectWhole(items, content);
    expect(valueOf(items, 'block size')).toBe('512');
  });
});

test('other files are said to be unknown; a missing one is an error', () => {
  expect(explain(bytesOf('hello'), '/db/readme')).toMatchObject([{ length: 5, problem: 'not a file that is known' }]);
  expect(explain(new Uint8Array(0), '/db/readme')).toMatchObject([{ length: 0, problem: 'the file is empty' }]);
  expect(codeOf(() => [...explainFile(new MemoryVfs(), '/x.dbf')])).toBe('NOT_FOUND');
});

test('nothing is written, and the file is closed', () => {
  const content = buildWal([[bytesOf('a')]]).content;
  const faults = new FaultVfs(new MemoryVfs([['/db/x.wal', content]]));
  for (const _ of explainFile(faults.vfs, '/db/x.wal')) break;
  expect([...explainFile(faults.vfs, '/db/x.wal')].length).toBeGreaterThan(5);
  expect([faults.counts.get('open'), faults.counts.get('close'), faults.counts.get('write'), faults.counts.get('truncate')]).toEqual([2, 2, undefined, undefined]);
});
