import { explainCdx, explainOrders, explainTree, isCdxFile, isOrderFile, isTreeFile } from '#index';
import { explainFile, FieldstoneError, type ExplainedBytes, type Vfs } from '#storage';
import { numberOption, type Command } from '../command.js';
import { RowOutput } from '../row-output.js';
import { plainText } from '../text-table.js';

function* explain(vfs: Vfs, path: string): Generator<ExplainedBytes, void, undefined> {
  const file = vfs.open(path, 'read');
  try {
    if (isTreeFile(file)) yield* explainTree(file);
    else if (isCdxFile(file)) yield* explainCdx(file);
    else yield* isOrderFile(file) ? explainOrders(file) : explainFile(vfs, path);
  } finally {
    file.close();
  }
}

export const dumpCommand: Command = {
  name: 'dump',
  usage: '<file>',
  summary: 'what the bytes of a file mean, one by one',
  details: 'Explains a table (its header), a memo file (its header), a key-value store (<name>.kv, all of its pages), an index file\n'
    + '(CDX, compact IDX: all of its pages), a log segment (fieldstone-<n>.wal) or a checkpoint journal byte by byte, as far as it goes in a damaged file. Exit status 1 when something is wrong in it. Never writes.',
  options: {
    from: { value: '<offset>', meaning: 'begin at this byte' },
    limit: { value: '<n>', meaning: 'at most so many lines' },
  },
  examples: ['fieldstone dump CITIES.DBF', 'fieldstone dump ./data/fieldstone-7.wal --json | grep problem'],
  arguments: [1, 1],
  async run(context) {
    const [path = ''] = context.positionals;
    const from = numberOption(context.options, 'from', 0) ?? 0;
    let left = numberOption(context.options, 'limit', 0) ?? Infinity;
    if (context.env.vfs.stat(path)?.kind === 'folder') throw new FieldstoneError('NOT_FOUND', `"${path}" is a folder; dump takes one file of it`, { file: path });
    const output = new RowOutput(context);
    let problems = 0;
    for (const piece of explain(context.env.vfs, path)) {
      if (piece.offset + piece.length < from || (piece.offset + piece.length === from && piece.length > 0)) continue;
      if (left-- <= 0) break;
      if (piece.problem !== undefined) problems++;
      const text = `${String(piece.offset).padStart(10)}  ${piece.hex.padEnd(48)}  ${piece.name}${piece.value === '' ? '' : ` = ${piece.value}`}`;
      const room = output.add(context.json ? `${JSON.stringify(piece)}\n` : `${plainText(text).trimEnd()}${piece.problem === undefined ? '' : `   ! ${plainText(piece.problem)}`}\n`);
      if (room !== undefined) await room;
      if (context.signal.aborted) throw new FieldstoneError('ABORTED', 'the dump was cancelled');
    }
    await output.flush();
    return problems > 0 ? 1 : 0;
  },
};
