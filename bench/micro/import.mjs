// How long the module takes to load, beside those of other databases: a process for each, in turn. Usage: node micro/import.mjs [rounds]      (default 7)
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROUNDS = Number(process.argv[2] ?? 7);
const MODULES = ['../../dist/src/main.js', '../../dist/src/dbf/main.js', '@seald-io/nedb', 'lokijs', 'lmdb', 'better-sqlite3'];
const here = fileURLToPath(new URL('.', import.meta.url));
const measure = (name) => Number(execFileSync(process.execPath, ['--input-type=module', '-e', `
  const start = performance.now();
  await import('${name}');
  console.log(performance.now() - start);
  process.exit(0);`], { cwd: here, encoding: 'utf8' }));

const times = Object.fromEntries(MODULES.map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) for (const name of MODULES) times[name].push(measure(name));
for (const name of MODULES) {
  const sorted = times[name].sort((a, b) => a - b);
  console.log(`${name.padEnd(28)} ${sorted[ROUNDS >> 1].toFixed(0)} ms (${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)})`);
}
