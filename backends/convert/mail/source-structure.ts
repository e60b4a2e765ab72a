import { type ByteSource, readAll } from '../../../protocol/wbxml/bytes.ts';
import { MaxHeaderBytes } from './headers.ts';
import { type LocatedPart, type ParsedMessage, parseStructure } from './structure.ts';

/**
 * The structure of a message that is not in memory. Only the header of a part and lines that begin
 * with `--` tell anything about it; so all that lies between, which is what makes a message large,
 * is left out, the rest is taken apart as usual, and the places found are counted back.
 */

/** Bytes up to which a message is simply read. */
const InMemory = 1_048_576;

/** Bytes read at a time. */
const Chunk = 262_144;

/** Bytes kept around a line with dashes: the line end before it; the line itself and the header of a part after it. */
const [Before, After] = [2, MaxHeaderBytes + 512];

/** Bytes kept of a large message at most: one that has more lines with dashes is read as a whole. */
const MaxKept = 16 * 1_048_576;

/** Bytes of a message that are kept, in order and apart from each other. */
interface Kept {
  readonly start: number;
  readonly end: number;
}

/** Reads the parts of a message, as {@link parseStructure} does, from a source of any length. */
export const locateParts = (message: ByteSource): ParsedMessage => {
  if (message.length <= InMemory) return parseStructure(readAll(message));
  const kept = keptOf(message);
  if (kept.reduce((total, { start, end }) => total + end - start, 0) > MaxKept) return parseStructure(readAll(message));
  const { headers, structure } = parseStructure(
    Buffer.concat(kept.map(({ start, end }) => message.read(start, end).slice())),
  );
  const place = placesOf(kept, message.length);
  return { headers, structure: countedBack(structure, place) };
};

const keptOf = (message: ByteSource): Kept[] => {
  const kept: Kept[] = [{ start: 0, end: Math.min(message.length, After) }];
  const keep = (line: number): void => {
    const [start, end] = [Math.max(0, line - Before), Math.min(message.length, line + After)];
    const last = kept[kept.length - 1] as Kept;
    if (start <= last.end) kept[kept.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else kept.push({ start, end });
  };
  // Chunks overlap by what a line with dashes begins with, `\n--`.
  for (let at = 0; at < message.length; at += Chunk) {
    const bytes = message.read(at, Math.min(message.length, at + Chunk + 2));
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let found = text.indexOf('\n--'); found >= 0; found = text.indexOf('\n--', found + 1)) keep(at + found + 1);
  }
  // The end of the last part is that of the message.
  const last = kept[kept.length - 1] as Kept;
  if (last.end < message.length) kept.push({ start: Math.max(last.end, message.length - Before), end: message.length });
  return kept;
};

/** Where a place among the kept bytes lies in the message. */
const placesOf = (kept: readonly Kept[], length: number): ((place: number) => number) => {
  const starts: number[] = [];
  let total = 0;
  for (const { start, end } of kept) {
    starts.push(total);
    total += end - start;
  }
  return (place) => {
    if (place >= total) return length;
    let i = kept.length - 1;
    while (i > 0 && (starts[i] as number) > place) i--;
    return (kept[i] as Kept).start + place - (starts[i] as number);
  };
};

const countedBack = (part: LocatedPart, place: (at: number) => number): LocatedPart => {
  const [headerStart, bodyStart, end] = [place(part.headerStart), place(part.bodyStart), place(part.end)];
  const children = part.children?.map((child) => countedBack(child, place));
  return { ...part, headerStart, bodyStart, end, children, size: children === undefined ? end - bodyStart : 0 };
};
