import { KEY_KINDS } from '#index';
import { FieldstoneError } from '#storage';
import { assertOptions, shown } from '../arguments.js';
import { VALUE_KINDS, type Engine } from '#txn';
import { assertTableName } from '../table/table-name.js';
import type { KvOptions } from './kv-types.js';
import { PARTS_SUFFIX } from './parts.js';

/** Throws NAME for a name that is none, OPTION for options that are not known. */
export function assertStoreOptions(name: string, options: KvOptions): void {
  assertTableName(name);
  assertOptions(options, ['keys', 'values'], 'a store');
  for (const [option, value] of Object.entries(options)) {
    const known: readonly string[] | undefined = option === 'keys' ? KEY_KINDS : option === 'values' ? VALUE_KINDS : undefined;
    if (known !== undefined && value !== undefined && !(typeof value === 'string' && known.includes(value))) {
      throw new FieldstoneError('OPTION', `${option} must be one of ${known.join(', ')}, got ${shown(value)}`, { option });
    }
  }
}

/** Stores of users: those that hold the parts of large values are not among them. */
export function visibleStores(engine: Engine): string[] {
  return engine.keyStores.names().filter((name) => !name.toLowerCase().endsWith(PARTS_SUFFIX));
}
