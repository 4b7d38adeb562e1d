import type { FilterNode } from '../filter/filter-node.js';
import { isKeyText } from './key-way.js';
import { OneParam, type Params } from './params.js';
import type { Shape } from './shape.js';

/** No name that a user can give. */
const GIVEN = '';
const MOST_SHAPES = 64;

/** A filter that is ready to be run. */
export interface GivenFilter {
  readonly shape: Shape;
  readonly params: Params;
}

/**
 * Shapes of filters that ask one field for one value, `{ email: 'ada@example.org' }`, by the name of the field: such a filter is read once, and later
 * ones with other values are runs of it, as if it had been prepared.
 */
export class KeptShapes {
  readonly #shapes = new Map<string, Shape>();

  /** Undefined for filters that are to be parsed. */
  find(filter: unknown): GivenFilter | undefined {
    const name = onlyName(filter);
    const shape = name === undefined ? undefined : this.#shapes.get(name);
    if (name === undefined || shape === undefined) return undefined;
    const value = valueOf(filter, name);
    return isKeyText(value) ? { shape, params: new OneParam(GIVEN, value) } : undefined;
  }

  /** Keeps the shape of a filter that was parsed; undefined when it is no such one. */
  keep(filter: unknown, node: FilterNode, make: (node: FilterNode) => Shape): GivenFilter | undefined {
    const name = onlyName(filter);
    if (name === undefined || node.op !== 'eq' || node.operand.kind !== 'value' || !isKeyText(node.operand.value)) return undefined;
    if (this.#shapes.size >= MOST_SHAPES) this.#shapes.clear();
    const shape = make({ ...node, operand: { kind: 'param', name: GIVEN, isGiven: true } });
    this.#shapes.set(name, shape);
    return { shape, params: new OneParam(GIVEN, node.operand.value) };
  }

  clear(): void { this.#shapes.clear(); }
}

/** The name of the only field of a plain object. */
function onlyName(filter: unknown): string | undefined {
  if (typeof filter !== 'object' || filter === null || Object.getPrototypeOf(filter) !== Object.prototype) return undefined;
  const names = Object.keys(filter);
  return names.length === 1 ? names[0] : undefined;
}

/** Undefined for a getter, which is not called. */
function valueOf(filter: unknown, name: string): unknown {
  return typeof filter === 'object' && filter !== null ? Object.getOwnPropertyDescriptor(filter, name)?.value : undefined;
}
