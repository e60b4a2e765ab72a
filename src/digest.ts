import type { Hash } from 'node:crypto';
import type { ByteSource } from '../protocol/wbxml/bytes.ts';

/** Bytes hashed at a time: a mail of 60 MB is never in memory at once. */
const Chunk = 256 * 1024;

/** Adds all bytes of a source to a hash. */
export const addSource = (hash: Hash, source: ByteSource): Hash => {
  for (let at = 0; at < source.length; at += Chunk) hash.update(source.read(at, Math.min(source.length, at + Chunk)));
  return hash;
};
