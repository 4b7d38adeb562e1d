import { expect, test } from 'vitest';
import { KeyBuffer, writeValueKey } from '#index';
import { appendRecno } from '../../../txn/index/entry.js';
import { IndexStore } from '../../../txn/index/index-store.js';
import { KeyProbe } from '../../../txn/index/key-probe.js';
import { MemoryIndexFile } from '../../../txn/index/memory-index-file.js';

const NO_SNAPSHOTS = { count: 0, oldestSequence: () => Infinity };
const NO_KEYS = { keysOf: () => undefined };
/** The bytes of record numbers from FF0000 (hex) on begin as what follows a zero in a descending text, those from FF000000 on as in an ascending one. */
const RECNOS = [1, 0xfeffff, 0xff0000, 0xff0001, 0xff00ff, 0xffffff, 0x1000000, 0x7fffffff, 0xff000000, 0xffffffff];

function keyOf(value: unknown, descending: boolean): Buffer {
  const key = new KeyBuffer();
  writeValueKey(value, key, descending);
  return key.copy();
}

function probeOf(entries: readonly (readonly [key: Buffer, recno: number])[]): KeyProbe {
  const index = new IndexStore({ name: 'ix', kind: 'skiplist' }, NO_KEYS, new MemoryIndexFile(), 1, 0);
  for (const [key, recno] of entries) {
    const entry = Buffer.alloc(key.length + 4);
    key.copy(entry);
    index.publish(entry, appendRecno(entry, key.length, recno), true, 1, NO_SNAPSHOTS);
  }
  return new KeyProbe(index);
}

const holds = (probe: KeyProbe, key: Buffer): boolean => probe.mayHold(key, key.length);

test.each([false, true])('a key is found by its entry, and others are surely not there (descending: %s)', (descending) => {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((text) => keyOf(text, descending));
  if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined) throw new Error('five texts, five keys');
  const probe = probeOf([[b, 5], [d, 6]]);
  expect([b, d].map((key) => holds(probe, key))).toEqual([true, true]);
  expect([a, c, e].map((key) => holds(probe, key))).toEqual([false, false, false]);
});

test.each([false, true])('no record number puts the entry of a longer text before that of a text that begins it (descending: %s)', (descending) => {
  const texts = ['a', 'a\0', 'a\0\0', 'a\0\0\0', 'a\0\u00ff', 'a\u00ff', '\0', '\0\0', ''];
  for (const recno of RECNOS) {
    for (const other of RECNOS) {
      for (const text of texts) {
        const key = keyOf(text, descending);
        const others = texts.filter((each) => each !== text).map((each) => [keyOf(each, descending), other] as const);
        expect(holds(probeOf([...others, [key, recno]]), key)).toBe(true);
        expect(holds(probeOf(others), key)).toBe(false);
      }
    }
  }
});
