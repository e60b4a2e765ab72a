import fc from 'fast-check';
import { CodePages } from '../../../protocol/code-pages/index.ts';
import type { TreeNode } from '../../../protocol/schema/describe.ts';
import { type ByteSource, bytesSource, type Piece, readAll, type Spooled } from '../../../protocol/wbxml/bytes.ts';

/** Bytes of `03 01 6A`, spaces optional. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replace(/\s+/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** All bytes of pieces that hold no spools. */
export const joinPieces = (pieces: readonly Piece[]): Uint8Array =>
  concat(
    pieces.map((piece) => {
      if (!(piece instanceof Uint8Array)) throw new Error('a spool where an array was expected');
      return piece;
    }),
  );

/** All bytes of pieces, spools read. */
export const drainPieces = async (pieces: readonly Piece[]): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) parts.push(piece);
    else for await (const chunk of piece.open()) parts.push(chunk);
  }
  return concat(parts);
};

/** A spool over chunks. */
export const spoolOf = (...chunks: Uint8Array[]): Spooled => ({
  byteLength: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
  async *open() {
    yield* chunks;
  },
});

/** A source that copies, as one over a file does, and notes the largest read. */
export const fileLike = (bytes: Uint8Array): ByteSource & { readonly largestRead: () => number } => {
  let largest = 0;
  const make = (from: number, to: number): ByteSource => ({
    length: to - from,
    read: (start, end) => {
      if (start < 0 || end < start || from + end > to) throw new RangeError(`read ${start}-${end} of ${to - from}`);
      largest = Math.max(largest, end - start);
      return bytes.slice(from + start, from + end);
    },
    slice: (start, end) => make(from + start, from + end),
  });
  return { ...make(0, bytes.length), largestRead: () => largest };
};

/** Text that a document can carry: well formed and legal in XML. */
export const legalText = (maxLength = 100): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'binary', maxLength })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the writer drops
    .map((text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/gu, ''));

export const AllTags = CodePages.flatMap((page) => Object.values(page));

/** A tree with its opaque values as plain arrays, so that two trees compare. */
export const plain = (node: TreeNode): unknown => ({
  tag: node.tag.name,
  children: node.children.map(plain),
  text: node.text === '' ? undefined : node.text,
  opaque: node.opaque === undefined ? undefined : [...readAll(node.opaque)],
});

const tag = fc.constantFrom(...AllTags);
const leaf: fc.Arbitrary<TreeNode> = fc.oneof(
  tag.map((it) => ({ tag: it, children: [] })),
  fc.tuple(tag, legalText()).map(([it, text]) => ({ tag: it, children: [], text })),
  fc
    .tuple(tag, fc.uint8Array({ maxLength: 300 }))
    .map(([it, bytes]) => ({ tag: it, children: [], opaque: bytesSource(bytes) })),
);

/** Any tree over all 26 pages. */
export const anyTree: fc.Arbitrary<TreeNode> = fc.letrec<{ node: TreeNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    leaf,
    fc.tuple(tag, fc.array(tie('node'), { maxLength: 5 })).map(([it, children]) => ({ tag: it, children })),
  ),
})).node;
