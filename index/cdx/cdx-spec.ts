import { FieldstoneError } from '#storage';
import type { TagSpec } from '../xbase/index-file.js';
import { MAX_KEY_BYTES, NAME_BYTES, OPTION_CANDIDATE, OPTION_COMPACT, OPTION_COMPOUND, OPTION_FOR, OPTION_NULLS, OPTION_UNIQUE, POOL_BYTES } from './cdx-header.js';

const NAME = /^[A-Z_][A-Z0-9_]*$/;
/** Two texts, each with its NUL. */
const MAX_TEXT = POOL_BYTES - 2;

/** The options byte of a new tag. */
export function optionsOf(spec: TagSpec, compound: boolean): number {
  return OPTION_COMPACT | (compound ? OPTION_COMPOUND : 0) | (spec.unique === 'first' ? OPTION_UNIQUE : 0) | (spec.unique === 'candidate' ? OPTION_CANDIDATE : 0)
    | (spec.nullPrefix === true ? OPTION_NULLS : 0) | (hasFor(spec) ? OPTION_FOR : 0);
}

function hasFor(spec: TagSpec): boolean { return (spec.forExpression ?? '') !== ''; }

/** The tag's name as the file keeps it. Throws NAME, LIMIT. */
export function checkSpec(spec: TagSpec, path: string): string {
  const name = spec.name.toUpperCase();
  if (!NAME.test(name) || name.length > NAME_BYTES) {
    throw new FieldstoneError('NAME', `a tag cannot be called '${spec.name.slice(0, 64)}': up to ${NAME_BYTES} letters, digits and _, beginning with a letter or _`, { file: path });
  }
  checkKey(spec, path);
  return name;
}

/** Throws LIMIT for keys and texts that the format has no room for. */
export function checkKey(spec: TagSpec, path: string): void {
  const { expression, forExpression = '', keyLength } = spec;
  if (!Number.isInteger(keyLength) || keyLength < 1 || keyLength > MAX_KEY_BYTES) {
    throw new FieldstoneError('LIMIT', `keys of ${keyLength} bytes: 1 to ${MAX_KEY_BYTES} are possible`, { file: path });
  }
  if (expression.length + forExpression.length > MAX_TEXT || expression === '') {
    throw new FieldstoneError('LIMIT', `key and FOR expression have ${expression.length + forExpression.length} characters: 1 to ${MAX_TEXT} are possible`, { file: path });
  }
}
