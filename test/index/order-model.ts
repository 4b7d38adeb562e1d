import { expect } from 'vitest';
import type { IndexFile, IndexFinding, SortedKeyChanges, SortedKeys, TagSpec, UpdatedFile, BlockSink } from '#index';
import { BufferSink, runToEnd } from '../support/buffer-source.js';
import { entriesOf } from '../support/index-truth.js';

/** A format with one order to a file. */
export interface OrderFormat {
  readonly name: string;
  build(spec: TagSpec, keys: SortedKeys, sink: BlockSink): Generator<void, UpdatedFile, void>;
  open(bytes: Buffer): IndexFile;
  check(bytes: Buffer): IndexFinding[];
}

export interface Entry {
  readonly key: Buffer;
  readonly recno: number;
}

export type Draw = (below: number) => number;

/** Random numbers from a seed. */
export function drawFrom(seed: number): Draw {
  let x = (seed >>> 0) || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

export function inOrderOf(descending: boolean): (a: Entry, b: Entry) => number {
  return (a, b) => (Buffer.compare(a.key, b.key) * (descending ? -1 : 1)) || a.recno - b.recno;
}

export function keysOf(entries: readonly Entry[]): SortedKeys {
  let i = -1;
  const at = (): Entry => entries[i] ?? { key: Buffer.alloc(0), recno: 0 };
  return { next: () => ++i < entries.length, get keyBytes() { return at().key; }, keyStart: 0, get recno() { return at().recno; } };
}

export function changesOf(changes: readonly (Entry & { readonly isRemoval: boolean })[]): SortedKeyChanges {
  let i = -1;
  const at = (): Entry & { readonly isRemoval: boolean } => changes[i] ?? { key: Buffer.alloc(0), recno: 0, isRemoval: false };
  return {
    next: () => ++i < changes.length, keyStart: 0,
    get keyBytes() { return at().key; }, get recno() { return at().recno; }, get isRemoval() { return at().isRemoval; },
  };
}

/** One order beside a plain list that says what must be in it. */
export class OrderModel {
  readonly format: OrderFormat;
  readonly spec: TagSpec;
  readonly compare: (a: Entry, b: Entry) => number;
  bytes: Buffer;
  #entries: Entry[];

  constructor(format: OrderFormat, spec: TagSpec, entries: readonly Entry[]) {
    this.format = format;
    this.spec = spec;
    this.compare = inOrderOf(spec.descending === true);
    this.#entries = [...entries].sort(this.compare);
    this.bytes = this.build(this.#entries);
    this.#entries = this.#kept(this.#entries);
  }

  get entries(): readonly Entry[] { return this.#entries; }

  build(entries: readonly Entry[]): Buffer {
    const sink = new BufferSink(0);
    const { sizeBytes } = runToEnd(this.format.build(this.spec, keysOf(entries), sink));
    return sink.over(Buffer.alloc(0), sizeBytes);
  }

  /** Applies changes in one update; the list follows by the rule of the format alone. */
  apply(added: readonly Entry[], removed: readonly Entry[]): void {
    const changes = [...added.map((e) => ({ ...e, isRemoval: false })), ...removed.map((e) => ({ ...e, isRemoval: true }))].sort(this.compare);
    const file = this.format.open(this.bytes);
    const sink = new BufferSink(this.bytes.length);
    const update = file.update(sink);
    const applied = runToEnd(update.apply(file.tags[0]?.facts.name ?? '', changesOf(changes)));
    const { sizeBytes } = runToEnd(update.finish());
    const gone = new Set(removed.map(nameOf));
    const before = this.#entries.length;
    this.#entries = this.#kept([...this.#entries.filter((e) => !gone.has(nameOf(e))), ...added].sort(this.compare));
    this.bytes = sink.over(this.bytes, sizeBytes);
    expect(before + applied.added - applied.removed).toBe(this.#entries.length);
    if (this.spec.unique !== 'first') expect(applied.notThere + applied.alreadyThere).toBe(0);
  }

  assertHolds(): void {
    expect(this.format.check(this.bytes)).toEqual([]);
    const list = entriesOf(this.format.open(this.bytes).tags[0]!.cursor());
    expect(list.length).toBe(this.#entries.length);
    const wrong = list.findIndex((e, i) => e.recno !== this.#entries[i]?.recno || !e.key.equals(this.#entries[i]?.key ?? Buffer.alloc(0)));
    expect(wrong < 0 ? undefined : { at: wrong, is: list[wrong], wanted: this.#entries[wrong] }).toBe(undefined);
  }

  assertSeeks(draw: Draw, probes: readonly Buffer[]): void {
    const cursor = this.format.open(this.bytes).tags[0]!.cursor();
    for (const probe of probes) {
      const recno = draw(3) === 0 ? draw(1000) : 0;
      const at = this.#entries.findIndex((e) => this.compare(e, { key: probe, recno }) >= 0);
      const shown = (i: number): string | undefined => { const e = this.#entries[i]; return e === undefined ? undefined : nameOf(e); };
      const stands = (ok: boolean): string | undefined => (ok ? nameOf({ key: cursor.key, recno: cursor.recno }) : undefined);
      expect(stands(cursor.seek(probe, recno === 0 ? undefined : recno))).toBe(at < 0 ? undefined : shown(at));
      if (at < 0) continue;
      expect(stands(cursor.previous())).toBe(shown(at - 1));
      if (at > 0) expect(stands(cursor.next())).toBe(shown(at));
      else cursor.seek(probe, recno === 0 ? undefined : recno);
      expect(stands(cursor.next())).toBe(shown(at + 1));
      if (this.spec.keyType !== 'C') continue;
      const prefix = probe.subarray(0, 1 + draw(probe.length));
      const first = this.#entries.findIndex((e) => Buffer.compare(e.key.subarray(0, prefix.length), prefix) * (this.spec.descending === true ? -1 : 1) >= 0);
      expect(stands(cursor.seek(prefix))).toBe(first < 0 ? undefined : shown(first));
    }
  }

  /** Under `unique: 'first'` the lowest record of a key alone. */
  #kept(sorted: readonly Entry[]): Entry[] {
    return this.spec.unique === 'first' ? sorted.filter((e, i) => !(sorted[i - 1]?.key.equals(e.key) ?? false)) : [...sorted];
  }
}

export function nameOf({ key, recno }: Entry): string { return `${key.toString('hex')}:${recno}`; }
