import { describe, expect, test } from 'vitest';
import {
  compatible, coversItems, intentionFor, IS, IX, joinModes, modeName, NONE, S, SIX, userModeCode, X, type UserLockMode,
} from '../../../txn/lock/lock-mode.js';

const ALL = [IS, IX, S, SIX, X];

/** Gray, Lorie, Putzolu, Traiger 1976, table 1: rows and columns IS IX S SIX X. */
const COMPATIBILITY = `
  + + + + -
  + + - - -
  + - + - -
  + - - - -
  - - - - -`.trim().split('\n').map((line) => line.trim().split(' ').map((sign) => sign === '+'));

/** The join of each pair: rows and columns IS IX S SIX X. */
const JOIN = `
  IS  IX  S   SIX X
  IX  IX  SIX SIX X
  S   SIX S   SIX X
  SIX SIX SIX SIX X
  X   X   X   X   X`.trim().split('\n').map((line) => line.trim().split(/ +/));

describe('lock modes', () => {
  test('two owners agree exactly as in the table of Gray', () => {
    const got = ALL.map((a) => ALL.map((b) => compatible(a, b)));
    expect(got).toEqual(COMPATIBILITY);
  });

  test('a conversion leads to the weakest mode with both rights', () => {
    expect(ALL.map((a) => ALL.map((b) => modeName(joinModes(a, b))))).toEqual(JOIN);
    for (const mode of ALL) expect(joinModes(NONE, mode)).toBe(mode);
  });

  test('a stronger mode never agrees with more than a weaker one', () => {
    for (const a of ALL) for (const b of ALL) for (const c of ALL) {
      if (compatible(joinModes(a, b), c)) expect(compatible(a, c) && compatible(b, c)).toBe(true);
    }
  });

  test('items ask for the intention that covers them, unless the space gives the right already', () => {
    expect([intentionFor(S), intentionFor(X)]).toEqual([IS, IX]);
    expect(ALL.filter((m) => coversItems(m, S))).toEqual([S, SIX, X]);
    expect(ALL.filter((m) => coversItems(m, X))).toEqual([X]);
  });

  test('only shared and exclusive can be asked for', () => {
    expect([userModeCode('shared'), userModeCode('exclusive')]).toEqual([S, X]);
    expect(() => userModeCode('IX' as UserLockMode)).toThrow(expect.objectContaining({ code: 'VALUE', name: 'TypeError' }));
  });
});
