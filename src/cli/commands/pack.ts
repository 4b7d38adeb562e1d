import type { Command } from '../command.js';
import { folderAndTable, tablesAndStores, withDatabase } from '../open-target.js';
import { countText, sizeText } from '../text-table.js';

export const packCommand: Command = {
  name: 'pack',
  usage: '<folder|file.dbf> [table|store...]',
  summary: 'remove deleted records, unused memo text and free space for good',
  details: 'Rebuilds the tables (default: all of the folder) without the records that are marked deleted; record numbers change. Rewrites\n'
    + 'the key-value stores without free space and expired values. Each is swapped in one step; interrupted, it stays as it was. Takes the lock of the folder.',
  options: { 'detach-indexes': { meaning: 'set index files aside that would go stale (renamed to <name>.detached)' } },
  examples: ['fieldstone pack ./data', 'fieldstone pack ./data orders customers'],
  arguments: [1, Infinity],
  async run(context) {
    const [path = '', ...names] = context.positionals;
    const { folder, table } = folderAndTable(context.env.vfs, path, names[0]);
    return withDatabase(folder, {}, async (db) => {
      const chosen = tablesAndStores(db, table === undefined ? names : [table, ...names.slice(1)]);
      const isAll = chosen.tables === undefined && chosen.stores === undefined;
      const results = [];
      for (const name of chosen.tables ?? (isAll ? db.tables() : [])) {
        const handle = db.table(name, undefined, { indexes: context.options['detach-indexes'] === true ? 'detach' : 'refuse' });
        const result = await handle.pack({ signal: context.signal, onProgress: ({ done, total }) => context.progress.update(`packing ${handle.name}`, done, total) });
        context.progress.clear();
        results.push({ table: handle.name, ...result });
        if (!context.json) await context.print(`${handle.name}: ${countText(result.removed)} removed, ${countText(result.kept)} kept\n`);
      }
      const stores = [];
      for (const name of chosen.stores ?? (isAll ? db.stores() : [])) {
        const result = await db.kv(name).compact({ signal: context.signal, onProgress: ({ done, total }) => context.progress.update(`packing ${name}`, done, total) });
        context.progress.clear();
        stores.push({ store: name, ...result });
        if (!context.json) await context.print(`${name}: ${countText(result.keys)} keys, ${sizeText(result.bytesBefore)} before, ${sizeText(result.bytesAfter)} now\n`);
      }
      if (context.json) await context.print(`${JSON.stringify({ tables: results, stores })}\n`);
      return 0;
    });
  },
};
