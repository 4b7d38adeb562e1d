import { MemoFile, MemoryVfs, writeFully, type MemoKind, type MemoPatch, type VfsFile } from '#storage';

/** Bytes from text such as `FF FF 08 00 | 14 00` (bars and blanks are for the eye). */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[^0-9A-Fa-f]/g, ''), 'hex'));
}

/** A file of `sizeBytes` zeros with `pieces` put at their offsets. */
export function fileOf(sizeBytes: number, pieces: Readonly<Record<number, Uint8Array>>): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (const [offset, piece] of Object.entries(pieces)) bytes.set(piece, Number(offset));
  return bytes;
}

export function ascii(text: string): Uint8Array { return Uint8Array.from(Buffer.from(text, 'latin1')); }

/** The bytes as an open file in memory. */
export function openBytes(bytes: Uint8Array, mode: 'read' | 'write' = 'write'): VfsFile {
  return new MemoryVfs([['/memo', bytes]]).open('/memo', mode);
}

export function memoOf(kind: MemoKind, bytes: Uint8Array): MemoFile { return MemoFile.open(openBytes(bytes), kind); }

export function applyPatches(file: VfsFile, patches: readonly MemoPatch[]): void {
  for (const { offset, bytes } of patches) writeFully(file, bytes, offset);
}

export function codes(findings: readonly { readonly code: string }[]): string[] { return findings.map((finding) => finding.code); }
