import { checkTreeSteps, keyCodec, TreeFile, WHOLE_RANGE, type TreeFinding } from '#index';
import { FieldstoneError, hasCode, type Finding } from '#storage';
import { KeyView, USES_PARTS, type CatalogState, type Engine, type KeyStore, type SnapshotHold } from '#txn';
import { markedId, partsId, PARTS_SUFFIX, partsSize } from '../kv/parts.js';
import { bodyStart, decodeValue, partsOf } from '../kv/value-form.js';
import { assertNotAborted } from '../long-work.js';
import { StoreFindings } from './store-findings.js';

const ATTEMPTS = 5;
const KEYS_PER_TURN = 2048;

export interface StoreCheck {
  readonly engine: Engine;
  readonly hold: SnapshotHold<CatalogState>;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  /** Keys done of this store. */
  readonly onProgress: (done: number) => void;
}

/**
 * Everything that can be said about one store: the pages of its file as they are on the disk, then every key and value as
 * last committed, and where its large values are. A store that cannot be opened is one finding.
 */
export async function checkStore(c: StoreCheck): Promise<{ readonly findings: Finding[]; readonly keys: number }> {
  const { engine, name } = c;
  const file = engine.keyStores.fileOf(name);
  if (file === undefined) return { findings: [], keys: 0 };
  const found = new StoreFindings(`${engine.options.folder}/${file.file}`);
  let store: KeyStore;
  try {
    store = engine.keyStores.store(name);
  } catch (e) {
    if (!(e instanceof FieldstoneError) || e.code === 'EXTERNAL_CHANGE' || e.code === 'CLOSED') throw e;
    found.add(e.code, 'error', e.message, e.offset);
    return { findings: found.list(), keys: 0 };
  }
  const pageBytes = store.base?.pageSizeBytes ?? 0;
  const tree = await checkPages(c, store);
  for (const { code, pageNo, problem } of tree) found.add(code, code === 'TREE_PAGE_LOST' ? 'warning' : 'error', problem.startsWith('page ') ? problem : `page ${pageNo}: ${problem}`, pageNo * pageBytes);
  let keys = 0;
  try {
    keys = await checkEntries(c, store, found);
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
    if (tree.length === 0) found.add('TREE_PAGE', 'error', e.message, e.offset);
  }
  engine.assertAlive(c.hold);
  engine.assertReadable();
  return { findings: found.list(), keys };
}

async function turn(c: StoreCheck): Promise<void> {
  assertNotAborted(c.signal, 'the check');
  await new Promise<void>((resolve) => { c.engine.options.env.scheduler.later(resolve); });
  c.engine.assertAlive(c.hold);
  c.engine.assertReadable();
}

/** A checkpoint that moves pages meanwhile means to begin anew; after some attempts the last one lets nobody between. */
async function checkPages(c: StoreCheck, store: KeyStore): Promise<TreeFinding[]> {
  for (let attempt = 1; ; attempt++) {
    if (!c.engine.options.readOnly) await c.engine.writeSide.settle();
    const { base, epoch } = store;
    if (base === undefined) return [];
    const moved = (): boolean => store.epoch !== epoch || (!c.engine.options.readOnly && c.engine.writeSide.isCheckpointing);
    const pages = new TreeFile(base.file, base.pageSizeBytes, base.treeId, c.engine.keyStores.treeOptions().codecCounters);
    const found: TreeFinding[] = [];
    try {
      pages.header();
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
      found.push({ code: 'TREE_PAGE', pageNo: 0, problem: e.message });
    }
    const steps = checkTreeSteps(pages.tree(base.state.header));
    let turned = 0;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return [...found, ...step.value];
      if (step.value - turned < KEYS_PER_TURN) continue;
      turned = step.value;
      c.onProgress(turned);
      if (attempt >= ATTEMPTS) continue;
      await turn(c);
      if (moved()) break;
    }
  }
}

