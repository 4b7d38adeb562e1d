import { CONTENT_BUGS } from './planted-content-bugs.js';
import { FAULT_BUGS, MODULE_BUGS } from './planted-fault-bugs.js';
import { ORDER_BUGS } from './planted-order-bugs.js';
import { SYNC_BUGS } from './planted-sync-bugs.js';
import type { PlantedBug, VfsBug } from './planted-bug.js';

/** Bugs at the border between engine and disk; `plant` puts one in. */
export const VFS_BUGS: readonly VfsBug[] = [...SYNC_BUGS, ...ORDER_BUGS, ...CONTENT_BUGS, ...FAULT_BUGS];

/**
 * Everything that the tests of the engine must catch. Nothing here is in the engine: a bug sits in a file system around the
 * real one, or replaces a module's exports. The proof that the campaigns test something.
 */
export const PLANTED_BUGS: readonly PlantedBug[] = [...VFS_BUGS, ...MODULE_BUGS];
