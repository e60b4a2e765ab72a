import type { Tag } from '../code-pages/tag.ts';
import type { VersionSpan } from '../versions.ts';
import type { ByteSource, Spooled } from '../wbxml/bytes.ts';

/**
 * How elements are described. A table of fields is the whole description of a container: the
 * order of the keys is the order on the wire, and the TypeScript type follows from it
 * ({@link Infer}). One reader and one writer walk these tables; no command has code of its own.
 */

/** An element whose content is left as it is: tags, text and bytes, described elsewhere. */
export interface TreeNode {
  readonly tag: Tag;
  readonly children: readonly TreeNode[];
  /** Text content; `undefined` when the element is empty, a container, or holds bytes. */
  readonly text?: string;
  /** Opaque content. */
  readonly opaque?: ByteSource;
}

/**
 * The content of a `tree` element encoded ahead of its document (see `encodeTree`); it can be
 * spliced into any place, because it switches to its own code page first.
 */
export interface EncodedElement {
  readonly pieces: readonly (Uint8Array | Spooled)[];
  readonly byteLength: number;
  /** Code page that is current after the last byte. */
  readonly lastPage: number;
}

/** How the content of an element is read and written. The phantom `type` carries the value's type. */
export type Content<T> =
  | {
      readonly kind: 'text' | 'integer' | 'decimal' | 'boolean' | 'dateTime' | 'compactDateTime' | 'base64';
      readonly type?: T;
    }
  /** Bytes: OPAQUE on the wire. Reading gives a ByteSource; writing takes bytes, a source or a spool. */
  | { readonly kind: 'opaque'; readonly type?: T }
  /** Text that may be large: written from a string, from UTF-8 bytes or from a spool; read as a string. */
  | { readonly kind: 'data'; readonly type?: T }
  /** An element whose presence is its meaning. */
  | { readonly kind: 'flag'; readonly type?: T }
  | { readonly kind: 'container'; readonly fields: Fields; readonly ordered: boolean; readonly type?: T }
  /** A container of one repeated element; the value is the plain array. */
  | { readonly kind: 'list'; readonly item: AnyElement; readonly type?: T }
  /** A container of several kinds of containers in any order; each value says its `kind`. */
  | { readonly kind: 'variants'; readonly variants: Readonly<Record<string, AnyElement>>; readonly type?: T }
  /** A container whose content another table describes; see `readTree` and `encodeTree`. */
  | { readonly kind: 'tree'; readonly type?: T };

/** How often an element may stand in its container. */
export type Arity = 'one' | 'optional' | 'many';

/** An element: its tag, its content, how often it may occur, and in which versions beyond the tag's own. */
export interface Element<T, A extends Arity = Arity> {
  readonly tag: Tag;
  readonly content: Content<T>;
  readonly arity: A;
  readonly versions?: VersionSpan;
  /** An element without content is the value `null`; see {@link orEmpty}. */
  readonly emptyIsNull?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: the one place where a table of any types is meant
export type AnyElement = Element<any>;

/** The fields of a container, in wire order. */
export type Fields = Readonly<Record<string, AnyElement>>;

type ValueOf<E> = E extends Element<infer T, infer A> ? (A extends 'many' ? readonly T[] : T) : never;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Element<unknown, 'optional'> ? K : never;
}[keyof F];
type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** The type of a container's value, out of its fields. */
export type InferFields<F extends Fields> = Simplify<
  { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]> } & {
    readonly [K in OptionalKeys<F>]?: ValueOf<F[K]> | undefined;
  }
>;

/** The type of an element's value. */
export type Infer<E extends AnyElement> = E extends Element<infer T, Arity> ? T : never;

const scalar =
  <T>(kind: 'text' | 'integer' | 'decimal' | 'boolean' | 'dateTime' | 'compactDateTime' | 'base64') =>
  (tag: Tag): Element<T, 'one'> => ({ tag, content: { kind }, arity: 'one' });

