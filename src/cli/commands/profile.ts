import { resolve } from 'node:path';
import type { Database } from '../../database.js';
import { renderReport } from '../../report/render-report.js';
import { formatOfReport, REPORT_EXTENSIONS } from '../../report/report-format.js';
import { listOption, numberOption, UsageError, type CliContext, type Command } from '../command.js';
import { folderAndTable, withDatabase } from '../open-target.js';

const DEFAULT_SECONDS = 5;
const DEFAULT_OUTPUT = 'report.html';
/** Point reads between two looks at the clock. */
const READS = 256;
const ROWS_OF_A_SCAN = 20_000;

export const profileCommand: Command = {
  name: 'profile',
  usage: '<folder|file.dbf> [table]',
  summary: 'read a table for some seconds and report where the time goes',
  details: 'Reads in turn: a scan, then rows at random places, as a program would, and records the processor, memory, files and the cache\n'
    + 'meanwhile. Never writes into the folder and takes no lock. To profile your own program use db.profile() in it.\n'
    + `Reports by ending: ${REPORT_EXTENSIONS.join(' ')}`,
  options: {
    seconds: { short: 's', value: '<n>', meaning: `how long; default ${DEFAULT_SECONDS}` },
    output: { short: 'o', value: '<file,...>', meaning: `where the reports go; default ${DEFAULT_OUTPUT}` },
  },
  examples: ['fieldstone profile ./data cities', 'fieldstone profile ./data cities -s 10 -o report.html,flame.svg,profile.pb.gz'],
  arguments: [1, 2],
  async run(context) {
    const [path = '', named] = context.positionals;
    const seconds = numberOption(context.options, 'seconds', 1) ?? DEFAULT_SECONDS;
    const outputs = (listOption(context.options, 'output') ?? [DEFAULT_OUTPUT]).map((output) => resolve(output));
    for (const output of outputs) formatOfReport(output); // OPTION before the work
    const { folder, table } = folderAndTable(context.env.vfs, path, named);
    return withDatabase(folder, { readOnly: true }, async (db) => {
      const names = table === undefined ? db.tables() : [table];
      if (names.length === 0) throw new UsageError(`"${folder}" holds no table to read`);
      const profiler = db.profile({ cpu: true, memory: true, cache: true, title: `reading ${names.join(', ')}` });
      const read = await readFor(context, db, names, seconds * 1e9);
      const profile = await profiler.stop();
      for (const output of outputs) await profile.save(output);
      context.progress.clear();
      if (context.json) await context.print(`${JSON.stringify({ ...read, outputs })}\n`);
      else await context.print(`${renderReport(profile.data, 'text').toString()}\n${outputs.map((output) => `written: ${output}\n`).join('')}`);
      return 0;
    });
  },
};

interface RowsRead {
  readonly rowsScanned: number;
  readonly rowsRead: number;
}

async function readFor(context: CliContext, db: Database, names: readonly string[], lengthNs: number): Promise<RowsRead> {
  const { clock, random } = context.env;
  const start = clock.monotonicNs();
  const places = new Uint32Array(READS);
  let rowsScanned = 0;
  let rowsRead = 0;
  while (clock.monotonicNs() - start < lengthNs && !context.signal.aborted) {
    for (const name of names) {
      const table = db.table(name);
      let left = ROWS_OF_A_SCAN;
      for await (const _row of table.scan({ signal: context.signal })) {
        rowsScanned++;
        if (--left === 0) break;
      }
      random.fill(new Uint8Array(places.buffer));
      for (const place of places) if (table.recordCount > 0 && table.get(1 + (place % table.recordCount)) !== undefined) rowsRead++;
    }
    context.progress.update('reading', Math.round((clock.monotonicNs() - start) / 1e6), Math.round(lengthNs / 1e6));
  }
  return { rowsScanned, rowsRead };
}
