import { describe, expect, test } from '@jest/globals';
import { AirSync, AirSyncBase, ComposeMail, Contacts } from '../../../protocol/code-pages/index.ts';
import { bytesSource, type Piece, piecesLength } from '../../../protocol/wbxml/bytes.ts';
import { WbxmlWriter } from '../../../protocol/wbxml/writer.ts';
import { concat, drainPieces, fileLike, hex, joinPieces, spoolOf, toHex, utf8 } from './support.ts';

const written = (write: (writer: WbxmlWriter) => void): string => {
  const writer = WbxmlWriter.document();
  write(writer);
  return toHex(joinPieces(writer.finish()));
};

const compact = (text: string): string => toHex(hex(text));

describe('a document', () => {
  test('the published example of MS-ASWBXML 3 comes out byte for byte', () => {
    const document = written((writer) => {
      const value = (tag: Parameters<WbxmlWriter['open']>[0], text: string): void => {
        writer.open(tag);
        writer.text(text);
        writer.close();
      };
      writer.open(AirSync.Sync);
      writer.open(AirSync.Collections);
      writer.open(AirSync.Collection);
      value(AirSync.Class, 'Contacts');
      value(AirSync.SyncKey, '2');
      value(AirSync.CollectionId, '2');
      value(AirSync.Status, '1');
      writer.open(AirSync.Commands);
      writer.open(AirSync.Add);
      value(AirSync.ServerId, '2:1');
      writer.open(AirSync.ApplicationData);
      writer.open(AirSyncBase.Body);
      value(AirSyncBase.Type, '1');
      value(AirSyncBase.EstimatedDataSize, '0');
      value(AirSyncBase.Truncated, '1');
      writer.close();
      value(Contacts.FileAs, 'Funk, Don');
      value(Contacts.FirstName, 'Don');
      value(Contacts.LastName, 'Funk');
      value(AirSyncBase.NativeBodyType, '1');
      for (let i = 0; i < 6; i++) writer.close();
    });
    expect(document).toBe(
      compact(`
        03 01 6A 00 45 5C 4F 50 03 43 6F 6E 74 61 63 74 73 00 01 4B 03 32 00 01 52 03 32 00 01 4E 03 31
        00 01 56 47 4D 03 32 3A 31 00 01 5D 00 11 4A 46 03 31 00 01 4C 03 30 00 01 4D 03 31 00 01 01 00
        01 5E 03 46 75 6E 6B 2C 20 44 6F 6E 00 01 5F 03 44 6F 6E 00 01 69 03 46 75 6E 6B 00 01 00 11 56
        03 31 00 01 01 01 01 01 01 01`),
    );
  });

  test('an element without content is its bare token, with an empty text as well', () => {
    const document = written((writer) => {
      writer.open(AirSync.Sync);
      writer.open(AirSync.MoreAvailable);
      writer.close();
      writer.open(AirSync.Status);
      writer.text('');
      writer.close();
      writer.open(AirSync.Class);
      writer.text(new Uint8Array(0));
      writer.close();
      writer.close();
    });
    expect(document).toBe(compact('03 01 6A 00 45 14 0E 10 01'));
  });

  test('the page is switched only where it changes', () => {
    const document = written((writer) => {
      writer.open(ComposeMail.SendMail);
      writer.open(ComposeMail.SaveInSentItems);
      writer.close();
      writer.open(AirSync.Class);
      writer.close();
      writer.close();
    });
    expect(document).toBe(compact('03 01 6A 00 00 15 45 08 00 00 10 01'));
  });

  test('open and close must match', () => {
    const writer = WbxmlWriter.document();
    expect(() => writer.close()).toThrow('no element is open');
    writer.open(AirSync.Sync);
    expect(() => writer.finish()).toThrow('1 elements are still open');
  });
});

