import type { FilterNode } from '../filter/filter-node.js';
import { pathsOf } from '../filter/bind-filter.js';
import { conditionsOf, type Condition } from './conditions.js';
import type { FindSpec } from './find-options.js';
import { templatesFor, type Templates } from './index-template.js';
import type { IndexSource } from './index-source.js';
import type { KeyWay } from './key-way.js';
import { KEY_STYLE, nodeText, SHAPE_STYLE, type NodeStyle } from './node-text.js';
import { wantedIndex } from './wanted-index.js';

/** A query before its values: what is made once and used in each run. */
export class Shape {
  readonly filter: FilterNode;
  readonly conditions: readonly Condition[];
  readonly spec: FindSpec;
  #text: string | undefined;
  #keyText: string | undefined;
  #templates: { readonly epoch: unknown; readonly templates: Templates } | undefined;

  /** How its rows were found, and counted, when that took the entries of one key alone. */
  findWay: KeyWay | undefined;
  countWay: KeyWay | undefined;

  readonly source: string;
  #key: string | undefined;
  #paths: readonly string[] | undefined;
  #findKey: string | undefined;
  #countKey: string | undefined;

  /** `source`: name of the table or collection. */
  constructor(source: string, filter: FilterNode, spec: FindSpec) {
    this.source = source;
    this.filter = filter;
    this.spec = spec;
    this.conditions = conditionsOf(filter);
  }

  /** Filters that differ in values alone have one text; no value stands in it. */
  get text(): string { return this.#text ??= shapeText(this.filter, this.spec, SHAPE_STYLE); }

  /** The same with its source. */
  get key(): string { return this.#key ??= `${this.source} ${this.text}`; }

  /** Tells apart what is planned differently. */
  keyFor(givesRows: boolean): string {
    const text = this.#keyText ??= shapeText(this.filter, this.spec, KEY_STYLE);
    return givesRows ? this.#findKey ??= `${this.source} find ${text}` : this.#countKey ??= `${this.source} count ${text}`;
  }

  /** Paths of the filter and of the sort. */
  get paths(): readonly string[] { return this.#paths ??= [...new Set([...pathsOf(this.filter), ...this.spec.sort.map(({ path }) => path)])]; }

  /** Fields of the index that would serve it best. */
  get wanted(): readonly string[] | undefined { return wantedIndex(this.conditions, this.spec.sort); }

  templates(indexes: readonly IndexSource[], epoch: unknown): Templates {
    if (this.#templates?.epoch !== epoch || this.#templates === undefined) this.#templates = { epoch, templates: templatesFor(this.conditions, indexes) };
    return this.#templates.templates;
  }
}

function shapeText(filter: FilterNode, { sort, skip, limit, fields }: FindSpec, style: NodeStyle): string {
  const parts = [nodeText(filter, style)];
  if (sort.length > 0) parts.push(`sort ${sort.map(({ path, descending }) => (descending ? `${path} desc` : path)).join(', ')}`);
  if (skip > 0) parts.push('skip ?');
  if (limit !== Infinity) parts.push('limit ?');
  if (fields !== undefined) parts.push(`fields ${fields.join(', ')}`);
  return parts.join(' | ');
}
