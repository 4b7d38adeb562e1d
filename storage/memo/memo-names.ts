import type { MemoKind } from './memo-kind.js';

const EXTENSIONS: Readonly<Record<MemoKind, string>> = { dbt3: '.dbt', dbt4: '.dbt', fpt: '.fpt', smt: '.smt' };

/** Tables of Visual FoxPro that are not called .dbf, and the memo files beside them. */
const PAIRS = new Map([
  ['.dbc', '.dct'], ['.scx', '.sct'], ['.vcx', '.vct'], ['.frx', '.frt'], ['.lbx', '.lbt'], ['.mnx', '.mnt'], ['.pjx', '.pjt'],
]);

/** Extension of the memo file of a .dbf table, with the dot, in lower case. */
export function memoExtension(kind: MemoKind): string { return EXTENSIONS[kind]; }

/**
 * Which of the `names` in a folder is the memo file of the table file `tableFileName`; undefined when none is. Case is
 * not regarded, but a name that has the table's own spelling goes first.
 *
 * @example
 * memoFileNameFor(['TEST.DBF', 'test.fpt'], 'TEST.DBF', 'fpt'); // 'test.fpt'
 */
export function memoFileNameFor(names: Iterable<string>, tableFileName: string, kind: MemoKind): string | undefined {
  const [stem, extension] = splitName(tableFileName);
  const wanted = stem.toLowerCase() + (PAIRS.get(extension.toLowerCase()) ?? memoExtension(kind));
  const found = [...names].filter((name) => name.toLowerCase() === wanted && name !== tableFileName);
  return found.sort((a, b) => closeness(b, stem) - closeness(a, stem) || (a < b ? -1 : 1))[0];
}

function closeness(name: string, stem: string): number { return splitName(name)[0] === stem ? 1 : 0; }

function splitName(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}
