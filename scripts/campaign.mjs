// Runs one kind of test for long: the same files as in `npm test`, with larger numbers and no time limit.
// Usage: node scripts/campaign.mjs <crash | kill | fuzz | soak> [arguments of vitest]
// A variable that is set already wins, as in: CRASH_SCALE=50 npm run test:crash
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const CAMPAIGNS = {
  // CRASH_SCALE: ten times the distinct states of each short campaign (200,000 of tables); CRASH_LONG: all planted bugs, every call of the fault
  // tests, more races.
  crash: { files: ['test/crash'], numbers: { CRASH_SCALE: '10', CRASH_LONG: '1' } },
  // So many random kills, and one before, amid and after every call of a child.
  kill: { files: ['test/crash/kill'], numbers: { KILL_ROUNDS: '500' } },
  fuzz: { files: ['test/fuzz'], numbers: { ROUNDS: '100000' } },
  soak: { files: ['test/model', 'test/txn/lock'], numbers: { MODEL_RUNS: '300', MODEL_COMMANDS: '120', LOCK_SCHEDULES: '200000' } },
};

const [name = '', ...rest] = process.argv.slice(2);
const campaign = Object.hasOwn(CAMPAIGNS, name) ? CAMPAIGNS[name] : undefined;
if (campaign === undefined) {
  console.error(`usage: node scripts/campaign.mjs <${Object.keys(CAMPAIGNS).join(' | ')}> [arguments of vitest]`);
  process.exit(2);
}
const numbers = Object.fromEntries(Object.entries(campaign.numbers).map(([key, value]) => [key, process.env[key] ?? value]));
const args = ['node_modules/vitest/vitest.mjs', 'run', ...campaign.files, '--testTimeout=0', '--hookTimeout=0', ...rest];
console.log(`${Object.entries(numbers).map(([key, value]) => `${key}=${value}`).join(' ')} ${args.slice(1).join(' ')}`);
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...numbers } });
process.exitCode = status ?? 1;
