const UNIT_BYTES = 512;
const BLOCK_BYTES = 1024;
const HEADER_UNITS = 4;
const TAG_UNITS = 2;
const ITEMS_AT = 8;
const TAGS_AT = 544;
const SLOT_BYTES = 32;

/** One order of an MDX to be made. */
export interface MdxTagImage {
  readonly name: string;
  readonly expression: string;
  readonly type: 'C' | 'D';
  readonly keyLength: number;
  /** As they stand in the file, in the order of their keys. */
  readonly entries: readonly { readonly key: Uint8Array; readonly recno: number }[];
}

/** A page that was made: its unit, and the last key below it. */
interface Made { readonly unit: number; readonly lastKey: Uint8Array }

/** An MDX file as dBASE IV lays it out (docs/formats/ntx-ndx-mdx.md), with `perPage` keys in a page: the engine reads MDX and makes none. */
export function mdxImage(tags: readonly MdxTagImage[], perPage = 12): Buffer {
  const header = Buffer.alloc(HEADER_UNITS * UNIT_BYTES);
  header[0] = 2;
  header.writeUInt16LE(BLOCK_BYTES / UNIT_BYTES, 20);
  header.writeUInt16LE(BLOCK_BYTES, 22);
  header[24] = 1;
  header[26] = SLOT_BYTES;
  header.writeUInt16LE(tags.length, 28);
  const blocks: Buffer[] = [header, ...tags.map(() => Buffer.alloc(TAG_UNITS * UNIT_BYTES))];
  let next = HEADER_UNITS + tags.length * TAG_UNITS;
  for (const [i, tag] of tags.entries()) {
    const itemBytes = (tag.keyLength + 4 + 3) & ~3;
    const put = (items: readonly { readonly number: number; readonly key: Uint8Array }[], last: number): number => {
      const page = Buffer.alloc(BLOCK_BYTES);
      page.writeUInt32LE(items.length, 0);
      for (const [k, { number, key }] of items.entries()) {
        page.writeUInt32LE(number, ITEMS_AT + k * itemBytes);
        page.set(key, ITEMS_AT + k * itemBytes + 4);
      }
      page.writeUInt32LE(last, ITEMS_AT + items.length * itemBytes);
      blocks.push(page);
      next += BLOCK_BYTES / UNIT_BYTES;
      return next - BLOCK_BYTES / UNIT_BYTES;
    };
    const unit = HEADER_UNITS + i * TAG_UNITS;
    header.writeUInt32LE(unit, TAGS_AT + i * SLOT_BYTES);
    header.write(tag.name, TAGS_AT + i * SLOT_BYTES + 4, 'latin1');
    const page = blocks[1 + i] ?? header;
    page.write(tag.type, 9, 'latin1');
    page.writeUInt16LE(tag.keyLength, 12);
    page.writeUInt16LE(Math.floor((BLOCK_BYTES - 12) / itemBytes), 14);
    page.writeUInt16LE(itemBytes, 18);
    page.write(tag.expression, 24, 'latin1');
    page.writeUInt32LE(treeOf(tag, perPage, put), 0);
  }
  return Buffer.concat(blocks);
}

/** Leaves, then the pages above them, until one is left: the root. A page with children has a key for each but the last. */
function treeOf({ entries }: MdxTagImage, perPage: number, put: (items: { number: number; key: Uint8Array }[], last: number) => number): number {
  let level: Made[] = groups(entries, perPage).map((group) => {
    return { unit: put(group.map(({ key, recno }) => ({ number: recno, key })), 0), lastKey: group.at(-1)?.key ?? new Uint8Array(0) };
  });
  while (level.length > 1) {
    level = groups(level, perPage).map((group) => {
      const last = group.at(-1);
      const keys = group.slice(0, -1).map(({ unit, lastKey }) => ({ number: unit, key: lastKey }));
      return { unit: put(keys, last?.unit ?? 0), lastKey: last?.lastKey ?? new Uint8Array(0) };
    });
  }
  return level[0]?.unit ?? put([], 0);
}

/** None of them alone but a first one: a page of one child has no key. */
function groups<Item>(items: readonly Item[], size: number): Item[][] {
  const made: Item[][] = [];
  for (let i = 0; i < items.length; i += size) made.push(items.slice(i, i + size));
  const last = made.at(-1);
  if (made.length > 1 && last?.length === 1) last.unshift(...made[made.length - 2]?.splice(-1) ?? []);
  return made;
}
