import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../repo/rules/source-text.js';

/** What a build needs; copied, so that nothing of the checkout's own dist can slip in. */
const BUILD_INPUT = [
  'storage', 'index', 'txn', 'src', 'docs', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md', 'LICENSE', 'CHANGELOG.md',
];
const INSTALL_TIMEOUT_MS = 60_000;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; nothing of our own environment variables reaches it. */
export function run(program: string, args: readonly string[], folder: string, timeoutMs = 120_000): Outcome {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(FIELDSTONE_|NODE_OPTIONS|VITEST)/.test(name)));
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: timeoutMs, env });
  return { status, stdout, stderr: error === undefined ? stderr : `${stderr}\n${error.message}` };
}

/** A project in an empty folder that has the packed package installed. */
export interface PackedApp {
  readonly folder: string;
  /** Paths inside the tarball, without the leading `package/`. */
  readonly packed: readonly string[];
  /** Makes a folder of its own inside the project. */
  subFolder(name: string): string;
  remove(): void;
}

/** Builds from a copy of the sources, packs, and installs the tarball into an empty folder. */
export function installPackedApp(): PackedApp {
  const base = mkdtempSync(join(tmpdir(), 'fieldstone-package-'));
  const source = join(base, 'source');
  const folder = join(base, 'app');
  mkdirSync(folder);
  for (const name of BUILD_INPUT) cpSync(ROOT + name, join(source, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
  must('npm', ['run', 'build', '--silent'], source);
  const [{ filename, files }] = JSON.parse(must('npm', ['pack', '--json', '--pack-destination', base], source)) as [
    { filename: string; files: { path: string }[] },
  ];
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true }\n');
  install(join(base, filename), folder);
  return {
    folder,
    packed: files.map((file) => file.path),
    subFolder: (name) => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

function must(program: string, args: readonly string[], folder: string): string {
  const { status, stdout, stderr } = run(program, args, folder);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** By npm; where no registry answers, by unpacking the tarball and copying the dependencies of this checkout. */
function install(tarball: string, folder: string): void {
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0', tarball];
  const { status, stderr } = run('npm', args, folder, INSTALL_TIMEOUT_MS);
  if (status === 0) return;
  console.log(`npm install failed (${stderr.trim().split('\n').find((line) => line.includes('npm error')) ?? status}); unpacking by hand instead`);
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'fieldstone');
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  must('tar', ['-xzf', tarball, '-C', own, '--strip-components=1'], folder);
  copyDependencies(own, modules);
  mkdirSync(join(modules, '.bin'));
  const { bin } = readManifest(own);
  symlinkSync(join(own, bin?.['fieldstone'] ?? ''), join(modules, '.bin', 'fieldstone'));
  must('chmod', ['+x', join(own, bin?.['fieldstone'] ?? '')], folder);
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function copyDependencies(from: string, modules: string): void {
  for (const name of Object.keys(readManifest(from).dependencies ?? {})) {
    cpSync(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true });
    copyDependencies(join(modules, name), modules);
  }
}
