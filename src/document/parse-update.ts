import { FieldstoneError, nearestNames } from '#storage';
import { shown } from '../arguments.js';
import { parsePath } from '../filter/path.js';
import { isFields } from '../filter/value-type.js';
import { applyChange, type Change } from './change.js';
import { copyDocument } from './document-values.js';
import { PathTree } from './path-tree.js';
import { UPDATE_OPERATORS, type UpdateContext } from './update-operators.js';
import { badOperand } from './update-place.js';

/** An update of the user after parsing. */
export type Update =
  | { readonly kind: 'replacement'; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: 'operators'; readonly steps: readonly Step[]; readonly onInsert: readonly Step[] };

/** Changes a document that nobody else holds. */
export type Step = (document: Record<string, unknown>) => void;

const KNOWN = [...UPDATE_OPERATORS.keys(), '$rename', '$setOnInsert'];

/**
 * Reads an update: operators, or a whole new document. Everything is checked before a document is touched. Throws QUERY (unknown
 * operator with the nearest names, misused operator, two changes of one path, operators mixed with fields), VALUE, LIMIT.
 *
 * @example
 * const update = parseUpdate({ $set: { 'profile.city': 'Oslo' }, $inc: { visits: 1 } }, { now: () => new Date(0) });
 */
export function parseUpdate(given: unknown, context: UpdateContext): Update {
  if (!isFields(given)) throw new FieldstoneError('QUERY', `an update is an object with operators such as { $set: { ... } }, or a document; got ${shown(given)}`);
  const names = Object.keys(given);
  const operators = names.filter((name) => name.startsWith('$'));
  if (operators.length === 0) return { kind: 'replacement', document: copyDocument(given) };
  const field = names.find((name) => !name.startsWith('$'));
  if (field !== undefined) throw new FieldstoneError('QUERY', `an update has operators (${shown(operators[0])}) or fields (${shown(field)}), not both`);
  const paths = new PathTree();
  const steps: Step[] = [];
  const onInsert: Step[] = [];
  for (const name of operators) {
    const target = name === '$setOnInsert' ? onInsert : steps;
    for (const [path, operand] of fieldsOf(given[name], name)) target.push(stepOf(name, path, operand, paths, context));
  }
  return { kind: 'operators', steps, onInsert };
}

function fieldsOf(value: unknown, operator: string): [string, unknown][] {
  if (!KNOWN.includes(operator)) {
    const near = nearestNames(operator, KNOWN);
    throw new FieldstoneError('QUERY', `${shown(operator)} is no operator of updates; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${KNOWN.join(' ')}`}`);
  }
  if (!isFields(value)) throw new FieldstoneError('QUERY', `${operator} takes an object of fields, got ${shown(value)}`);
  return Object.entries(value);
}

function stepOf(operator: string, path: string, operand: unknown, paths: PathTree, context: UpdateContext): Step {
  if (operator === '$rename') return renameStep(path, operand, paths);
  const parse = UPDATE_OPERATORS.get(operator === '$setOnInsert' ? '$set' : operator);
  const parts = changedPath(path, operator, paths);
  if (parse === undefined) throw new FieldstoneError('QUERY', `${shown(operator)} is no operator of updates`);
  const step: Change = { operator, path, parts, creates: parse.creates, change: parse.parse(operand, { operator, path }, context) };
  return (document) => applyChange(document, step);
}

function changedPath(path: string, operator: string, paths: PathTree): Change['parts'] {
  const parts = parsePath(path);
  const odd = parts.find(({ name }) => name.startsWith('$'));
  if (odd !== undefined) throw new FieldstoneError('QUERY', `${operator} of ${shown(path)}: places such as ${shown(odd.name)} are not supported; name the place by its number, or change the list whole`);
  const other = paths.add(parts.map(({ name }) => name));
  if (other !== undefined) throw new FieldstoneError('QUERY', `${operator} of ${shown(path)} conflicts with the change of ${shown(other)} in the same update`);
  return parts;
}

function renameStep(from: string, to: unknown, paths: PathTree): Step {
  const place = { operator: '$rename', path: from };
  if (typeof to !== 'string') throw badOperand(place, 'the new path as text', to);
  const source = changedPath(from, '$rename', paths);
  const target = changedPath(to, '$rename', paths);
  return (document) => {
    let moved: unknown;
    applyChange(document, { ...place, parts: source, creates: false, change: (old) => void (moved = old) });
    if (moved === undefined) return;
    applyChange(document, { operator: '$rename', path: to, parts: target, creates: true, change: () => moved });
  };
}