describe('text', () => {
  const textBytes = (value: string | Uint8Array): string => {
    const document = written((writer) => {
      writer.open(AirSync.SyncKey);
      writer.text(value);
      writer.close();
    });
    return document.slice(10);
  };

  test.each([
    ['ASCII', 'a\tb\r\n', '03 61 09 62 0D 0A 00 01'],
    ['UTF-8', 'ü€🎉', '03 C3 BC E2 82 AC F0 9F 8E 89 00 01'],
    ['a lone surrogate', 'a\ud800b', '03 61 EF BF BD 62 00 01'],
    ['NUL', '\0a\0b\0', '03 61 62 00 01'],
    ['controls', 'a\x01\x1b\x0cb', '03 61 62 00 01'],
    ['non-characters', 'a\ufffeb\uffff\ufffd', '03 61 62 EF BF BD 00 01'],
    ['DEL and NEL, which XML has', '\x7f\x85', '03 7F C2 85 00 01'],
  ])('%s', (_, text, expected) => {
    expect(textBytes(text)).toBe(compact(expected));
    // Any string, longer than what the loop for short ones takes.
    const long = 'x'.repeat(100);
    expect(textBytes(text + long)).toBe(compact(expected).replace(/0001$/, `${toHex(utf8(long))}0001`));
  });

  test('nothing but a NUL is no text at all', () => {
    expect(
      written((writer) => {
        writer.open(AirSync.Sync);
        writer.text('\0');
        writer.close();
      }),
    ).toBe(compact('03 01 6A 00 05'));
  });

  test('bytes are taken as UTF-8 and cleaned the same way', () => {
    expect(textBytes(utf8('ü\0\x02!'))).toBe(compact('03 C3 BC 21 00 01'));
  });

  test('a long text is complete, whatever the growth of the buffer', () => {
    for (const length of [47, 48, 49, 500, 511, 512, 513, 16_383, 16_384, 100_000]) {
      const text = 'ä'.repeat(length);
      expect(textBytes(text)).toBe(`03${toHex(utf8(text))}0001`);
    }
  });
});

describe('opaque', () => {
  test.each([
    [0, 'C3 00'],
    [1, 'C3 01'],
    [127, 'C3 7F'],
    [128, 'C3 81 00'],
    [16_383, 'C3 FF 7F'],
    [16_384, 'C3 81 80 00'],
    [2_097_152, 'C3 81 80 80 00'],
  ])('the length of %d bytes is an mb_u_int32', (length, expected) => {
    const document = written((writer) => {
      writer.open(ComposeMail.Mime);
      writer.opaque(new Uint8Array(length).fill(0x55));
      writer.close();
    });
    const start = `${compact(`03 01 6A 00 00 15 50 ${expected}`)}`;
    expect(document.slice(0, start.length)).toBe(start);
    expect(document.length).toBe(start.length + 2 * length + 2);
  });

  test('lengths up to 32 bits', () => {
    const writer = WbxmlWriter.document();
    writer.open(ComposeMail.Mime);
    writer.opaque({ byteLength: 0xffffffff, open: () => spoolOf().open() });
    writer.close();
    const [head] = writer.finish();
    expect(toHex(head as Uint8Array)).toBe(compact('03 01 6A 00 00 15 50 C3 8F FF FF FF 7F'));
  });
});

