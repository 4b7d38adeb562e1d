/** What stands in an L field for true: T t Y y. */
export const TRUE_BYTES: ReadonlySet<number> = new Set([0x54, 0x74, 0x59, 0x79]);
/** And for false: F f N n. */
export const FALSE_BYTES: ReadonlySet<number> = new Set([0x46, 0x66, 0x4e, 0x6e]);
