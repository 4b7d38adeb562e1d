import { readUpTo, writeFully, type Environment, type Vfs } from '#storage';

const CHUNK_BYTES = 1 << 20;

/** Copies a file to a new one of `target` and syncs it, giving the event loop its turns. `check` runs between chunks and may throw. */
export async function copyFile(
  { vfs, scheduler }: Pick<Environment, 'vfs' | 'scheduler'>, from: string, to: string, check: () => void, target: Vfs = vfs,
): Promise<void> {
  const source = vfs.open(from, 'read');
  try {
    const copy = target.open(to, 'exclusive');
    try {
      const chunk = new Uint8Array(Math.max(1, Math.min(CHUNK_BYTES, source.stat().sizeBytes)));
      for (let at = 0, n = readUpTo(source, chunk, 0); n > 0; n = readUpTo(source, chunk, at)) {
        writeFully(copy, chunk.subarray(0, n), at);
        at += n;
        check();
        await new Promise<void>((done) => { scheduler.later(done); });
      }
      await copy.syncAsync();
    } finally {
      copy.close();
    }
  } finally {
    source.close();
  }
}
