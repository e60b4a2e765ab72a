import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { parseParameters } from './encoded-words.ts';
import { bodyOffset, locateFields } from './headers.ts';
import { locateParts } from './source-structure.ts';
import { joinSources, textSource } from './sources.ts';
import type { LocatedPart } from './structure.ts';

/**
 * Messages as trees that can be changed: what is not touched stays the same, byte for byte, and
 * nothing of it is read.
 */

/** A part without parts, or one that is never looked into: a signed or encrypted one. */
export interface Leaf {
  /** Its header fields, each ended by a line end, without the empty line. */
  readonly fields: Uint8Array;
  /** Its body as it stands in the message, encoded. */
  readonly body: ByteSource;
  /** What the structure tells of it; absent: a new one. */
  readonly part?: LocatedPart | undefined;
}

/** A multipart. */
export interface Multipart {
  readonly fields: Uint8Array;
  readonly boundary: string;
  readonly subtype: string;
  readonly children: readonly Entity[];
  /** Its body as it came; gone once a child is another one. */
  readonly body?: ByteSource | undefined;
}

/** A part of a message. */
export type Entity = Leaf | Multipart;

/** A message taken apart. */
export interface MessageTree {
  /** The fields of its header that do not speak of its content, each as it stands. */
  readonly header: Uint8Array;
  readonly root: Entity;
  /** Its parts, those that the leaves name among them; absent in a new message. */
  readonly structure?: LocatedPart | undefined;
}

/** Multiparts whose bytes mean something as a whole: nothing in them is ever changed (RFC 1847). */
const Sealed = new Set(['multipart/signed', 'multipart/encrypted']);

/** Whether an entity is a multipart that can be changed. */
export const isMultipart = (entity: Entity): entity is Multipart => 'children' in entity;

/** Takes a message apart; its parts are stretches of `message`. */
export const readTree = (message: ByteSource): MessageTree & { readonly structure: LocatedPart } => {
  const { structure } = locateParts(message);
  const block = message.read(0, structure.bodyStart);
  const [header, content]: [Uint8Array[], Uint8Array[]] = [[], []];
  for (const { name, start, end } of locateFields(block, 0, block.length, Number.POSITIVE_INFINITY)) {
    (name.startsWith('content-') ? content : header).push(block.subarray(start, end));
  }
  const root = entityOf(message, structure);
  return {
    header: withLineEnd(Buffer.concat(header)),
    root: { ...root, fields: withLineEnd(Buffer.concat(content)) },
    structure,
  };
};

const entityOf = (message: ByteSource, part: LocatedPart): Entity => {
  const block = message.read(part.headerStart, part.bodyStart);
  const fields = withLineEnd(block.subarray(0, endOfFields(block)));
  const body = message.slice(part.bodyStart, part.end);
  const { boundary } = part.parameters;
  if (part.children === undefined || boundary === undefined || Sealed.has(part.type)) return { fields, body, part };
  const children = part.children.map((child) => entityOf(message, child));
  return { fields, body, boundary: boundary.trimEnd(), subtype: part.type.slice('multipart/'.length), children };
};

/** Where the empty line after the fields begins. */
const endOfFields = (block: Uint8Array): number => {
  const end = bodyOffset(block, 0, block.length);
  const text = Buffer.from(block.subarray(Math.max(0, end - 4), end)).toString('latin1');
  return end - (/(?:^|\n)(\r?\n)$/.exec(text)?.[1]?.length ?? 0);
};

const CrLf = textSource('\r\n');

const withLineEnd = (fields: Uint8Array): Uint8Array =>
  fields.length === 0 || fields.at(-1) === 0x0a ? fields : Buffer.concat([fields, Buffer.from('\r\n')]);

/** The message of a tree: the header's fields, those of its content, and its body. */
export const writeTree = ({ header, root }: MessageTree): ByteSource =>
  joinSources([bytesSource(header), ...piecesOf(root)]);

/** An entity's fields, empty line and body. */
const piecesOf = (entity: Entity): ByteSource[] => [bytesSource(entity.fields), CrLf, ...bodyPieces(entity)];

const bodyPieces = (entity: Entity): ByteSource[] => {
  if (entity.body !== undefined) return [entity.body];
  const { boundary, children } = entity as Multipart;
  return [
    ...children.flatMap((child) => [textSource(`--${boundary}\r\n`), ...piecesOf(child), CrLf]),
    textSource(`--${boundary}--\r\n`),
  ];
};

/** The body of an entity as one source. */
export const bodySource = (entity: Entity): ByteSource => joinSources(bodyPieces(entity));

/** The tree with every leaf replaced by what `change` makes of it; a branch without changes stays as it is. */
export const mapLeaves = (entity: Entity, change: (leaf: Leaf) => Entity): Entity => {
  if (!isMultipart(entity)) return change(entity);
  const children = entity.children.map((child) => mapLeaves(child, change));
  return children.some((child, i) => child !== entity.children[i]) ? withChildren(entity, children) : entity;
};

/** A multipart with other parts. */
export const withChildren = ({ fields, boundary, subtype }: Multipart, children: readonly Entity[]): Multipart => ({
  fields,
  boundary,
  subtype,
  children,
});

/** A new multipart. `boundary` must be no line of any of its parts. */
export const multipart = (
  subtype: string,
  boundary: string,
  children: readonly Entity[],
  parameters = '',
): Multipart => ({
  fields: Buffer.from(`Content-Type: multipart/${subtype};\r\n boundary="${boundary}"${parameters}\r\n`),
  boundary,
  subtype,
  children,
});

/** Every leaf of a tree, in order. */
export const leaves = (entity: Entity): Leaf[] => (isMultipart(entity) ? entity.children.flatMap(leaves) : [entity]);

/** Type and parameters of an entity as its fields say. */
export const contentTypeOf = ({ fields }: Pick<Entity, 'fields'>): ReturnType<typeof parseParameters> => {
  const field = locateFields(fields, 0, fields.length).find(({ name }) => name === 'content-type');
  return parseParameters(
    field === undefined ? '' : Buffer.from(fields.subarray(field.valueStart, field.end)).toString(),
  );
};
