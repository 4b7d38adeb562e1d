// The process that gets killed: transfers money and reports each commit on standard output, one id a line.
// Usage: node transfer-child.mjs <folder> <seed> <first id>
import { writeSync } from 'node:fs';
import { open } from '../dist/src/main.js';
import { runTransfers } from './transfers.mjs';

const [, , folder, seed, firstId] = process.argv;
const db = await open(folder);
await runTransfers(db, {
  workers: 64, milliseconds: 60_000, seed: Number(seed), firstId: Number(firstId), onCommit: (id) => writeSync(1, `${id}\n`),
});
