import { FieldstoneError } from '../base/errors.js';
import type { Codec, CodecName } from './codec.js';
import { deflate } from './deflate.js';
import { lz4 } from './lz4.js';
import { none } from './none.js';

const BY_NAME: Readonly<Record<CodecName, Codec>> = { none, lz4, deflate };
const BY_ID: ReadonlyMap<number, Codec> = new Map(Object.values(BY_NAME).map((codec) => [codec.id, codec]));

export const CODEC_NAMES: readonly CodecName[] = ['none', 'lz4', 'deflate'];

export function codecByName(name: CodecName): Codec { return BY_NAME[name]; }

/**
 * The codec that a file names.
 *
 * @throws FieldstoneError VERSION when this version knows none of that id
 */
export function codecById(id: number): Codec {
  const codec = BY_ID.get(id);
  if (codec === undefined) throw new FieldstoneError('VERSION', `codec ${id} is unknown to this version (known: ${[...BY_ID.keys()].join(', ')})`);
  return codec;
}
