// A process that opens a database read-only (or for writing) and does as its parent says, one command a line.
// Arguments: address of src/open.js, folder, options as JSON.
import { createInterface } from 'node:readline';

const [address, folder, options] = process.argv.slice(2);
const { open } = await import(address);
let db;

const sum = () => {
  const rows = [...db.table('t').scan()];
  return { rows: rows.length, sum: rows.reduce((all, row) => all + row.n, 0), memos: new Set(rows.map((row) => row.notes)).size };
};
const commands = {
  open: async () => { db = await open(folder, JSON.parse(options)); return {}; },
  sum: async () => sum(),
  refresh: async () => { await db.refresh(); return {}; },
  insert: async () => ({ recno: await db.table('t').insert({ n: 1 }) }),
  written: async () => ({ written: db.stats().counters.io.bytesWritten ?? 0 }),
  close: async () => { await db.close(); return {}; },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await commands[line]();
  } catch (error) {
    answer = { code: error.code, message: error.message, details: error.details };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
