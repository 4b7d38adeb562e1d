import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A row as somebody else's program reads it; every value as text. */
export interface ReadRow {
  readonly deleted: boolean;
  readonly values: Readonly<Record<string, string | null>>;
}

/** A program that is not ours and reads tables. */
export interface IndependentReader {
  readonly name: 'xbase' | 'dbfread' | 'gdal';
  /** Field types whose values it reads right; of V only values that fill the field. */
  readonly types: string;
  /** False for tables with such a field: it does not open them, or reads all fields behind it wrong. */
  accepts(field: { readonly type: string; readonly length: number }, version: number | undefined): boolean;
  /** Deleted rows are not told. */
  readonly liveOnly: boolean;
  rows(path: string, encoding: string): ReadRow[];
}

const SMT_TABLE = 0xe5;
const script = (name: string): string => fileURLToPath(new URL(`readers/${name}`, import.meta.url));

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args], { encoding: 'utf8', timeout: 30_000, maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] });
}

function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args], { timeout: 30_000, stdio: 'ignore' }).status === 0;
}

/** The system's own Python has the packages of the system; another one may be first in the path. */
function pythonWithDbfread(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => works(python, ['-c', 'import dbfread']));
}

function xbase(): IndependentReader {
  return {
    name: 'xbase', types: 'CMGWNFDLIBTY', liveOnly: false, accepts: () => true,
    rows: (path, encoding) => JSON.parse(run('perl', [script('xbase.pl'), path, encoding])) as ReadRow[],
  };
}

function dbfread(python: string): IndependentReader {
  return {
    name: 'dbfread', types: 'CMGNFDLIBTYV', liveOnly: false, accepts: ({ type }, version) => type !== 'Q' && type !== 'W' && version !== SMT_TABLE,
    rows: (path) => JSON.parse(run(python, [script('dbfread_rows.py'), path])) as ReadRow[],
  };
}

function gdal(): IndependentReader {
  return {
    name: 'gdal', types: 'CNFDLV', liveOnly: true, accepts: ({ type, length }) => type !== 'C' || length <= 255,
    rows: (path) => {
      const text = run('ogr2ogr', ['-f', 'GeoJSON', '/vsistdout/', path]);
      const { features } = JSON.parse(text) as { features: { properties: Record<string, string | number | boolean | null> }[] };
      return features.map(({ properties }) => ({
        deleted: false, values: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, value === null ? null : String(value)])),
      }));
    },
  };
}

const READERS: readonly { readonly debianPackage: string; readonly find: () => IndependentReader | undefined }[] = [
  { debianPackage: 'libdbd-xbase-perl', find: () => works('perl', ['-MXBase', '-MJSON::PP', '-e', '1']) ? xbase() : undefined },
  {
    debianPackage: 'python3-dbfread',
    find: () => {
      const python = pythonWithDbfread();
      return python === undefined ? undefined : dbfread(python);
    },
  },
  { debianPackage: 'gdal-bin', find: () => works('ogr2ogr', ['--version']) ? gdal() : undefined },
];

/** Tries once to install Debian packages; says plainly why not when it cannot. */
function install(packages: readonly string[]): void {
  const missing = packages.join(', ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`Not installed here: ${missing}. They are read with when root runs the tests on Debian, or after apt-get install.`);
    return;
  }
  const installed = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { timeout: 180_000, encoding: 'utf8' });
  if (installed.status !== 0) console.log(`apt-get could not install ${missing}: ${(installed.stderr ?? '').trim().split('\n').at(-1) ?? 'no reason given'}`);
}

let found: IndependentReader[] | undefined;

/** Other programs on this machine that read tables; missing ones are installed when that is possible, else named on the console. */
export function independentReaders(): readonly IndependentReader[] {
  if (found !== undefined) return found;
  const missing = READERS.filter((reader) => reader.find() === undefined).map((reader) => reader.debianPackage);
  if (missing.length > 0) install(missing);
  found = READERS.flatMap((reader) => reader.find() ?? []);
  if (found.length < 2) console.log(`Only ${found.length} independent readers are here: agreement of two cannot be tested.`);
  return found;
}

/** An entry of an index file as Perl's XBase lists it; the key in hexadecimal, without the fill bytes at its end. */
export interface ListedEntry {
  readonly key: string;
  readonly recno: number;
}

/** Lists index files with Perl's XBase; undefined, said on the console, where it is missing. */
export function indexLister(): ((path: string, tag?: string) => ListedEntry[]) | undefined {
  if (!independentReaders().some(({ name }) => name === 'xbase')) {
    console.log('Perl\'s XBase (libdbd-xbase-perl) is not here: index files are not listed by another program.');
    return undefined;
  }
  return (path, tag) => run('perl', [script('xbase_index.pl'), path, ...(tag === undefined ? [] : [tag])]).split('\n').filter((line) => line !== '').map((line) => {
    const [key = '', recno = ''] = line.split(' ');
    return { key, recno: Number(recno) };
  });
}
