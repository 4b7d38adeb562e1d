// Moves 1 from account 1 to account 2 for ever and prints a line for every acknowledged transfer. Killed by smoke.mjs.
import { writeSync } from 'node:fs';
import { integer, open } from '../../dist/src/main.js';

const db = await open(process.argv[2], { durability: process.argv[3] });
const accounts = await db.createTable('accounts', { balance: integer() });
const transfers = await db.createTable('transfers', { amount: integer() });
await accounts.insertMany([{ balance: 1000 }, { balance: 0 }]);
for (;;) {
  await db.transaction((tx) => {
    const t = tx.table(accounts);
    t.update(1, { balance: t.get(1).balance - 1 });
    t.update(2, { balance: t.get(2).balance + 1 });
    tx.table(transfers).insert({ amount: 1 });
  });
  writeSync(1, 'acknowledged\n');
}
