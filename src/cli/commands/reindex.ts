import type { Command } from '../command.js';
import { folderAndTable, withDatabase } from '../open-target.js';
import { entriesText } from '../index-facts.js';

export const reindexCommand: Command = {
  name: 'reindex',
  usage: '<folder|file.dbf> [table...]',
  summary: 'make the indexes of tables anew',
  details: 'Makes all indexes of the tables (default: all of the folder) anew from their rows: those of Fieldstone and the tags of CDX, IDX, NTX and NDX files.\n'
    + 'Each is replaced in one step. Takes the lock of the folder.',
  options: { 'detach-indexes': { meaning: 'set index files aside that can not be made anew (renamed to <name>.detached)' } },
  examples: ['fieldstone reindex ./data', 'fieldstone reindex ./data orders customers'],
  arguments: [1, Infinity],
  async run(context) {
    const [path = '', ...names] = context.positionals;
    const { folder, table } = folderAndTable(context.env.vfs, path, names[0]);
    return withDatabase(folder, {}, async (db) => {
      const results = [];
      const chosen = table === undefined ? names : [table, ...names.slice(1)];
      for (const name of chosen.length === 0 ? db.tables() : chosen) {
        const handle = db.table(name, undefined, { indexes: context.options['detach-indexes'] === true ? 'detach' : 'refuse' });
        const before = handle.indexes().length;
        if (before > 0) await handle.reindex({ signal: context.signal, onProgress: ({ done, total }) => context.progress.update(`indexing ${handle.name}`, done, total) });
        context.progress.clear();
        const indexes = handle.indexes().map(({ name: index, kind, entryCount }) => ({ name: index, kind, entries: entryCount }));
        results.push({ table: handle.name, indexes });
        if (!context.json) await context.print(`${handle.name}: ${indexes.length === 0 ? 'no indexes' : indexes.map((ix) => `${ix.name} (${entriesText({ kind: ix.kind, entryCount: ix.entries })})`).join(', ')}\n`);
      }
      if (context.json) await context.print(`${JSON.stringify({ tables: results })}\n`);
      return 0;
    });
  },
};
