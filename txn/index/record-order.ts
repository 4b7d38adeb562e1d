import type { IndexTag } from '#index';
import { hasCode } from '#storage';
import type { XbaseIndexFile } from './xbase-index-file.js';

/** Clipper, Harbour and dBASE put a new entry anywhere among those with the same key in these files. */
const ANY_ORDER = /\.(ntx|ndx)$/i;

/** False when equal keys do not stand in the order of their records, which merging with newer entries needs, or the file can not be walked. */
export function keepsRecordOrder(file: XbaseIndexFile): boolean {
  if (!ANY_ORDER.test(file.name)) return true;
  try {
    return file.tags.every(isInRecordOrder);
  } catch (e) {
    if (hasCode(e, 'CORRUPT_INDEX')) return false;
    throw e;
  }
}

function isInRecordOrder(tag: IndexTag): boolean {
  const at = tag.cursor();
  const held = Buffer.alloc(tag.facts.keyLength);
  let recno = 0;
  for (let stands = at.first(); stands; stands = at.next()) {
    if (recno > 0 && at.key.equals(held) && at.recno <= recno) return false;
    at.key.copy(held);
    ({ recno } = at);
  }
  return true;
}
