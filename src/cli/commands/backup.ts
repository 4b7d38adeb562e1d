import type { Command } from '../command.js';
import { withDatabase } from '../open-target.js';
import { countOf, sizeText } from '../text-table.js';

export const backupCommand: Command = {
  name: 'backup',
  usage: '<folder> <target>',
  summary: 'copy a database as it is at this moment',
  details: 'Writes a consistent copy of the folder to a new folder: plain tables with their memo files and a catalog, synced and opened\n'
    + 'once to verify them. The target appears whole or not at all; it must not exist, or be empty. Takes no lock: also works\n'
    + 'beside a program that has the database open for writing. (Inside that program, db.backup() copies while writes go on.)',
  options: {},
  examples: ['fieldstone backup ./data ./backup/2024-12-31'],
  arguments: [2, 2],
  async run(context) {
    const [folder = '', target = ''] = context.positionals;
    return withDatabase(folder, { readOnly: true }, async (db) => {
      const result = await db.backup(target, {
        signal: context.signal, onProgress: ({ done, total }) => context.progress.update('copying', done, total),
      });
      context.progress.clear();
      await context.print(context.json ? `${JSON.stringify(result)}\n`
        : `${countOf(result.tables, 'table')}, ${countOf(result.records, 'record')}, ${sizeText(result.sizeBytes)} copied to ${target}\n`);
      return 0;
    });
  },
};
