import { locateFields } from './headers.ts';

/** Fields that say where a part belongs in its message, not what it is. */
const Left = new Set(['content-length']);

/** What a part without a type is, wherever it is not in a multipart/digest (RFC 2046, 5.1.5). */
const DefaultType = 'text/plain';

/**
 * The Content-… fields of a header block, each as it stands and ended by CR LF: what a part is called
 * and how it is encoded, and nothing that would be a field of another message.
 *
 * @param type what the part is; said where the block leaves it to its place in a multipart/digest
 */
export const contentFields = (block: Uint8Array, type: string): Uint8Array => {
  const own = locateFields(block, 0, block.length).filter(({ name }) => name.startsWith('content-') && !Left.has(name));
  const isSaid = type === DefaultType || own.some(({ name }) => name === 'content-type');
  const fields = own.map(({ start, end }) => lineEnds(Buffer.from(block.subarray(start, end)).toString('latin1')));
  return Buffer.from([...(isSaid ? [] : [`Content-Type: ${type}\r\n`]), ...fields].join(''), 'latin1');
};

/** One field with CR LF at the end of each line; a CR or NUL anywhere else is a blank. */
const lineEnds = (field: string): string =>
  `${field
    .replace(/\r?\n$/, '')
    .replace(/\r?\n(?=[ \t])/g, '\n')
    .replace(/[\r\0]/g, ' ')
    .replaceAll('\n', '\r\n')}\r\n`;
