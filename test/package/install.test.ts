import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readText, ROOT } from '../repo/rules/source-text.js';
import { installPackedApp, run, type PackedApp } from './packed-app.js';

const EXPECTED_OUTPUT = '1 Ada 105\n';
const INSTALLED_LIMIT_BYTES = 5e6;
/** Node takes half a millisecond for each. */
const MOST_MODULES = 40;

let app: PackedApp;
beforeAll(() => { app = installPackedApp(); }, 240_000);
afterAll(() => app.remove());

/** The first js block of the README: the start that users copy. */
function readmeStart(): string {
  const code = /^```js\n([\s\S]*?)^```/m.exec(readText('README.md').text)?.[1];
  if (code === undefined) throw new Error('README.md has no js block');
  return code;
}

/** The same lines for CommonJS: `import` becomes `require()`, the rest goes into an async function. */
function asCommonJs(code: string): string {
  const lines = code.split('\n').map((line) => line.replace(/^import (\{.*\}) from ('[^']+');$/, 'const $1 = require($2);'));
  const head = lines.filter((line) => line.includes('require('));
  const body = lines.filter((line) => !line.includes('require('));
  return [...head, '(async () => {', ...body, '})().catch((error) => { console.error(error); process.exitCode = 1; });'].join('\n');
}

function runFile(folder: string, name: string, code: string): ReturnType<typeof run> {
  writeFileSync(join(folder, name), code);
  return run(process.execPath, [name], folder);
}

describe('the tarball', () => {
  test('holds the build, the pages and the licence, and no tests, sources or benches', () => {
    const needed = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/src/main.js', 'dist/src/main.d.ts', 'dist/src/dbf/main.js',
      'dist/src/cli/main.js', 'docs/errors.md', 'docs/config.md'];
    expect(needed.filter((path) => !app.packed.includes(path))).toEqual([]);
    const odd = app.packed.filter((path) => !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/.+|dist\/(storage|index|txn|src)\/.+\.(js|d\.ts))$/.test(path));
    expect(odd).toEqual([]);
    expect(app.packed.filter((path) => path.endsWith('.js')).length).toBeLessThanOrEqual(MOST_MODULES);
  });

  test('with its dependencies takes less than 5 MB, without native code', () => {
    const files = readdirSync(join(app.folder, 'node_modules'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const sizeBytes = files.reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
    console.log(`installed: ${(sizeBytes / 1e6).toFixed(2)} MB in ${files.length} files`);
    expect(sizeBytes).toBeLessThan(INSTALLED_LIMIT_BYTES);
    expect(files.map((entry) => entry.name).filter((name) => /\.(node|wasm)$|^binding\.gyp$/.test(name))).toEqual([]);
  });
});

describe('the start of the README runs', () => {
  test('is about ten lines', () => expect(readmeStart().trim().split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10));

  test('as an ES module, and again on the same folder', () => {
    const folder = app.subFolder('esm');
    expect(runFile(folder, 'start.mjs', readmeStart())).toEqual({ status: 0, stdout: EXPECTED_OUTPUT, stderr: '' });
    expect(existsSync(join(folder, 'data', 'people.dbf'))).toBe(true);
    expect(runFile(folder, 'start.mjs', readmeStart()).stdout).toBe(`${EXPECTED_OUTPUT}2 Ada 105\n`);
  });

  test('as CommonJS', () => {
    const { status, stdout, stderr } = runFile(app.subFolder('cjs'), 'start.cjs', asCommonJs(readmeStart()));
    expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: EXPECTED_OUTPUT });
  });

  test('as TypeScript, checked strictly, with the types of the rows inferred', () => {
    const folder = app.subFolder('ts');
    const typed = "const wrong: typeof people extends { get(recno: number): { name: string } | undefined } ? 'yes' : 'no' = 'yes';\nvoid wrong;\n";
    writeFileSync(join(folder, 'start.mts'), readmeStart() + typed);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { target: 'ES2022', lib: ['ES2022', 'ESNext.Disposable'], module: 'nodenext', strict: true, skipLibCheck: true,
        types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: ['start.mts'],
    }));
    const checked = run(process.execPath, [join(ROOT, 'node_modules/typescript/lib/tsc.js'), '-p', '.'], folder);
    expect(checked.stdout).toBe('');
    expect(checked.status).toBe(0);
    expect(run(process.execPath, ['start.mjs'], folder)).toEqual({ status: 0, stdout: EXPECTED_OUTPUT, stderr: '' });
  });

  test('as TypeScript: a wrong value is an error of types', () => {
    const folder = app.subFolder('ts-wrong');
    writeFileSync(join(folder, 'start.mts'), readmeStart().replace("name: 'Ada'", 'name: 42'));
    const args = ['--ignoreConfig', '--noEmit', '--target', 'ES2022', '--lib', 'ES2022,ESNext.Disposable,DOM', '--module', 'nodenext', '--strict', '--skipLibCheck'];
    const checked = run(process.execPath, [join(ROOT, 'node_modules/typescript/lib/tsc.js'), ...args, 'start.mts'], folder);
    expect(checked.stdout).toMatch(/start\.mts\(\d+,\d+\): error TS2322/);
  });
});

test('profiles tell the floors of the engine apart, in its bundles too', () => {
  const folder = app.subFolder('profile');
  const code = `import { open } from 'fieldstone';
    const db = await open(':memory:');
    const c = await db.createCollection('c');
    const profiler = db.profile({ cpu: true });
    for (let i = 0; i < 2000; i++) await c.insert({ n: i, text: 'some text' });
    await (await profiler.stop()).save('p.json');
    await db.close();`;
  expect(runFile(folder, 'profile.mjs', code)).toEqual({ status: 0, stdout: '', stderr: '' });
  const text = readFileSync(join(folder, 'p.json'), 'utf8');
  const engineUrl = /"engineUrl":"([^"]*)"/.exec(text)?.[1] ?? '';
  expect(engineUrl).toMatch(/\/node_modules\/fieldstone\/dist\/$/);
  for (const floor of ['storage', 'index', 'txn', 'src']) expect(text).toContain(`"url":"${engineUrl}${floor}/`);
});

describe('the other doors', () => {
  test('fieldstone/dbf by import and by require', () => {
    const folder = app.subFolder('dbf');
    expect(runFile(folder, 'start.mjs', readmeStart()).status).toBe(0);
    const read = "const t = await openDbf('data/people.dbf'); console.log(t.fields.length, t.get(1).NAME); await t.close();";
    const esm = runFile(folder, 'read.mjs', `import { openDbf } from 'fieldstone/dbf';\n${read}`);
    expect(esm).toEqual({ status: 0, stdout: '3 Ada\n', stderr: '' });
    const cjs = runFile(folder, 'read.cjs', `const { openDbf } = require('fieldstone/dbf');\n(async () => { ${read} })();`);
    expect({ status: cjs.status, stdout: cjs.stdout }, cjs.stderr).toEqual({ status: 0, stdout: '3 Ada\n' });
  });

  test('inner files are closed to users', () => {
    const inner = runFile(app.subFolder('inner'), 'x.mjs', "await import('fieldstone/dist/storage/mod.js');");
    expect(inner.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('the command line starts', () => {
    const help = run(join(app.folder, 'node_modules/.bin/fieldstone'), ['--help'], app.folder);
    expect(help.status, help.stderr).toBe(0);
    expect(help.stdout).toMatch(/fieldstone/);
  });
});
