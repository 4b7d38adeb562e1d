import suite from 'abstract-level/test/index.js';
import tape from 'tape';

/** What the public suite found. */
export interface SuiteOutcome {
  readonly tests: number;
  readonly assertions: number;
  /** `test: assertion` of each that failed. */
  readonly failures: readonly string[];
  /** Tests and assertions that were left out. */
  readonly leftOut: readonly string[];
}

type SuiteRow = {
  readonly type?: string; readonly id?: number; readonly test?: number; readonly name?: string;
  readonly ok?: boolean; readonly skip?: unknown; readonly todo?: unknown; readonly error?: unknown; readonly operator?: string;
};

/** Runs `abstract-level/test` whole on databases that the factory makes, or other tests in its place. */
export function runLevelSuite(factory: (options?: object) => object, tests: typeof suite = suite): Promise<SuiteOutcome> {
  const harness = tape.createHarness();
  const names = new Map<number, string>();
  const failures: string[] = [];
  const leftOut: string[] = [];
  let assertions = 0;
  return new Promise((resolve, reject) => {
    harness.createStream({ objectMode: true })
      .on('data', (row: SuiteRow) => {
        if (row.type === 'test') {
          names.set(row.id ?? -1, row.name ?? '');
          if (isSet(row.skip) || isSet(row.todo)) leftOut.push(row.name ?? '');
        } else if (row.type === 'assert') {
          assertions++;
          const title = `${names.get(row.test ?? -1)}: ${row.name}`;
          if (isSet(row.skip) || isSet(row.todo)) leftOut.push(title);
          if (row.ok !== true) failures.push(`${title} (${String(row.error)})`);
        }
      })
      .on('error', reject)
      .on('end', () => resolve({ tests: names.size, assertions, failures, leftOut }));
    tests({ test: harness, factory });
  });
}

function isSet(mark: unknown): boolean { return mark !== undefined && mark !== false; }
