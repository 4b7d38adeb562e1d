import { FieldstoneError } from '../base/errors.js';

/** Characters that a name can have in the header of every dialect. */
export const MAX_NAME_CHARS = 10;
const VALID = /^[A-Z_][A-Z0-9_]{0,9}$/;
/** Visual FoxPro's own field. */
const RESERVED = '_NULLFLAGS';

/** True when `name` can stand in a header as it is (after upper-casing). */
export function isHeaderName(name: string): boolean {
  const upper = name.toUpperCase();
  return VALID.test(upper) && upper !== RESERVED;
}

function shorten(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  const started = /^[A-Z_]/.test(plain) ? plain : `F${plain}`;
  return started.slice(0, MAX_NAME_CHARS);
}

function firstFree(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted) && wanted !== RESERVED) return wanted;
  for (let n = 2; ; n++) {
    const suffix = `_${n}`;
    const name = wanted.slice(0, MAX_NAME_CHARS - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

/**
 * The names that stand in the header for declared names of any length: upper case, ASCII, at most ten characters,
 * each different. A name that fits keeps itself; a longer one is cut, with a number when the cut one is taken.
 * The same list always gives the same names.
 *
 * @throws FieldstoneError NAME for an empty name and for two names that differ only in case.
 *
 * @example
 * shortFieldNames(['name', 'description 1', 'description 2']); // ['NAME', 'DESCRIPTIO', 'DESCRIPT_2']
 */
export function shortFieldNames(names: readonly string[]): string[] {
  const declared = new Set<string>();
  for (const name of names) {
    const upper = name.toUpperCase();
    if (name === '') throw new FieldstoneError('NAME', 'a field needs a name');
    if (declared.has(upper)) {
      throw new FieldstoneError('NAME', `field "${name}" is declared twice; case does not make a difference`, { field: name });
    }
    declared.add(upper);
  }
  const taken = new Set(names.filter(isHeaderName).map((name) => name.toUpperCase()));
  return names.map((name) => {
    if (isHeaderName(name)) return name.toUpperCase();
    const short = firstFree(shorten(name), taken);
    taken.add(short);
    return short;
  });
}
