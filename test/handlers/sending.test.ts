import { expect, test } from '@jest/globals';
import { bytesSource, readAll } from '../../protocol/wbxml/bytes.ts';
import { CommandFailure } from '../../src/handlers/command.ts';
import { sourceOf } from '../../src/handlers/sending.ts';

test('a message is taken as bytes or as a source', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  expect(readAll(sourceOf(bytes))).toEqual(bytes);
  const source = bytesSource(bytes);
  expect(sourceOf(source)).toBe(source);
});

test('a document without a message is refused as one, also in a version that does not know its elements', () => {
  expect(() => sourceOf(undefined)).toThrow(CommandFailure);
  expect(() => sourceOf(undefined)).toThrow(expect.objectContaining({ status: 101 }));
});
