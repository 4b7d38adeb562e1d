import { fileURLToPath } from 'node:url';
import { ERROR_CODES, FieldstoneError, nearestNames, readFully, type Environment, type Vfs } from '#storage';
import { COMMANDS } from './commands.js';
import { UsageError, type CliContext, type Command, type Progress, type ScreenSize } from './command.js';
import { commandHelp, mainHelp, usageLine } from './help-text.js';
import { parseCommandLine } from './parse-command-line.js';
import { plainText } from './text-table.js';

/** The outside world of the command line; tests give their own. */
export interface CliIo {
  readonly env: Environment;
  print(text: string): Promise<void>;
  tell(text: string): void;
  readonly columns: number | undefined;
  /** Size of the terminal at this moment. */
  readonly screen?: (() => ScreenSize) | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The reader of standard output has gone: there is nothing left to say. */
  isOutputClosed(): boolean;
  readonly stdin: () => AsyncIterable<Uint8Array>;
}

/** Runs one command line. Resolves to the exit status: 0 fine, 1 found something or failed, 2 wrong usage. Never throws. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const [first, ...rest] = args;
  const command = COMMANDS.find((c) => c.name === first);
  const json = args.includes('--json');
  try {
    if (command === undefined) return await withoutCommand(first, rest, io);
    const { options, positionals } = parseCommandLine(command, rest);
    if (options['help'] === true) {
      await io.print(commandHelp(command));
      return 0;
    }
    const context: CliContext = {
      env: io.env, positionals, options, json: options['json'] === true, signal: io.signal, print: (text) => io.print(text),
      tell: (text) => {
        io.progress.clear();
        io.tell(text);
      },
      columns: io.columns, screen: io.screen, progress: io.progress, stdin: io.stdin,
    };
    return await command.run(context);
  } catch (e) {
    if (io.isOutputClosed()) return 0;
    return await report(e, command, json, io);
  } finally {
    io.progress.clear();
  }
}

async function withoutCommand(first: string | undefined, rest: readonly string[], io: CliIo): Promise<number> {
  const version = versionOf(io.env.vfs);
  if (first === '--version' || first === '-v') {
    await io.print(`${version}\n`);
    return 0;
  }
  const named = first === 'help' ? COMMANDS.find((c) => c.name === rest[0]) : undefined;
  if (named !== undefined) {
    await io.print(commandHelp(named));
    return 0;
  }
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    await io.print(mainHelp(COMMANDS, version));
    return first === undefined ? 2 : 0;
  }
  const near = nearestNames(first, COMMANDS.map((c) => c.name));
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `commands: ${COMMANDS.map((c) => c.name).join(', ')}`;
  throw new UsageError(`there is no command "${plainText(first.slice(0, 64))}"; ${hint}`);
}

function versionOf(vfs: Vfs): string {
  // Beside the build, or beside the sources.
  const path = ['../../../package.json', '../../package.json'].map((place) => fileURLToPath(new URL(place, import.meta.url))).find((one) => vfs.stat(one) !== undefined);
  const sizeBytes = path === undefined ? undefined : vfs.stat(path)?.sizeBytes;
  if (path === undefined || sizeBytes === undefined) return '';
  const bytes = Buffer.alloc(sizeBytes);
  const file = vfs.open(path, 'read');
  try {
    readFully(file, bytes, 0);
  } finally {
    file.close();
  }
  return /"version":\s*"([^"]*)"/.exec(bytes.toString())?.[1] ?? '';
}

async function report(e: unknown, command: Command | undefined, json: boolean, io: CliIo): Promise<number> {
  io.progress.clear();
  const status = e instanceof UsageError || (e instanceof FieldstoneError && e.code === 'OPTION') ? 2 : 1;
  const message = e instanceof Error ? e.message : String(e);
  const interrupted = e instanceof FieldstoneError && e.code === 'ABORTED' && io.signal.aborted;
  if (json) {
    const code = e instanceof FieldstoneError ? e.code : e instanceof UsageError ? 'USAGE' : 'INTERNAL';
    await io.print(`${JSON.stringify({ error: { code, message } })}\n`);
    return status;
  }
  io.tell(`fieldstone: ${plainText(interrupted ? 'interrupted; nothing was changed' : message)}\n`);
  if (status === 2) {
    const usage = command === undefined ? 'fieldstone <command> [options]' : `${usageLine(command)} [options]`;
    io.tell(`Usage: ${usage}\nfieldstone ${command === undefined ? '' : `${command.name} `}--help tells more.\n`);
  } else if (e instanceof FieldstoneError && !interrupted) io.tell(`${e.code}: ${ERROR_CODES[e.code].remedy}\n`);
  else if (!(e instanceof FieldstoneError) && e instanceof Error && e.stack !== undefined) io.tell(`${e.stack}\n`);
  return status;
}
