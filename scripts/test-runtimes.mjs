// Runs the tests on Node 22 and 24 and a smoke suite on those, Bun and Deno. The runtimes come from the npm registry
// into a temporary folder outside the project (a package called `node` would shadow node in npm scripts).
// Usage: node scripts/test-runtimes.mjs [--smoke-only] [--keep]     Exit status 0: all passed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SMOKE = 'test/runtimes/smoke.mjs';
const TESTS_TIMEOUT_MS = 60 * 60_000;
const SMOKE_TIMEOUT_MS = 5 * 60_000;
const INSTALL_TIMEOUT_MS = 10 * 60_000;

const RUNTIMES = [
  { name: 'Node', packageName: 'node', version: '22.23.3', program: 'node/bin/node', runsTests: true },
  { name: 'Node', packageName: 'node', version: '24.21.0', program: 'node/bin/node', runsTests: true },
  { name: 'Bun', packageName: 'bun', version: '1.4.5', program: '.bin/bun' },
  { name: 'Deno', packageName: 'deno', version: '2.9.6', program: '.bin/deno', before: ['run', '-A'] },
];

const { values: flags } = parseArgs({ options: { 'smoke-only': { type: 'boolean' }, keep: { type: 'boolean' } } });
const base = mkdtempSync(join(tmpdir(), 'fieldstone-runtimes-'));
const rows = [];
try {
  rows.push(...check({ name: 'Node', version: process.versions.node, path: process.execPath }));
  for (const runtime of RUNTIMES) {
    const path = install(runtime);
    rows.push(...(path === undefined
      ? [{ runtime: `${runtime.name} ${runtime.version}`, suite: 'install', result: 'FAILED' }]
      : check({ ...runtime, path })));
  }
} finally {
  if (flags.keep) console.log(`runtimes kept in ${base}`);
  else rmSync(base, { recursive: true, force: true });
}
console.table(rows);
process.exitCode = rows.every((row) => row.result === 'passed') ? 0 : 1;

/** The path of the runtime's program, or undefined when it could not be had. */
function install({ packageName, version, program }) {
  const folder = join(base, `${packageName}-${version}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  console.log(`\n=== installing ${packageName}@${version}`);
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `${packageName}@${version}`];
  spawnSync('npm', args, { cwd: folder, stdio: 'inherit', timeout: INSTALL_TIMEOUT_MS });
  const path = join(folder, 'node_modules', program);
  return existsSync(path) ? path : undefined;
}

function check({ name, version, path, before = [], runsTests = false }) {
  const runtime = `${name} ${version}`;
  const results = [run(runtime, 'smoke', path, [...before, SMOKE], SMOKE_TIMEOUT_MS)];
  if (runsTests && !flags['smoke-only']) results.push(run(runtime, 'tests', path, ['node_modules/vitest/vitest.mjs', 'run'], TESTS_TIMEOUT_MS));
  return results;
}

function run(runtime, suite, path, args, timeout) {
  console.log(`\n=== ${runtime}: ${suite}`);
  const start = performance.now();
  const env = { ...process.env, PATH: dirname(path) + delimiter + (process.env.PATH ?? '') };
  const { status, stdout, error } = spawnSync(path, args, { cwd: ROOT, env, encoding: 'utf8', timeout, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] });
  const output = stdout ?? '';
  console.log(status === 0 ? lastLines(output, 6) : lastLines(output, 60));
  if (error !== undefined) console.log(error.message);
  return { runtime, suite, result: status === 0 ? 'passed' : 'FAILED', seconds: Math.round((performance.now() - start) / 100) / 10 };
}

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
