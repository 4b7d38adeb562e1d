import { afterPrefix, compileExpression, forFilter, KeyBuffer, type CompiledExpression, type ExpressionRow, type TagSpec } from '#index';
import { FieldstoneError, visibleFields, type DbfLayout, type MemoSource } from '#storage';
import type { CatalogIndex, EmitKey, IndexedTable } from '#txn';
import type { IndexField, IndexRange } from '../query/index-source.js';
import { namesFor } from '../table/table-schema.js';
import type { IndexForm, TupleBound } from './index-form.js';
import type { LocatedRange } from './located-range.js';
import { XbaseValues } from './xbase-values.js';
import { keyWriter, type WriteKey } from './xbase-writer.js';

const key = new KeyBuffer();
const NO_BYTES = new Uint8Array(0);

/** What can be done with a tag whose keys can be made. */
interface Maker {
  readonly expression: CompiledExpression;
  readonly write: WriteKey;
  readonly isIn: ((row: ExpressionRow) => boolean) | undefined;
  readonly values: XbaseValues;
}

/** Keys of a tag in a file of xBase programs. Deleted rows have keys too, as those programs expect. */
export class XbaseKeys implements IndexForm {
  readonly fields: readonly IndexField[];
  readonly multikey = false;
  readonly hasDeleted = true;
  readonly ordered: boolean;
  readonly collation: string;
  readonly keyLengthBytes: number;
  readonly readOnlyReason: string | undefined;
  readonly tagSpec: TagSpec | undefined;
  readonly #maker: Maker | undefined;
  readonly #turned: boolean;
  readonly #row: ExpressionRow = { bytes: NO_BYTES, start: 0, recno: 0 };