/** Text ([MS-ASDTYPE] 2.7). */
export const text = scalar<string>('text');
/** A whole number ([MS-ASDTYPE] 2.6). */
export const integer = scalar<number>('integer');
/** A number with a fraction, as in coordinates. */
export const decimal = scalar<number>('decimal');
/** `1` or `0`; an element without content is true ([MS-ASDTYPE] 2.1). */
export const boolean = scalar<boolean>('boolean');
/** `2000-12-25T08:35:00.000Z` ([MS-ASDTYPE] 2.3); the other form is accepted. */
export const dateTime = scalar<Date>('dateTime');
/** `20001225T083500Z` ([MS-ASDTYPE] 2.7.2); the other form is accepted. */
export const compactDateTime = scalar<Date>('compactDateTime');
/** Bytes written as base64 text. */
export const base64 = scalar<Uint8Array>('base64');

/** Bytes as OPAQUE ([MS-ASDTYPE] 2.7.1). */
export const opaque = (tag: Tag): Element<Uint8Array | ByteSource | Spooled, 'one'> => ({
  tag,
  content: { kind: 'opaque' },
  arity: 'one',
});

/** Text that may be large; reading always gives a string. */
export const data = (tag: Tag): Element<string | Uint8Array | Spooled, 'one'> => ({
  tag,
  content: { kind: 'data' },
  arity: 'one',
});

/** An empty element: `true` when present. Always optional. */
export const flag = (tag: Tag): Element<boolean, 'optional'> => ({ tag, content: { kind: 'flag' }, arity: 'optional' });

/** A container. */
export const container = <F extends Fields>(tag: Tag, fields: F): Element<InferFields<F>, 'one'> => ({
  tag,
  content: { kind: 'container', fields, ordered: false },
  arity: 'one',
});

/** A container whose order the specification enforces in requests, too ([MS-ASCMD] 2.2.3.27.5). */
export const orderedContainer = <F extends Fields>(tag: Tag, fields: F): Element<InferFields<F>, 'one'> => ({
  tag,
  content: { kind: 'container', fields, ordered: true },
  arity: 'one',
});

/** A container of one repeated element, as a plain array. */
export const list = <T>(tag: Tag, item: Element<T>): Element<readonly T[], 'one'> => ({
  tag,
  content: { kind: 'list', item },
  arity: 'one',
});

type Variant<V extends Fields> = { [K in keyof V]: Simplify<{ readonly kind: K } & Infer<V[K]>> }[keyof V];

/** A container of several kinds of containers in any order, each value with its `kind`. */
export const variants = <V extends Fields>(tag: Tag, kinds: V): Element<readonly Variant<V>[], 'one'> => ({
  tag,
  content: { kind: 'variants', variants: kinds },
  arity: 'one',
});

/** A container whose content is described by another table, such as ApplicationData. */
export const tree = (tag: Tag): Element<readonly TreeNode[] | EncodedElement, 'one'> => ({
  tag,
  content: { kind: 'tree' },
  arity: 'one',
});

/** The same element, which may be absent. */
export const optional = <T>(element: Element<T>): Element<T, 'optional'> => ({ ...element, arity: 'optional' });

/** The same element, any number of times; absent is the empty array. */
export const many = <T>(element: Element<T>): Element<T, 'many'> => ({ ...element, arity: 'many' });

/** The same element, only in some of the versions that know its tag. */
export const during = <T, A extends Arity>(versions: VersionSpan, element: Element<T, A>): Element<T, A> => ({
  ...element,
  versions,
});

/**
 * The same element, which may be empty: `null`. For elements whose emptiness says something other
 * than their absence, such as Reminder in an Exception ([MS-ASCAL] 3.2.5.3.2).
 */
export const orEmpty = <T, A extends Arity>(element: Element<T, A>): Element<T | null, A> => ({
  ...element,
  emptyIsNull: true,
});
