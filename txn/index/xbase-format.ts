import {
  buildNdx, buildNtx, CdxFile, compileExpression, createCdx, createIdx, guessesTextKeys, hasTextKeys, isPlainIdx, MdxFile, NdxFile, NtxFile, PlainIdxFile,
  type BlockSink, type BlockSource, type IndexFile as XbaseFile, type SortedKeys, type TagFacts, type TagSpec,
} from '#index';
import { FieldstoneError, readUpTo, writeFully, type DbfLayout, type VfsFile } from '#storage';
import type { Steps } from '../checkpoint/step.js';
import { WORK } from '../checkpoint/step.js';

const XBASE = /\.(cdx|idx|ntx|ndx|mdx)$/i;

export type XbaseKind = 'cdx' | 'idx' | 'ntx' | 'ndx' | 'mdx';

/** Which of the xBase formats a file has by its name. */
export function xbaseKindOf(file: string): XbaseKind | undefined {
  const match = XBASE.exec(file)?.[1]?.toLowerCase();
  return match === 'cdx' || match === 'idx' || match === 'ntx' || match === 'ndx' || match === 'mdx' ? match : undefined;
}

/** Reads an index file of a table. Throws CORRUPT_INDEX, UNSUPPORTED, IO. */
export function parseXbase(kind: XbaseKind, source: BlockSource, layout: DbfLayout): XbaseFile {
  const name = source.path.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '').toUpperCase();
  switch (kind) {
    case 'idx':
      if (isPlainIdx(source)) return new PlainIdxFile(source, name);
      return openCdx(source, name, layout);
    case 'cdx': return openCdx(source, name, layout);
    case 'ntx': return NtxFile.open(source, { name });
    case 'ndx': return NdxFile.open(source, { name });
    case 'mdx': return MdxFile.open(source);
  }
}

function openCdx(source: BlockSource, name: string, layout: DbfLayout): CdxFile {
  return CdxFile.open(source, { dialect: layout.dialect === 'vfp' ? 'foxpro' : 'clipper', name, isText: (facts) => isText(facts, layout) });
}

function isText(facts: TagFacts, layout: DbfLayout): boolean {
  try {
    return hasTextKeys(compileExpression(facts.expression, { layout }));
  } catch (e) {
    if (e instanceof FieldstoneError) return guessesTextKeys(facts);
    throw e;
  }
}

/** A tag to be made, with its sorted entries. */
export interface NewTag {
  readonly spec: TagSpec;
  readonly keys: SortedKeys;
}

/** Blocks as they stand in a file that nobody else reads, of which the first `sizeBytes` count. */
export function plainSource(file: VfsFile, path: string, sizeBytes: number = file.stat().sizeBytes): BlockSource {
  return {
    path, sizeBytes,
    block: (offset, lengthBytes) => {
      const block = Buffer.alloc(lengthBytes);
      if (offset + lengthBytes > sizeBytes || readUpTo(file, block, offset) < lengthBytes) throw new FieldstoneError('CORRUPT_INDEX', `${path} is shorter than it was`, { file: path, offset });
      return block;
    },
  };
}

function sinkInto(file: VfsFile): BlockSink {
  return { write: (offset, bytes) => { writeFully(file, bytes, offset); }, sliceDone: () => true };
}

/** Fills an empty file. A CDX takes any number of tags, the others one. Throws UNSUPPORTED, LIMIT, NAME. */
export function* writeXbase(kind: XbaseKind, file: VfsFile, name: string, layout: DbfLayout, tags: readonly NewTag[]): Steps {
  if (kind === 'cdx') {
    writeFully(file, createCdx(), 0);
    yield* changeXbase(kind, file, name, layout, tags, []);
    return;
  }
  const [only, more] = tags;
  if (only === undefined || more !== undefined) throw new FieldstoneError('UNSUPPORTED', `${name} holds one index, not ${tags.length}`, { file: name });
  const sink = sinkInto(file);
  if (kind === 'idx') yield* working(createIdx(name, only.spec, only.keys, sink));
  else if (kind === 'ntx') yield* working(buildNtx(only.spec, only.keys, sink));
  else if (kind === 'ndx') yield* working(buildNdx(only.spec, only.keys, sink));
  else throw new FieldstoneError('UNSUPPORTED', 'MDX files are read, not made', { file: name });
}

/** Adds and drops tags of a file that nobody else reads. */
export function* changeXbase(kind: XbaseKind, file: VfsFile, name: string, layout: DbfLayout, added: readonly NewTag[], dropped: readonly string[]): Steps {
  const update = parseXbase(kind, plainSource(file, name), layout).update(sinkInto(file));
  for (const tag of dropped) update.dropTag(tag);
  for (const { spec, keys } of added) yield* working(update.addTag(spec, keys));
  yield* working(update.finish());
}

/** The steps of a generator of the index floor, which says when others may run. */
export function* working<Result>(run: Generator<void, Result, void>): Steps<Result> {
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
    yield WORK;
  }
}
