import { basename, dirname, extname, join } from 'node:path';
import { memoFileNameFor, readUpTo, type MemoKind, type Vfs } from '#storage';

/** No .cpg file says more than a name. */
const CPG_BYTES = 256;

/** The files that lie beside a table. */
export interface Companions {
  readonly codePageFile?: { readonly path: string; readonly text: string };
  /** The memo file for a table that expects one of `kind`, and the kind that its name says. */
  memo(kind: MemoKind): { readonly path: string; readonly kind: MemoKind } | undefined;
}

function readText(vfs: Vfs, path: string): string {
  const file = vfs.open(path, 'read');
  try {
    const bytes = new Uint8Array(CPG_BYTES);
    return Buffer.from(bytes.subarray(0, readUpTo(file, bytes, 0))).toString('latin1');
  } finally {
    file.close();
  }
}

/** Kinds to look for: the expected one first, then those whose extension differs. */
function kindsToTry(expected: MemoKind): MemoKind[] {
  const others: MemoKind[] = expected === 'fpt' ? ['dbt4', 'smt'] : expected === 'smt' ? ['fpt', 'dbt4'] : ['fpt', 'smt'];
  return [expected, ...others];
}

/** Looks at the folder of a table once. Extensions are matched without regard to case. */
export function findCompanions(vfs: Vfs, tablePath: string): Companions {
  const folder = dirname(tablePath);
  const table = basename(tablePath);
  const names = vfs.list(folder);
  const wanted = `${basename(table, extname(table))}.cpg`.toLowerCase();
  const cpg = names.find((name) => name.toLowerCase() === wanted && vfs.stat(join(folder, name))?.kind === 'file');
  return {
    ...(cpg === undefined ? {} : { codePageFile: { path: join(folder, cpg), text: readText(vfs, join(folder, cpg)) } }),
    memo(expected) {
      for (const kind of kindsToTry(expected)) {
        const name = memoFileNameFor(names, table, kind);
        if (name !== undefined && vfs.stat(join(folder, name))?.kind === 'file') return { path: join(folder, name), kind };
      }
      return undefined;
    },
  };
}
