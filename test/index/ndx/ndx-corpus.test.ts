import { describe, expect, test } from 'vitest';
import { checkNdx, NdxFile, sortableDoubleAt } from '#index';
import { bufferSource } from '../../support/buffer-source.js';
import { corpus } from '../../support/corpus.js';
import { damagedOutcomes, entriesOf, indexFilesOf, recnoDifference, shownKeys, wrongSeeks, type IndexTruth, type TruthKey } from '../../support/index-truth.js';

const found = corpus();
const files = found === undefined ? [] : indexFilesOf(found, 'ndx');
const whole = files.filter(({ unit }) => unit.kind !== 'mutated');
const open = (file: IndexTruth): NdxFile => NdxFile.open(bufferSource(file.bytes(), file.label), { name: 'X' });

/** Where the sheet decides against the list that was picked: what stands in the file, even when the table was emptied since. */
const DECIDED: Readonly<Record<string, { entries: number; why: string }>> = {
  'u01479/ARTICLE.NDX': { entries: 5, why: 'the table was emptied; Perl XBase lists the five keys on disk, TDbf none' },
};

/** 2440588 is the Julian day of 1970-01-01. */
const dayText = (julianDay: number): string => new Date((julianDay - 2440588) * 86_400_000).toISOString().slice(0, 10);

function matches(key: Buffer, shown: TruthKey[0], isNumber: boolean): boolean {
  if (typeof shown !== 'string') return false;
  if (!isNumber) return key.toString('latin1').trimEnd() === shown.trimEnd();
  const value = sortableDoubleAt(key, 0);
  return Number(shown) === value || shown === dayText(value);
}

describe('the NDX files of the corpus', () => {
  test('agree with their truth: expression, keys and record numbers', () => {
    const wrong: string[] = [];
    let keys = 0;
    let entries = 0;
    for (const file of whole) {
      const index = open(file);
      const { tags: [tag], header } = index;
      const [truth] = file.tags;
      if (truth === undefined) throw new Error(`${file.label} has no truth`);
      const list = entriesOf(tag.cursor());
      entries += list.length;
      const difference = recnoDifference(list.map(({ recno }) => recno), truth);
      const decided = DECIDED[file.label];
      if (decided === undefined ? difference !== undefined : list.length !== decided.entries) wrong.push(`${file.label}: ${difference}`);
      if (truth.keyLength !== undefined && Number(truth.keyLength) !== header.keyLength) wrong.push(`${file.label}: key length`);
      if ((file.key ?? truth.key) !== tag.facts.expression) wrong.push(`${file.label}: expression ${tag.facts.expression}, not ${file.key ?? truth.key}`);
      for (const { at, key } of shownKeys(truth)) {
        keys++;
        if (!matches(list[at]?.key ?? Buffer.alloc(8), key, header.isNumber)) wrong.push(`${file.label}: key ${at} is ${JSON.stringify(list[at]?.key.toString('latin1'))}, not ${JSON.stringify(key)}`);
      }
      expect(entriesOf(tag.cursor(), true).reverse(), file.label).toEqual(list);
      for (const problem of wrongSeeks(tag.cursor(), list)) wrong.push(`${file.label}: ${problem}`);
      if (list.length > 0) expect(Math.abs(tag.estimateEntries() / list.length - 1)).toBeLessThan(2);
      const findings = checkNdx(index);
      if (findings.length > 0) wrong.push(`${file.label}: ${findings.map(({ message }) => message).join('; ')}`);
    }
    expect(wrong).toEqual([]);
    console.log(`NDX: ${whole.length} files, ${entries} entries, ${keys} keys agree; ${
      whole.filter(({ tags }) => tags[0]?.status !== 'agreed').map(({ label, tags }) => `${label} is ${tags[0]?.status}${DECIDED[label] === undefined ? '' : ` (${DECIDED[label].why})`}`).join(', ')}.`);
  });

  test('that were damaged on purpose give CORRUPT_INDEX or a list, at once', () => {
    const outcomes = damagedOutcomes(files, (file) => {
      const index = open(file);
      return `${checkNdx(index).length} findings, ${entriesOf(index.tags[0].cursor()).length} entries`;
    });
    expect(outcomes.length > 0 || found === undefined).toBe(true);
    console.log(outcomes.join('\n'));
  });
});
