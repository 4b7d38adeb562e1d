import type { Command } from '../command.js';
import { folderAndTable, withDatabase } from '../open-target.js';
import { countText } from '../text-table.js';

export const packCommand: Command = {
  name: 'pack',
  usage: '<folder|file.dbf> [table...]',
  summary: 'remove deleted records and unused memo text for good',
  details: 'Rebuilds the tables (default: all of the folder) without the records that are marked deleted. Record numbers change.\n'
    + 'Each table is swapped in one step; interrupted, it stays as it was. Takes the lock of the folder.',
  options: { 'detach-indexes': { meaning: 'set index files aside that would go stale (renamed to <name>.detached)' } },
  examples: ['fieldstone pack ./data', 'fieldstone pack ./data orders customers'],
  arguments: [1, Infinity],
  async run(context) {
    const [path = '', ...names] = context.positionals;
    const { folder, table } = folderAndTable(context.env.vfs, path, names[0]);
    return withDatabase(folder, {}, async (db) => {
      const chosen = names.length > 0 ? names : table === undefined ? db.tables() : [table];
      const results = [];
      for (const name of chosen) {
        const handle = db.table(name, undefined, { indexes: context.options['detach-indexes'] === true ? 'detach' : 'refuse' });
        const result = await handle.pack({ signal: context.signal, onProgress: ({ done, total }) => context.progress.update(`packing ${handle.name}`, done, total) });
        context.progress.clear();
        results.push({ table: handle.name, ...result });
        if (!context.json) await context.print(`${handle.name}: ${countText(result.removed)} removed, ${countText(result.kept)} kept\n`);
      }
      if (context.json) await context.print(`${JSON.stringify({ tables: results })}\n`);
      return 0;
    });
  },
};
