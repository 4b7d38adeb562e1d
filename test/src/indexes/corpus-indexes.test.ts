import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FieldstoneError, hasCode, type Database } from '../../../src/main.js';
import { corpus, type Corpus, type CorpusUnit } from '../../support/corpus.js';
import { recnoDifference, type TagTruth } from '../../support/index-truth.js';
import { seededRandom } from '../../support/sim-clock.js';
import { memoryFolder, openMemory } from '../check/memory-folder.js';
import { KNOWN_DIFFERENCES } from './corpus-differences.js';

const SEED = Number(process.env['SEED'] ?? 11);
const SOUGHT = 20;
const STRUCTURAL = /\.(cdx|mdx)$/i;
const KINDS = new Set(['cdx', 'idx', 'ntx', 'ndx', 'mdx']);

interface TruthIndex { readonly file: string; readonly type: string; readonly key?: string; readonly tags?: readonly TagTruth[] }
interface Entry { readonly key: unknown; readonly recno: number }
type Table = ReturnType<Database['table']>;
type Index = ReturnType<Table['index']>;

const withoutExtension = (file: string): string => file.replace(/\.[^.]*$/, '');
const keyText = (key: unknown): string => (key instanceof Date ? `@${key.getTime()}` : JSON.stringify(key));
const entryText = ({ key, recno }: Entry): string => `${keyText(key)} of ${recno}`;

/** Compares the indexes of the corpus, as users see them, with the truth and with a rebuild. Differences are kept by place and code. */
class Comparison {
  readonly #found: Corpus;
  /** `unit/FILE TAG what` → text. */
  readonly differences = new Map<string, string>();
  readonly counts = { files: 0, tags: 0, entries: 0, exact: 0, rebuilt: 0, sought: 0 };
  #tag = 0;

