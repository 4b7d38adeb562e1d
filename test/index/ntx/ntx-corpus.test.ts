import { describe, expect, test } from 'vitest';
import { checkNtx, decodeNtxNumber, NtxFile, type TagFacts } from '#index';
import { bufferSource } from '../../support/buffer-source.js';
import { corpus } from '../../support/corpus.js';
import { damagedOutcomes, entriesOf, indexFilesOf, recnoDifference, shownKeys, wrongSeeks, type IndexTruth, type TagTruth, type TruthKey } from '../../support/index-truth.js';

const found = corpus();
const files = found === undefined ? [] : indexFilesOf(found, 'ntx');
const whole = files.filter(({ unit }) => unit.kind !== 'mutated');
const open = (file: IndexTruth): NtxFile => NtxFile.open(bufferSource(file.bytes(), file.label), { name: 'X' });

/** A key as the readers list it, as far as it can be told without the table. */
function matches(key: Buffer, shown: TruthKey[0], truth: TagTruth): boolean {
  if (shown === null) return key.toString('latin1').trim() === '';
  if (typeof shown === 'boolean') return key.toString('latin1') === (shown ? 'T' : 'F');
  if (typeof shown === 'string') {
    const text = key.toString('latin1');
    return text.trimEnd() === shown.trimEnd() || (truth.keySource === 'perl' && decodeNtxNumber(key, 0, key.length) === Number(shown));
  }
  if ('n' in shown) return decodeNtxNumber(key, 0, key.length) === Number(shown.n);
  return key.toString('latin1').trim() === (shown.d ?? '').replaceAll('-', '');
}

/** Perl cuts an expression at its first blank or alias arrow and prints it in upper case. */
function expressionAgrees(facts: TagFacts, file: IndexTruth, truth: TagTruth): boolean {
  const stored = file.key ?? truth.key;
  return stored === undefined || stored === facts.expression || (truth.key !== undefined && truth.key === facts.expression)
    || facts.expression.toUpperCase().includes(stored.toUpperCase());
}

/** The rule of the sheet and nothing else: in each page, along the list of offsets, child, key, child ... */
function plainWalk(bytes: Buffer, page = bytes.readUInt32LE(4)): number[] {
  const count = bytes.readUInt16LE(page);
  const recnos: number[] = [];
  for (let i = 0; i <= count; i++) {
    const slot = page + bytes.readUInt16LE(page + 2 + 2 * i);
    if (bytes.readUInt32LE(slot) !== 0) recnos.push(...plainWalk(bytes, bytes.readUInt32LE(slot)));
    if (i < count) recnos.push(bytes.readUInt32LE(slot + 4));
  }
  return recnos;
}

/** Perl XBase also lists what is left in the slot behind the last key of a page: alone it is no witness for files of several pages. */
const perlAlone = (file: IndexTruth): boolean => file.tags[0]?.readers?.join() === 'perl' && file.bytes().length > 2048;

describe('the NTX files of the corpus', () => {
  test('agree with their truth: order, expression, condition, keys and record numbers', () => {
    const wrong: string[] = [];
    const decided: string[] = [];
    let keys = 0;
    let entries = 0;
    for (const file of whole) {
      const { tags: [tag] } = open(file);
      const [truth] = file.tags;
      if (truth === undefined) throw new Error(`${file.label} has no truth`);
      const list = entriesOf(tag.cursor());
      entries += list.length;
      const recnos = list.map(({ recno }) => recno);
      const difference = recnoDifference(recnos, truth);
      expect(recnos, file.label).toEqual(plainWalk(file.bytes()));
      if (difference !== undefined && perlAlone(file)) decided.push(`${file.label} ${difference}`);
      else if (difference !== undefined) wrong.push(`${file.label}: ${difference}`);
      if (truth.unique !== undefined && truth.unique !== (tag.facts.unique === 'first')) wrong.push(`${file.label}: unique`);
      if (truth.descend !== undefined && truth.descend !== tag.facts.descending) wrong.push(`${file.label}: descending`);
      if (truth.for !== undefined && truth.for !== '' && truth.for !== tag.facts.forExpression) wrong.push(`${file.label}: FOR ${tag.facts.forExpression}`);
      if (truth.keyLength !== undefined && Number(truth.keyLength) !== tag.facts.keyLength) wrong.push(`${file.label}: key length`);
      if (!expressionAgrees(tag.facts, file, truth)) wrong.push(`${file.label}: expression ${tag.facts.expression}`);
      for (const { at, key } of perlAlone(file) ? [] : shownKeys(truth)) {
        keys++;
        if (!matches(list[at]?.key ?? Buffer.alloc(0), key, truth)) wrong.push(`${file.label}: key ${at} is ${JSON.stringify(list[at]?.key.toString('latin1'))}, not ${JSON.stringify(key)}`);
      }
      expect(entriesOf(tag.cursor(), true).reverse(), file.label).toEqual(list);
      expect(checkNtx(open(file)), file.label).toEqual([]);
    }
    expect(wrong).toEqual([]);
    for (const { label, tags } of whole) for (const { counts } of tags) if (counts !== undefined) decided.push(`${label} ${counts['harbour']} entries, Perl XBase says ${counts['perl']}`);
    console.log(`NTX: ${whole.length} files, ${entries} entries, ${keys} keys agree. Where Perl XBase counts stale slots the sheet decides: ${decided.join('; ')}.`);
  });

  test('find every key by seek, and estimate what they hold', () => {
    for (const file of whole) {
      const { tags: [tag] } = open(file);
      const list = entriesOf(tag.cursor());
      expect(wrongSeeks(tag.cursor(), list), file.label).toEqual([]);
      const estimate = tag.estimateEntries();
      expect(estimate).toBeGreaterThanOrEqual(list.length / 3);
      expect(estimate).toBeLessThanOrEqual(list.length * 3);
      expect(Math.abs(tag.estimateRange(undefined, undefined) - estimate)).toBeLessThanOrEqual(1);
    }
  });

  test('that were damaged on purpose give CORRUPT_INDEX or a list, at once', () => {
    const outcomes = damagedOutcomes(files, (file) => {
      const index = open(file);
      return `${checkNtx(index).length} findings, ${entriesOf(index.tags[0].cursor()).length} entries`;
    });
    expect(outcomes.length > 0 || found === undefined).toBe(true);
    console.log(outcomes.join('\n'));
  });
});
