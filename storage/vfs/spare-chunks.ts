let spare: WeakRef<Uint8Array[]> | undefined;

/**
 * Memory of files that nobody can get at any more serves the next ones, until garbage is collected: then it goes, as it would without this. A program
 * that opens one database in memory after another (test suites do) spares the system from clearing pages for each, and the engine from looking
 * through its heap because so much memory was asked for. All chunks are of one length.
 */
export function spareChunks(chunks: readonly Uint8Array[]): void {
  if (chunks.length === 0) return;
  const list = spare?.deref() ?? [];
  spare = new WeakRef(list);
  for (const chunk of chunks) list.push(chunk);
}

/** A chunk to be written over: it holds anything. Undefined when there is none. */
export function spareChunk(): Uint8Array | undefined { return spare?.deref()?.pop(); }
