import { expect, test } from 'vitest';
import { IndexStore } from '../../../txn/index/index-store.js';
import { KeyProbe } from '../../../txn/index/key-probe.js';
import { MemoryIndexFile } from '../../../txn/index/memory-index-file.js';

const NO_SNAPSHOTS = { count: 0, oldestSequence: () => Infinity };
const NO_KEYS = { keysOf: () => undefined };

function probeOf(...entries: readonly (readonly number[])[]): KeyProbe {
  const index = new IndexStore({ name: 'ix', kind: 'skiplist' }, NO_KEYS, new MemoryIndexFile(), 1, 0);
  for (const entry of entries) index.publish(Buffer.from(entry), entry.length, true, 1, NO_SNAPSHOTS);
  return new KeyProbe(index);
}

const holds = (probe: KeyProbe, key: readonly number[]): boolean => probe.mayHold(Buffer.from(key), key.length);

test('a key is found by its entry, and others are surely not there', () => {
  const probe = probeOf([0x40, 0x61, 0, 0, 0, 0, 5], [0x40, 0x63, 0, 0, 0, 0, 6]);
  expect([[0x40, 0x61, 0], [0x40, 0x63, 0]].map((key) => holds(probe, key))).toEqual([true, true]);
  expect([[0x40, 0x60, 0], [0x40, 0x62, 0], [0x40, 0x64, 0]].map((key) => holds(probe, key))).toEqual([false, false, false]);
});

test('a key whose entry stands behind that of a longer one is not taken for missing', () => {
  // Descending "a" of record 00 FF 00 01 (hex), and descending "a\0" of record 7: the longer one comes first.
  const key = [0xbf, 0x9e, 0xff];
  const longer = [...key, 0x00, 0xff, 0, 0, 0, 7];
  const own = [...key, 0x00, 0xff, 0x00, 0x01];
  expect(Buffer.compare(Buffer.from(longer), Buffer.from(own))).toBe(-1);
  expect(holds(probeOf(longer, own), key)).toBe(true);
});
