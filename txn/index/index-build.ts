import { isSameKey, type SortedRun, type TagSpec } from '#index';
import { assert, FieldstoneError, type DbfLayout, type MemoSource } from '#storage';
import type { IndexContext } from './index-context.js';
import { recnoOf } from './entry.js';
import { buildTreeFile, type IndexTarget } from './build-tree-file.js';
import { RECNO_BYTES, type CatalogIndex, type IndexedTable, type IndexKeys } from './index-keys.js';
import { KeySink } from './key-sink.js';
import { XbaseKeysOfRun } from './xbase-entries.js';
import { working, writeXbase, xbaseKindOf, type NewTag, type XbaseKind } from './xbase-format.js';
import type { Steps } from '../checkpoint/step.js';

interface Part {
  readonly definition: CatalogIndex;
  readonly sink: KeySink;
}

/** An index that was built: in a file, or as a sorted run in memory. */
export interface BuiltIndex {
  /** As the catalog should have it. */
  readonly definition: CatalogIndex;
  readonly run: SortedRun | undefined;
}

/** Builds indexes of a table row by row: a new one, or all of them for a new generation of the table. */
export class IndexBuild {
  readonly #context: IndexContext;
  readonly #parts: readonly Part[];
  readonly #layout: DbfLayout;

  /** `expected`: how many rows will come, about. Throws what the definitions have wrong. */
  constructor(context: IndexContext, layout: DbfLayout, table: IndexedTable, definitions: readonly CatalogIndex[], expected = 0) {
    this.#context = context;
    this.#layout = layout;
    this.#parts = definitions.map((definition) => ({ definition, sink: new KeySink(context.keysFor(layout, table, definition), expected) }));
  }

  /** Adds the keys of a record image[start ..]. Throws VALUE when no key can be made of it. */
  add(image: Uint8Array, start: number, recno: number, memos: MemoSource): void {
    for (const { sink } of this.#parts) sink.add(image, start, recno, memos);
  }

  /** The same for records with consecutive numbers, deleted ones among them, which begin at starts[0 .. count). */
  addRecords(image: Uint8Array, starts: Int32Array, count: number, firstRecno: number, memos: MemoSource): void {
    for (const { sink } of this.#parts) sink.addRecords(image, starts, count, firstRecno, memos);
  }

  /**
   * Sorts the keys and writes the files of indexes that have one. Yields when others should run.
   * Throws DUPLICATE when keys of a unique index are not.
   *
   * @param targetFor makes the file of an index
   * @param mayRepeat unique keys are not proven: another program wrote the rows, and they are there
   */
  *finish(sequence: number, targetFor: (definition: CatalogIndex) => IndexTarget | undefined, mayRepeat = false): Steps<BuiltIndex[]> {
    const done: BuiltIndex[] = [];
    const foreign = new Map<string, { readonly kind: XbaseKind; readonly tags: NewTag[]; readonly first: CatalogIndex }>();
    for (const { definition, sink: { builder, keys } } of this.#parts) {
      const run = yield* working(builder.finishSteps());
      if (definition.unique === true && !mayRepeat) assertUnique(run, definition);
      const kind = xbaseKindOf(definition.file ?? '');
      if (kind === undefined) {
        const target = targetFor(definition);
        if (target === undefined) done.push({ definition, run });
        else done.push({ definition: yield* buildTree(this.#context, definition, run, target, sequence), run: undefined });
        continue;
      }
      const file = definition.file ?? '';
      const known = foreign.get(file) ?? { kind, tags: [], first: definition };
      foreign.set(file, known);
      known.tags.push(newTag(definition, keys, run));
      done.push({ definition, run: undefined });
    }
    for (const [name, { kind, tags, first }] of foreign) {
      const target = targetFor(first);
      if (target !== undefined) yield* writeXbase(kind, target.file, name, this.#layout, tags);
    }
    return done;
  }

  /** The keys of one new tag, sorted. */
  newTag(): NewTag {
    const [part] = this.#parts;
    assert(part !== undefined, 'a build has at least one index');
    const { definition, sink: { builder, keys } } = part;
    const run = builder.finish();
    if (definition.unique === true) assertUnique(run, definition);
    return newTag(definition, keys, run);
  }
}

function newTag(definition: CatalogIndex, keys: IndexKeys, run: SortedRun): NewTag {
  const { keyLength = 0, storedDescending = false } = definition.tag ?? {};
  return { spec: specOf(definition, keys), keys: new XbaseKeysOfRun(run, keyLength, storedDescending) };
}

function specOf(definition: CatalogIndex, keys: IndexKeys): TagSpec {
  if (keys.tagSpec !== undefined) return keys.tagSpec;
  throw new FieldstoneError('UNSUPPORTED', `index "${definition.name}" of ${definition.file ?? ''} can not be made anew: ${keys.readOnlyReason ?? ''}`, { details: { index: definition.name } });
}

/** Throws DUPLICATE for the first two rows with the same key. */
export function assertUnique(run: SortedRun, definition: CatalogIndex): void {
  for (let i = 1; i < run.count; i++) {
    if (!isSameKey(run.table, run.entryAt(i - 1), run.entryAt(i), RECNO_BYTES)) continue;
    const first = recnoOf(run.bytesAt(i - 1), run.startAt(i - 1), run.lengthAt(i - 1));
    const second = recnoOf(run.bytesAt(i), run.startAt(i), run.lengthAt(i));
    throw new FieldstoneError('DUPLICATE', `records ${first} and ${second} have the same key of the unique index "${definition.name}"`, {
      recno: second, details: { index: definition.name, other: first },
    });
  }
}

function* buildTree(c: IndexContext, definition: CatalogIndex, run: SortedRun, target: IndexTarget, sequence: number): Steps<CatalogIndex> {
  const treeId = c.randomId();
  yield* buildTreeFile(c, target, treeId, run, sequence);
  return { ...definition, treeId, sequence };
}
