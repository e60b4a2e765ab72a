import { locateFields } from './headers.ts';

/** Fields that say where a part belongs in its message, not what it is. */
const Left = new Set(['content-length']);

/**
 * The Content-… fields of a header block, each as it stands and ended by CR LF: what a part is called
 * and how it is encoded, and nothing that would be a field of another message.
 */
export const contentFields = (block: Uint8Array): Uint8Array => {
  const fields = locateFields(block, 0, block.length)
    .filter(({ name }) => name.startsWith('content-') && !Left.has(name))
    .map(({ start, end }) => lineEnds(Buffer.from(block.subarray(start, end)).toString('latin1')));
  return Buffer.from(fields.join(''), 'latin1');
};

/** One field with CR LF at the end of each line; a CR or NUL anywhere else is a blank. */
const lineEnds = (field: string): string =>
  `${field
    .replace(/\r?\n$/, '')
    .replace(/\r?\n(?=[ \t])/g, '\n')
    .replace(/[\r\0]/g, ' ')
    .replaceAll('\n', '\r\n')}\r\n`;
