import { keyTexts, leadingValues, valueTexts, type LeafRun } from '#index';
import { USES_EXPIRY, type KeyCursor } from '#txn';
import type { StoreForm } from './store-form.js';
import { HEADS } from './value-form.js';

/** What a walk gives: pairs, keys alone, values alone. */
export const WALKS = { entries: 0, keys: 1, values: 2 } as const;
export type WalkKind = (typeof WALKS)[keyof typeof WALKS];

/** With fewer it costs less to decode one after the other. */
const LEAST_ITEMS = 8;

/**
 * The texts of the entries that come next in a leaf, as far as nothing else stands between them: decoded together, which costs a part of
 * what they cost one by one. Such texts keep that of their leaf, some kilobytes, in memory while they are held.
 */
export class WalkedRun {
  keys: readonly string[] = NONE;
  values: readonly string[] = NONE;
  readonly #what: WalkKind;
  readonly #fits: boolean;
  readonly #expires: boolean;

  constructor(form: StoreForm<unknown, unknown>, what: WalkKind) {
    const { kinds, ownerFlags } = form.store;
    this.#what = what;
    this.#fits = !form.internsTexts && (what === WALKS.values || kinds.keys === 'utf8') && (what === WALKS.keys || kinds.values !== 'binary');
    this.#expires = (ownerFlags & USES_EXPIRY) !== 0;
  }

  /** Takes the entry that the cursor stands on and those behind it, `most` at most; returns how many. With 0 that entry must be decoded by itself. */
  take(cursor: KeyCursor, most: number): number {
    if (!this.#fits) return 0;
    const run = cursor.runHere(LEAST_ITEMS, most);
    if (run === undefined) return 0;
    const count = this.#what === WALKS.keys ? this.#takeKeys(run) : this.#takeValues(run);
    if (count > 1) cursor.pass(count - 1);
    return count;
  }

  #takeKeys(run: LeafRun): number {
    const count = this.#expires ? leadingValues(run, HEADS.expires, 0) : run.count;
    const keys = count < LEAST_ITEMS ? undefined : keyTexts(run, count);
    if (keys === undefined) return 0;
    this.keys = keys;
    return count;
  }

  #takeValues(run: LeafRun): number {
    if (leadingValues(run, HEADS.all, HEADS.asciiText, LEAST_ITEMS) < LEAST_ITEMS) return 0;
    const values = valueTexts(run, HEADS.asciiText);
    if (this.#what === WALKS.entries) {
      const keys = keyTexts(run, values.length);
      if (keys === undefined) return 0;
      this.keys = keys;
    }
    this.values = values;
    return values.length;
  }
}

const NONE: readonly string[] = [];
