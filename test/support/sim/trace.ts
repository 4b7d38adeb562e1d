/** What happened to a simulated disk, in order. Inode numbers never change; paths are for people and for the folder operations. */
export type TraceEvent =
  | { readonly op: 'write'; readonly path: string; readonly inode: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly op: 'truncate'; readonly path: string; readonly inode: number; readonly sizeBytes: number }
  | { readonly op: 'create'; readonly path: string; readonly inode: number }
  | { readonly op: 'rename'; readonly path: string; readonly to: string; readonly inode: number }
  | { readonly op: 'unlink'; readonly path: string; readonly inode: number }
  | { readonly op: 'makeFolder'; readonly path: string }
  | { readonly op: 'removeFolder'; readonly path: string }
  /** A sync came to its end: everything on this inode from before operation number `upTo` is on disk. */
  | { readonly op: 'synced'; readonly path: string; readonly inode: number; readonly upTo: number; readonly full: boolean }
  /** A sync failed: what it should have made durable never will be. `visible`: it still reads back, until the power fails. */
  | { readonly op: 'syncLost'; readonly path: string; readonly inode: number; readonly upTo: number; readonly visible: boolean }
  | { readonly op: 'syncFolder'; readonly path: string }
  /** Put in by the test. `narrows`: fewer answers are right after it than before it (an acknowledgement, say). */
  | { readonly op: 'mark'; readonly label: string; readonly data: unknown; readonly narrows: boolean };

export type Mark = Extract<TraceEvent, { op: 'mark' }>;

/** One line for people: `17 write /db/a.wal 32 +80`. */
export function describeEvent(event: TraceEvent): string {
  switch (event.op) {
    case 'write': return `write ${event.path} ${event.position} +${event.bytes.length}`;
    case 'truncate': return `truncate ${event.path} ${event.sizeBytes}`;
    case 'rename': return `rename ${event.path} -> ${event.to}`;
    case 'synced': return `${event.full ? 'sync' : 'datasync'} ${event.path} (all before ${event.upTo})`;
    case 'mark': return `-- ${event.label} ${String(event.data)}`;
    default: return `${event.op} ${event.path}`;
  }
}

/** The last events before `point`, for failure messages. */
export function describeTrace(trace: readonly TraceEvent[], point: number, lines = 40): string {
  const first = Math.max(0, point - lines);
  return trace.slice(first, point).map((event, i) => `  ${first + i} ${describeEvent(event)}`).join('\n');
}
