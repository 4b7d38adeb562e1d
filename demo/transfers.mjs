// Transfers between accounts: two balances and a line in the log change together or not at all.
import { numeric } from '../dist/src/main.js';
import { seededRandom } from './make-csv.mjs';

const LOG = { id: numeric(12), payer: numeric(6), payee: numeric(6), amount: numeric(6) };

/** The table of transfers, made at the first call. */
export function transferLog(db) { return db.createTable('transfers', LOG, { dialect: 'foxpro2', ifNotExists: true }); }

export function totalBalance(db) {
  let total = 0;
  for (const row of db.table('accounts').scan({ fields: ['balance'] })) total += row.balance;
  return total;
}

/** One transfer in a transaction of its own, with an await in its body, so that transfers interleave. */
async function transfer(db, id, payer, payee, amount, { onRun, lock }) {
  await db.transaction(async (tx) => {
    onRun();
    // Locks before the first read, and always in the same order, so that no two wait for each other.
    if (lock) for (const account of [payer, payee].sort((a, b) => a - b)) await tx.lock('accounts', account);
    const accounts = tx.table('accounts');
    const from = accounts.get(payer);
    const to = accounts.get(payee);
    await Promise.resolve();
    accounts.update(payer, { balance: from.balance - amount });
    accounts.update(payee, { balance: to.balance + amount });
    tx.table('transfers').insert({ id, payer, payee, amount });
  }, { retries: 100 });
}

/**
 * Lets `workers` make transfers one after the other until the time is over. `onCommit` gets the id of each transfer that was
 * acknowledged. Ids begin at `firstId`. `accounts` of them take part (all of them by default); with `lock` each transfer locks its two first.
 */
export async function runTransfers(db, { workers, milliseconds, seed, firstId = 1, accounts, lock = false, onCommit = () => undefined }) {
  await transferLog(db);
  const count = accounts ?? db.table('accounts').recordCount;
  const end = performance.now() + milliseconds;
  let id = firstId;
  let transfers = 0;
  let runs = 0;
  const work = async (worker) => {
    const random = seededRandom(seed * 7919 + worker + firstId);
    while (performance.now() < end) {
      const payer = 1 + Math.floor(random() * count);
      const payee = 1 + ((payer + Math.floor(random() * (count - 1))) % count);
      const mine = id++;
      if (payee === payer) continue;
      await transfer(db, mine, payer, payee, 1 + Math.floor(random() * 20), { onRun: () => { runs++; }, lock });
      transfers++;
      onCommit(mine);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return { transfers, conflicts: runs - transfers };
}
