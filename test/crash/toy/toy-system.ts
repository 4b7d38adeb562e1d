import { FieldstoneError, hasCode } from '#storage';
import type { CommitLog } from '../../support/sim/commit-log.js';
import { folderProblem } from '../../support/sim/folder-check.js';
import { foxproOpenProblem } from '../../support/sim/published-end.js';
import type { Stage, System } from '../../support/sim/system.js';
import { seededRandom } from '../../support/sim-clock.js';
import type { ToyBugId } from './toy-bugs.js';
import { JOURNAL, TABLE } from './toy-checkpoint.js';
import { Toy } from './toy-engine.js';
import { decodeJournal, type Change, type Journal } from './toy-format.js';

export const TOY_FOLDER = '/db';
const STEPS = 7;
const MOST_BURST = 4;

type Rows = readonly string[];

/** The changes of commit number `number`: how many and which follow from the seed, so that another value gives the same length in the log. */
function changesOf(seed: number, number: number, rowCount: number, tag: string): Change[] {
  const random = seededRandom(seed * 1000 + number);
  let count = rowCount;
  return Array.from({ length: 1 + random.int(3) }, (_, i) => {
    const append = count === 0 || random.chance(0.4);
    const recno = append ? ++count : 1 + random.int(count);
    return { recno, value: `${tag}${seed}.${number}.${i}` };
  });
}

function applied(rows: Rows, changes: readonly Change[]): string[] {
  const after = [...rows];
  for (const { recno, value } of changes) after[recno - 1] = value;
  return after;
}

/** Bursts of commits that share syncs, with checkpoints between and among them. */
class Play {
  readonly #toy: Toy;
  readonly #log: CommitLog<Rows>;
  readonly #seed: number;
  readonly #random;
  #rows: Rows = [];

  constructor(stage: Stage, log: CommitLog<Rows>, bugs: ReadonlySet<ToyBugId>) {
    this.#log = log;
    this.#seed = stage.seed;
    this.#random = seededRandom(stage.seed);
    this.#toy = new Toy(stage.vfs, TOY_FOLDER, bugs);
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      const burst: Promise<void>[] = [];
      for (let i = 0, count = 1 + this.#random.int(MOST_BURST); i < count; i++) {
        burst.push(this.#commit());
        // Let the first ones get under way, so that the next ones queue behind their sync.
        if (this.#random.chance(0.4)) for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      }
      if (this.#random.chance(0.35)) burst.push(this.#toy.checkpoint());
      const failed = (await Promise.allSettled(burst)).find((result) => result.status === 'rejected');
      if (failed !== undefined && !(failed.reason instanceof FieldstoneError)) throw failed.reason;
    }
  }

  async #commit(): Promise<void> {
    const before = this.#rows;
    const changes = changesOf(this.#seed, this.#log.length, before.length, 's');
    const after = applied(before, changes);
    const committed = this.#toy.commit(changes);
    const number = this.#log.begin(after);
    this.#rows = after;
    try {
      await committed;
    } catch (error) {
      // All that were under way failed with it, and the first one is told first.
      if (hasCode(error, 'FULL')) {
        this.#log.reject(number);
        if (this.#rows !== before) this.#rows = this.#toy.rows();
      }
      throw error;
    }
    this.#log.ack(number);
  }
}

const journals = new WeakMap<Uint8Array, Journal | 'none'>();

function parsed(bytes: Uint8Array): Journal | 'none' {
  let journal = journals.get(bytes);
  if (journal === undefined) journals.set(bytes, journal = decodeJournal(bytes) ?? 'none');
  return journal;
}

/** Whether one of the journal's ranges holds these bytes at that place. */
function journalCovers(bytes: Uint8Array, _path: string, offset: number, part: Uint8Array): boolean {
  const journal = parsed(bytes);
  return journal !== 'none' && journal.ranges.some((range) => {
    const at = offset - range.offset;
    return at >= 0 && at + part.length <= range.bytes.length && Buffer.compare(part, range.bytes.subarray(at, at + part.length)) === 0;
  });
}

/** The toy engine as a system under test. `withRule` false leaves the journal rule out, to see what the crashes find alone. */
export function toySystem(bugs: Iterable<ToyBugId> = [], withRule = true): System<Rows> {
  const planted = new Set(bugs);
  return {
    name: planted.size === 0 ? 'toy' : `toy with ${[...planted].join('+')}`,
    initial: [],
    key: (rows) => rows.join('|'),
    play: (stage, log) => new Play(stage, log, planted).run(),
    observe: (stage) => new Toy(stage.vfs, TOY_FOLDER, planted).rows(),
    extend: (stage, seen, lost, log) => {
      const toy = new Toy(stage.vfs, TOY_FOLDER, planted);
      const changes = changesOf(stage.seed, lost, seen.length, 'x');
      log.begin(applied(seen, changes));
      toy.commitSync(changes);
      log.ack();
    },
    close: async (stage) => {
      const toy = new Toy(stage.vfs, TOY_FOLDER, planted);
      await toy.checkpoint();
    },
    // A segment that is kept for recycling is not what makes recycling wrong.
    closedProblem: (image) => planted.has('log-reused') ? undefined : folderProblem(image, TOY_FOLDER),
    rawProblem: (image, tornPaths) => {
      const path = `${TOY_FOLDER}/${TABLE}`;
      const table = image.files.get(path);
      return table === undefined || tornPaths.has(path) ? undefined : foxproOpenProblem(table.bytes);
    },
    ...(withRule ? { journalRule: { baseFile: (path: string) => path.endsWith('.dbf'), journalFile: (path: string) => path.endsWith(`/${JOURNAL}`), journalCovers } } : {}),
  };
}
