import { compileExpression, forFilter, type CompiledExpression, type ExpressionRow, type TagSpec } from '#index';
import { FieldstoneError, type DbfLayout } from '#storage';
import type { CatalogIndex } from '#txn';
import { XbaseValues } from './xbase-values.js';
import { keyWriter, type WriteKey } from './xbase-writer.js';

/** What can be done with a tag whose expression is known. */
export interface XbaseMaker {
  readonly expression: CompiledExpression;
  /** Undefined: no keys are made, those of the file are only read. */
  readonly write: WriteKey | undefined;
  /** Also the keys that are only compared with those of a file that is not written to (MDX, over text). */
  readonly compare: WriteKey | undefined;
  readonly isIn: ((row: ExpressionRow) => boolean) | undefined;
  readonly values: XbaseValues;
}

/** A reason when keys can neither be made nor read. */
export function xbaseMaker(layout: DbfLayout, definition: CatalogIndex): XbaseMaker | string {
  const { tag: facts, kind, expression: text = '', forExpression } = definition;
  if (facts === undefined) return 'nothing is known of its tag';
  if (facts.readOnlyReason !== undefined && kind !== 'mdx') return facts.readOnlyReason;
  try {
    const expression = compileExpression(text, { layout });
    const decimals = expression.value.type === 'N' ? expression.value.decimals : 0;
    const { onlyField } = expression;
    const compare = kind === 'mdx' && !isPlainText(expression) ? undefined : keyWriter(kind, expression, facts, decimals);
    return {
      expression, write: kind === 'mdx' ? undefined : compare, compare,
      isIn: forExpression === undefined ? undefined : forFilter(compileExpression(forExpression, { layout })),
      values: new XbaseValues(kind, expression, facts, decimals, onlyField?.binary === true ? 'latin1' : layout.encoding),
    };
  } catch (e) {
    if (e instanceof FieldstoneError) return e.message;
    throw e;
  }
}

/** BDE makes other texts of blank dates and of numbers than the expression says. */
function isPlainText({ value, fields }: CompiledExpression): boolean { return value.type === 'C' && fields.every(({ type }) => type === 'C'); }

/** How the tag is made anew. */
export function xbaseTagSpec({ tag: facts, kind }: CatalogIndex, { value, onlyField }: CompiledExpression): TagSpec | undefined {
  if (facts === undefined) return undefined;
  const natural = onlyField?.type === 'Y' && kind === 'cdx' ? 'Y' : value.type;
  return {
    name: facts.name, expression: facts.expression, forExpression: facts.forExpression, unique: facts.unique, descending: facts.descending,
    keyType: facts.keyType ?? natural, keyLength: facts.keyLength, nullPrefix: facts.nullPrefix,
    ...(value.type === 'N' ? { decimals: value.decimals } : {}),
  };
}
