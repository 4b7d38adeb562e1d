import { expect, test } from 'vitest';
import { seededRandom } from '../../support/sim-clock.js';
import { compareEntries, MemoryIndex, type Change, type Entry } from './memory-index.js';

const SEED = Number(process.env['FIELDSTONE_SEED'] ?? 3);
const KEY = 8;
const RERUN = `seed ${SEED}; run again: FIELDSTONE_SEED=${SEED} npx vitest run test/index/cdx/cdx-unique.test.ts`;

/** What a unique tag built anew would hold. */
function rebuilt(rows: ReadonlyMap<number, Buffer>): Entry[] {
  const first = new Map<string, Entry>();
  for (const [recno, key] of [...rows].sort(([a], [b]) => a - b)) {
    const name = key.toString('latin1');
    if (!first.has(name)) first.set(name, { key, recno });
  }
  return [...first.values()].sort(compareEntries);
}

test('10,000 random changes of rows leave a unique tag as it would be built anew, when other rows with a lost key are offered', () => {
  const random = seededRandom(SEED);
  const index = new MemoryIndex();
  const rows = new Map<number, Buffer>();
  index.add({ name: 'A', expression: 'A', unique: 'first', keyType: 'C', keyLength: KEY }, []);
  let operations = 0;
  while (operations < 10_000) {
    const before = new Map(rows);
    const count = 1 + random.int(400);
    operations += count;
    for (let i = 0; i < count; i++) {
      const recno = 1 + random.int(3000);
      if (random.int(3) === 0) rows.delete(recno);
      else rows.set(recno, Buffer.from(`k${random.int(900)}`.padEnd(KEY)));
    }
    const changes: Change[] = [];
    const lost = new Set<string>();
    for (const recno of new Set([...before.keys(), ...rows.keys()])) {
      const old = before.get(recno);
      const now = rows.get(recno);
      if (old !== undefined && now !== undefined && old.equals(now)) continue;
      if (old !== undefined) {
        changes.push({ key: old, recno, isRemoval: true });
        lost.add(old.toString('latin1'));
      }
      if (now !== undefined) changes.push({ key: now, recno, isRemoval: false });
    }
    // Other rows that have a key which lost a row; those that changed are among the changes already.
    const changed = new Set(changes.map(({ key, recno }) => `${key.toString('latin1')}/${recno}`));
    for (const [recno, key] of rows) {
      const name = key.toString('latin1');
      if (lost.has(name) && !changed.has(`${name}/${recno}`)) changes.push({ key, recno, isRemoval: false });
    }
    index.apply('A', changes.sort(compareEntries));
    const wanted = rebuilt(rows).map(({ key, recno }) => `${key.toString('latin1')} ${recno}`);
    expect(index.list('A').map(({ key, recno }) => `${key.toString('latin1')} ${recno}`), RERUN).toEqual(wanted);
    expect(index.check(), RERUN).toMatchObject({ findings: [], lostPages: 0 });
  }
});
