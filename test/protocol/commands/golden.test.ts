import { describe, expect, test } from '@jest/globals';
import { CommandTable } from '../../../protocol/commands/index.ts';
import { readDocument, writeDocument } from '../../../protocol/schema/index.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { joinPieces, toHex } from '../wbxml/support.ts';
import { ExpectedDocuments } from './expected.ts';
import { Golden, type GoldenName, goldenBytes } from './golden.ts';
import { asExpected, forWriting } from './values.ts';

const names = Object.keys(Golden) as GoldenName[];

describe('golden documents', () => {
  test.each(names)('%s is read', (name) => {
    const { root, version, value, readOnly } = ExpectedDocuments[name];
    const options = { order: readOnly ? 'any' : 'strict', version } as const;
    const read = readDocument(root, bytesSource(goldenBytes(name)), options);
    expect(asExpected(read, value, options)).toEqual(value);
  });

  test.each(names.filter((name) => !ExpectedDocuments[name].readOnly))('%s is written', (name) => {
    const { root, version, value } = ExpectedDocuments[name];
    const pieces = writeDocument(root, forWriting(value, version) as never, version);
    expect(toHex(joinPieces(pieces))).toBe(toHex(goldenBytes(name)));
  });

  test('every command has a request and a response among them', () => {
    const covered = new Set(names.map((name) => ExpectedDocuments[name].root));
    const missing = Object.entries(CommandTable).flatMap(([name, { request, response }]) =>
      [request, response].filter((root) => root !== undefined && !covered.has(root)).map(() => name),
    );
    expect(missing).toEqual([]);
  });
});
