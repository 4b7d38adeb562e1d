import { ArgumentTypeError } from '#storage';

/**
 * Modes of hierarchical locks (J. Gray et al., "Granularity of Locks and Degrees of Consistency in a Shared Data
 * Base", 1976). IS and IX on a space announce shared and exclusive locks on its items; SIX reads the whole space
 * and changes some items. Users ask for shared (S) or exclusive (X).
 */
export type LockMode = 'IS' | 'IX' | 'S' | 'SIX' | 'X';
export type UserLockMode = 'shared' | 'exclusive';

/** A mode as an index into the tables below; 0 = no lock. */
export type ModeCode = number;
/** A set of modes: bit `code` stands for the mode. */
export type ModeSet = number;

export const NONE: ModeCode = 0;
export const IS: ModeCode = 1;
export const IX: ModeCode = 2;
export const S: ModeCode = 3;
export const SIX: ModeCode = 4;
export const X: ModeCode = 5;
export const MODE_COUNT = 6;

const NAMES: readonly LockMode[] = ['IS', 'IX', 'S', 'SIX', 'X'];

/** By mode: the set of modes that another owner must not hold at the same time. Symmetric. */
export const CONFLICTS: ModeSet[] = [
  0,
  bits(X),
  bits(S, SIX, X),
  bits(IX, SIX, X),
  bits(IX, S, SIX, X),
  bits(IS, IX, S, SIX, X),
];

/** By mode: the modes whose rights it includes. The order is IS < IX < SIX < X and IS < S < SIX. */
const INCLUDES: readonly ModeSet[] = [
  bits(NONE),
  bits(NONE, IS),
  bits(NONE, IS, IX),
  bits(NONE, IS, S),
  bits(NONE, IS, IX, S, SIX),
  bits(NONE, IS, IX, S, SIX, X),
];

const JOIN: readonly ModeCode[] = joinTable();

function bits(...modes: ModeCode[]): ModeSet {
  return modes.reduce((set, mode) => set | (1 << mode), 0);
}

/** The least mode that includes both is the first in the order of codes, which is a topological one. */
function joinTable(): ModeCode[] {
  const table: ModeCode[] = [];
  for (let a = 0; a < MODE_COUNT; a++) {
    for (let b = 0; b < MODE_COUNT; b++) table.push(INCLUDES.findIndex((set) => (set & bits(a, b)) === bits(a, b)));
  }
  return table;
}

/** The weakest mode with the rights of both: what an owner of `held` gets when it asks for `wanted`. */
export function joinModes(held: ModeCode, wanted: ModeCode): ModeCode {
  return JOIN[held * MODE_COUNT + wanted] ?? X;
}

export function conflictsOf(mode: ModeCode): ModeSet { return CONFLICTS[mode] ?? ~0; }

/** True when two owners may hold the modes at the same time. */
export function compatible(a: ModeCode, b: ModeCode): boolean { return (conflictsOf(a) & (1 << b)) === 0; }

/** What must be held on the space before an item of it is locked. */
export function intentionFor(itemMode: ModeCode): ModeCode { return itemMode === X ? IX : IS; }

/** True when a lock on the space in `spaceMode` already gives the rights of `itemMode` on every item. */
export function coversItems(spaceMode: ModeCode, itemMode: ModeCode): boolean {
  return spaceMode === X || (itemMode === S && (spaceMode === S || spaceMode === SIX));
}

export function modeName(mode: ModeCode): LockMode { return NAMES[mode - 1] ?? 'X'; }

/** Throws ArgumentTypeError (VALUE) for anything but 'shared' and 'exclusive'. */
export function userModeCode(mode: UserLockMode): ModeCode {
  if (mode === 'exclusive') return X;
  if (mode === 'shared') return S;
  throw new ArgumentTypeError('VALUE', `a lock mode is 'shared' or 'exclusive', got ${String(mode)}`);
}
