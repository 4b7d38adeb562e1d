import type { Environment, Vfs } from '#storage';
import type { CommitLog } from './commit-log.js';
import type { DiskImage } from './disk-image.js';
import type { JournalRuleOptions } from './journal-rule.js';
import { SimDisk, type SimDiskOptions } from './sim-disk.js';
import { simEnvironmentOf, SimScheduler } from './sim-scheduler.js';

/** One life of a process: its disk and its sources of chance. Each opening of the database gets a new one. */
export interface Stage {
  readonly disk: SimDisk;
  /** What the engine gets: the disk, perhaps with faults or a planted bug around it. */
  readonly vfs: Vfs;
  readonly env: Environment;
  readonly scheduler: SimScheduler;
  readonly seed: number;
}

/** Told of the one transaction that extend() makes. */
export interface ExtensionLog<State> {
  begin(state: State): void;
  ack(): void;
}

/** An engine under test, with a workload. All of it must follow from the seed alone. */
export interface System<State> {
  readonly name: string;
  /** What a database holds that was never written to. */
  readonly initial: State;
  /** Equal for equal states. */
  key(state: State): string;
  /**
   * Creates or opens the database and works with it, telling the log. Absorbs typed errors (that is what an application does):
   * unknown outcomes are left open, known failures rejected, a poisoned handle ends the play. May close or not.
   */
  play(stage: Stage, log: CommitLog<State>): void | Promise<void>;
  /** Opens the database, which recovers it, and reads everything. Leaves it as a dying process would. */
  observe(stage: Stage): State | Promise<State>;
  /**
   * Opens the database that holds `seen` and commits one transaction durably, of the same length in the log as commit number
   * `lost` of this seed's workload, with other values. Leaves it as a dying process would.
   */
  extend(stage: Stage, seen: State, lost: number, log: ExtensionLog<State>): void | Promise<void>;
  /** Opens the database and closes it properly; then the folder must hold plain files only (see folderProblem). */
  close?(stage: Stage): void | Promise<void>;
  /** What is wrong with the files after close(). */
  closedProblem?(image: DiskImage): string | undefined;
  /** Looks at the files before recovery, as another program would. */
  rawProblem?(image: DiskImage, tornPaths: ReadonlySet<string>): string | undefined;
  readonly journalRule?: JournalRuleOptions;
}

/** Puts something between the engine and the disk; made anew for each life of a process. */
export type WrapVfs = (disk: SimDisk) => Vfs;

export function makeDisk(system: Pick<System<unknown>, 'journalRule'>, options: SimDiskOptions = {}): SimDisk {
  return new SimDisk({ ...options, ...(system.journalRule === undefined ? {} : { journalRule: system.journalRule }) });
}

/**
 * Begins a life on this disk. The scheduler is new: what the life before had waiting never runs, and its syncs never end.
 *
 * @param interleaving a seed: waiting work runs in any order; default: in the order it came
 */
export function makeStage(disk: SimDisk, seed: number, wrap?: WrapVfs, interleaving?: number): Stage {
  const scheduler = new SimScheduler(interleaving);
  disk.useScheduler(scheduler);
  const vfs = wrap?.(disk) ?? disk;
  return { disk, vfs, scheduler, seed, env: simEnvironmentOf(vfs, scheduler, seed) };
}
