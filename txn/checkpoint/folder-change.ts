import type { VersionedStore } from '../commit/versioned-store.js';
import type { PlannedTable } from './journal-note.js';

export type FolderOperation =
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly file: string };

/**
 * The replacement of one table's files (create, drop, rename, pack, zap, alter, repair) that rides
 * in a checkpoint. At most one for each checkpoint: then each operation can be repeated safely.
 */
export interface FolderChange {
  readonly operations: readonly FolderOperation[];
  /** The store whose files go away; it is not folded, its snapshots keep it. */
  readonly replaces: VersionedStore | undefined;
  /** Catalog entries that change, by lower-case table name: null removes one. */
  readonly tables: Readonly<Record<string, PlannedTable | null>>;
  /** Old file name → new file name, for a table that is folded and renamed at once. */
  readonly renamed?: ReadonlyMap<string, string>;
  /** The checkpoint begins, nothing is frozen yet. */
  readonly begin?: () => void;
  /** The files are in place: switch the catalog state. */
  readonly installed: () => void;
}
