/** Describing, reading and writing elements: what a table of a command or class needs. */
export * from './describe.ts';
export { EncodeError, SchemaError } from './errors.ts';
export { type ReadOptions, readDocument, readTree } from './read.ts';
export { sourceOf, stringOf } from './values.ts';
export { encodeTree, writeDocument } from './write.ts';