  constructor(found: Corpus) { this.#found = found; }

  #differ(place: string, what: string, text: string): void { this.differences.set(`${place} ${what}`, text); }

  #filesOf(unit: CorpusUnit, roles: readonly string[]): Record<string, Uint8Array> {
    return Object.fromEntries(unit.files.filter(({ role }) => roles.includes(role)).map(({ path }) => [basename(path), readFileSync(this.#found.path(path))]));
  }

  async unit(unit: CorpusUnit): Promise<void> {
    const { indexes = [] } = this.#found.truth(unit.unit) as { indexes?: readonly TruthIndex[] };
    const tables = unit.files.filter(({ role }) => role === 'table').map(({ path }) => basename(path));
    for (const index of indexes.filter(({ type }) => KINDS.has(type))) {
      const place = `${unit.unit}/${basename(index.file)}`;
      const table = tables.find((name) => withoutExtension(name).toLowerCase() === withoutExtension(basename(index.file)).toLowerCase()) ?? tables[0];
      if (table === undefined) this.#differ(place, 'alone', 'there is no table beside it');
      else if (!/\.dbf$/i.test(table)) this.#differ(place, 'container', 'it belongs to a database container');
      else await this.#file(unit, index, place, withoutExtension(table));
    }
  }

  async #file(unit: CorpusUnit, index: TruthIndex, place: string, table: string): Promise<void> {
    const db = await openMemory(memoryFolder(this.#filesOf(unit, ['table', 'memo', 'index'])));
    const bare = await openMemory(memoryFolder(this.#filesOf(unit, ['table', 'memo'])));
    const t = db.table(table);
    try {
      const opensItself = STRUCTURAL.test(index.file) && withoutExtension(basename(index.file)).toLowerCase() === table.toLowerCase();
      if (!opensItself) await t.attachIndex(basename(index.file));
      this.counts.files++;
      const indexes = t.indexes().filter(({ file }) => file?.toLowerCase() === basename(index.file).toLowerCase());
      if (indexes.length !== (index.tags ?? []).length) this.#differ(place, 'tags', `${indexes.length} tags, ${index.tags?.length} in the truth`);
      for (const each of indexes) this.#index(each, index, place, t, await this.#rebuilt(each, bare.table(table), place));
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      this.#differ(place, e.code, e.message);
    }
    await db.close();
    await bare.close();
  }

  /** A new index of the same table. Deleted rows are in it too, as in those of xBase programs. */
  async #rebuilt(index: Index, bare: Table, place: string): Promise<Entry[] | undefined> {
    try {
      await bare.createIndex('again', { expression: index.expression ?? '', type: 'cdx', descending: index.descending, ...(index.for === undefined ? {} : { for: index.for }) });
      const list = bare.index('again').entries().toArray();
      await bare.dropIndex('again');
      this.counts.rebuilt++;
      const seen = new Set<string>();
      return index.unique ? list.filter(({ key }) => !seen.has(keyText(key)) && seen.add(keyText(key))) : list;
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      this.#differ(`${place} ${index.name}`, 'not rebuilt', `${e.code} ${e.message}`);
      return undefined;
    }
  }

  #index(index: Index, { tags = [], key }: TruthIndex, file: string, t: Table, rebuilt: readonly Entry[] | undefined): void {
    const place = `${file} ${index.name}`;
    const truth = tags.find(({ name }) => name.toUpperCase() === index.name.toUpperCase()) ?? (tags.length === 1 ? tags[0] : undefined);
    if (truth === undefined) {
      this.#differ(place, 'tag', 'no reader knows it');
      return;
    }
    this.#tag++;
    this.counts.tags++;
    const said = truth.key ?? key;
    if (said !== undefined && !(index.expression ?? '').toUpperCase().includes(said.toUpperCase())) this.#differ(place, 'expression', `${index.expression}, not ${said}`);
    let list: readonly Entry[];
    try {
      list = index.entries().toArray();
      expect(index.entries({ reverse: true }).toArray().reverse(), place).toEqual(list);
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      this.#differ(place, e.code, e.message);
      return;
    }
    this.counts.entries += list.length;
    this.#asTruth(place, list, truth);
    if (rebuilt !== undefined) this.#asRebuilt(place, list, rebuilt);
    this.#seeks(place, index, list, t);
  }

  /** The list of the readers, from its other end where they walk a descending order as it is stored; equal keys of NTX and NDX may have been put in order. */
  #asTruth(place: string, list: readonly Entry[], truth: TagTruth): void {
    const recnos = list.map(({ recno }) => recno);
    const difference = recnoDifference(recnos, truth);
    if (difference === undefined || recnoDifference(recnos.slice().reverse(), truth) === undefined) {
      this.counts.exact++;
      return;
    }
    const keyOf = new Map(list.map(({ key, recno }) => [recno, keyText(key)]));
    const shown = truth.recnos ?? [];
    const sameKeys = shown.length === recnos.length && shown.length > 0 && shown.every((recno, i) => keyOf.get(recno) === keyOf.get(recnos[i] ?? 0));
    if (!sameKeys) this.#differ(place, 'truth', difference);
  }

  #asRebuilt(place: string, list: readonly Entry[], rebuilt: readonly Entry[]): void {
    const keys = list.map(({ key }) => keyText(key)).join('\n');
    const isSame = keys === rebuilt.map(({ key }) => keyText(key)).join('\n') && list.map(entryText).sort().join('\n') === rebuilt.map(entryText).sort().join('\n');
    if (!isSame) {
      const [more, fewer] = [new Set(rebuilt.map(entryText)), new Set(list.map(entryText))];
      this.#differ(place, 'rebuild', `${list.length} entries, a new one has ${rebuilt.length}; ${list.map(entryText).find((one) => !more.has(one))}, ${rebuilt.map(entryText).find((one) => !fewer.has(one))}`);
    }
  }

  #seeks(place: string, index: Index, list: readonly Entry[], t: Table): void {
    const random = seededRandom(SEED + this.#tag);
    for (let i = 0; i < SOUGHT && list.length > 0; i++) {
      const { key } = random.pick(list);
      const want = list.find((one) => keyText(one.key) === keyText(key) && t.get(one.recno) !== undefined)?.recno;
      try {
        const found = index.seek(key)?.['$recno'];
        if (found !== want) this.#differ(place, 'seek', `${keyText(key)} is record ${String(found)}, not ${want}; SEED=${SEED}`);
        else this.counts.sought++;
      } catch (e) {
        if (!hasCode(e, 'UNSUPPORTED') && !hasCode(e, 'VALUE')) throw e;
        this.#differ(place, 'not sought', e.message);
        return;
      }
    }
  }
}

test('each index file of the corpus, opened with its table, agrees with the readers and with a rebuild, and finds its keys', async () => {
  const found = corpus();
  if (found === undefined) return;
  const comparison = new Comparison(found);
  for (const unit of found.units) if (unit.kind !== 'mutated') await comparison.unit(unit);
  const { files, tags, entries, exact, rebuilt, sought } = comparison.counts;
  console.log(`${files} index files opened with their tables, ${tags} tags, ${entries} entries; record numbers exactly those of the readers in ${exact} tags; ${rebuilt} rebuilt, ${sought} keys found.\n${
    [...comparison.differences].map(([place, text]) => `${place}: ${KNOWN_DIFFERENCES[place] ?? `UNKNOWN ${text.slice(0, 160)}`}`).join('\n')}`);
  expect([...comparison.differences.keys()].sort()).toEqual(Object.keys(KNOWN_DIFFERENCES).sort());
  expect(files).toBeGreaterThan(310);
}, 600_000);
