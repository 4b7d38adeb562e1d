import type { FileStat } from '#storage';
import type { Interceptors } from './intercept-vfs.js';
import { isLog, isTable, vfsBug, type PathTest, type VfsBug } from './planted-bug.js';

type Write = (source: Uint8Array, position: number) => number;

/** The `n`-th write to such files, again and again, does something else. */
function everyNthWrite(match: PathTest, n: number, instead: (source: Uint8Array, position: number, next: Write) => void): Interceptors {
  let count = 0;
  return {
    write: (file, source, position, next) => {
      if (!match(file.path) || ++count % n !== 0) return next(source, position);
      instead(source, position, next);
      return source.length;
    },
  };
}

function changed(source: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = source.slice();
  change(copy);
  return copy;
}

/** A write that holds the record count of a table says one more, as if a row were counted before it is there. */
function countTooHigh(): Interceptors {
  return {
    write: (file, source, position, next) => {
      const holdsCount = isTable(file.path) && position <= 4 && position + source.length >= 8;
      return next(holdsCount ? changed(source, (copy) => { copy[4 - position] = (copy[4 - position] ?? 0) + 1; }) : source, position);
    },
  };
}

function deletionsForgotten(): Interceptors {
  return {
    write: (file, source, position, next) => {
      const deletes = isTable(file.path) && position >= 32 && source[0] === 0x2a;
      return next(deletes ? changed(source, (copy) => { copy[0] = 0x20; }) : source, position);
    },
  };
}

const HIDDEN_BYTES = 16;

function logLooksShort(): Interceptors {
  const shorter = (stat: FileStat): FileStat => ({ ...stat, sizeBytes: Math.max(0, stat.sizeBytes - HIDDEN_BYTES) });
  return {
    fileStat: (file, next) => isLog(file.path) ? shorter(next()) : next(),
    stat: (path, next) => {
      const stat = next();
      return stat !== undefined && isLog(path) ? shorter(stat) : stat;
    },
    // For readers that ask until nothing comes.
    read: (file, target, position, next) => {
      const room = isLog(file.path) ? Math.max(0, file.stat().sizeBytes - HIDDEN_BYTES - position) : target.length;
      return next(target.subarray(0, Math.min(room, target.length)), position);
    },
  };
}

/** Wrong bytes, or the right ones in the wrong place. */
export const CONTENT_BUGS: readonly VfsBug[] = [
  vfsBug('log-write-lost', 'crash', 'every third write to the log does not happen', () => everyNthWrite(isLog, 3, () => undefined)),
  vfsBug('log-byte-wrong', 'crash', 'every third write to the log has one wrong bit',
    () => everyNthWrite(isLog, 3, (source, position, next) => {
      next(changed(source, (copy) => { copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1; }), position);
    })),
  vfsBug('table-write-lost', 'crash', 'every fourth write to a table does not happen', () => everyNthWrite(isTable, 4, () => undefined)),
  vfsBug('table-write-shifted', 'crash', 'every fourth write to a table lands one byte too far',
    () => everyNthWrite(isTable, 4, (source, position, next) => { next(source, position + 1); })),
  vfsBug('table-write-halved', 'crash', 'every fourth write to a table is cut in the middle and called complete',
    () => everyNthWrite(isTable, 4, (source, position, next) => { next(source.subarray(0, source.length >>> 1), position); })),
  vfsBug('count-too-high', 'crash', 'the header of a table counts one row too many', countTooHigh),
  vfsBug('deletion-forgotten', 'crash', 'a deleted row is written as a live one', deletionsForgotten, 'deletion'),
  vfsBug('log-looks-short', 'crash', 'the log seems to end before its last record', logLooksShort),
];
