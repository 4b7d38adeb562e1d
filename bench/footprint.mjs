// Memory and time where files are large: a table of 1 GB scanned in a child process, the first row after open, a heap of
// 64 MB; and what the package weighs. Usage: node footprint.mjs [megabytes]      (default 1024)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchFolder, machineFacts, median, printTable, report } from './support/measure.mjs';

const MEGABYTES = Number(process.argv[2] ?? 1024);
const folder = benchFolder('footprint');
console.log(machineFacts(folder));
const child = fileURLToPath(new URL('support/footprint-child.mjs', import.meta.url));
const inChild = (flags, ...args) => JSON.parse(execFileSync(process.execPath, [...flags, child, ...args], { encoding: 'utf8' }));

// --- A large table, made by insertMany from a generator
const data = join(folder, 'ours');
const count = Math.ceil(MEGABYTES * 2 ** 20 / 76);
const made = inChild(['--max-old-space-size=64'], 'load', data, String(count));
report(`insertMany of ${(count / 1e6).toFixed(1)} M rows with --max-old-space-size=64`, `${(made.ms / 1000).toFixed(1)} s, RSS +${made.growthMb.toFixed(0)} MB`);
const sizeMb = statSync(join(data, 'big.dbf')).size / 2 ** 20;
console.log(`  ${sizeMb.toFixed(0)} MB in big.dbf`);

for (const kind of ['sync', 'async']) {
  const plain = inChild([], 'scan', data, kind);
  report(`${kind} scan of ${sizeMb.toFixed(0)} MB: growth of RSS`, `${plain.growthMb.toFixed(0)} MB (from ${plain.beforeMb.toFixed(0)}); ${(plain.ms / 1000).toFixed(1)} s`, '< 64 MB', plain.growthMb < 64);
  const small = inChild(['--max-old-space-size=64'], 'scan', data, kind);
  report(`${kind} scan with --max-old-space-size=64`, `passes; RSS +${small.growthMb.toFixed(0)} MB`);
}

for (const mode of ['writing', 'readOnly', 'openDbf']) {
  const ms = Array.from({ length: 7 }, () => inChild([], 'first', data, mode).ms);
  report(`from import done to the first row, ${mode}`, `${median(ms).toFixed(1)} ms (worst ${Math.max(...ms).toFixed(1)})`, '< 100 ms', median(ms) < 100);
}

// --- The package: packed, installed into an empty folder, weighed
const root = fileURLToPath(new URL('..', import.meta.url));
const empty = mkdtempSync(join(folder, 'install-'));
const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', empty], root));
npm(['install', '--prefix', empty, '--no-audit', '--no-fund', '--omit=dev', join(empty, packed.filename)], empty);
const files = walk(join(empty, 'node_modules'));
const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
report('install with all dependencies', `${(bytes / 2 ** 20).toFixed(2)} MB in ${files.length} files, packed ${(packed.size / 1024).toFixed(0)} KB`, '< 5 MB', bytes < 5 * 2 ** 20);
const native = files.filter((path) => /\.(node|so|dll|dylib|wasm)$|binding\.gyp$/.test(path));
const scripts = files.filter((path) => path.endsWith('package.json')).filter((path) => {
  const { scripts: all = {} } = JSON.parse(readFileSync(path, 'utf8'));
  return ['preinstall', 'install', 'postinstall'].some((name) => name in all);
});
report('native files, install scripts', `${native.length}, ${scripts.length}`, '0, 0', native.length + scripts.length === 0);

function walk(path) {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(path, entry.name);
    return entry.isDirectory() ? walk(inner) : entry.isFile() ? [inner] : [];
  });
}
rmSync(data, { recursive: true, force: true });
printTable();
