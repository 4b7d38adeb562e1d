import { resolve } from 'node:path';
import { FieldstoneError } from '#storage';
import { readPublishedStats, type PublishedStats } from '../../profile/published-stats.js';
import { numberOption, type CliContext, type Command } from '../command.js';
import { kindOf } from '../open-target.js';
import { statsText } from '../stats-text.js';
import { wait } from '../wait.js';

const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

/** What the owner of the folder published. Throws NOT_FOUND with the way to have it. */
export function publishedIn(context: CliContext, folder: string): PublishedStats {
  kindOf(context.env.vfs, folder);
  const published = readPublishedStats(context.env.vfs, resolve(folder));
  if (published !== undefined) return published;
  throw new FieldstoneError('NOT_FOUND', `no program publishes what it counts in "${folder}"; open it with { publishStatsMs: 1000 }, or run the program `
    + 'with FIELDSTONE_PUBLISH_STATS_MS=1000', { file: folder });
}

/** As much as the terminal has room for now; the cursor needs the last line. */
function screenText(context: CliContext, published: PublishedStats): string {
  const size = context.screen?.();
  return statsText(published, context.env.clock.nowMs(), size?.columns ?? context.columns, size === undefined ? undefined : size.rows - 1);
}

export const topCommand: Command = {
  name: 'top',
  usage: '<folder>',
  summary: 'watch a database that a program has open',
  details: 'Shows what the program counts: commits, cache, files, log, memory, operations with their times, hot locks. It reads\n'
    + 'the small file fieldstone-stats.json that the program writes when it is opened with publishStatsMs, and no other file.\n'
    + 'Without a terminal, or with --once, it prints one picture. Ctrl-C ends it.',
  options: {
    once: { meaning: 'one picture, without control characters' },
    interval: { short: 'n', value: '<ms>', meaning: 'milliseconds between two pictures; default 1,000' },
  },
  examples: ['fieldstone top ./data', 'fieldstone top ./data --once', 'fieldstone top ./data --json'],
  arguments: [1, 1],
  async run(context) {
    const [folder = ''] = context.positionals;
    const intervalMs = numberOption(context.options, 'interval', 50) ?? 1000;
    const first = publishedIn(context, folder);
    if (context.json) {
      await context.print(`${JSON.stringify(first)}\n`);
      return 0;
    }
    if (context.options['once'] === true || context.columns === undefined) {
      await context.print(statsText(first, context.env.clock.nowMs(), context.columns));
      return 0;
    }
    await context.print(ENTER_SCREEN);
    let last = first;
    try {
      while (!context.signal.aborted) {
        last = readPublishedStats(context.env.vfs, resolve(folder)) ?? last; // between two writings, or after the program has closed: the last ones
        await context.print(`${HOME_AND_CLEAR}${screenText(context, last)}`);
        await wait(intervalMs, context.signal);
      }
    } finally {
      await context.print(LEAVE_SCREEN);
    }
    return 0;
  },
};