/** Keys and values as committed; returns how many. */
async function checkEntries(c: StoreCheck, store: KeyStore, found: StoreFindings): Promise<number> {
  const view = new KeyView(store, c.hold.sequence);
  const cursor = view.cursor(WHOLE_RANGE);
  const isParts = c.name.toLowerCase().endsWith(PARTS_SUFFIX);
  const used = isParts ? await usedParts(c) : undefined;
  const codec = keyCodec(store.kinds.keys);
  const orphans = new Map<number, number>();
  let keys = 0;
  while (cursor.next()) {
    if (++keys % KEYS_PER_TURN === 0) {
      c.onProgress(keys);
      await turn(c);
    }
    cursor.readValue();
    const { keyBytes, keyStart, keyLength } = cursor;
    const key = keyBytes.subarray(keyStart, keyStart + keyLength);
    if (isParts) {
      const id = partsId(key);
      if (id === undefined) found.add('KEY_INVALID', 'warning', `key ${shownKey(key)} is none that a store of parts has`);
      else if (markedId(key) !== undefined) found.add('PARTS_UNFINISHED', 'note', 'parts of a value that was not written to its end; the next large value that is written removes them');
      else if (used?.has(id) === false) orphans.set(id, (orphans.get(id) ?? 0) + cursor.valueEnd - cursor.valueStart);
      continue;
    }
    try {
      codec.decode(keyBytes, keyStart, keyStart + keyLength);
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      found.add('KEY_INVALID', 'error', `key ${shownKey(key)}: ${e.message}`);
    }
    const problem = valueProblem(c, store, cursor.valueBytes, cursor.valueStart, cursor.valueEnd);
    if (problem !== undefined) found.add(problem.code, 'error', `key ${shownKey(key)}: ${problem.message}`);
  }
  for (const [id, bytes] of orphans) found.add('PARTS_ORPHANED', 'warning', `${bytes} bytes of parts of value ${id}, which no key has`);
  return keys;
}

/** Why the value cannot be read; undefined = it can. */
export function valueProblem(c: Pick<StoreCheck, 'engine' | 'hold'>, store: KeyStore, bytes: Buffer, start: number, end: number): { readonly code: string; readonly message: string } | undefined {
  try {
    const parts = partsOf(bytes, start, end);
    if (parts === undefined) {
      decodeValue(bytes, bodyStart(bytes, start), end, store.kinds.values);
      return undefined;
    }
    const { keyStores } = c.engine;
    const name = store.name + PARTS_SUFFIX;
    const size = keyStores.has(name) ? partsSize(keyStores.store(name), parts, c.hold.sequence) : undefined;
    if (size === parts.totalBytes) return undefined;
    return { code: 'PARTS_MISSING', message: size === undefined ? 'parts of its value are not there' : `the parts of its value have ${size} bytes instead of ${parts.totalBytes}` };
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION') && !hasCode(e, 'LIMIT')) throw e;
    return { code: 'VALUE_DAMAGED', message: e.message };
  }
}

/** Ids of the values that keys of the store beside have, and of those being written. undefined when the store beside cannot be read to its end. */
export async function usedParts(c: StoreCheck): Promise<Set<number> | undefined> {
  const { engine, hold } = c;
  const used = new Set<number>();
  const name = c.name.slice(0, -PARTS_SUFFIX.length);
  try {
    if (engine.keyStores.has(name)) {
      const store = engine.keyStores.store(name);
      const cursor = new KeyView(store, hold.sequence).cursor(WHOLE_RANGE);
      for (let n = 1; (store.ownerFlags & USES_PARTS) !== 0 && cursor.next(); n++) {
        cursor.readValue();
        const id = partsOf(cursor.valueBytes, cursor.valueStart, cursor.valueEnd)?.id;
        if (id !== undefined) used.add(id);
        if (n % KEYS_PER_TURN === 0) await turn(c);
      }
    }
    const marks = new KeyView(engine.keyStores.store(c.name), hold.sequence).cursor({ lower: Buffer.of(0xff), upper: undefined });
    while (marks.next()) {
      const id = markedId(marks.keyBytes.subarray(marks.keyStart, marks.keyStart + marks.keyLength));
      if (id !== undefined) used.add(id);
    }
    return used;
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
    return undefined;
  }
}

function shownKey(key: Buffer): string {
  const shown = key.subarray(0, 32);
  const text = shown.every((byte) => byte >= 0x20 && byte < 0x7f) ? `"${shown.toString('latin1')}` : `x'${shown.toString('hex')}`;
  return `${text}${key.length > 32 ? '…' : ''}${text.startsWith('"') ? '"' : "'"}`;
}
