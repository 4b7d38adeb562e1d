import type { Command } from '../command.js';
import { folderAndTable, withDatabase } from '../open-target.js';
import { plainText } from '../text-table.js';

export const repairCommand: Command = {
  name: 'repair',
  usage: '<folder|file.dbf> [table...]',
  summary: 'rebuild damaged tables from what can be read',
  details: 'Writes repaired copies of the damaged tables (default: all of the folder), then swaps each in one step. The files as they were\n'
    + 'stay beside the table as <file>.bak-<n>; nothing is lost. Tables without damage are not touched. Takes the lock of the folder.\n'
    + 'Exit status 1 when a table could not be repaired.',
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
      const tables = names.length > 0 ? names : table === undefined ? undefined : [table];
      const result = await db.repair({
        signal: context.signal, ...(tables === undefined ? {} : { tables }),
        uncounted: context.options['ignore-uncounted'] === true ? 'ignore' : 'recover', truncated: context.options['drop-truncated'] === true ? 'drop' : 'keep',
        indexes: context.options['detach-indexes'] === true ? 'detach' : 'refuse',
        onProgress: ({ done, total }) => context.progress.update('repairing', done, total),
      });
      context.progress.clear();
      if (context.json) await context.print(`${JSON.stringify(result)}\n`);
      else {
        for (const t of result.tables) {
          const kept = t.kept.length === 0 ? '' : `  originals kept: ${t.kept.join(', ')}\n`;
          await context.print(`${t.table}: ${t.status}${t.error === undefined ? '' : `: ${plainText(t.error.message)} (${t.error.code})`}\n${t.actions.map((a) => `  ${plainText(a)}\n`).join('')}${kept}`);
        }
      }
      return result.tables.some((t) => t.status === 'failed') ? 1 : 0;
    });
  },
};
