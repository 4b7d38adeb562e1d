import type { Command } from './command.js';
import { backupCommand } from './commands/backup.js';
import { benchCommand } from './commands/bench.js';
import { catCommand } from './commands/cat.js';
import { checkCommand } from './commands/check.js';
import { dumpCommand } from './commands/dump.js';
import { exportCommand } from './commands/export.js';
import { findCommand } from './commands/find.js';
import { importCommand } from './commands/import.js';
import { infoCommand } from './commands/info.js';
import { optionsCommand } from './commands/options.js';
import { packCommand } from './commands/pack.js';
import { profileCommand } from './commands/profile.js';
import { reindexCommand } from './commands/reindex.js';
import { repairCommand } from './commands/repair.js';
import { statsCommand } from './commands/stats.js';
import { topCommand } from './commands/top.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  infoCommand, catCommand, findCommand, importCommand, exportCommand, checkCommand, repairCommand, packCommand, reindexCommand, dumpCommand, backupCommand,
  statsCommand, topCommand, profileCommand, benchCommand, optionsCommand,
];
