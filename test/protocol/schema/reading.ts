import {
  type AnyElement,
  type ReadOptions,
  readDocument,
  SchemaError,
  type TreeNode,
} from '../../../protocol/schema/index.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { hex } from '../wbxml/support.ts';

/** A WBXML document: the header and bytes in hexadecimal. */
export const body = (bytes: string): Uint8Array => hex(`03 01 6A 00 ${bytes}`);

/** Reads such a document. */
export const read = <E extends AnyElement>(root: E, bytes: string, options?: ReadOptions) =>
  readDocument(root, bytesSource(body(bytes)), options);

/** The error of a kind that `action` ends with; anything else fails. */
export const failureOf = <E extends Error>(kind: new (...args: never[]) => E, action: () => unknown): E => {
  try {
    action();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

/** The error of what must not be read. */
export const failure = (action: () => unknown): SchemaError => failureOf(SchemaError, action);

/** An element with a text, with children or with nothing. */
export const node = (tag: TreeNode['tag'], value?: string | readonly TreeNode[]): TreeNode =>
  typeof value === 'string' ? { tag, children: [], text: value } : { tag, children: value ?? [] };
