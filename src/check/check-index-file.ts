import { checkTreeSteps, TreeFile } from '#index';
import { hasCode } from '#storage';
import { TreeIndexFile, XbaseIndexFile, type Engine, type RecordStore } from '#txn';
import { xbaseStructure } from '../indexes/xbase-structure.js';
import type { StoreFindings } from './store-findings.js';

const ATTEMPTS = 5;
const STEPS_PER_TURN = 2048;
/** Behind each key. */
const RECNO_BYTES = 4;

type IndexFile = RecordStore['indexes']['files'][number];
interface Problem { readonly message: string; readonly offset: number; readonly isLoss: boolean }

/** The structure of one index file as it is on the disk. A checkpoint that moves blocks meanwhile means to begin anew; the last attempt lets nobody between. */
export async function checkIndexFile(engine: Engine, file: IndexFile, turn: () => Promise<void>, found: StoreFindings): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    if (!engine.options.readOnly) await engine.writeSide.settle();
    const epochs = (): string => file.stores.map(({ epoch }) => epoch).join();
    const before = epochs();
    const steps = stepsOf(engine, file);
    let moved = false;
    try {
      for (let n = 1; !moved; n++) {
        const step = steps.next();
        if (step.done === true) {
          for (const { message, offset, isLoss } of step.value) found.add('CORRUPT_INDEX', isLoss ? 'warning' : 'error', message, offset);
          return;
        }
        if (n % STEPS_PER_TURN !== 0 || attempt >= ATTEMPTS) continue;
        await turn();
        moved = epochs() !== before || (!engine.options.readOnly && engine.writeSide.isCheckpointing);
      }
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
      found.add('CORRUPT_INDEX', 'error', e.message, e.offset);
      return;
    }
  }
}

function* stepsOf(engine: Engine, file: IndexFile): Generator<unknown, Problem[], void> {
  if (file instanceof XbaseIndexFile) return yield* xbaseSteps(file);
  if (!(file instanceof TreeIndexFile)) return [];
  const { base } = file;
  const pages = new TreeFile(base.file, base.pageSizeBytes, base.treeId, engine.keyStores.treeOptions().codecCounters);
  pages.header();
  const problems = yield* checkTreeSteps(pages.tree(base.state.header), RECNO_BYTES);
  return problems.map(({ code, pageNo, problem }) => ({ message: `page ${pageNo}: ${problem}`, offset: pageNo * base.pageSizeBytes, isLoss: code === 'TREE_PAGE_LOST' }));
}

function* xbaseSteps(file: XbaseIndexFile): Generator<unknown, Problem[], void> {
  const findings = yield* xbaseStructure(file);
  return findings.map(({ tag, message, offset }) => ({ message: tag === '' ? message : `${tag}: ${message}`, offset, isLoss: false }));
}
