import { AMID_BUGS } from './amid-bugs.js';
import { CHECKPOINT_BUGS } from './checkpoint-bugs.js';
import { CLAIM_BUGS } from './claim-bugs.js';
import { COMMIT_BUGS } from './commit-bugs.js';
import { INDEX_BUGS } from './index-bugs.js';
import { KV_BUGS } from './kv-bugs.js';
import { RECOVERY_BUGS } from './recovery-bugs.js';
import type { SourceBug } from './source-bug.js';

/** Every bug that is planted in the engine's own sources. */
export const SOURCE_BUGS: readonly SourceBug[] = [...COMMIT_BUGS, ...CHECKPOINT_BUGS, ...RECOVERY_BUGS, ...KV_BUGS, ...INDEX_BUGS, ...CLAIM_BUGS, ...AMID_BUGS];
