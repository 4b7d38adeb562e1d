import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashKey, SkipCursor, SkipList } from '#index';
import { difference, ListModel, shown, type Put } from './list-model.js';

const key = fc.oneof(
  fc.uint8Array({ maxLength: 4 }),
  fc.nat(300).map((n) => Buffer.from(`key${String(n).padStart(13, '0')}`)),
  fc.array(fc.constantFrom(0, 1, 255), { maxLength: 12 }).map((a) => Uint8Array.from(a)),
);
const value = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });
const put = fc.record({ key, value, keepOlder: fc.constant(true), adopted: fc.boolean() });
const puts = fc.array(put, { maxLength: 60 });
const sorted = puts.map((list) => [...list].sort((a, b) => Buffer.compare(a.key, b.key)));

function fill(list: SkipList, model: ListModel, all: readonly Put[], from = 0): void {
  all.forEach((p, i) => {
    if (p.adopted === true && p.value !== undefined) {
      const chunk = list.adopt(Buffer.concat([p.key, p.value, p.key]), 2 * p.key.length);
      list.putAdopted(p.key, p.key.length, from + i + 1, chunk, p.key.length, p.value.length, p.keepOlder, hashKey(p.key));
    } else list.put(p.key, p.key.length, from + i + 1, p.value, p.keepOlder);
    model.put(p.key, from + i + 1, p.value, p.keepOlder);
  });
}

describe('a skip list', () => {
  test('is a sorted map of versions, seen by any snapshot from both sides', () => {
    fc.assert(fc.property(fc.oneof(puts, sorted), key, fc.integer(), (all, probe, seed) => {
      const list = new SkipList(seed);
      const model = new ListModel();
      fill(list, model, all);
      for (const sequence of [0, Math.floor(all.length / 2), all.length]) expect(difference(list, model, sequence, probe)).toBeUndefined();
    }), { numRuns: 500 });
  });

  test('forgets versions that nobody can see, and reuses their memory', () => {
    fc.assert(fc.property(fc.array(fc.record({ key, value, keepOlder: fc.boolean(), adopted: fc.boolean() }), { maxLength: 60 }), key, (all, probe) => {
      const list = new SkipList(1);
      const model = new ListModel();
      fill(list, model, all);
      expect(difference(list, model, all.length, probe)).toBeUndefined();
    }), { numRuns: 300 });
    const list = new SkipList(1);
    const k = Buffer.from('counter');
    for (let i = 1; i <= 10_000; i++) list.put(k, k.length, i, Buffer.alloc(1000, i), false);
    expect(list.sizeBytes).toBeLessThan(2000);
    for (let i = 1; i <= 10_000; i++) list.put(k, k.length, i, Buffer.alloc(1000 + i, i), false);
    expect(list.sizeBytes).toBeLessThan(4e6);
  });

  test('collects what is older than the oldest snapshot, and nothing else', () => {
    fc.assert(fc.property(puts, key, fc.nat(60), (all, probe, oldest) => {
      const list = new SkipList(3);
      const model = new ListModel();
      fill(list, model, all);
      const before = list.versions.liveCount;
      const freed = list.collect(oldest);
      expect(list.versions.liveCount).toBe(before - freed);
      for (let sequence = oldest; sequence <= all.length; sequence += 7) expect(difference(list, model, sequence, probe)).toBeUndefined();
      expect(list.collect(oldest)).toBe(0);
    }), { numRuns: 300 });
  });

  test('absorbs an earlier list', () => {
    fc.assert(fc.property(puts, puts, key, (early, late, probe) => {
      const [first, second, model] = [new SkipList(1), new SkipList(2), new ListModel()];
      fill(first, model, early);
      fill(second, model, late, early.length);
      second.absorbOlder(first);
      for (const sequence of [0, early.length, early.length + late.length]) expect(difference(second, model, sequence, probe)).toBeUndefined();
    }), { numRuns: 300 });
  });

  test('adopted memory counts, and goes when most of it is forgotten', () => {
    const list = new SkipList(1);
    const keys = Array.from({ length: 1000 }, (_, i) => Buffer.from(`key ${i}`));
    for (let round = 1; round <= 40; round++) {
      const chunk = list.adopt(Buffer.alloc(150_000, round), 50_000);
      keys.forEach((k, i) => list.putAdopted(k, k.length, round, chunk, i * 100, 100, false, hashKey(k)));
      expect(list.sizeBytes).toBeGreaterThan(100_000);
      expect(list.sizeBytes).toBeLessThan(1_700_000);
    }
    const { versions } = list;
    for (const k of keys) {
      const version = list.visible(list.find(k), 40);
      const start = versions.startOf(version);
      expect(versions.bytesOf(version).subarray(start, start + versions.lengthOf(version))).toEqual(Buffer.alloc(100, 40));
    }
  });

  test('takes back the newest version', () => {
    const list = new SkipList(1);
    const k = Buffer.from('a');
    const node = list.put(k, 1, 1, Buffer.from('one'), true);
    list.put(k, 1, 2, undefined, true);
    list.dropNewest(node);
    expect(list.versions.isTombstone(list.visible(node, 5))).toBe(false);
    list.dropNewest(node);
    expect(list.visible(node, 5)).toBe(0);
    list.addOldest(node, 0, Buffer.from('before'));
    expect(list.visible(node, 0)).not.toBe(0);
  });

  test('lets cursors stand while others insert around them', () => {
    fc.assert(fc.property(puts, puts, (early, late) => {
      const list = new SkipList(9);
      const model = new ListModel();
      fill(list, model, early);
      const [forward, backward] = [new SkipCursor(list, early.length), new SkipCursor(list, early.length)];
      const [up, down]: [string[], string[]] = [[], []];
      let f = forward.seek();
      let b = backward.seekBefore();
      late.forEach((p, i) => {
        if (f) { up.push(shown(forward)); f = forward.next(); }
        if (b) { down.unshift(shown(backward)); b = backward.previous(); }
        list.put(p.key, p.key.length, early.length + i + 1, p.value, true);
      });
      for (; f; f = forward.next()) up.push(shown(forward));
      for (; b; b = backward.previous()) down.unshift(shown(backward));
      expect(up).toEqual(model.seen(early.length));
      expect(down).toEqual(model.seen(early.length));
    }), { numRuns: 300 });
  });

  test('gives the keys in order however many came between two looks', () => {
    for (const length of [2, 6, 9, 30]) {
      const list = new SkipList(length);
      const all: string[] = [];
      for (const count of [1, 3000, 1, 0, 20, 5000, 300, 9000, 7]) {
        for (let i = 0; i < count; i++) {
          const n = Math.imul(all.length + 1, 0x9e3779b1) >>> 0;
          const text = String(n % 60_000).padStart(length, length > 20 ? 'same beginning ' : '0');
          const k = Buffer.from(text);
          if (list.find(k, k.length) === 0) all.push(text);
          list.put(k, k.length, all.length, k, false);
        }
        const wanted = [...all].sort();
        const up: string[] = [];
        const down: string[] = [];
        const textOf = (n: number): string => list.nodes.keyBytes(n).toString('latin1', list.nodes.keyStart(n), list.nodes.keyStart(n) + list.nodes.keyLength(n));
        for (let n = list.first(); n !== 0; n = list.next(n)) up.push(textOf(n));
        for (let n = list.last(); n !== 0; n = list.previous(n)) down.push(textOf(n));
        expect(up).toEqual(wanted);
        expect(down.reverse()).toEqual(wanted);
        for (let i = 0; i < wanted.length; i += 97) {
          const k = Buffer.from(wanted[i] ?? '');
          expect(textOf(list.lowerBound(k, k.length))).toBe(wanted[i]);
        }
      }
    }
  });

  test('is the same for the same seed, and balanced', () => {
    const [a, b] = [new SkipList(77), new SkipList(77)];
    const high: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const k = Buffer.from(String((i * 7919) % 20_000));
      a.put(k, k.length, i, k, false);
      b.put(k, k.length, i, k, false);
    }
    expect([a.first(), a.last()]).toEqual([b.first(), b.last()]); // asks for order: now the nodes are linked
    for (let n = a.nodes.next(0, 3); n !== 0; n = a.nodes.next(n, 3)) high.push(n);
    let same = b.nodes.next(0, 3);
    for (const n of high) {
      expect(same).toBe(n);
      same = b.nodes.next(same, 3);
    }
    expect(high.length).toBeGreaterThan(20_000 / 64 / 2);
    expect(high.length).toBeLessThan((20_000 / 64) * 2);
  });
});

