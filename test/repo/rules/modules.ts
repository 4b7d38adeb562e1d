import { importsOf } from './imports.js';
import type { Rule } from './source-text.js';

interface Place {
  /** Files (or folders, with a slash at the end) that may import the module. */
  readonly allowed: readonly string[];
  readonly remedy: string;
}

const FILES: Place = { allowed: ['storage/vfs/'], remedy: 'all file work goes through the Vfs of the Environment' };
const TIME: Place = { allowed: ['storage/base/node-environment.ts'], remedy: 'take Clock and Scheduler from the Environment' };
const NOWHERE: Place = { allowed: [], remedy: 'the engine starts no process, no code from text, and opens no connection' };
const CODEC: Place = { allowed: ['storage/codec/'], remedy: 'use a codec of storage/codec' };

/** Modules that only some places may import, so that each stands behind one interface of ours. */
const RESTRICTED: Readonly<Record<string, Place>> = {
  'node:fs': FILES,
  'node:fs/promises': FILES,
  'node:zlib': { allowed: ['storage/base/checksum.ts', 'storage/codec/'], remedy: 'use crc32() of storage/base/checksum.ts or a codec of storage/codec' },
  'node:timers': TIME,
  'node:timers/promises': TIME,
  'node:perf_hooks': { allowed: ['storage/base/node-environment.ts', 'src/profile/'], remedy: TIME.remedy },
  'node:inspector': { allowed: ['src/profile/'], remedy: 'profiles of the processor are taken in src/profile' },
  'node:crypto': { allowed: ['storage/base/'], remedy: 'take random bytes from the Environment; hashes belong into storage/base' },
  'node:worker_threads': { allowed: ['src/scan/', 'storage/vfs/process-identity.ts'], remedy: 'worker threads belong to src/scan' },
  'node:child_process': NOWHERE,
  'node:cluster': NOWHERE,
  'node:vm': NOWHERE,
  'node:net': NOWHERE,
  'node:http': NOWHERE,
  'node:https': NOWHERE,
  lz4js: CODEC,
  fflate: CODEC,
  'abstract-level': { allowed: ['src/level/'], remedy: 'an optional peer: only its own sub-path may need it' },
  keyv: { allowed: ['src/keyv/'], remedy: 'an optional peer: only its own sub-path may need it' },
};

/** Modules that are imported where they belong; no package that is not declared. */
export function moduleRule(dependencies: readonly string[]): Rule {
  return (file) => importsOf(file).flatMap(({ specifier, place }) => {
    if (specifier.startsWith('.') || specifier.startsWith('#')) return [];
    const restricted = RESTRICTED[specifier];
    if (restricted !== undefined && !restricted.allowed.some((allowed) => isAt(file.path, allowed))) {
      return [`${place}: ${specifier} may not be imported here; ${restricted.remedy}`];
    }
    if (specifier.startsWith('node:') || dependencies.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return [];
    return [`${place}: '${specifier}' is neither a dependency nor node:...; write node: before built-in modules, declare packages`];
  });
}

/** True when `path` is `allowed` itself or lies in it. */
export function isAt(path: string, allowed: string): boolean {
  return allowed.endsWith('/') ? path.startsWith(allowed) : path === allowed;
}
