import { FieldstoneError, hasCode } from '#storage';
import { RecordView, XbaseIndexFile, type Engine, type IndexStore, type RecordStore } from '#txn';
import { compareEntries, differenceText, isComparable, type RowReads } from './compare-entries.js';
import { xbaseStructure } from './xbase-structure.js';

/** Files of xBase programs have no checksums: up to these sizes they are compared with their rows when they are first used. */
const MOST_INDEX_BYTES = 64 << 10;
const MOST_TABLE_BYTES = 1 << 20;

/** What compares an index with its rows, and tells of what it finds. */
export type TrustHost = RowReads & { readonly options: Pick<Engine['options'], 'readAheadBytes' | 'warn'> };

/** Indexes that were looked at, with what is wrong with them. */
const known = new WeakMap<IndexStore, Damage | undefined>();

interface Damage { readonly message: string; readonly offset: number | undefined }

/**
 * What is wrong with an index, found by comparing a small xBase file with its rows when it is asked for the first time; undefined when it is right, too
 * large, or can not be judged. The comparison is one synchronous step on one snapshot, so that no checkpoint comes between rows and entries; beside a
 * writer in another process each read of the files is verified, as all of them are. Throws IO, EXTERNAL_CHANGE: then it is looked at again.
 */
export function damageOf(host: TrustHost, view: RecordView, index: IndexStore): Damage | undefined {
  if (index.definition.tag === undefined) return undefined;
  if (known.has(index)) return known.get(index);
  const file = view.store.indexes.files.find(({ stores }) => stores.includes(index));
  const damage = file instanceof XbaseIndexFile && isSmall(file, view) && isComparable(index) ? lookedFor(host, view, file, index) : undefined;
  known.set(index, damage);
  if (damage !== undefined) host.options.warn(textOf(damage, view, index));
  return damage;
}

/** Throws CORRUPT_INDEX when the index is not that of the rows. */
export function assertSound(host: TrustHost, view: RecordView, index: IndexStore): void {
  const damage = damageOf(host, view, index);
  if (damage !== undefined) throw damaged(damage, view, index, '');
}

/**
 * Before rows are written: throws CORRUPT_INDEX when a tag that keeps their keys apart is not that of the rows. By such a tag a key could be repeated, or
 * refused that nobody has.
 */
export function assertUniqueTags(engine: TrustHost & Pick<Engine, 'sequence'>, store: RecordStore): void {
  if (!store.indexes.hasUnique) return;
  for (const index of store.indexes.stores) {
    if (index.definition.unique !== true || index.definition.tag === undefined) continue;
    const view = new RecordView(store, engine.sequence);
    const damage = damageOf(engine, view, index);
    if (damage !== undefined) throw damaged(damage, view, index, 'nothing is written, because it can not tell which keys there are; ');
  }
}

function damaged(damage: Damage, view: RecordView, index: IndexStore, consequence: string): FieldstoneError {
  const { file } = index.definition;
  return new FieldstoneError('CORRUPT_INDEX', consequence + textOf(damage, view, index), {
    table: view.store.name, details: { index: index.name }, ...(file === undefined ? {} : { file }),
    ...(damage.offset === undefined ? {} : { offset: damage.offset }),
  });
}

function textOf({ message }: Damage, { store }: RecordView, { name, keys, definition: { file = '' } }: IndexStore): string {
  const remedy = keys.readOnlyReason === undefined ? 'reindex() or repair() makes it anew' : 'the program that keeps it makes it anew';
  return `index "${name}" of "${store.name}" (${file}) is damaged or of another time than its rows: ${message}; queries do without it until ${remedy}`;
}

function isSmall({ sizeBytes }: XbaseIndexFile, { highestRecno, store: { layout } }: RecordView): boolean {
  return sizeBytes <= MOST_INDEX_BYTES && highestRecno * layout.recordLength <= MOST_TABLE_BYTES;
}

function lookedFor(host: TrustHost, { store, sequence }: RecordView, file: XbaseIndexFile, index: IndexStore): Damage | undefined {
  try {
    // The committed state alone: what the reader wrote itself is no part of the file, and what is compared here is not what it read.
    return wrongPage(file, index) ?? wrongEntry(host, new RecordView(store, sequence), index);
  } catch (e) {
    if (hasCode(e, 'CORRUPT_INDEX')) return { message: e.message, offset: e.offset };
    throw e;
  }
}

function wrongPage(file: XbaseIndexFile, { name, definition: { tag } }: IndexStore): Damage | undefined {
  // Whether an order that nobody knows is broken can not be told.
  if (tag?.collation !== 'MACHINE') return undefined;
  const steps = xbaseStructure(file);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value.find(({ tag: its }) => its === name);
}

function wrongEntry(host: TrustHost, view: RecordView, index: IndexStore): Damage | undefined {
  // Where a row gave up a key, FoxPro and Clipper do not look for another one to hold it in a UNIQUE index: it is missing until REINDEX.
  const mayMiss = index.definition.tag?.unique === 'first';
  for (const difference of compareEntries(host, view, index)) {
    if (difference?.kind === 'unmade') return undefined;
    if (difference !== undefined && !(mayMiss && difference.kind === 'missing')) return { message: differenceText(index, difference), offset: undefined };
  }
  return undefined;
}
