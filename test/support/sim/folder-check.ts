import { posix } from 'node:path';
import type { DiskImage } from './disk-image.js';
import { foxproOpenProblem, publishedEndByName } from './published-end.js';

/** What may stay in a folder after a proper close: plain files of others, and the catalog. */
const MAY_STAY = /\.(dbf|fpt|dbt|smt|cdx|idx|mdx|ndx|ntx|cpg|prj|shp|shx|kv|fsi)$/i;
const CATALOG = 'fieldstone.json';

/**
 * Whether a folder is as close() and a checkpoint leave it: only plain files and the catalog, each table one that FoxPro opens,
 * without a byte behind its end mark. Undefined when it is.
 */
export function folderProblem(image: DiskImage, folder: string): string | undefined {
  for (const [path, file] of image.files) {
    if (posix.dirname(path) !== folder) continue;
    const name = posix.basename(path);
    if (name !== CATALOG && !MAY_STAY.test(name)) return `${name} was left behind`;
    if (!/\.dbf$/i.test(name)) continue;
    const problem = foxproOpenProblem(file.bytes);
    if (problem !== undefined) return `${name}: ${problem}`;
    const end = publishedEndByName(path, file.bytes);
    const rest = file.bytes.length - end;
    if (rest !== 0 && !(rest === 1 && file.bytes[end] === 0x1a)) return `${name} has ${rest} bytes behind its last row at ${end}`;
  }
  return undefined;
}
