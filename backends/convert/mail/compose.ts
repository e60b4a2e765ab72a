import type { ByteSource } from '../../../protocol/wbxml/bytes.ts';
import type { CarriedPart, Original, TextForm, TextForms } from '../../contract/composer.ts';
import { joinHtml, joinPlain, plainAsHtml, type QuoteLines, quoteLines, textLeaf, textOfLeaf } from './compose-text.ts';
import {
  contentTypeOf,
  type Entity,
  isMultipart,
  type Leaf,
  mapLeaves,
  multipart,
  readTree,
  withChildren,
  writeTree,
} from './entity.ts';
import { parseHeaders } from './headers.ts';
import { htmlToText } from './html.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { locateParts } from './source-structure.ts';
import type { LocatedPart } from './structure.ts';

/** Replies and forwards: a device's new message and the original that the server adds to it. */

/** The forms of text in a device's own message. */
export const textForms = (message: ByteSource): TextForms => {
  const { structure } = locateParts(message);
  const segments = segmentsOf(structure);
  return {
    plain: segments.some(({ plain }) => plain !== undefined),
    html: segments.some(({ html }) => html !== undefined),
    sealed: isSealed(structure.type),
  };
};

const isSealed = (type: string): boolean =>
  /^multipart\/(?:signed|encrypted)$|^application\/(?:x-)?pkcs7-mime$/.test(type);

/** What the header of a message says of its content as a whole. */
export const contentKind = (header: Uint8Array): { readonly encrypted: boolean; readonly signed: boolean } => {
  const { value } = contentTypeOf({ fields: header });
  return { encrypted: isSealed(value) && value !== 'multipart/signed', signed: value === 'multipart/signed' };
};

/**
 * Puts the original under a device's text, in each form that the text has, and its parts behind:
 * those that the HTML shows beside it, the others as attachments. What the device wrote beside its
 * text, and every part of the original, passes byte for byte. A signed or encrypted message is not
 * touched; parts are then attached to it as a whole.
 *
 * @param seed makes boundaries that no part of the message holds; the same message gets the same ones
 */
export const joinOriginal = (message: ByteSource, original: Original, seed: string): ByteSource => {
  const tree = readTree(message);
  const { structure } = tree;
  const sealed = isSealed(structure.type);
  const shown = sealed ? [] : shownParts(original);
  const rest = original.parts.filter((part) => !shown.includes(part));
  const root = sealed ? tree.root : withText(tree.root, segmentsOf(structure), original, shown, `${seed}t`);
  if (root === tree.root && rest.length === 0) return message;
  return writeTree({ header: withMimeVersion(tree.header), root: withAttachments(root, rest, `${seed}m`) });
};

const withMimeVersion = (header: Uint8Array): Uint8Array =>
  parseHeaders(header, 0, header.length).get('mime-version') === undefined
    ? Buffer.concat([header, Buffer.from('MIME-Version: 1.0\r\n')])
    : header;

/** Parts that the original's HTML shows by their Content-ID. */
const shownParts = ({ html, parts }: Original): CarriedPart[] => {
  if (html === undefined) return [];
  const named = new Set([...html.matchAll(/cid:([^"'\s>)]{1,500})/gi)].map(([, id]) => plainId(id ?? '')));
  return parts.filter(({ fields }) => {
    const id = parseHeaders(fields, 0, fields.length).get('content-id');
    return id !== undefined && named.has(plainId(id));
  });
};

const plainId = (id: string): string => {
  const bare = id.trim().replace(/^<|>$/g, '');
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
};

/** The tree with the original in its text; a message without any text gets one. */
const withText = (
  root: Entity,
  segments: readonly Segment[],
  original: Original,
  shown: readonly CarriedPart[],
  seed: string,
): Entity => {
  if (original.plain === undefined && original.html === undefined) return root;
  const lines = quoteLines(original.header, original.received);
  const last = segments.at(-1);
  if (last === undefined) return inMixed([newText({}, original, lines, shown, seed), root], `${seed}n`);
  const both = last.plain !== undefined && last.html !== undefined;
  return mapLeaves(root, (leaf) => {
    if (leaf.part === undefined || !isPart(leaf.part, last)) return leaf;
    const text = textOfLeaf(leaf);
    if (leaf.part === last.html) return htmlEntity(text, original, lines, shown, seed);
    return both
      ? textLeaf('plain', plainWith(text, original, lines))
      : newText({ plain: text }, original, lines, shown, seed);
  });
};

const isPart = (part: LocatedPart, { plain, html }: Segment): boolean => part === plain || part === html;

/** A text that the device wrote in one form or in none, with the original: an alternative where that has HTML. */
const newText = (
  { plain = '' }: { readonly plain?: string },
  original: Original,
  lines: QuoteLines,
  shown: readonly CarriedPart[],
  seed: string,
): Entity => {
  const text = textLeaf('plain', plainWith(plain, original, lines));
  if (original.html === undefined) return text;
  return multipart('alternative', `${seed}a`, [text, htmlEntity(plainAsHtml(plain), original, lines, shown, seed)]);
};

const plainWith = (own: string, { plain, html }: Original, lines: QuoteLines): string =>
  joinPlain(own, plain ?? htmlToText(html ?? '', { links: true }), lines);

const htmlEntity = (
  own: string,
  { plain, html }: Original,
  lines: QuoteLines,
  shown: readonly CarriedPart[],
  seed: string,
): Entity => {
  const leaf = textLeaf('html', joinHtml(own, html ?? plainAsHtml(plain ?? ''), lines));
  return shown.length === 0 ? leaf : multipart('related', `${seed}r`, [leaf, ...shown], ';\r\n type="text/html"');
};

const inMixed = (children: readonly Entity[], boundary: string): Entity => multipart('mixed', boundary, children);

/** The tree with further parts at its end, in its own multipart/mixed where it is one. */
export const withAttachments = (root: Entity, parts: readonly Leaf[], boundary: string): Entity => {
  if (parts.length === 0) return root;
  if (isMultipart(root) && root.subtype === 'mixed') return withChildren(root, [...root.children, ...parts]);
  return inMixed([root, ...parts], boundary);
};

/** The message of an original as an attachment of another one. */
export const messagePart = (message: ByteSource, name: string): CarriedPart => ({
  fields: Buffer.from(
    `Content-Type: message/rfc822\r\nContent-Disposition: attachment;\r\n filename="${name}"\r\n` +
      'Content-Transfer-Encoding: 8bit\r\n',
  ),
  body: message,
});

/** The forms in which an original is quoted by a message that has `own` forms, when it has itself `native`. */
export const neededForms = (own: TextForms, native: TextForm): readonly TextForm[] => {
  if (own.sealed) return [];
  const html = own.html || native === 'html';
  const plain = own.plain || !own.html;
  return [...(html ? (['html'] as const) : []), ...(plain ? (['plain'] as const) : [])];
};
