import type { Tag } from '../code-pages/tag.ts';
import type { KnownVersion } from '../versions.ts';
import { type ByteSource, bytesSource } from '../wbxml/bytes.ts';
import { type Event, type Events, skipElement } from '../wbxml/events.ts';
import type { WbxmlLimits } from '../wbxml/limits.ts';
import { WbxmlReader } from '../wbxml/reader.ts';
import { first, readNode, TreeEvents } from '../wbxml/tree.ts';
import type { AnyElement, Content, Fields, Infer, InferFields, TreeNode } from './describe.ts';
import { SchemaError } from './errors.ts';
import { type Entry, findEntry, isSendable, type Plan, planOf, stepOf } from './plan.ts';
import { type ScalarKind, scalarOf } from './scalars.ts';

/** How to read. */
export interface ReadOptions {
  readonly limits?: WbxmlLimits;
  /**
   * `any` (as a server reads clients): order counts only in ordered containers, tags of other
   * versions are welcome, an empty optional number or date counts as absent. `strict` (as tests
   * and the terminal phone read the server): order and versions count everywhere.
   */
  readonly order?: 'any' | 'strict';
  /** The negotiated version. */
  readonly version?: KnownVersion;
}

/**
 * Reads a document whose root is described by `root`.
 *
 * @throws WbxmlError when the bytes are no WBXML
 * @throws SchemaError when the document is not as described
 */
export const readDocument = <E extends AnyElement>(
  root: E,
  source: ByteSource,
  options: ReadOptions = {},
): Infer<E> => {
  const events = new WbxmlReader(source, options.limits);
  if (events.next() !== 'start' || events.tag !== root.tag) {
    throw new SchemaError(stepOf(events.tag), `the root element is ${events.tag.name}, not ${root.tag.name}`);
  }
  const value = new SchemaReader(events, options).element(root, stepOf(root.tag));
  events.next();
  return value as Infer<E>;
};

/**
 * Reads the content of a `tree` element, such as ApplicationData, by a table.
 *
 * @throws SchemaError when the content is not as described
 */
export const readTree = <F extends Fields>(
  fields: F,
  nodes: readonly TreeNode[],
  options: Omit<ReadOptions, 'limits'> = {},
): InferFields<F> => {
  const events = new TreeEvents(nodes);
  return new SchemaReader(events, options).container(fields, false, events.next()) as InferFields<F>;
};

type Values = Record<string, unknown>;

/** Walks tables along events. Every method that takes `event` gets the first event of the content. */
class SchemaReader {
  readonly #events: Events;
  readonly #strict: boolean;
  readonly #version: KnownVersion | undefined;

  constructor(events: Events, options: ReadOptions) {
    this.#events = events;
    this.#strict = options.order === 'strict';
    this.#version = options.version;
  }

