import { describe, expect, test } from 'vitest';
import { checkMdx, decodeMdxNumber, MdxFile, sortableDoubleAt, type KeyType } from '#index';
import { bufferSource } from '../../support/buffer-source.js';
import { corpus } from '../../support/corpus.js';
import { damagedOutcomes, entriesOf, indexFilesOf, recnoDifference, shownKeys, wrongSeeks, type IndexTruth, type TruthKey } from '../../support/index-truth.js';

const found = corpus();
const files = found === undefined ? [] : indexFilesOf(found, 'mdx');
const whole = files.filter(({ unit }) => unit.kind !== 'mutated');
const open = (file: IndexTruth): MdxFile => MdxFile.open(bufferSource(file.bytes(), file.label));
const dayText = (julianDay: number): string => new Date((julianDay - 2440588) * 86_400_000).toISOString().slice(0, 10);

/** Perl lists numbers as they are on disk, trailing NULs cut. */
function matches(key: Buffer, shown: TruthKey[0], type: KeyType | undefined): boolean {
  if (typeof shown !== 'string') return false;
  if (type === 'C') return key.toString('latin1').trimEnd() === shown.trimEnd();
  const value = sortableDoubleAt(key, 0);
  const raw = Buffer.alloc(12);
  raw.write(shown, 'latin1');
  return type === 'N' ? value === decodeMdxNumber(raw, 0) : Number(shown) === value || shown === dayText(value) || raw.readDoubleLE(0) === value;
}

describe('the MDX files of the corpus', () => {
  test('agree with their truth: tags, expressions, keys and record numbers', () => {
    const wrong: string[] = [];
    const otherOrder: string[] = [];
    let [keys, entries, tagCount] = [0, 0, 0];
    for (const file of whole) {
      const index = open(file);
      // Perl prints what stands behind the NUL of a name too.
      const names = file.tags.map(({ name }) => (name.split('\0')[0] ?? '').toUpperCase()).sort();
      expect(index.tags.map(({ facts }) => facts.name).sort(), file.label).toEqual(names);
      for (const truth of file.tags) {
        const tag = index.tags.find(({ facts }) => facts.name === (truth.name.split('\0')[0] ?? '').toUpperCase());
        if (tag === undefined) throw new Error(`${file.label} has no ${truth.name}`);
        tagCount++;
        const label = `${file.label} ${truth.name}`;
        const list = entriesOf(tag.cursor());
        entries += list.length;
        const difference = recnoDifference(list.map(({ recno }) => recno), truth);
        if (difference !== undefined) wrong.push(`${label}: ${difference}`);
        // TDbf prints expressions in upper case.
        if (truth.key !== undefined && truth.key.toUpperCase() !== tag.facts.expression.toUpperCase()) wrong.push(`${label}: expression ${tag.facts.expression}, not ${truth.key}`);
        if (truth.unique !== undefined && truth.unique !== (tag.facts.unique === 'first')) wrong.push(`${label}: unique`);
        if (truth.descend !== undefined && truth.descend !== tag.facts.descending) wrong.push(`${label}: descending`);
        for (const { at, key } of shownKeys(truth)) {
          keys++;
          if (!matches(list[at]?.key ?? Buffer.alloc(12), key, tag.facts.keyType)) wrong.push(`${label}: key ${at} is ${list[at]?.key.toString('latin1')}, not ${JSON.stringify(key)}`);
        }
        expect(entriesOf(tag.cursor(), true).reverse(), label).toEqual(list);
        expect(tag.facts.readOnlyReason).toContain('only read');
        if (tag.facts.collation !== 'MACHINE') {
          otherOrder.push(label);
          expect(() => tag.cursor().seek(Buffer.from('A'))).toThrow('language driver');
          continue;
        }
        for (const problem of wrongSeeks(tag.cursor(), list)) wrong.push(`${label}: ${problem}`);
      }
      const findings = checkMdx(index).filter(({ message }) => !message.includes('language driver'));
      if (findings.length > 0) wrong.push(`${file.label}: ${findings.map(({ tag, message }) => `${tag} ${message}`).join('; ')}`);
    }
    expect(wrong).toEqual([]);
    console.log(`MDX: ${whole.length} files, ${tagCount} tags, ${entries} entries, ${keys} keys agree; in the order of a language driver: ${otherOrder.join(', ')}.`);
  });

  test('that were damaged on purpose give CORRUPT_INDEX or a list, at once', () => {
    const outcomes = damagedOutcomes(files, (file) => {
      const index = open(file);
      return `${checkMdx(index).length} findings, ${index.tags.map((tag) => entriesOf(tag.cursor()).length).join()} entries`;
    });
    expect(outcomes.length > 0 || found === undefined).toBe(true);
    console.log(outcomes.join('\n'));
  });
});
