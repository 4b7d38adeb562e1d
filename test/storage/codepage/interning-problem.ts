import { internCounters, TextInterner } from '#storage';
import { codePage } from '../../../storage/codepage/code-page.js';
import { seededRandom } from '../../support/sim-clock.js';

const PAGES = ['cp1252', 'cp850', 'cp437', 'utf8'].map((name) => codePage(name));
/** Few places for many texts: they take each other's. */
const TABLE_BYTES = 4096;
const MOST_BYTES = 70;

/** Texts that come out of an interner are those that its pages make, and one that comes twice in a row is there already; else what is wrong. */
export function interningProblem(runs: number, seed: number): string | undefined {
  const random = seededRandom(seed);
  const counters = internCounters();
  const interner = new TextInterner(TABLE_BYTES, counters);
  const alphabet = [0x41, 0x80, 0xe9, 0x20];
  for (let run = 0; run < runs; run++) {
    const length = random.chance(0.8) ? random.int(4) : random.int(MOST_BYTES);
    const bytes = Uint8Array.from({ length: length + 2 }, () => random.pick(alphabet));
    const page = random.pick(PAGES);
    const want = page.decode(bytes, 1, length + 1);
    const told = `bytes ${Buffer.from(bytes.subarray(1, length + 1)).toString('hex')}, run ${run}, seed ${seed}`;
    for (const again of [false, true]) {
      const { hits } = counters;
      const text = interner.text(bytes, 1, length + 1, page);
      if (text !== want) return `the text of ${told} is ${JSON.stringify(text)} instead of ${JSON.stringify(want)}`;
      if (again && length > 0 && length <= 64 && counters.hits !== hits + 1) return `the text of ${told} was not kept`;
    }
  }
  return undefined;
}
