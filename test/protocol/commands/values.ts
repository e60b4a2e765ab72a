import type { AnyElement, Fields } from '../../../protocol/schema/describe.ts';
import { encodeTree, type ReadOptions, readTree } from '../../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../../protocol/versions.ts';
import { type ByteSource, readAll } from '../../../protocol/wbxml/bytes.ts';

/** Content of a `tree` element in an expected value, with the table that describes it. */
export class Described {
  readonly fields: Fields;
  readonly value: unknown;

  constructor(fields: Fields, value: unknown) {
    this.fields = fields;
    this.value = value;
  }
}

/** Content of a `tree` element, described by `fields`. */
export const described = (fields: Fields, value: unknown): Described => new Described(fields, value);

/** What a document holds, as a test states it. */
export interface Expected {
  readonly root: AnyElement;
  readonly version: ProtocolVersion;
  readonly value: unknown;
  /** The document is as a device writes it, but not in the form of our writer. */
  readonly readOnly?: boolean;
}

const mapObject = (value: object, map: (one: unknown, key: string) => unknown): unknown =>
  Object.fromEntries(Object.entries(value).map(([key, one]) => [key, map(one, key)]));

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The value as the writer takes it. */
export const forWriting = (value: unknown, version: ProtocolVersion): unknown => {
  if (value instanceof Described) return encodeTree(value.fields, forWriting(value.value, version) as never, version);
  if (Array.isArray(value)) return value.map((one) => forWriting(one, version));
  return isPlain(value) ? mapObject(value, (one) => forWriting(one, version)) : value;
};

const bytesOf = (value: unknown): unknown =>
  value instanceof Uint8Array ? value : Uint8Array.from(readAll(value as ByteSource));

/** What was read, in the form of `expected`: trees by their tables, sources as bytes. */
export const asExpected = (actual: unknown, expected: unknown, options: ReadOptions): unknown => {
  if (expected instanceof Described) {
    const content = readTree(expected.fields, actual as never, options);
    return new Described(expected.fields, asExpected(content, expected.value, options));
  }
  if (expected instanceof Uint8Array) return bytesOf(actual);
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return actual.map((one, index) => asExpected(one, expected[index], options));
  }
  if (!isPlain(expected) || !isPlain(actual)) return actual;
  return mapObject(actual, (one, key) => asExpected(one, (expected as Record<string, unknown>)[key], options));
};
