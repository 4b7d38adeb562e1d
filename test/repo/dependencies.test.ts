import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readText, ROOT } from './rules/source-text.js';

interface Manifest {
  readonly version: string;
  readonly gypfile?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
  readonly files?: readonly string[];
}

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
const INSTALLED_LIMIT_BYTES = 5e6;
const own = manifestOf('');
const runtime = runtimePackages();

function manifestOf(folder: string): Manifest {
  return JSON.parse(readText(`${folder}package.json`).text) as Manifest;
}

/** Folders of all packages that come with ours, nested ones included. */
function runtimePackages(): string[] {
  const lock = JSON.parse(readText('package-lock.json').text) as { packages: Record<string, Manifest> };
  const found = new Set<string>();
  const visit = (from: string, names: readonly string[]): void => {
    for (const name of names) {
      let folder = from;
      while (lock.packages[`${folder}node_modules/${name}`] === undefined && folder !== '') folder = folder.slice(0, folder.lastIndexOf('node_modules/'));
      const path = `${folder}node_modules/${name}`;
      if (found.has(path)) continue;
      found.add(path);
      visit(`${path}/`, Object.keys(lock.packages[path]?.dependencies ?? {}));
    }
  };
  visit('', Object.keys(own.dependencies ?? {}));
  return [...found];
}

function filesBelow(folder: string): { path: string; sizeBytes: number }[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [{ path, sizeBytes: lstatSync(ROOT + path).size }];
  });
}

/** What makes a package run code when it is installed, or compile something. */
function installTroubles(manifest: Manifest, files: readonly string[]): string[] {
  return [
    ...INSTALL_SCRIPTS.slice(0, 3).filter((name) => manifest.scripts?.[name] !== undefined).map((name) => `has a script ${name}`),
    ...(manifest.gypfile === true || files.some((path) => path.endsWith('binding.gyp')) ? ['compiles an addon'] : []),
    ...files.filter((path) => /\.(node|wasm|so|dll|dylib)$/.test(path)).map((path) => `ships ${path}`),
  ];
}

function unpinned(manifest: Manifest): string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)).map(([name, version]) => `${name}@${version}: give the exact version`);
}

describe('what comes with the package', () => {
  test('was found', () => expect(runtime.length).toBeGreaterThanOrEqual(Object.keys(own.dependencies ?? {}).length));

  test.each(runtime)('%s runs no code at install and holds no binary', (folder) => {
    const manifest = manifestOf(`${folder}/`);
    expect(installTroubles(manifest, filesBelow(folder).map(({ path }) => path))).toEqual([]);
  });

  test('our own package runs no code at install either', () => {
    expect(INSTALL_SCRIPTS.filter((name) => own.scripts?.[name] !== undefined)).toEqual([]);
  });

  test('is less than 5 MB, our build included', () => {
    const ours = ['dist', 'docs'].filter((folder) => existsSync(ROOT + folder));
    const sizeBytes = [...runtime, ...ours].flatMap(filesBelow).reduce((sum, file) => sum + file.sizeBytes, 0);
    console.log(`installed size: ${(sizeBytes / 1e6).toFixed(2)} MB in ${runtime.length} packages and ${ours.join(', ')}`);
    expect(sizeBytes).toBeLessThan(INSTALLED_LIMIT_BYTES);
  });

  test('every version is pinned', () => {
    expect(unpinned(own)).toEqual([]);
    if (existsSync(`${ROOT}bench/package.json`)) expect(unpinned(manifestOf('bench/'))).toEqual([]);
  });
});

describe('the rules fire', () => {
  test('on install scripts, addons and binaries', () => {
    expect(installTroubles({ version: '1.0.0', scripts: { postinstall: 'node x.js' } }, [])).toHaveLength(1);
    expect(installTroubles({ version: '1.0.0', gypfile: true }, [])).toHaveLength(1);
    expect(installTroubles({ version: '1.0.0' }, ['a/binding.gyp', 'a/build/x.node', 'a/y.wasm'])).toHaveLength(3);
    expect(installTroubles({ version: '1.0.0', scripts: { test: 'x' } }, ['a/index.js'])).toEqual([]);
  });

  test('on versions that float', () => {
    expect(unpinned({ version: '1.0.0', dependencies: { a: '^1.0.0', b: '1.2.3' }, devDependencies: { c: 'latest' } })).toHaveLength(2);
  });
});
