import { type ByteSource, bytesSource, type Spooled } from '../wbxml/bytes.ts';
import { decodeUtf8 } from '../wbxml/utf8.ts';

/**
 * The bytes of an `opaque` element that was read. Its type has more members because the same
 * element is written from arrays and spools.
 *
 * @throws TypeError for a spool, which only a writer makes
 */
export const sourceOf = (value: Uint8Array | ByteSource | Spooled): ByteSource => {
  if (value instanceof Uint8Array) return bytesSource(value);
  if ('open' in value) throw new TypeError('sourceOf: a spool is for writing');
  return value;
};

/**
 * The text of a `data` element that was read, as {@link sourceOf}.
 *
 * @throws TypeError for a spool, which only a writer makes
 */
export const stringOf = (value: string | Uint8Array | Spooled): string => {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return decodeUtf8(value, 0, value.length);
  throw new TypeError('stringOf: a spool is for writing');
};
