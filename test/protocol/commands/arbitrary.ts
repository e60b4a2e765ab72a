import fc from 'fast-check';
import { Email } from '../../../protocol/code-pages/index.ts';
import type { AnyElement, Fields, TreeNode } from '../../../protocol/schema/describe.ts';
import { inSpan, type ProtocolVersion } from '../../../protocol/versions.ts';
import { readAll } from '../../../protocol/wbxml/bytes.ts';
import { legalText } from '../wbxml/support.ts';

const exists = ({ tag, versions }: AnyElement, version: ProtocolVersion): boolean =>
  [tag.versions, versions].every((span) => span === undefined || inSpan(version, span));

const date = (step: number): fc.Arbitrary<Date> =>
  fc
    .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    .map((it) => new Date(Math.floor(it.getTime() / step) * step));

/** Content that no table describes: a few elements with text. */
const treeNodes: fc.Arbitrary<readonly TreeNode[]> = fc.array(
  legalText(20)
    .filter((text) => text !== '')
    .map((text) => ({ tag: Email.Subject, children: [], text })),
  { maxLength: 3 },
);

const container = (fields: Fields, version: ProtocolVersion, kind?: string): fc.Arbitrary<unknown> => {
  const entries = Object.entries(fields).filter(([, element]) => exists(element, version));
  const values = entries.map(([key, element]) => [key, field(element, version)] as const);
  const required = entries.filter(([, { arity }]) => arity !== 'optional').map(([key]) => key);
  // Fields of other versions that repeat are read as empty lists.
  const absent = Object.entries(fields).filter(([key, { arity }]) => arity === 'many' && !required.includes(key));
  const constants = { ...Object.fromEntries(absent.map(([key]) => [key, []])), ...(kind !== undefined && { kind }) };
  return fc
    .record(Object.fromEntries(values), { requiredKeys: required, noNullPrototype: true })
    .map((value) => ({ ...value, ...constants }));
};

const field = (element: AnyElement, version: ProtocolVersion): fc.Arbitrary<unknown> => {
  const one = arbitraryOf(element, version);
  return element.arity === 'many' ? fc.array(one, { maxLength: 3 }) : one;
};

/** Any value of an element in a version. */
export const arbitraryOf = (element: AnyElement, version: ProtocolVersion): fc.Arbitrary<unknown> => {
  const value = contentOf(element, version);
  if (element.emptyIsNull !== true) return value;
  return fc.option(value, { nil: null }).map((some) => (isEmpty(some) ? null : some));
};

/** No bytes and no characters are what an empty element holds. */
const isEmpty = (value: unknown): boolean => value === '' || (value instanceof Uint8Array && value.length === 0);

const contentOf = ({ content }: AnyElement, version: ProtocolVersion): fc.Arbitrary<unknown> => {
  switch (content.kind) {
    case 'container':
      return container(content.fields, version);
    case 'list':
      return exists(content.item, version)
        ? fc.array(arbitraryOf(content.item, version), { maxLength: 3 })
        : fc.constant([]);
    case 'variants': {
      const kinds = Object.entries(content.variants).filter(([, element]) => exists(element, version));
      const one = kinds.map(([kind, element]) => {
        if (element.content.kind !== 'container') throw new Error(`${kind} is no container`);
        return container(element.content.fields, version, kind);
      });
      return fc.array(fc.oneof(...one), { maxLength: 4 });
    }
    case 'tree':
      return treeNodes;
    case 'opaque':
    case 'base64':
      return fc.uint8Array({ maxLength: 20 });
    case 'flag':
      return fc.constant(true);
    case 'integer':
      return fc.maxSafeInteger();
    case 'decimal':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0);
    case 'boolean':
      return fc.boolean();
    case 'dateTime':
      return date(1);
    case 'compactDateTime':
      return date(1000);
    default:
      return legalText(20);
  }
};

/** What was read, with sources as bytes. */
export const withBytes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  if ('read' in value && typeof value.read === 'function') return Uint8Array.from(readAll(value as never));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === 'tag' ? one : withBytes(one)]));
};