  /** Reads the element at whose `start` the events stand; `undefined`: it counts as absent. */
  element(element: AnyElement, step: string): unknown {
    try {
      if (this.#strict) this.#checkVersion(element);
      const event = first(this.#events);
      return event === 'end' && element.emptyIsNull ? null : this.#content(element, event);
    } catch (error) {
      throw error instanceof SchemaError ? error.within(step) : error;
    }
  }

  container(fields: Fields, ordered: boolean, event: Event, values: Values = {}): Values {
    const plan = planOf(fields);
    for (const { key } of plan.repeated) values[key] = [];
    let place = 0;
    for (let next = event; next !== 'end'; next = this.#events.next()) {
      const entry = next === 'start' ? findEntry(plan, this.#events.tag, this.#version) : undefined;
      if (entry === undefined) this.#stray(next);
      else {
        if ((ordered || this.#strict) && entry.place < place) throw outOfOrder(entry, plan, place);
        place = entry.place;
        this.#field(entry, values);
      }
    }
    this.#checkRequired(plan, values);
    return values;
  }

  #content({ content, arity }: AnyElement, event: Event): unknown {
    switch (content.kind) {
      case 'container':
        return this.container(content.fields, content.ordered, event);
      case 'list':
        return this.#list(content.item, event);
      case 'variants':
        return this.#variants(content.variants, event);
      case 'tree':
        return this.#tree(event);
      case 'opaque':
        return this.#opaque(event);
      case 'data':
        return this.#text(event);
      case 'flag':
        return this.#flag(event);
      default:
        return this.#scalar(content.kind, event, arity === 'optional');
    }
  }

  #field({ key, element, step }: Entry, values: Values): void {
    const known = values[key];
    if (element.arity === 'many' && Array.isArray(known)) {
      known.push(this.element(element, `${step}[${known.length + 1}]`));
    } else if (known !== undefined) throw new SchemaError(step, 'stands here more than once');
    else {
      const value = this.element(element, step);
      if (value !== undefined) values[key] = value;
    }
  }

  #checkRequired(plan: Plan, values: Values): void {
    for (const { key, element, step } of plan.required) {
      if (values[key] !== undefined) continue;
      if (this.#version === undefined || isSendable(element, this.#version)) throw new SchemaError(step, 'is missing');
    }
  }

  #list(item: AnyElement, event: Event): unknown[] {
    const items: unknown[] = [];
    for (let next = event; next !== 'end'; next = this.#events.next()) {
      if (next !== 'start' || this.#events.tag !== item.tag) this.#stray(next);
      else items.push(this.element(item, `${stepOf(item.tag)}[${items.length + 1}]`));
    }
    return items;
  }

  #variants(kinds: Fields, event: Event): Values[] {
    const plan = planOf(kinds);
    const items: Values[] = [];
    for (let next = event; next !== 'end'; next = this.#events.next()) {
      const entry = next === 'start' ? findEntry(plan, this.#events.tag, this.#version) : undefined;
      if (entry === undefined) this.#stray(next);
      else items.push(this.#variant(entry, items));
    }
    return items;
  }

  #variant({ key, element, step }: Entry, before: readonly Values[]): Values {
    try {
      if (this.#strict) this.#checkVersion(element);
      const { fields, ordered } = containerOf(element.content, step);
      return this.container(fields, ordered, first(this.#events), { kind: key });
    } catch (error) {
      const position = before.filter(({ kind }) => kind === key).length + 1;
      throw error instanceof SchemaError ? error.within(`${step}[${position}]`) : error;
    }
  }

  #tree(event: Event): TreeNode[] {
    const nodes: TreeNode[] = [];
    for (let next = event; next !== 'end'; next = this.#events.next()) {
      if (next === 'start') nodes.push(readNode(this.#events));
      else this.#stray(next);
    }
    return nodes;
  }

  /** One value as bytes; a client may send text where bytes are meant. */
  #opaque(event: Event): ByteSource {
    let value: ByteSource | undefined;
    for (let next = event; next !== 'end'; next = this.#events.next()) {
      if (next === 'start') this.#stray(next);
      else if (value === undefined) value = this.#events.value;
      else throw new SchemaError('', 'holds more than one value');
    }
    return value ?? bytesSource(new Uint8Array(0));
  }

  /** All text; a client may send bytes where text is meant. */
  #text(event: Event): string {
    let text = '';
    for (let next = event; next !== 'end'; next = this.#events.next()) {
      if (next === 'start') this.#stray(next);
      else text += this.#events.text;
    }
    return text;
  }

  #flag(event: Event): true {
    const text = this.#text(event);
    if (this.#strict && text !== '') throw new SchemaError('', 'must be empty');
    return true;
  }

  #scalar(kind: ScalarKind, event: Event, optional: boolean): unknown {
    const scalar = scalarOf(kind);
    const text = this.#text(event);
    const value = scalar.parse(text);
    if (value !== undefined) return value;
    if (text === '' && optional && !this.#strict) return undefined;
    throw new SchemaError('', `${quoted(text)} is not ${scalar.name}`);
  }

  #checkVersion(element: AnyElement): void {
    if (this.#version === undefined || isSendable(element, this.#version)) return;
    throw new SchemaError('', `does not exist in version ${this.#version}`);
  }

  /** What no table expects: undocumented elements are skipped, as white space is; the rest is an error. */
  #stray(event: Event): void {
    if (event === 'start') this.#strayElement(this.#events.tag);
    else if (event === 'opaque' || this.#events.text.trim() !== '') throw new SchemaError('', 'holds a value');
  }

  #strayElement(tag: Tag): void {
    if (tag.versions !== undefined || this.#strict)
      throw new SchemaError(stepOf(tag), `${tag.name} does not belong here`);
    skipElement(this.#events);
  }
}

type ContainerContent = Extract<Content<unknown>, { kind: 'container' }>;

/** The fields of a variant. */
export const containerOf = (content: Content<unknown>, step: string): ContainerContent => {
  if (content.kind !== 'container') throw new TypeError(`${step}: a variant must be a container, not ${content.kind}`);
  return content;
};

const outOfOrder = (entry: Entry, plan: Plan, place: number): SchemaError =>
  new SchemaError(entry.step, `must stand before ${plan.entries[place]?.step}`);

/** Characters of a wrong value that a message shows. */
const ShownText = 40;

const quoted = (text: string): string =>
  text.length <= ShownText ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, ShownText))}...`;
