import type { CompiledExpression, TagFacts } from '#index';
import type { DbfLayout } from '#storage';
import type { CatalogIndex } from '#txn';

/** What the order of the keys of a bare field tells of the order of its values. */
export interface XbaseOrder {
  /** Values in a range have their keys in a range. */
  readonly ranged: boolean;
  /** Keys stand as sorts compare the values, null left out. */
  readonly orderedWithoutNull: boolean;
  /** The same, null too: before all others. */
  readonly ordered: boolean;
}

const NO_ORDER: XbaseOrder = { ranged: false, orderedWithoutNull: false, ordered: false };

/**
 * - Text: ASCII comes before all else in code pages as in Unicode, so ranges between ASCII bounds agree. Orders do not: two code pages, and `A<tab>`
 *   is before `A` where keys are filled with blanks.
 * - Numbers: a blank is null for us and 0 in a key. The keys of NTX are STR() of the number, which asterisks end; those of MDX are rounded.
 * - A key of four bytes of a field that is no integer, and datetimes cut to seconds, put several values in one place.
 */
export function xbaseOrder(kind: CatalogIndex['kind'], { onlyField, value }: CompiledExpression, facts: TagFacts, layout: DbfLayout): XbaseOrder {
  if (onlyField === undefined || facts.collation !== 'MACHINE') return NO_ORDER;
  const isCdx = kind === 'cdx' || kind === 'idx';
  const isBlankFirst = isCdx || kind === 'ntx';
  switch (onlyField.type) {
    case 'C': case 'V': return { ...NO_ORDER, ranged: true };
    case 'N': case 'F': case 'B': {
      const isDouble = kind === 'ndx' || (isCdx && facts.keyLength - (facts.nullPrefix ? 1 : 0) === 8);
      return { ranged: isDouble, orderedWithoutNull: isDouble, ordered: false };
    }
    case 'Y': return { ...NO_ORDER, ranged: isCdx || kind === 'ndx' };
    case 'I': case '+': {
      const ranged = isCdx || kind === 'ndx';
      return { ranged, orderedWithoutNull: ranged, ordered: ranged && (facts.nullPrefix || !value.mayBeNull) };
    }
    case 'D': return { ranged: true, orderedWithoutNull: true, ordered: isBlankFirst };
    case 'T': return { ranged: isCdx, orderedWithoutNull: isCdx && layout.dialect === 'vfp', ordered: isCdx && layout.dialect === 'vfp' };
    default: return NO_ORDER;
  }
}

/** False when rows show other values than keys are made of. */
export function tellsField(kind: CatalogIndex['kind'], { onlyField }: CompiledExpression, facts: TagFacts): boolean {
  if (onlyField === undefined || facts.unique === 'first' || facts.forExpression !== undefined || facts.collation !== 'MACHINE') return false;
  // Integers with decimals (Harbour) are divided in rows alone; the numbers of an MDX are rounded.
  if ((onlyField.type === 'I' || onlyField.type === '+') && onlyField.decimals > 0) return false;
  return kind !== 'mdx' || 'CD'.includes(onlyField.type);
}
