import type { ByteSource } from '../../../protocol/wbxml/bytes.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { AddedAttachment, Draft, DraftChange, HeaderFacts } from '../../contract/composer.ts';
import { parseAddresses } from './addresses.ts';
import { withAttachments } from './compose.ts';
import { textLeaf } from './compose-text.ts';
import { encodeWords, headerField, parameter } from './encode-text.ts';
import {
  type Entity,
  isMultipart,
  type Leaf,
  leaves,
  type MessageTree,
  multipart,
  readTree,
  withChildren,
  writeTree,
} from './entity.ts';
import { locateFields, parseHeaders } from './headers.ts';
import { addressField, withHeader } from './outgoing-header.ts';
import { attachedParts, segmentsOf } from './segments.ts';
import { locateParts } from './source-structure.ts';
import { base64Source } from './sources.ts';
import { leavesOf, type MimePart } from './structure.ts';

/** Drafts that devices write: new ones, and changes of those that are there. */

/**
 * Makes a draft, or changes one: everything that the device did not name stays as it was, the
 * attachments byte for byte.
 */
export const writeDraft = (
  existing: ByteSource | undefined,
  change: DraftChange,
  facts: HeaderFacts & { readonly seed: string },
): Draft => {
  const base = baseOf(existing, change);
  const added = change.added.map(attachmentLeaf);
  const root = withAttachments(rootOf(base, change, added, facts.seed), remaining(change, added), `${facts.seed}m`);
  const header = Buffer.concat([draftHeader(base.tree.header, change), MimeVersion]);
  const message = withHeader(writeTree({ header, root }), facts);
  return { message, parts: partNames(message, root, change.added, added) };
};

const MimeVersion = Buffer.from('MIME-Version: 1.0\r\n');

interface Base {
  readonly tree: MessageTree;
  /** Leaves that are attachments, by part name. */
  readonly attached: ReadonlyMap<string, Leaf>;
}

const baseOf = (existing: ByteSource | undefined, { body }: DraftChange): Base => {
  const source = body !== undefined && 'mime' in body ? body.mime : (existing ?? bytesSource(new Uint8Array(0)));
  const tree = readTree(source);
  const attached = new Set<MimePart>(attachedParts(tree.structure, segmentsOf(tree.structure)));
  const found = leaves(tree.root).flatMap((leaf): [string, Leaf][] =>
    leaf.part !== undefined && attached.has(leaf.part) ? [[leaf.part.part, leaf]] : [],
  );
  return { tree, attached: new Map(found) };
};

const rootOf = ({ tree, attached }: Base, change: DraftChange, added: readonly Leaf[], seed: string): Entity => {
  const { body } = change;
  // Attachments to go are named as they were in the message that the MIME replaces.
  if (body !== undefined && 'mime' in body) return tree.root;
  const going = new Set(change.removed.flatMap((part) => attached.get(part) ?? []));
  if (body === undefined) return pruned(tree.root, going) ?? textLeaf('plain', '');
  const kept = [...attached.values()].filter((leaf) => !going.has(leaf));
  const text = textLeaf(body.form, body.text);
  const shown = body.form === 'html' ? [...kept, ...added].filter((leaf) => isShown(leaf, body.text)) : [];
  const main = shown.length === 0 ? text : multipart('related', `${seed}r`, [text, ...shown], ';\r\n type="text/html"');
  return withAttachments(
    main,
    kept.filter((leaf) => !shown.includes(leaf)),
    `${seed}k`,
  );
};

/** Added attachments that the HTML of the draft does not show within itself. */
const remaining = ({ body }: DraftChange, added: readonly Leaf[]): Leaf[] =>
  body === undefined || 'mime' in body || body.form === 'plain'
    ? [...added]
    : added.filter((leaf) => !isShown(leaf, body.text));

const isShown = (leaf: Leaf, html: string): boolean => {
  const id = parseHeaders(leaf.fields, 0, leaf.fields.length).get('content-id')?.replace(/^<|>$/g, '');
  return id !== undefined && id !== '' && html.includes(`cid:${id}`);
};