  constructor(layout: DbfLayout, table: IndexedTable, definition: CatalogIndex) {
    const { tag: facts, kind } = definition;
    if (facts === undefined) throw new FieldstoneError('VERSION', `index "${definition.name}" says nothing of its tag`, { table: table.name });
    this.collation = facts.collation;
    this.keyLengthBytes = facts.keyLength;
    this.#turned = facts.storedDescending;
    const made = makerOf(layout, definition);
    this.#maker = typeof made === 'string' ? undefined : made;
    this.readOnlyReason = facts.readOnlyReason ?? (typeof made === 'string' ? made : undefined);
    const field = facts.unique === 'first' || facts.forExpression !== undefined ? undefined : this.#maker?.expression.onlyField;
    const i = field === undefined ? -1 : visibleFields(layout).indexOf(field);
    const path = i < 0 ? undefined : namesFor(layout, table.fieldNames)[i];
    this.fields = path === undefined ? [] : [{ path, descending: facts.storedDescending }];
    const plain = field !== undefined && 'DTIYB'.includes(field.type);
    this.ordered = plain && (this.#maker?.values.nullsFirst === true || this.#maker?.expression.value.mayBeNull === false);
    this.tagSpec = this.#maker === undefined ? undefined : specOf(definition, this.#maker.expression, kind);
  }

  keysOf(image: Uint8Array, start: number, recno: number, _memos: MemoSource, emit: EmitKey): void {
    const maker = this.#maker;
    if (maker === undefined) throw new FieldstoneError('UNSUPPORTED', `no keys can be made: ${this.readOnlyReason ?? ''}`);
    const row = this.#row;
    row.bytes = image;
    row.start = start;
    row.recno = recno;
    if (maker.isIn?.(row) === false) return;
    maker.write(row, key.bytes);
    if (this.#turned) for (let i = 0; i < this.keyLengthBytes; i++) key.bytes[i] = ~(key.bytes[i] ?? 0);
    emit(key.bytes, this.keyLengthBytes);
  }

  get #values(): XbaseValues {
    if (this.#maker === undefined) throw new FieldstoneError('UNSUPPORTED', `keys of this index can not be looked for: ${this.readOnlyReason ?? ''}`);
    return this.#maker.values;
  }

  locate({ equal, low, high, prefix }: IndexRange): LocatedRange {
    const [value, more] = equal;
    if (more !== undefined || (equal.length > 0 && (low ?? high ?? prefix) !== undefined)) throw new FieldstoneError('QUERY', 'an xBase index has one key');
    if (equal.length > 0) return { range: this.#within(this.#values.keyOf(value)), exact: false };
    if (prefix !== undefined) return { range: this.#within(this.#values.prefixOf(prefix)), exact: false };
    return this.locateTuple(tupleOf(low), tupleOf(high));
  }

  locateTuple(low: TupleBound | undefined, high: TupleBound | undefined): LocatedRange {
    const [begin, end] = this.#turned ? [high, low] : [low, high];
    const lower = begin === undefined ? undefined : this.#stored(this.#values.keyOf(begin.values[0]));
    const upper = end === undefined ? undefined : this.#stored(this.#values.keyOf(end.values[0]));
    // Keys may be cut or share a place with others: bounds are taken in, and the row decides.
    const isBehind = begin?.inclusive === false && !this.#values.isText;
    return { range: { lower: isBehind && lower !== undefined ? afterPrefix(lower) : lower, upper: upperOf(upper, end, this.#values.isText) }, exact: false };
  }

  #within(bytes: Buffer): LocatedRange['range'] {
    const stored = this.#stored(bytes);
    return stored.length === 0 ? { lower: undefined, upper: undefined } : { lower: stored, upper: afterPrefix(stored) };
  }

  #stored(bytes: Buffer): Buffer { return this.#turned ? Buffer.from(bytes.map((byte) => ~byte)) : bytes; }

  valuesOf(bytes: Buffer, start: number, length: number): unknown[] {
    const stored = this.#stored(bytes.subarray(start, start + length));
    return [this.#maker === undefined ? stored.toString('latin1') : this.#maker.values.valueOf(stored)];
  }
}

function tupleOf(bound: IndexRange['low']): TupleBound | undefined { return bound === undefined ? undefined : { values: [bound.value], inclusive: bound.inclusive }; }

function upperOf(upper: Buffer | undefined, end: TupleBound | undefined, isText: boolean): Buffer | undefined {
  if (upper === undefined || end === undefined) return undefined;
  return end.inclusive || isText ? afterPrefix(upper) : upper;
}

/** A reason when no keys can be made. */
function makerOf(layout: DbfLayout, definition: CatalogIndex): Maker | string {
  const { tag: facts, kind, expression: text = '', forExpression } = definition;
  if (facts === undefined) return 'nothing is known of its tag';
  if (facts.readOnlyReason !== undefined) return facts.readOnlyReason;
  if (kind === 'mdx') return 'MDX files are only read';
  try {
    const expression = compileExpression(text, { layout });
    const decimals = expression.value.type === 'N' ? expression.value.decimals : 0;
    return {
      expression, write: keyWriter(kind, expression, facts, decimals),
      isIn: forExpression === undefined ? undefined : forFilter(compileExpression(forExpression, { layout })),
      values: new XbaseValues(kind, expression, facts, decimals, layout.encoding),
    };
  } catch (e) {
    if (e instanceof FieldstoneError) return e.message;
    throw e;
  }
}

function specOf(definition: CatalogIndex, { value, onlyField }: CompiledExpression, kind: CatalogIndex['kind']): TagSpec | undefined {
  const { tag: facts } = definition;
  if (facts === undefined) return undefined;
  const natural = onlyField?.type === 'Y' && kind === 'cdx' ? 'Y' : value.type;
  return {
    name: facts.name, expression: facts.expression, forExpression: facts.forExpression, unique: facts.unique, descending: facts.descending,
    keyType: facts.keyType ?? natural, keyLength: facts.keyLength, nullPrefix: facts.nullPrefix,
    ...(value.type === 'N' ? { decimals: value.decimals } : {}),
  };
}
