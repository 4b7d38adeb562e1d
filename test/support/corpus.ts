import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One table of the corpus with the files beside it. */
export interface CorpusUnit {
  readonly unit: string;
  readonly kind: 'real' | 'generated' | 'mutated' | 'orphan-index';
  readonly name?: string;
  readonly version?: string;
  readonly tags?: readonly string[];
  readonly files: readonly { readonly path: string; readonly role: string; readonly size: number; readonly sha256: string }[];
}

/** A long string stands as its length, hash and beginning. */
export type TruthValue = string | boolean | null | { readonly len: number; readonly sha256: string; readonly head: string };

/** What independent readers say is in a table. */
export interface CorpusTruth {
  readonly unit: string;
  readonly table?: string;
  readonly status?: string;
  readonly header?: {
    readonly version: string; readonly lastUpdateRaw: readonly number[]; readonly recordCount: number; readonly headerLength: number;
    readonly recordLength: number; readonly tableFlags: string; readonly languageDriver: string; readonly fileSize: number;
    readonly physicalRecords: number | null;
  };
  readonly fields?: readonly { readonly name: string; readonly type: string; readonly length: number; readonly decimals: number; readonly flags?: number }[];
  readonly rowsReadable?: number;
  readonly deletedCount?: number;
  readonly canonicalSha256?: string;
  readonly recordsComplete?: boolean;
  readonly records?: readonly { readonly recno: number; readonly deleted: boolean; readonly values: readonly TruthValue[] }[];
  readonly contestedCells?: readonly (readonly [number, string])[];
  readonly text?: {
    readonly codec?: string;
    readonly samples?: readonly { readonly recno: number; readonly field: string; readonly bytesHex: string; readonly text?: string | null }[];
  };
}

export interface Corpus {
  readonly folder: string;
  readonly units: readonly CorpusUnit[];
  path(relative: string): string;
  truth(unit: string): CorpusTruth;
}

let looked = false;
let found: Corpus | undefined;

/**
 * The corpus of real tables: `FIELDSTONE_CORPUS`, or `../shared/corpus` beside the repository. undefined, with a plain
 * message on the console, when it is not there: the tests that need it then have nothing to say.
 */
export function corpus(): Corpus | undefined {
  if (looked) return found;
  looked = true;
  const folder = process.env['FIELDSTONE_CORPUS'] ?? fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
  if (!existsSync(join(folder, 'manifest.json'))) {
    console.log(`The corpus of real tables is not at ${folder}: tests over it are not run. FIELDSTONE_CORPUS names another folder.`);
    return undefined;
  }
  const path = (relative: string): string => join(folder, relative);
  const manifest = JSON.parse(readFileSync(path('manifest.json'), 'utf8')) as { units: CorpusUnit[] };
  found = {
    folder, units: manifest.units, path,
    truth: (unit) => JSON.parse(readFileSync(path(`truth/${unit}.json`), 'utf8')) as CorpusTruth,
  };
  return found;
}
