import { FieldstoneError, nearestNames } from '#storage';
import type { Engine } from '#txn';
import { PARTS_SUFFIX } from '../kv/parts.js';
import { visibleStores } from '../kv/store-names.js';

/** Which tables and stores are meant; naming some of one kind leaves the other out. */
export interface Chosen { readonly tables?: readonly string[]; readonly stores?: readonly string[] }

/** The names, checked and as they are spelled. A store comes with the one that holds the parts of its values. Throws NOT_FOUND. */
export function chosenWork(engine: Engine, { tables, stores }: Chosen): { readonly tables: readonly string[]; readonly stores: readonly string[]; readonly isAll: boolean } {
  const isAll = tables === undefined && stores === undefined;
  return {
    isAll,
    tables: tables?.map((name) => engine.entry(name).name) ?? (isAll ? [...engine.tables.state.values()].map((entry) => entry.name) : []),
    stores: isAll ? engine.keyStores.names() : (stores ?? []).flatMap((name) => withParts(engine, name)),
  };
}

function withParts(engine: Engine, name: string): string[] {
  const { keyStores } = engine;
  if (!keyStores.has(name)) {
    const near = nearestNames(name, visibleStores(engine));
    throw new FieldstoneError('NOT_FOUND', `there is no store "${name}"${near.length === 0 ? '' : `; did you mean ${near.map((n) => `"${n}"`).join(' or ')}?`}`, { details: { store: name } });
  }
  const parts = name + PARTS_SUFFIX;
  const spelled = keyStores.fileOf(name)?.name ?? name;
  return keyStores.has(parts) ? [spelled, keyStores.fileOf(parts)?.name ?? parts] : [spelled];
}
