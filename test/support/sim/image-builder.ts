import { hashBytes, hashText, mixHashes, UnorderedHash } from './byte-hash.js';
import type { CrashChoice } from './crash-choice.js';
import { buildFile, type Fate } from './crash-file.js';
import type { DiskImage, ImageFile } from './disk-image.js';
import { applyFolderOps, imageOf, type DataOp, type DiskState, type DurableFile } from './disk-state.js';

interface Variant { readonly file: DurableFile; readonly hash: number }
interface InodeOps { readonly ops: readonly DataOp[]; readonly places: readonly number[] }

/**
 * Builds crash images of one disk state. Each file is built once for each different fate of its own operations, and
 * hashed once, so that an image costs little more than its list of names. Made anew when the disk state changes,
 * taking over the variants of files that did not.
 */
export class ImageBuilder {
  readonly #state: DiskState;
  readonly #seed: number;
  readonly #byInode = new Map<number, InodeOps>();
  readonly #variants: Map<number, { readonly signature: string; readonly built: Map<string, Variant> }>;
  readonly #names = new Map<string, Map<string, number>>();

  constructor(state: DiskState, seed: number, before?: ImageBuilder) {
    this.#state = state;
    this.#seed = seed;
    const lists = new Map<number, { ops: DataOp[]; places: number[] }>();
    for (const [place, op] of state.dataOps.entries()) {
      const list = lists.get(op.inode) ?? { ops: [], places: [] };
      list.ops.push(op);
      list.places.push(place);
      lists.set(op.inode, list);
    }
    this.#byInode = lists;
    this.#variants = new Map(before === undefined ? [] : before.#variants);
  }

  build(choice: CrashChoice): { image: DiskImage; hash: number } {
    const names = this.#namesFor(choice.folders);
    const hash = new UnorderedHash();
    const image = imageOf(names, (inode) => this.#variant(inode, choice).file);
    for (const [path, file] of image.files) hash.add(mixHashes(nameHash(path), this.#variant(file.inode, choice).hash));
    for (const folder of image.folders) hash.add(nameHash(`${folder}/`));
    return { image, hash: hash.value() };
  }

  #namesFor(kept: readonly boolean[]): Map<string, number> {
    const key = kept.map((is) => is ? '1' : '0').join('');
    let found = this.#names.get(key);
    if (found === undefined) {
      found = applyFolderOps(this.#state.names, this.#state.folderOps, kept);
      this.#names.set(key, found);
    }
    return found;
  }

  #variant(inode: number, choice: CrashChoice): Variant {
    const { ops, places } = this.#byInode.get(inode) ?? NO_OPS;
    const durable = this.#state.durableFile(inode);
    const fates = places.map((place) => choice.fates[place] ?? 'kept');
    const key = ops.length === 0 ? '' : `${fates.map(fateKey).join('')}${choice.size}${choice.fill}`;
    const signature = `${durable.bytes.length}:${durable.changed}:${ops.map((op) => op.id).join()}`;
    let known = this.#variants.get(inode);
    if (known?.signature !== signature || known.built.get(DURABLE_KEY)?.file !== durable) {
      known = { signature, built: new Map([[DURABLE_KEY, { file: durable, hash: 0 }]]) };
      this.#variants.set(inode, known);
    }
    let variant = known.built.get(key);
    if (variant === undefined) {
      const file = buildFile(durable, ops, { fates, size: choice.size, fill: choice.fill, seed: this.#seed });
      variant = { file, hash: hashBytes(file.bytes) };
      known.built.set(key, variant);
    }
    return variant;
  }
}

const NO_OPS: InodeOps = { ops: [], places: [] };
/** Not a possible key of a variant: holds the durable file that the variants were built from. */
const DURABLE_KEY = 'durable';

const nameHashes = new Map<string, number>();

function nameHash(path: string): number {
  let hash = nameHashes.get(path);
  if (hash === undefined) nameHashes.set(path, hash = hashText(path));
  return hash;
}

function fateKey(fate: Fate): string {
  return fate === 'kept' ? 'k' : fate === 'lost' ? 'x' : `${fate.at}${fate.fill}${fate.part ?? ''}`;
}

/** Hash of an image that was not built here. */
export function hashImage(image: DiskImage): number {
  const hash = new UnorderedHash();
  for (const [path, file] of image.files) hash.add(mixHashes(nameHash(path), hashBytes(file.bytes)));
  for (const folder of image.folders) hash.add(nameHash(`${folder}/`));
  return hash.value();
}

/** True when both disks hold the same names and bytes. */
export function sameImage(a: DiskImage, b: DiskImage): boolean {
  if (a.files.size !== b.files.size || a.folders.size !== b.folders.size) return false;
  for (const folder of a.folders) if (!b.folders.has(folder)) return false;
  for (const [path, file] of a.files) if (!sameFile(file, b.files.get(path))) return false;
  return true;
}

function sameFile(a: ImageFile, b: ImageFile | undefined): boolean {
  return b !== undefined && (a.bytes === b.bytes || Buffer.compare(a.bytes, b.bytes) === 0);
}
