import type { FilterNode } from '../filter/filter-node.js';
import type { Access } from './access.js';
import type { Condition } from './conditions.js';
import type { IndexSource } from './index-source.js';
import type { RowCosts } from './row-source.js';
import type { SortKey } from './sort-key.js';

/** What a plan is made for. */
export interface PlanRequest {
  readonly filter: FilterNode;
  readonly conditions: readonly Condition[];
  readonly sort: readonly SortKey[];
  /** Rows that are asked for, skipped ones included; Infinity = all. */
  readonly most: number;
  /** Fields that are given out; undefined = all. */
  readonly fields: readonly string[] | undefined;
  /** False when rows are only counted. */
  readonly givesRows: boolean;
}

/** What the planner knows of the rows. */
export interface PlanContext {
  readonly rowCount: number;
  readonly indexes: readonly IndexSource[];
  readonly costs: RowCosts;
}

/**
 * How the rows get their order: `stream` they come in it; `groups` those with equal leading keys are sorted among themselves; `collect`
 * record numbers are gathered and sorted; `sort` all rows by key; `top` the best of them are kept.
 */
export type Ordering = 'stream' | 'groups' | 'collect' | 'sort' | 'top';

/** What the parts of a plan cost, in the unit of RowCosts. */
export interface PlanCosts {
  /** Finding record numbers in indexes. */
  readonly find: number;
  /** Reading and testing rows. */
  readonly read: number;
  readonly order: number;
  /** Making the rows that are given out. */
  readonly make: number;
}

/** How a query is run. */
export interface Plan {
  readonly access: Access;
  readonly ordering: Ordering;
  /** The index is walked backwards. */
  readonly reverse: boolean;
  /** With `groups`: how many of the sort keys that vary the index serves. */
  readonly groupBy: number;
  /** What is left to be tested row by row. */
  readonly residual: FilterNode | undefined;
  /** Rows are made from the entries of the index. */
  readonly covering: boolean;
  /** Rows need not be read at all: entries are counted. */
  readonly countsEntries: boolean;
  /** Rows of the source. */
  readonly rowCount: number;
  /** Rows that match, about; at most what is asked for comes out. */
  readonly matches: number;
  /** Rows or entries that are looked at, about. */
  readonly examined: number;
  readonly costs: PlanCosts;
  /** All of them, in the unit of RowCosts. */
  readonly cost: number;
}
