import type { Finding } from '#storage';
import type { Command } from '../command.js';
import { folderAndTable, tablesAndStores, withDatabase } from '../open-target.js';
import { countOf, plainText } from '../text-table.js';

function line(finding: Finding): string {
  const place = [finding.file, finding.offset === undefined ? undefined : `byte ${finding.offset}`].filter((part) => part !== undefined).join(', ');
  return `${finding.severity.padEnd(7)}  ${finding.code}  ${plainText(finding.message)}${place === '' ? '' : `  (${plainText(place)})`}\n`;
}

export const checkCommand: Command = {
  name: 'check',
  usage: '<folder|file.dbf> [table|store...]',
  summary: 'look for damage; changes nothing',
  details: 'Reads every record, memo pointer and header of the tables and every page, key and value of the key-value stores (default:\n'
    + 'all of the folder) as last committed, compares the catalog with the files, and looks for leftovers. Never writes. Works beside a program that has the folder open.\n'
    + 'Exit status 1 when an error or a warning was found; notes are harmless.',
  options: { quiet: { short: 'q', meaning: 'no notes' } },
  examples: ['fieldstone check ./data', 'fieldstone check ./data orders --json', 'fieldstone check CITIES.DBF'],
  arguments: [1, Infinity],
  async run(context) {
    const [path = '', ...names] = context.positionals;
    const { folder, table } = folderAndTable(context.env.vfs, path, names[0]);
    return withDatabase(folder, { readOnly: true }, async (db) => {
      const result = await db.check({
        signal: context.signal, ...tablesAndStores(db, table === undefined ? names : [table, ...names.slice(1)]), onProgress: ({ done, total }) => context.progress.update('checking', done, total),
      });
      context.progress.clear();
      const shown = context.options['quiet'] === true ? result.findings.filter((f) => f.severity !== 'note') : result.findings;
      if (context.json) await context.print(`${JSON.stringify({ ...result, findings: shown })}\n`);
      else {
        const of = (severity: Finding['severity']): number => result.findings.filter((f) => f.severity === severity).length;
        await context.print(`${shown.map(line).join('')}${countOf(result.tables, 'table')}, ${countOf(result.records, 'record')}`
          + `${result.stores === 0 ? '' : `, ${countOf(result.stores, 'store')}, ${countOf(result.keys, 'key')}`}: `
          + `${result.ok ? 'fine' : 'damage found'} (${countOf(of('error'), 'error')}, ${countOf(of('warning'), 'warning')}, ${countOf(of('note'), 'note')})\n`);
      }
      return result.ok ? 0 : 1;
    });
  },
};
