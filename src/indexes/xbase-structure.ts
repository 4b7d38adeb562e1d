import { CdxFile, checkCdx, checkMdxSteps, checkNdxSteps, checkNtxSteps, MdxFile, NdxFile, NtxFile, type IndexFinding } from '#index';
import type { XbaseIndexFile } from '#txn';

/** What is wrong with the pages of an index file of xBase programs as it is on the disk; of plain IDX files nothing. Others may run at each step. */
export function* xbaseStructure({ parsed }: XbaseIndexFile): Generator<unknown, readonly IndexFinding[], void> {
  if (parsed instanceof CdxFile) return (yield* checkCdx(parsed)).findings;
  if (parsed instanceof NtxFile) return yield* checkNtxSteps(parsed);
  if (parsed instanceof NdxFile) return yield* checkNdxSteps(parsed);
  return parsed instanceof MdxFile ? yield* checkMdxSteps(parsed) : [];
}
