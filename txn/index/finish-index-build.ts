import { StepDriver } from '../checkpoint/step-driver.js';
import type { Engine } from '../engine.js';
import { discardFiles, newGenerationFile, type NewFile } from '../folder-changes.js';
import { EarlySyncs } from './early-syncs.js';
import type { BuiltIndex, IndexBuild } from './index-build.js';

/** Built indexes, and the files of those that have one, under temporary names. */
export interface IndexBuildResult {
  readonly built: readonly BuiltIndex[];
  readonly files: readonly NewFile[];
}

/** Sorts and writes what was collected, giving the event loop its turns. When it fails nothing is left. Throws DUPLICATE, FULL, IO. */
export async function finishIndexBuild(engine: Engine, build: IndexBuild, sequence: number): Promise<IndexBuildResult> {
  const { env, folder } = engine.options;
  const files: NewFile[] = [];
  const early = new EarlySyncs();
  const steps = build.finish(sequence, ({ file }) => {
    if (file === undefined) return undefined;
    const made = newGenerationFile(engine, file);
    files.push(made);
    return { file: made.file, mostIsWritten: () => { early.begin(made.file); } };
  });
  try {
    const built = await new StepDriver(env, folder, steps, () => undefined).start();
    await early.end();
    return { built, files };
  } catch (e) {
    discardFiles(engine, files);
    throw e;
  }
}