describe('the model finds', () => {
  const finds = (make: () => SkipList): boolean => fc.check(fc.property(puts, key, (all, probe) => {
    const list = make();
    const model = new ListModel();
    fill(list, model, all);
    for (const sequence of [0, Math.floor(all.length / 2), all.length]) if (difference(list, model, sequence, probe) !== undefined) return false;
    return true;
  }), { numRuns: 500, seed: 5 }).failed;

  test('nothing in the right one', () => expect(finds(() => new SkipList(1))).toBe(false));

  test.each<[string, () => SkipList]>([
    ['a snapshot that sees the newest version', () => new (class extends SkipList { override visible(node: number): number { return this.newest(node); } })(1)],
    ['a bound that is off by one', () => new (class extends SkipList { override lowerBound(k: Uint8Array, n?: number): number { return this.next(super.lowerBound(k, n)); } })(1)],
    ['a search that compares integer heads alone', () => {
      const list = new SkipList(1);
      const { nodes } = list;
      nodes.compare = (node, head) => {
        const start = nodes.keyStart(node);
        return nodes.headOf(nodes.keyBytes(node).subarray(start, start + nodes.keyLength(node)), nodes.keyLength(node)) - head;
      };
      return list;
    }],
    ['a hash taken for the key', () => {
      const list = new SkipList(1);
      list.nodes.equals = (node, k, n) => list.nodes.keyLength(node) === n && k.length > 2;
      return list;
    }],
    ['links back that are not kept', () => new (class extends SkipList { override previous(node: number): number { return node > 3 ? 0 : super.previous(node); } })(1)],
  ])('%s', (_name, make) => expect(finds(make)).toBe(true));
});
