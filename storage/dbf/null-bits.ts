/** The bits of one field in `_NullFlags`. */
export interface FieldBits { readonly lengthBit?: number; readonly nullBit?: number }

/**
 * Numbers the bits of `_NullFlags` (Visual FoxPro): over the visible fields in order, a V or Q field takes a
 * length bit first, then every nullable field a null bit. Bit k lives in byte k >> 3 under mask 1 << (k & 7).
 *
 * @returns the bits of each field, and how many there are in all.
 */
export function assignNullBits(
  fields: readonly { readonly type: string; readonly nullable: boolean; readonly hidden: boolean }[],
): { readonly bits: readonly FieldBits[]; readonly count: number } {
  let next = 0;
  const bits = fields.map((field): FieldBits => {
    if (field.hidden) return {};
    const taken: { lengthBit?: number; nullBit?: number } = {};
    if (field.type === 'V' || field.type === 'Q') taken.lengthBit = next++;
    if (field.nullable) taken.nullBit = next++;
    return taken;
  });
  return { bits, count: next };
}
