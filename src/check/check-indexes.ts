import { hasCode, type Finding } from '#storage';
import type { Engine, IndexStore, RecordView } from '#txn';
import { compareEntries, differenceText, isComparable } from '../indexes/compare-entries.js';
import { assertNotAborted } from '../long-work.js';
import { checkIndexFile } from './check-index-file.js';
import { StoreFindings } from './store-findings.js';

export interface IndexesCheck {
  readonly engine: Engine;
  readonly view: RecordView;
  readonly signal: AbortSignal | undefined;
}

/** Index files that are not kept right, their structure, and whether their entries are those of the rows. */
export async function checkIndexes(c: IndexesCheck): Promise<Finding[]> {
  const { engine, view } = c;
  const { indexes } = view.store;
  const path = (file: string): string => `${engine.options.folder}/${file}`;
  const findings: Finding[] = indexes.problems.map(({ file, reason, code = 'INDEX_READ_ONLY' }) => ({
    code, severity: code === 'CORRUPT_INDEX' ? 'error' : code === 'INDEX_READ_ONLY' ? 'note' : 'warning', file: path(file),
    message: `the index file is not kept right, and writes to the table are refused: ${reason}`,
  }));
  for (const file of indexes.files) {
    const found = new StoreFindings(path(file.name));
    await checkIndexFile(engine, file, () => turn(c), found);
    for (const index of file.stores) {
      if (isComparable(index) && view.sequence >= index.validFrom) await compareIndex(c, index, found);
    }
    findings.push(...found.list());
  }
  return findings;
}

function turn({ engine, signal }: IndexesCheck): Promise<void> {
  assertNotAborted(signal, 'the check');
  return new Promise((resolve) => { engine.options.env.scheduler.later(resolve); });
}

async function compareIndex(c: IndexesCheck, index: IndexStore, found: StoreFindings): Promise<void> {
  try {
    for (const step of compareEntries(c.engine, c.view, index)) {
      if (step === undefined) await turn(c);
      else if (step.kind !== 'unmade') found.add('CORRUPT_INDEX', 'error', differenceText(index, step));
      else throw step.error;
    }
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VALUE') && !hasCode(e, 'LIMIT')) throw e;
    found.add('CORRUPT_INDEX', 'error', `${index.name}: ${e.message}`, e.offset);
  }
}
