// Up to here copying one by one is cheaper than making a view first (measured).
const LOOP_BYTES = 160;

/** Fills `target` from `source[start ..]`, which holds as many bytes: for records, most of which are short. */
export function copyBytes(source: Uint8Array, start: number, target: Uint8Array): void {
  if (target.length > LOOP_BYTES) target.set(source.subarray(start, start + target.length));
  else for (let i = 0; i < target.length; i++) target[i] = source[start + i] ?? 0;
}
