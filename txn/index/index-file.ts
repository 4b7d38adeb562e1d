import type { FoldTarget } from '../checkpoint/fold-target.js';
import type { Steps } from '../checkpoint/step.js';
import type { CatalogIndex } from './index-keys.js';
import type { IndexStore } from './index-store.js';

/** Where the bases of one index (a tree) or several (tags) are kept: a file, or memory. */
export interface IndexFile {
  /** In the folder; empty = in memory. */
  readonly name: string;
  /** A file of other programs, which tells itself what it holds: the catalog does not. */
  readonly isForeign: boolean;
  readonly stores: readonly IndexStore[];
  /** What the catalog should remember of the file. */
  facts(): Pick<CatalogIndex, 'file' | 'treeId' | 'sequence'>;
  renamed(name: string): void;
  /** Sizes that count after the fold, by file name. */
  sizes(): readonly (readonly [file: string, sizeBytes: number])[];
  /** Writes the new state of the file: growth directly, the rest to the journal. */
  fold(target: FoldTarget): Steps;
  /** The checkpoint was abandoned. */
  abandon(): void;
  /** Readers go over to the new state, while its blocks move from the journal into place. */
  journalComplete(journalPath: string): void;
  /** All blocks are in place. */
  settle(): void;
  close(): void;
}
