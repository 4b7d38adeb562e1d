import { resolve } from 'node:path';
import { readPublishedStats } from '../../profile/published-stats.js';
import type { Command } from '../command.js';
import { kindOf, withDatabase } from '../open-target.js';
import { isStale, statsText } from '../stats-text.js';
import { countText, plainText, sizeText, textTable } from '../text-table.js';

export const statsCommand: Command = {
  name: 'stats',
  usage: '<folder>',
  summary: 'what a program has counted, or what lies in the folder',
  details: 'Of a database that a program has open with publishStatsMs: its counters, as top shows them. Of any other folder: tables,\n'
    + 'stores, their sizes, and the log that is not folded yet. Takes no lock and never writes.',
  options: {},
  examples: ['fieldstone stats ./data', 'fieldstone stats ./data --json'],
  arguments: [1, 1],
  async run(context) {
    const [folder = ''] = context.positionals;
    const { vfs, clock } = context.env;
    kindOf(vfs, folder);
    const published = readPublishedStats(vfs, resolve(folder));
    if (published !== undefined && !isStale(published, clock.nowMs())) {
      await context.print(context.json ? `${JSON.stringify(published)}\n` : statsText(published, clock.nowMs(), context.columns));
      return 0;
    }
    return withDatabase(folder, { readOnly: true }, async (db) => {
      const stats = db.stats();
      const tables = db.tables().map((name) => {
        const { recordCount, sizeBytes } = db.table(name).info();
        return { name, records: recordCount, sizeBytes };
      });
      const stores = db.stores().map((name) => ({ name, keys: db.kv(name).count() }));
      const { historyBytes = 0, deltaBytes = 0, sequence = 0 } = stats.counters['engine'] ?? {};
      if (context.json) await context.print(`${JSON.stringify({ folder, tables, stores, deltaBytes, historyBytes, sequence })}\n`);
      else {
        await context.print(`${textTable([{ title: 'table or store' }, { title: 'records', align: 'right' }, { title: 'size', align: 'right' }], [
          ...tables.map((t) => [plainText(t.name), countText(t.records), sizeText(t.sizeBytes)]), ...stores.map((s) => [plainText(s.name), countText(s.keys), '']),
        ])}\n${sizeText(deltaBytes)} of changes are in the log and not yet in the files; ${countText(sequence)} commits were made in all\n`);
      }
      return 0;
    });
  },
};
