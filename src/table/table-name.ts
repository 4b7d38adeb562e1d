import { FieldstoneError } from '#storage';
import { shown } from '../arguments.js';

const ALLOWED = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
// Names that Windows keeps for devices, whatever the extension.
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/** NAME unless the name makes a safe file name on every system: letters, digits, _ and -, at most 64. */
export function assertTableName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !ALLOWED.test(name) || RESERVED.test(name) || /^fieldstone$/i.test(name)) {
    throw new FieldstoneError('NAME', `${shown(name)} can not be the name of a table: use up to 64 letters, digits, _ and -, beginning with a letter or _`);
  }
}
