import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { IndexCursor, IndexFileKind } from '#index';
import { hasCode } from '#storage';
import type { Corpus, CorpusUnit } from './corpus.js';

/** What independent readers say of one order. */
export interface TagTruth {
  readonly name: string;
  readonly key?: string;
  readonly for?: string;
  readonly unique?: boolean;
  readonly descend?: boolean;
  readonly keyLength?: string;
  readonly keyType?: string;
  readonly status: string;
  readonly readers?: readonly string[];
  readonly count?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly recnos?: readonly number[];
  readonly recnoSha256?: string;
  readonly keys?: readonly TruthKey[];
  readonly keysHead?: readonly TruthKey[];
  readonly keysTail?: readonly TruthKey[];
  readonly keySource?: string;
  readonly rawKeys?: boolean;
}

/** A key with its record number: text or number as Perl XBase lists it, `{ n }` and `{ d }` as Harbour does. */
export type TruthKey = readonly [string | { readonly n: string } | { readonly d: string | null } | boolean | null, number];

/** An index file of the corpus with its truth. */
export interface IndexTruth {
  readonly unit: CorpusUnit;
  /** `unit/NAME.EXT`, for messages. */
  readonly label: string;
  readonly path: string;
  /** The key expression that the file's header says, of files with one order. */
  readonly key?: string;
  readonly tags: readonly TagTruth[];
  bytes(): Buffer;
}

interface StoredTruth {
  readonly indexes?: readonly { readonly file: string; readonly type: string; readonly key?: string; readonly tags?: readonly TagTruth[] }[];
}

/** Every file of that kind in the corpus, those made bad on purpose too. */
export function indexFilesOf(corpus: Corpus, kind: IndexFileKind): IndexTruth[] {
  return corpus.units.flatMap((unit) => {
    const { indexes = [] } = corpus.truth(unit.unit) as StoredTruth;
    return indexes.filter(({ type }) => type === kind).flatMap(({ file, key, tags = [] }) => {
      const stored = unit.files.find(({ path }) => basename(path).toUpperCase() === basename(file).toUpperCase());
      if (stored === undefined) return [];
      const path = corpus.path(stored.path);
      return [{ unit, label: `${unit.unit}/${basename(file)}`, path, tags, bytes: () => readFileSync(path), ...(key === undefined ? {} : { key }) }];
    });
  });
}

/** Every entry that a cursor walks over. */
export function entriesOf(cursor: IndexCursor, reverse = false): { readonly key: Buffer; readonly recno: number }[] {
  const entries: { key: Buffer; recno: number }[] = [];
  for (let ok = reverse ? cursor.last() : cursor.first(); ok; ok = reverse ? cursor.previous() : cursor.next()) {
    entries.push({ key: Buffer.from(cursor.key), recno: cursor.recno });
  }
  return entries;
}

/** What differs between a list of record numbers and the truth; undefined when nothing does. */
export function recnoDifference(recnos: readonly number[], truth: TagTruth): string | undefined {
  if (truth.recnoSha256 === undefined) return undefined;
  if (createHash('sha256').update(recnos.join(',')).digest('hex') === truth.recnoSha256) return undefined;
  return `${recnos.length} entries (${recnos.slice(0, 8).join(' ')} …), the readers say ${truth.count ?? '?'} (${(truth.recnos ?? []).slice(0, 8).join(' ')} …)`;
}

/** Keys that the truth shows, with the place of each in the list. */
export function shownKeys(truth: TagTruth): { readonly at: number; readonly key: TruthKey[0] }[] {
  const count = truth.count ?? 0;
  const tail = truth.keysTail ?? [];
  return [
    ...[...(truth.keys ?? truth.keysHead ?? [])].map(([key], i) => ({ at: i, key })),
    ...tail.map(([key], i) => ({ at: count - tail.length + i, key })),
  ];
}

/** What is wrong with seeking every key of a list: each must find the first entry with that key. */
export function wrongSeeks(cursor: IndexCursor, list: readonly { readonly key: Buffer; readonly recno: number }[]): string[] {
  const first = new Map<string, number>();
  for (const { key, recno } of list) if (!first.has(key.toString('latin1'))) first.set(key.toString('latin1'), recno);
  return list.flatMap(({ key }) => {
    const text = key.toString('latin1');
    return cursor.seek(key) && cursor.key.equals(key) && cursor.recno === first.get(text) ? [] : [`seek to ${text} stands on ${cursor.recno}, not ${first.get(text)}`];
  });
}

/** What a reader makes of each file that was damaged on purpose: its own words or CORRUPT_INDEX, within a second; anything else is thrown. */
export function damagedOutcomes(files: readonly IndexTruth[], read: (file: IndexTruth) => string): string[] {
  return files.filter(({ unit }) => unit.kind === 'mutated').map((file) => {
    const startedNs = process.hrtime.bigint();
    let outcome: string;
    try {
      outcome = read(file);
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_INDEX')) throw e;
      outcome = 'CORRUPT_INDEX';
    }
    const ms = Number(process.hrtime.bigint() - startedNs) / 1e6;
    if (ms > 1000) throw new Error(`${file.label} took ${ms} ms`);
    return `${file.unit.unit} (${file.unit.name}): ${outcome}`;
  });
}