/** The tree without some leaves; `undefined` when nothing is left. */
const pruned = (entity: Entity, going: ReadonlySet<Leaf>): Entity | undefined => {
  if (!isMultipart(entity)) return going.has(entity) ? undefined : entity;
  const children = entity.children.flatMap((child) => pruned(child, going) ?? []);
  if (children.length === 0) return undefined;
  const same = children.length === entity.children.length && children.every((child, i) => child === entity.children[i]);
  return same ? entity : withChildren(entity, children);
};

const TypeForm = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;

/** A new attachment as a part; its content is encoded as it is read. */
export const attachmentLeaf = (added: AddedAttachment): Leaf => {
  const type = TypeForm.test(added.contentType ?? '') ? (added.contentType as string) : 'application/octet-stream';
  const disposition = added.inline ? 'inline' : 'attachment';
  const name = added.name === '' ? 'attachment' : added.name;
  const id = added.contentId?.replace(/[\s\p{Cc}<>]+/gu, '') ?? '';
  const fields = [
    `Content-Type: ${added.message ? 'message/rfc822' : type};\r\n ${parameter('name', name)}\r\n`,
    `Content-Disposition: ${disposition};\r\n ${parameter('filename', name)}\r\n`,
    ...(id === '' ? [] : [headerField('Content-ID', `<${asciiOnly(id)}>`)]),
    ...(added.contentLocation ? [headerField('Content-Location', asciiOnly(added.contentLocation))] : []),
    // A message within a message is never encoded (RFC 2046, 5.2.1).
    `Content-Transfer-Encoding: ${added.message ? '8bit' : 'base64'}\r\n`,
  ];
  return {
    fields: Buffer.from(fields.join(''), 'latin1'),
    body: added.message ? added.content : base64Source(added.content),
  };
};

const asciiOnly = (text: string): string => text.replace(/[^!-~]+/g, '');

/** Words for Importance in a header. */
const ImportanceWords: readonly string[] = ['low', 'normal', 'high'];

/** Fields that other programs keep importance in; they would contradict. */
const OtherImportance = ['x-priority', 'priority', 'x-msmail-priority'];

const draftHeader = (header: Uint8Array, change: DraftChange): Uint8Array => {
  const list = (name: string, value: string | undefined): Setting[] =>
    value === undefined ? [] : [[name, addressField(name, parseAddresses(value))]];
  const settings: Setting[] = [
    ...list('To', change.to),
    ...list('Cc', change.cc),
    ...list('Bcc', change.bcc),
    ...list('Reply-To', change.replyTo),
    ...(change.subject === undefined
      ? []
      : [['Subject', headerField('Subject', encodeWords(change.subject))] satisfies Setting]),
  ];
  const word = change.importance === undefined ? undefined : ImportanceWords[change.importance];
  if (word !== undefined) settings.push(['Importance', headerField('Importance', word)]);
  const replaced = new Set(settings.map(([name]) => name.toLowerCase()));
  if (word !== undefined) for (const name of OtherImportance) replaced.add(name);
  // A draft is dated anew with each change, and what it is encoded in is told by its content.
  for (const name of ['date', 'mime-version']) replaced.add(name);
  const kept = locateFields(header, 0, header.length, Number.POSITIVE_INFINITY)
    .filter(({ name }) => !replaced.has(name))
    .map(({ start, end }) => header.subarray(start, end));
  const set = settings.filter(([name, field]) => field.slice(name.length + 1).trim() !== '').map(([, field]) => field);
  return Buffer.concat([...kept, Buffer.from(set.join(''), 'latin1')]);
};

type Setting = readonly [name: string, field: string];

/** What the added attachments are called in the finished message. */
const partNames = (
  message: ByteSource,
  root: Entity,
  added: readonly AddedAttachment[],
  its: readonly Leaf[],
): [string, string][] => {
  if (added.length === 0) return [];
  const [order, places] = [leaves(root), leavesOf(locateParts(message).structure)];
  return added.flatMap(({ clientId }, i): [string, string][] => {
    const place = places[order.indexOf(its[i] as Leaf)];
    return place === undefined ? [] : [[clientId, place.part]];
  });
};
