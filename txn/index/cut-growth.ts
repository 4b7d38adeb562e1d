import { CdxFile, checkCdx, checkNdxSteps, checkNtxSteps, NdxFile, NtxFile, type IndexFile as XbaseFile } from '#index';
import { FieldstoneError, type DbfLayout } from '#storage';
import type { IndexContext } from './index-context.js';
import { parseXbase, plainSource, type XbaseKind } from './xbase-format.js';

/**
 * At recovery: blocks that a checkpoint put behind the end of an xBase index file before the process died. Nothing leads to them, and counted as part of the
 * file they would never be used again. They are cut off when the file is whole without them; when it is not, they are somebody else's.
 */
export function cutGrowth(c: IndexContext, layout: DbfLayout, kind: XbaseKind, name: string, publishedBytes: number): void {
  const file = c.vfs().open(`${c.folder}/${name}`, 'write');
  try {
    if (isWhole(parseXbase(kind, plainSource(file, name, publishedBytes), layout))) file.truncate(publishedBytes);
  } catch (e) {
    if (!(e instanceof FieldstoneError) || (e.code !== 'CORRUPT_INDEX' && e.code !== 'UNSUPPORTED')) throw e;
  } finally {
    file.close();
  }
}

function isWhole(file: XbaseFile): boolean {
  if (file instanceof NtxFile) return ended(checkNtxSteps(file)).length === 0;
  if (file instanceof NdxFile) return ended(checkNdxSteps(file)).length === 0;
  return file instanceof CdxFile && ended(checkCdx(file)).findings.length === 0;
}

function ended<Result>(steps: Generator<unknown, Result, void>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
