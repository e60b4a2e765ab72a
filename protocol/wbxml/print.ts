import type { Tag } from '../code-pages/tag.ts';
import type { TreeNode } from '../schema/describe.ts';
import { bytesToBase64 } from './base64.ts';
import { type ByteSource, bytesSource, readAll } from './bytes.ts';
import { WbxmlError } from './errors.ts';
import type { Events } from './events.ts';
import { WbxmlReader } from './reader.ts';

/** How values are printed: as they are (cut), or only their lengths, so that a log holds nothing secret. */
export type PrintedValues = 'shown' | 'hidden';

/** Characters of a value that are shown. */
const ShownText = 120;
/** Bytes of a value that are shown. */
const ShownBytes = 24;

/**
 * A document as indented text for people, such as `<Sync:SyncKey>2</…>` lines. Never fails: a
 * malformed document is printed up to where it breaks, with the reason.
 */
export const describeDocument = (document: Uint8Array | ByteSource, values: PrintedValues = 'hidden'): string => {
  const lines: string[] = [];
  try {
    const reader = new WbxmlReader(document instanceof Uint8Array ? bytesSource(document) : document);
    describeEvents(reader, values, lines);
  } catch (error) {
    if (!(error instanceof WbxmlError)) throw error;
    lines.push(`!! ${error.message}`);
  }
  return lines.join('\n');
};

const describeEvents = (events: Events, values: PrintedValues, lines: string[]): void => {
  const open: string[] = [];
  const add = (line: string): void => {
    lines.push(`${'  '.repeat(open.length)}${line}`);
  };
  for (let event = events.next(); event !== 'done'; event = events.next()) {
    if (event === 'start') {
      const { name } = events.tag;
      add(events.hasContent ? `<${name}>` : `<${name}/>`);
      if (events.hasContent) open.push(name);
    } else if (event === 'end') {
      const name = open.pop();
      add(`</${name}>`);
    } else add(event === 'text' ? describeText(events, values) : describeBytes(events.value, values));
  }
};

const describeText = (events: Events, values: PrintedValues): string => {
  if (values === 'hidden') return `(${events.value.length} bytes of text)`;
  const { text } = events;
  return text.length <= ShownText
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, ShownText))}... (${text.length} characters)`;
};

const describeBytes = (value: ByteSource, values: PrintedValues): string => {
  if (values === 'hidden') return `(${value.length} opaque bytes)`;
  const shown = [...value.read(0, Math.min(value.length, ShownBytes))];
  const more = value.length > ShownBytes ? '...' : '';
  return `(${value.length} opaque bytes: ${shown.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}${more})`;
};

/** Namespaces and names that the published schemas spell differently from the code pages. */
const SchemaNames: Readonly<Record<string, string>> = {
  'ComposeMail:Forwardee/ComposeMail:Name': 'ForwardeeName',
  'ComposeMail:Forwardee/ComposeMail:Email': 'ForwardeeEmail',
  'Find:GalSearchCriterion': 'GALSearchCriterion',
};
const SchemaNamespaces: Readonly<Record<string, string>> = { Gal: 'GAL' };

/**
 * An element as XML with the namespaces of the code pages and the names that the published schemas
 * use. Opaque values are base64; characters that XML excludes become U+FFFD.
 */
export const toXml = (node: TreeNode, parent?: Tag): string => {
  const [namespace, name] = schemaName(node.tag, parent);
  const [outer] = parent === undefined ? [undefined] : schemaName(parent, undefined);
  const declared = namespace === outer ? '' : ` xmlns="${namespace}"`;
  const children = node.children.map((child) => toXml(child, node.tag)).join('');
  const bytes = node.opaque === undefined ? '' : bytesToBase64(readAll(node.opaque));
  const content = `${escapeXml(node.text ?? '')}${bytes}${children}`;
  return content === '' ? `<${name}${declared}/>` : `<${name}${declared}>${content}</${name}>`;
};

const schemaName = (tag: Tag, parent: Tag | undefined): [namespace: string, name: string] => {
  const [namespace, name] = tag.name.split(':') as [string, string];
  const renamed = SchemaNames[`${parent?.name}/${tag.name}`] ?? SchemaNames[tag.name];
  return [SchemaNamespaces[namespace] ?? namespace, renamed ?? name];
};

const Escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

const escapeXml = (text: string): string =>
  text.replace(IllegalInXml, '\ufffd').replace(/[&<>\r]/g, (character) => Escapes[character] ?? character);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML excludes
const IllegalInXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Cs}]/gu;
