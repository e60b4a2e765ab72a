import type { Tag } from '../code-pages/tag.ts';
import type { TreeNode } from '../schema/describe.ts';
import { type ByteSource, bytesSource, type Piece, readAll } from './bytes.ts';
import { WbxmlError } from './errors.ts';
import type { Event, Events } from './events.ts';
import type { WbxmlLimits } from './limits.ts';
import { WbxmlReader } from './reader.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { WbxmlWriter } from './writer.ts';

/**
 * Decodes any document, whatever its elements mean.
 *
 * @throws WbxmlError when the bytes are no WBXML
 */
export const decodeTree = (source: ByteSource, limits?: WbxmlLimits): TreeNode => {
  const reader = new WbxmlReader(source, limits);
  if (reader.next() !== 'start') throw new WbxmlError(reader.offset, 'the document has no root element');
  const root = readNode(reader);
  reader.next();
  return root;
};

/** Encodes any tree as a document. */
export const encodeTreeDocument = (root: TreeNode): Piece[] => {
  const writer = WbxmlWriter.document();
  writeNode(writer, root);
  return writer.finish();
};

/** Reads the element at whose `start` the events stand. */
export const readNode = (events: Events): TreeNode => {
  const { tag } = events;
  let text: string | undefined;
  let opaque: ByteSource | undefined;
  const children: TreeNode[] = [];
  for (let event = first(events); event !== 'end'; event = events.next()) {
    if (event === 'start') children.push(readNode(events));
    else if (event === 'text') text = (text ?? '') + events.text;
    else if (opaque === undefined) opaque = events.value;
    else opaque = joined(opaque, events.value);
  }
  if (opaque === undefined) return text === undefined ? { tag, children } : { tag, children, text };
  return text === undefined ? { tag, children, opaque } : { tag, children, text, opaque };
};

/** The first event of the content; `end` for an element without content. */
export const first = (events: Events): Event => (events.hasContent ? events.next() : 'end');

/** Writes an element with its content; `keep` tells which tags may be written. */
export const writeNode = (writer: WbxmlWriter, node: TreeNode, keep: (tag: Tag) => boolean = () => true): void => {
  if (!keep(node.tag)) return;
  writer.open(node.tag);
  if (node.text !== undefined) writer.text(node.text);
  if (node.opaque !== undefined) writer.opaque(node.opaque);
  for (const child of node.children) writeNode(writer, child, keep);
  writer.close();
};

const joined = (a: ByteSource, b: ByteSource): ByteSource => {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(readAll(a));
  bytes.set(readAll(b), a.length);
  return bytesSource(bytes);
};

interface Frame {
  readonly node: TreeNode | undefined;
  readonly children: readonly TreeNode[];
  valueRead: boolean;
  at: number;
}

/** The events of elements that are already decoded; an `end` follows the last of them. */
export class TreeEvents implements Events {
  readonly #frames: Frame[];
  #node: TreeNode | undefined;
  #hasContent = false;

  constructor(nodes: readonly TreeNode[]) {
    this.#frames = [{ node: undefined, children: nodes, valueRead: true, at: 0 }];
  }

  get tag(): Tag {
    return this.#current.tag;
  }

  get hasContent(): boolean {
    return this.#hasContent;
  }

  get text(): string {
    const { text, opaque } = this.#current;
    return text ?? (opaque === undefined ? '' : decodeUtf8(readAll(opaque), 0, opaque.length));
  }

  get value(): ByteSource {
    const { text, opaque } = this.#current;
    return opaque ?? bytesSource(encodeUtf8(text ?? ''));
  }

  next(): Event {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return 'done';
    if (!frame.valueRead) return this.#value(frame);
    const child = frame.children[frame.at++];
    if (child !== undefined) return this.#start(child);
    this.#frames.pop();
    return 'end';
  }

  #start(node: TreeNode): Event {
    const hasValue = node.text !== undefined || node.opaque !== undefined;
    this.#node = node;
    this.#hasContent = hasValue || node.children.length > 0;
    if (this.#hasContent) this.#frames.push({ node, children: node.children, valueRead: !hasValue, at: 0 });
    return 'start';
  }

  #value(frame: Frame): Event {
    frame.valueRead = true;
    this.#node = frame.node;
    return frame.node?.opaque === undefined ? 'text' : 'opaque';
  }

  get #current(): TreeNode {
    if (this.#node === undefined) throw new Error('TreeEvents: there was no event yet');
    return this.#node;
  }
}
