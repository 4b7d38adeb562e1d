import { join, resolve } from 'node:path';
import { FieldstoneError, hasCode, type Vfs } from '#storage';
import { KNOBS } from '../../config/knobs.js';
import { open } from '../../open.js';
import { benchSteps, type BenchFigure } from '../bench-work.js';
import { numberOption, wordOption, type CliContext, type Command } from '../command.js';
import { kindOf } from '../open-target.js';
import { timeText } from '../stats-text.js';
import { countText, textTable } from '../text-table.js';

const DEFAULT_ROWS = 100_000;
const MOST_ROWS = 10_000_000;
const DEFAULT_SECONDS = 1;
const { choices: DURABILITIES, default: DURABILITY } = KNOBS.durability;

export const benchCommand: Command = {
  name: 'bench',
  usage: '[folder]',
  summary: 'measure this machine and this disk with rows and pairs of its own',
  details: 'Makes a folder fieldstone-bench-<process> in the given one (default: the current one), loads rows and pairs there, reads, finds,\n'
    + 'updates and commits, and removes it again. Nothing else in the folder is read or written. The figures are of this\n'
    + 'machine and this disk, not comparisons: for those see bench/ in the repository.',
  options: {
    rows: { short: 'n', value: '<n>', meaning: `rows and pairs to load; default ${countText(DEFAULT_ROWS)}` },
    seconds: { short: 's', value: '<n>', meaning: `length of each step; default ${DEFAULT_SECONDS}` },
    durability: { value: '<word>', meaning: `${DURABILITIES.join(', ')}; default ${DURABILITY}` },
  },
  examples: ['fieldstone bench', 'fieldstone bench /mnt/data --rows 1000000', 'fieldstone bench --durability none --json'],
  arguments: [0, 1],
  async run(context) {
    const [folder = '.'] = context.positionals;
    const { vfs } = context.env;
    if (kindOf(vfs, folder) !== 'folder') throw new FieldstoneError('NOT_FOUND', `"${folder}" is no folder`, { file: folder });
    const rows = Math.min(MOST_ROWS, numberOption(context.options, 'rows', 1) ?? DEFAULT_ROWS);
    const stepMs = (numberOption(context.options, 'seconds', 1) ?? DEFAULT_SECONDS) * 1000;
    const durability = wordOption(context.options, 'durability', DURABILITIES) ?? DURABILITY;
    const scratch = join(resolve(folder), `fieldstone-bench-${process.pid}`);
    if (vfs.stat(scratch) !== undefined) throw new FieldstoneError('EXISTS', `"${scratch}" is there already; remove it`, { file: scratch });
    const figures: BenchFigure[] = [];
    try {
      const db = await open(scratch, { durability });
      try {
        for await (const figure of benchSteps(context.env, db, { rows, stepMs, signal: context.signal })) {
          figures.push(figure);
          context.progress.update(figure.step, figures.length, 0);
          if (context.signal.aborted) break;
        }
      } finally {
        await db.close();
      }
    } finally {
      removeAll(vfs, scratch);
      context.progress.clear();
    }
    await print(context, { rows, durability, node: process.version, figures });
    return context.signal.aborted ? 1 : 0;
  },
};

interface Bench {
  readonly rows: number;
  readonly durability: string;
  readonly node: string;
  readonly figures: readonly BenchFigure[];
}

async function print(context: CliContext, bench: Bench): Promise<void> {
  if (context.json) return context.print(`${JSON.stringify(bench)}\n`);
  const time = (ms: number | undefined): string => (ms === undefined ? '-' : timeText(ms));
  return context.print(`${countText(bench.rows)} rows and pairs, durability ${bench.durability}, Node ${bench.node}\n\n${textTable([
    { title: 'step' }, { title: 'per second', align: 'right' }, { title: 'p50', align: 'right' }, { title: 'p99', align: 'right' },
  ], bench.figures.map((one) => [one.step, countText(Math.round(one.perSecond)), time(one.p50Ms), time(one.p99Ms)]))}`);
}

/** The bench's own folder, whatever is in it. */
function removeAll(vfs: Vfs, folder: string): void {
  if (vfs.stat(folder) === undefined) return;
  for (const name of vfs.list(folder)) {
    const path = join(folder, name);
    try {
      vfs.unlink(path);
    } catch (e) {
      if (!hasCode(e, 'IO')) throw e;
      removeAll(vfs, path); // a folder: that of the lock
    }
  }
  vfs.removeFolder(folder);
}
