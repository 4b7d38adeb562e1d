// Kills a child in the middle of its commits and looks at what is left.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { open } from '../dist/src/main.js';
import { seededRandom } from './make-csv.mjs';
import { totalBalance } from './transfers.mjs';

const child = fileURLToPath(new URL('transfer-child.mjs', import.meta.url));
const IDS_PER_ROUND = 10_000_000;
const OPENING_BALANCE = 1000;

/** Runs the child, kills it a while after its first commit; resolves to the ids it acknowledged. */
function runAndKill(folder, seed, firstId, afterMs) {
  return new Promise((resolve, reject) => {
    const run = spawn(process.execPath, [child, folder, String(seed), String(firstId)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let timer;
    run.stdout.on('data', (chunk) => {
      text += chunk;
      timer ??= setTimeout(() => run.kill('SIGKILL'), afterMs);
    });
    run.on('error', reject);
    run.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the child ended by itself (${signal ?? 'no signal'})`));
      else resolve(text.split('\n').slice(0, -1).map(Number));
    });
  });
}

/** Accounts must be what the log of transfers says, to the last coin. */
function halfTransfers(db) {
  const balances = new Map();
  for (const { payer, payee, amount } of db.table('transfers').scan()) {
    balances.set(payer, (balances.get(payer) ?? OPENING_BALANCE) - amount);
    balances.set(payee, (balances.get(payee) ?? OPENING_BALANCE) + amount);
  }
  let wrong = 0;
  for (const row of db.table('accounts').scan()) if (row.balance !== (balances.get(row.$recno) ?? OPENING_BALANCE)) wrong++;
  return wrong;
}

/** `rounds` times: run, kill, open again, compare. */
export async function killAndRecover(folder, { rounds, seed }) {
  const random = seededRandom(seed + 99);
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    const firstId = round * IDS_PER_ROUND;
    const acknowledged = await runAndKill(folder, seed + round, firstId, 200 + random() * 900);
    const since = performance.now();
    const db = await open(folder);
    const recoveryMs = performance.now() - since;
    const there = new Set();
    for (const { id } of db.table('transfers').scan({ fields: ['id'] })) if (id >= firstId && id < firstId + IDS_PER_ROUND) there.add(id);
    results.push({
      acknowledged: acknowledged.length, found: there.size, lost: acknowledged.filter((id) => !there.has(id)).length,
      total: totalBalance(db), wrong: halfTransfers(db), recoveryMs,
    });
    await db.close();
  }
  return results;
}
