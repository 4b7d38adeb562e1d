import type { DbfLayout } from '#storage';

const TERMINATOR = 0x0d;
const DESCRIPTOR_BYTES = 32;

/** A layout whose header bytes say what the layout says, and what was changed in them. */
export interface MendedLayout {
  readonly layout: DbfLayout;
  readonly actions: readonly string[];
}

/**
 * Mends the header bytes: record length, terminator, version byte, impossible date, the announcement of an index file that is
 * not there. Count and date are written later anyway. Field descriptors stay as they are.
 */
export function mendedLayout(layout: DbfLayout, hasIndexFile: boolean): MendedLayout {
  const bytes = new Uint8Array(layout.headerBytes);
  const view = new DataView(bytes.buffer);
  const actions: string[] = [];
  const has = (code: string): boolean => layout.findings.some((f) => f.code === code);
  if (view.getUint16(10, true) !== layout.recordLength) {
    actions.push(`record length ${view.getUint16(10, true)} corrected to ${layout.recordLength}`);
    view.setUint16(10, layout.recordLength, true);
  }
  if (has('TERMINATOR_MISSING')) {
    const end = 32 + DESCRIPTOR_BYTES * layout.fields.length;
    if (end < bytes.length) {
      bytes[end] = TERMINATOR;
      actions.push('the end of the field descriptors is marked');
    }
  }
  if (has('VERSION_UNKNOWN')) {
    bytes[0] = layout.memoKind === undefined ? 0x03 : 0x83;
    actions.push(`unknown version byte 0x${layout.version.toString(16)} replaced by that of dBASE III`);
  }
  if (layout.lastUpdate === null) actions.push('impossible date of last update replaced');
  if (layout.hasStructuralIndex && !hasIndexFile) {
    bytes[28] = (bytes[28] ?? 0) & ~1;
    actions.push('the header no longer announces an index file that is not there');
  }
  return { layout: { ...layout, headerBytes: bytes }, actions };
}