describe('pieces', () => {
  const document = (write: (writer: WbxmlWriter) => void): Piece[] => {
    const writer = WbxmlWriter.document();
    writer.open(ComposeMail.SendMail);
    writer.open(ComposeMail.Mime);
    write(writer);
    writer.close();
    writer.open(ComposeMail.ClientId);
    writer.text('7');
    writer.close();
    writer.close();
    return writer.finish();
  };

  test('a spool of bytes is a piece of its own behind its length', async () => {
    const spool = spoolOf(hex('00 01'), hex('02'));
    const pieces = document((writer) => writer.opaque(spool));
    expect(pieces[1]).toBe(spool);
    expect(toHex(await drainPieces(pieces))).toBe(
      compact('03 01 6A 00 00 15 45 50 C3 03 00 01 02 01 51 03 37 00 01 01'),
    );
    expect(piecesLength(pieces)).toBe(20);
  });

  test('a spool of text stands between STR_I and NUL, controls become spaces of the same length', async () => {
    const pieces = document((writer) => writer.text(spoolOf(utf8('ab\0'), utf8('\x1bü\n'))));
    const bytes = await drainPieces(pieces);
    expect(toHex(bytes)).toBe(compact('03 01 6A 00 00 15 45 50 03 61 62 20 20 C3 BC 0A 00 01 51 03 37 00 01 01'));
    expect(piecesLength(pieces)).toBe(bytes.length);
  });

  test('an empty spool of text leaves the element empty', async () => {
    const pieces = document((writer) => writer.text(spoolOf()));
    expect(toHex(await drainPieces(pieces))).toBe(compact('03 01 6A 00 00 15 45 10 51 03 37 00 01 01'));
  });

  test('a large array is passed on, not copied', () => {
    const large = new Uint8Array(100_000).fill(7);
    expect(document((writer) => writer.opaque(large))).toContain(large);
  });

  test('a small source is written at once, a large one is read in chunks when sent', async () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
    const source = fileLike(bytes);
    const pieces = document((writer) => writer.opaque(source));
    expect(source.largestRead()).toBe(0);
    const all = await drainPieces(pieces);
    expect(source.largestRead()).toBe(64 * 1024);
    expect(toHex(all.subarray(12, 200_012))).toBe(toHex(bytes));
    expect(piecesLength(pieces)).toBe(all.length);
    expect(document((writer) => writer.opaque(bytesSource(hex('01 02'))))).toHaveLength(1);
  });
});

describe('fragments', () => {
  const fragment = WbxmlWriter.fragment();
  fragment.open(AirSync.Class);
  fragment.text('x');
  fragment.close();
  fragment.open(Contacts.FileAs);
  fragment.close();
  const encoded = fragment.finishFragment();

  test('begin with their own page switch and tell the page they leave', () => {
    expect(toHex(joinPieces(encoded.pieces))).toBe(compact('00 00 50 03 78 00 01 00 01 1E'));
    expect([encoded.byteLength, encoded.lastPage]).toEqual([10, 1]);
  });

  test('can be spliced anywhere; the page goes on from theirs', () => {
    const document = written((writer) => {
      writer.open(AirSync.ApplicationData);
      writer.splice(encoded);
      writer.open(Contacts.LastName);
      writer.close();
      writer.open(AirSync.Status);
      writer.close();
      writer.close();
    });
    expect(document).toBe(compact('03 01 6A 00 5D 00 00 50 03 78 00 01 00 01 1E 29 00 00 0E 01'));
  });

  test('an empty one leaves the element empty and the page as it was', () => {
    const document = written((writer) => {
      writer.open(AirSync.Sync);
      writer.open(AirSync.ApplicationData);
      writer.splice(WbxmlWriter.fragment().finishFragment());
      writer.close();
      writer.open(AirSync.Status);
      writer.close();
      writer.close();
    });
    expect(document).toBe(compact('03 01 6A 00 45 1D 0E 01'));
  });

  test('many small ones are gathered, a large one stays a piece', () => {
    const large = WbxmlWriter.fragment();
    large.open(AirSync.Class);
    large.text('z'.repeat(50_000));
    large.close();
    const largeEncoded = large.finishFragment();
    const writer = WbxmlWriter.document();
    writer.open(AirSync.Sync);
    for (let i = 0; i < 100; i++) writer.splice(encoded);
    writer.splice(largeEncoded);
    writer.close();
    const pieces = writer.finish();
    expect(pieces).toHaveLength(3);
    expect(piecesLength(pieces)).toBe(4 + 1 + 100 * encoded.byteLength + largeEncoded.byteLength + 1);
    expect(joinPieces(pieces)).toEqual(
      concat([
        hex('03 01 6A 00 45'),
        ...Array.from({ length: 100 }, () => joinPieces(encoded.pieces)),
        joinPieces(largeEncoded.pieces),
        hex('01'),
      ]),
    );
  });
});
