import type { KnownVersion } from '../versions.ts';
import type { Piece } from '../wbxml/bytes.ts';
import { writeNode } from '../wbxml/tree.ts';
import { type OpaqueValue, type TextValue, WbxmlWriter } from '../wbxml/writer.ts';
import type { AnyElement, EncodedElement, Fields, Infer, InferFields, TreeNode } from './describe.ts';
import { EncodeError } from './errors.ts';
import { type Entry, isSendable, planOf, stepOf } from './plan.ts';
import { containerOf } from './read.ts';
import { type ScalarKind, scalarOf } from './scalars.ts';

/**
 * Writes a document. Elements that the version does not have are left out.
 *
 * @throws EncodeError when the value lacks something required or holds what cannot be written
 */
export const writeDocument = <E extends AnyElement>(root: E, value: Infer<E>, version: KnownVersion): Piece[] => {
  const step = stepOf(root.tag);
  if (!isSendable(root, version)) throw new EncodeError(step, `does not exist in version ${version}`);
  const writer = WbxmlWriter.document();
  new SchemaWriter(writer, version).element(root, value, step);
  return writer.finish();
};

/**
 * Encodes the content of a `tree` element, such as ApplicationData, ahead of its document. The
 * result is the value of the `tree` element; its `byteLength` is what it will take there.
 *
 * @throws EncodeError as {@link writeDocument}
 */
export const encodeTree = <F extends Fields>(
  fields: F,
  value: InferFields<F>,
  version: KnownVersion,
): EncodedElement => {
  const writer = WbxmlWriter.fragment();
  new SchemaWriter(writer, version).fields(fields, value);
  return writer.finishFragment();
};

class SchemaWriter {
  readonly #writer: WbxmlWriter;
  readonly #version: KnownVersion;

  constructor(writer: WbxmlWriter, version: KnownVersion) {
    this.#writer = writer;
    this.#version = version;
  }

  element(element: AnyElement, value: unknown, step: string): void {
    try {
      this.#writer.open(element.tag);
      if (value !== null) this.#content(element, value);
      else if (!element.emptyIsNull) throw new EncodeError('', 'has no value');
      this.#writer.close();
    } catch (error) {
      throw error instanceof EncodeError ? error.within(step) : error;
    }
  }

  fields(fields: Fields, value: unknown): void {
    const values = recordOf(value);
    for (const entry of planOf(fields).sendable(this.#version)) this.#field(entry, values[entry.key]);
  }

  #field({ element, step }: Entry, value: unknown): void {
    if (value === undefined || (value === false && element.content.kind === 'flag')) {
      if (element.arity === 'one') throw new EncodeError(step, 'is missing');
    } else if (element.arity === 'many') {
      arrayOf(value, step).forEach((item, index) => {
        this.element(element, item, `${step}[${index + 1}]`);
      });
    } else this.element(element, value, step);
  }

  #content({ content }: AnyElement, value: unknown): void {
    switch (content.kind) {
      case 'flag':
        break;
      case 'container':
        this.fields(content.fields, value);
        break;
      case 'list':
        this.#list(content.item, value);
        break;
      case 'variants':
        this.#variants(content.variants, value);
        break;
      case 'tree':
        this.#tree(requireObject(value) as readonly TreeNode[] | EncodedElement);
        break;
      case 'opaque':
        this.#writer.opaque(requireObject(value) as OpaqueValue);
        break;
      case 'data':
        this.#writer.text(typeof value === 'string' ? value : (requireObject(value) as Exclude<TextValue, string>));
        break;
      default:
        this.#scalar(content.kind, value);
    }
  }

  #list(item: AnyElement, value: unknown): void {
    if (!isSendable(item, this.#version)) return;
    const step = stepOf(item.tag);
    arrayOf(value, '').forEach((one, index) => {
      this.element(item, one, `${step}[${index + 1}]`);
    });
  }

  #variants(kinds: Fields, value: unknown): void {
    arrayOf(value, '').forEach((one, index) => {
      const { kind } = recordOf(one);
      const element = typeof kind === 'string' ? kinds[kind] : undefined;
      if (element === undefined)
        throw new EncodeError(`[${index + 1}]`, `${String(kind)} is no kind of this container`);
      const step = stepOf(element.tag);
      containerOf(element.content, step);
      if (isSendable(element, this.#version)) this.element(element, one, `${step}[${index + 1}]`);
    });
  }

  #tree(value: readonly TreeNode[] | EncodedElement): void {
    if ('pieces' in value) this.#writer.splice(value);
    else for (const node of value) writeNode(this.#writer, node, (tag) => isSendable({ tag }, this.#version));
  }

  #scalar(kind: ScalarKind, value: unknown): void {
    const scalar = scalarOf(kind);
    const text = scalar.format(value);
    if (text === undefined) throw new EncodeError('', `${describe(value)} is not ${scalar.name}`);
    this.#writer.text(text);
  }
}

/** Values may be secret, numbers and dates are not. */
const describe = (value: unknown): string =>
  typeof value === 'number' || value instanceof Date ? String(value) : `a value of type ${typeof value}`;

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => requireObject(value) as Record<string, unknown>;

const requireObject = (value: unknown): object => {
  if (typeof value !== 'object' || value === null)
    throw new EncodeError('', `${describe(value)} cannot be written here`);
  return value;
};

const arrayOf = (value: unknown, step: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw new EncodeError(step, `${describe(value)} is not a list`);
  return value;
};
