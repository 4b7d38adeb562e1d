import { KeyBuffer, type ByteRange, type ExpressionRow, type TagSpec } from '#index';
import { FieldstoneError, visibleFields, type DbfLayout, type MemoSource } from '#storage';
import type { CatalogIndex, EmitKey, IndexedTable } from '#txn';
import type { IndexField, IndexRange } from '../query/index-source.js';
import { namesFor } from '../table/table-schema.js';
import type { IndexForm, TupleBound } from './index-form.js';
import type { LocatedRange } from './located-range.js';
import { xbaseMaker, xbaseTagSpec, type XbaseMaker } from './xbase-maker.js';
import { tellsField, xbaseOrder } from './xbase-order.js';
import { entriesOfKeys, entriesOfValues, turned, turnedRange } from './xbase-ranges.js';
import type { XbaseValues } from './xbase-values.js';

const key = new KeyBuffer();
const NO_BYTES = new Uint8Array(0);
const WHOLE: LocatedRange = { range: { lower: undefined, upper: undefined }, exact: true };

/** Keys of a tag in a file of xBase programs. Deleted rows have keys too, as those programs expect. */
export class XbaseKeys implements IndexForm {
  readonly fields: readonly IndexField[];
  readonly multikey = false;
  readonly hasDeleted = true;
  readonly ranged: boolean;
  readonly orderedWithoutNull: boolean;
  readonly ordered: boolean;
  readonly walkedBackwards: boolean;
  readonly collation: string;
  readonly keyLengthBytes: number;
  readonly readOnlyReason: string | undefined;
  readonly isComparable: boolean;
  readonly tagSpec: TagSpec | undefined;
  readonly #maker: XbaseMaker | undefined;
  readonly #whyNot: string;
  readonly #turned: boolean;
  readonly #row: ExpressionRow = { bytes: NO_BYTES, start: 0, recno: 0 };

  constructor(layout: DbfLayout, table: IndexedTable, definition: CatalogIndex) {
    const { tag: facts, kind } = definition;
    if (facts === undefined) throw new FieldstoneError('VERSION', `index "${definition.name}" says nothing of its tag`, { table: table.name });
    this.collation = facts.collation;
    this.keyLengthBytes = facts.keyLength;
    this.#turned = facts.storedDescending;
    this.walkedBackwards = facts.descending && !facts.storedDescending;
    const made = xbaseMaker(layout, definition);
    const maker = typeof made === 'string' ? undefined : made;
    this.#maker = maker;
    this.#whyNot = typeof made === 'string' ? made : '';
    this.readOnlyReason = facts.readOnlyReason ?? (typeof made === 'string' ? made : undefined);
    this.isComparable = maker?.compare !== undefined && (facts.readOnlyReason === undefined || kind === 'mdx');
    const field = maker !== undefined && tellsField(kind, maker.expression, facts) ? maker.expression.onlyField : undefined;
    const i = field === undefined ? -1 : visibleFields(layout).indexOf(field);
    const path = i < 0 ? undefined : namesFor(layout, table.fieldNames)[i];
    this.fields = path === undefined ? [] : [{ path, descending: facts.storedDescending }];
    const order = maker === undefined ? undefined : xbaseOrder(kind, maker.expression, facts, layout);
    this.ranged = order?.ranged === true;
    this.orderedWithoutNull = order?.orderedWithoutNull === true;
    this.ordered = order?.ordered === true;
    this.tagSpec = maker?.write === undefined ? undefined : xbaseTagSpec(definition, maker.expression);
  }

  keysOf(image: Uint8Array, start: number, recno: number, _memos: MemoSource, emit: EmitKey): void {
    const maker = this.#maker;
    if (maker?.compare === undefined) throw new FieldstoneError('UNSUPPORTED', `no keys can be made: ${this.readOnlyReason ?? ''}`);
    const row = this.#row;
    row.bytes = image;
    row.start = start;
    row.recno = recno;
    if (maker.isIn?.(row) === false) return;
    maker.compare(row, key.bytes);
    if (this.#turned) for (let i = 0; i < this.keyLengthBytes; i++) key.bytes[i] = ~(key.bytes[i] ?? 0);
    emit(key.bytes, this.keyLengthBytes);
  }

  get #values(): XbaseValues {
    if (this.#maker === undefined) throw new FieldstoneError('UNSUPPORTED', `keys of this index can not be looked for: ${this.#whyNot}`);
    return this.#maker.values;
  }

  locate(range: IndexRange): LocatedRange { return isWhole(range) ? WHOLE : this.#stored(entriesOfValues(range, this.#values)); }

  locateKeys(range: IndexRange): LocatedRange { return isWhole(range) ? WHOLE : this.#stored(entriesOfKeys(range, this.#values)); }

  locateTuple(low: TupleBound | undefined, high: TupleBound | undefined): LocatedRange {
    return this.locateKeys({ equal: [], ...boundOf('low', low), ...boundOf('high', high) });
  }

  #stored(range: ByteRange): LocatedRange { return { range: this.#turned ? turnedRange(range) : range, exact: false }; }

  valuesOf(bytes: Buffer, start: number, length: number): unknown[] {
    const part = bytes.subarray(start, start + length);
    const stored = this.#turned ? turned(part) : part;
    return [this.#maker === undefined ? stored.toString('latin1') : this.#maker.values.valueOf(stored)];
  }
}

function isWhole({ equal, low, high, prefix }: IndexRange): boolean {
  return equal.length === 0 && low === undefined && high === undefined && prefix === undefined;
}

function boundOf<Side extends 'low' | 'high'>(side: Side, bound: TupleBound | undefined): Pick<IndexRange, 'low' | 'high'> {
  if (bound === undefined) return {};
  if (bound.values.length !== 1) throw new FieldstoneError('QUERY', 'an xBase index has one key');
  return { [side]: { value: bound.values[0], inclusive: bound.inclusive } };
}
