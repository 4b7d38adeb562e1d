import type { Command } from '../command.js';
import { folderAndTable, tablesAndStores, withDatabase } from '../open-target.js';
import { plainText } from '../text-table.js';

export const repairCommand: Command = {
  name: 'repair',
  usage: '<folder|file.dbf> [table|store...]',
  summary: 'rebuild damaged tables and stores from what can be read',
  details: 'Writes repaired copies of the damaged tables and key-value stores (default: all of the folder), then swaps each in one step.\n'
    + 'The files as they were stay beside them as <file>.bak-<n>; nothing is lost. What has no damage is not touched. Takes the lock of the folder.\n'
    + 'Exit status 1 when something could not be repaired.',
  options: {
    'ignore-uncounted': { meaning: 'do not take in whole records that stand behind the count of the header' },
    'drop-truncated': { meaning: 'drop a last record that was cut off, instead of keeping its whole fields' },
    'detach-indexes': { meaning: 'set index files aside that would go stale (renamed to <name>.detached)' },
  },
  examples: ['fieldstone repair ./data', 'fieldstone repair ./data orders', 'fieldstone repair CITIES.DBF'],
  arguments: [1, Infinity],
  async run(context) {
    const [path = '', ...names] = context.positionals;
    const { folder, table } = folderAndTable(context.env.vfs, path, names[0]);
    return withDatabase(folder, {}, async (db) => {
      const result = await db.repair({
        signal: context.signal, ...tablesAndStores(db, table === undefined ? names : [table, ...names.slice(1)]),
        uncounted: context.options['ignore-uncounted'] === true ? 'ignore' : 'recover', truncated: context.options['drop-truncated'] === true ? 'drop' : 'keep',
        indexes: context.options['detach-indexes'] === true ? 'detach' : 'refuse',
        onProgress: ({ done, total }) => context.progress.update('repairing', done, total),
      });
      context.progress.clear();
      if (context.json) await context.print(`${JSON.stringify(result)}\n`);
      else {
        for (const t of [...result.tables, ...result.stores.map((one) => ({ ...one, table: one.store }))]) {
          const kept = t.kept.length === 0 ? '' : `  originals kept: ${t.kept.join(', ')}\n`;
          await context.print(`${t.table}: ${t.status}${t.error === undefined ? '' : `: ${plainText(t.error.message)} (${t.error.code})`}\n${t.actions.map((a) => `  ${plainText(a)}\n`).join('')}${kept}`);
        }
      }
      return [...result.tables, ...result.stores].some((t) => t.status === 'failed') ? 1 : 0;
    });
  },
};
