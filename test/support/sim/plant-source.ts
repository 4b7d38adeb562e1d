import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** One piece of a source file, which must be there exactly once, and what stands there instead. */
export interface SourcePatch {
  /** From the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The text of the file with the patches in; throws when one of them does not fit any more. */
export function patchedSource(file: string, patches: readonly SourcePatch[]): string {
  let text = readFileSync(join(ROOT, file), 'utf8');
  for (const { from, to } of patches) {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times, not once: ${from}`);
    text = parts.join(to);
  }
  return text;
}

/** Relative imports, from wherever the copy stands. */
function absoluteImports(text: string, file: string): string {
  return text.replaceAll(/(from |import\()'(\.[^']+)\.js'/g, (_, before: string, path: string) => `${before}'${join(ROOT, dirname(file), path)}.ts'`);
}

/**
 * Runs `load` (a dynamic import of the engine and its campaign) with changed sources: a copy of each file, outside the
 * project, takes its place through the test runner's mocks. Then all is as before. Modules that were imported earlier keep
 * the original, so everything that is to have the bug must be imported in `load`.
 */
export async function plantSource<Loaded>(patches: readonly SourcePatch[], load: () => Promise<Loaded>): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-planted-'));
  const files = [...new Set(patches.map((patch) => patch.file))];
  vi.resetModules();
  for (const [i, file] of files.entries()) {
    const copy = join(folder, `${i}-${basename(file)}`);
    writeFileSync(copy, absoluteImports(patchedSource(file, patches.filter((patch) => patch.file === file)), file));
    vi.doMock(join(ROOT, file), () => import(/* @vite-ignore */ copy));
  }
  try {
    return await load();
  } finally {
    for (const file of files) vi.doUnmock(join(ROOT, file));
    vi.resetModules();
    rmSync(folder, { recursive: true });
  }
}
