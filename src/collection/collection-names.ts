import type { TableHost } from '../table/table-host.js';
import { collectionLayout } from './collection-layout.js';

/** Names of the tables that hold documents: their headers tell. A table that can not be opened is none. */
export function collectionNames(host: TableHost): string[] {
  const { engine } = host;
  const names: string[] = [];
  for (const entry of engine.tables.state.values()) {
    try {
      if (collectionLayout(engine.store(entry).layout) !== undefined) names.push(entry.name);
    } catch {
      continue; // its own error comes when it is used
    }
  }
  return names;
}
