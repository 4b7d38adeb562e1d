import { FieldstoneError } from '#storage';
import { IndexCursor, type IndexStore, type RecordView } from '#txn';
import type { FilterNode } from '../filter/filter-node.js';
import type { IndexEntry, IndexField, IndexRange, IndexSource } from '../query/index-source.js';
import { distinctOf } from './distinct.js';
import type { IndexForm } from './index-form.js';
import { damageOf, type TrustHost } from './index-trust.js';
import type { LocatedRange } from './located-range.js';
import { filterFromText } from './stored-filter.js';

/** What does not change while an index lives, for all readers. */
export interface IndexFacts {
  readonly host: TrustHost;
  readonly index: IndexStore;
  readonly form: IndexForm;
  readonly where: FilterNode | undefined;
  readonly covering: boolean;
}

/** The facts of an index. `covering`: the keys of its fields tell the values as rows have them. */
export function indexFacts(host: TrustHost, index: IndexStore, form: IndexForm, covering: boolean): IndexFacts {
  const { where } = index.definition;
  return { host, index, form, where: where === undefined ? undefined : filterFromText(where), covering };
}

/** An index of a table as one reader sees it, for the planner. */
export class TableIndexSource implements IndexSource {
  readonly #facts: IndexFacts;
  readonly #view: RecordView;
  /** The last range that was asked for: the planner asks several things of one. */
  #range: IndexRange | undefined;
  #located: LocatedRange | undefined;

  constructor(facts: IndexFacts, view: RecordView) {
    this.#facts = facts;
    this.#view = view;
  }

  get facts(): IndexFacts { return this.#facts; }
  get name(): string { return this.#facts.index.name; }
  get kind(): IndexSource['kind'] { return this.#facts.index.definition.kind; }
  get fields(): readonly IndexField[] { return this.#facts.form.fields; }
  get unique(): boolean { return this.#facts.index.definition.unique === true; }
  get multikey(): boolean { return this.#facts.form.multikey; }
  get where(): FilterNode | undefined { return this.#facts.where; }
  get sparse(): boolean { return this.#facts.index.definition.sparse === true; }
  get covering(): boolean { return this.#facts.covering; }
  get ranged(): boolean { return this.#facts.form.ranged; }
  get orderedWithoutNull(): boolean { return this.#facts.form.orderedWithoutNull; }
  get ordered(): boolean { return this.#facts.form.ordered; }
  get tiesAscending(): boolean { return true; }
  get hasDeleted(): boolean { return this.#facts.form.hasDeleted; }
  get entryCount(): number { return this.#isDamaged ? 0 : this.#facts.index.entryCount; }

  /** Then it accepts no range, and the planner goes another way, as when the file can not be opened. */
  get #isDamaged(): boolean { return damageOf(this.#facts.host, this.#view, this.#facts.index) !== undefined; }

  distinct(fieldCount: number): number {
    const { index, form } = this.#facts;
    return this.unique && fieldCount >= form.fields.length ? index.entryCount : distinctOf(index, form, fieldCount);
  }

  estimate(range: IndexRange): number {
    const located = this.#locate(range);
    return located === undefined ? 0 : this.#facts.index.estimate(located.range);
  }

  accepts(range: IndexRange): boolean { return this.#locate(range) !== undefined; }
  exact(range: IndexRange): boolean { return this.#locate(range)?.exact === true; }

  #locate(range: IndexRange): LocatedRange | undefined {
    if (this.#range === range) return this.#located;
    this.#range = range;
    this.#located = undefined;
    if (this.#isDamaged || range.equal.some(isCompound) || isCompound(range.low?.value) || isCompound(range.high?.value)) return undefined;
    try {
      return this.#located = this.#facts.form.locate(range);
    } catch (e) {
      if (e instanceof FieldstoneError) return undefined;
      throw e;
    }
  }

  entries(range: IndexRange, options: { readonly reverse?: boolean } = {}): Iterable<IndexEntry> {
    const located = this.#locate(range);
    if (located === undefined) throw new FieldstoneError('QUERY', `index "${this.name}" can not be asked for this range`);
    return new Entries(this.#facts, this.#view, located, options.reverse === true);
  }
}

/** Arrays and objects are compared by parts: a key tells too little of them. */
function isCompound(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array);
}

/** The entry on which the walk stands: one object for all steps. */
class CurrentEntry implements IndexEntry {
  readonly #cursor: IndexCursor;
  readonly #form: IndexForm;

  constructor(cursor: IndexCursor, form: IndexForm) {
    this.#cursor = cursor;
    this.#form = form;
  }

  get recno(): number { return this.#cursor.recno; }
  get values(): readonly unknown[] { return this.#form.valuesOf(this.#cursor.keyBytes, this.#cursor.keyStart, this.#cursor.keyLength); }
}

class Entries implements Iterable<IndexEntry>, Iterator<IndexEntry, undefined> {
  readonly #cursor: IndexCursor;
  readonly #step: { readonly done: false; readonly value: CurrentEntry };

  constructor({ index, form }: IndexFacts, view: RecordView, located: LocatedRange, reverse: boolean) {
    this.#cursor = IndexCursor.open(index, view, located.range, reverse);
    this.#step = { done: false, value: new CurrentEntry(this.#cursor, form) };
  }

  [Symbol.iterator](): this { return this; }
  next(): IteratorResult<IndexEntry, undefined> { return this.#cursor.next() ? this.#step : DONE; }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
