import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AirSync, CodePages, ComposeMail, Find, Gal } from '../../../protocol/code-pages/index.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { WbxmlError } from '../../../protocol/wbxml/errors.ts';
import { DefaultLimits } from '../../../protocol/wbxml/limits.ts';
import { describeDocument, toXml } from '../../../protocol/wbxml/print.ts';
import { decodeTree, encodeTreeDocument, readNode, TreeEvents, writeNode } from '../../../protocol/wbxml/tree.ts';
import { WbxmlWriter } from '../../../protocol/wbxml/writer.ts';
import { AllTags, anyTree, fileLike, hex, joinPieces, plain, utf8 } from './support.ts';

const encode = (root: Parameters<typeof encodeTreeDocument>[0]): Uint8Array => joinPieces(encodeTreeDocument(root));

describe('trees', () => {
  test('any tree over all pages survives encoding and decoding', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const bytes = encode(tree);
        expect(plain(decodeTree(bytesSource(bytes)))).toEqual(plain(tree));
        expect(plain(decodeTree(fileLike(bytes)))).toEqual(plain(tree));
      }),
      { numRuns: 300 },
    );
  });

  test('every tag of all 26 pages survives', () => {
    expect(CodePages).toHaveLength(26);
    const tree = { tag: AirSync.Sync, children: AllTags.map((tag) => ({ tag, children: [] })) };
    expect(plain(decodeTree(bytesSource(encode(tree))))).toEqual(plain(tree));
  });

  test('events over a tree are those of its document', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const events = new TreeEvents([tree]);
        expect(events.next()).toBe('start');
        expect(plain(readNode(events))).toEqual(plain(tree));
        expect([events.next(), events.next()]).toEqual(['end', 'done']);
      }),
    );
  });

  test('events over a tree give either kind of value as text and as bytes', () => {
    const events = new TreeEvents([
      { tag: AirSync.Class, children: [], text: 'ü' },
      { tag: AirSync.Class, children: [], opaque: bytesSource(utf8('ä')) },
    ]);
    expect(() => events.tag).toThrow('no event yet');
    events.next();
    expect([events.next(), events.text, events.value.length]).toEqual(['text', 'ü', 2]);
    events.next();
    events.next();
    expect([events.next(), events.text, events.value.length]).toEqual(['opaque', 'ä', 2]);
  });

  test('several values in one element are joined', () => {
    const read = (bytes: string): unknown => plain(decodeTree(bytesSource(hex(`03 01 6A 00 ${bytes}`))));
    expect(read('4B 03 31 00 03 32 00 01')).toMatchObject({ text: '12', opaque: undefined });
    expect(read('4B C3 01 31 C3 02 32 33 01')).toMatchObject({ text: undefined, opaque: [0x31, 0x32, 0x33] });
  });

  test('limits hold', () => {
    const tree = { tag: AirSync.Sync, children: [{ tag: AirSync.Class, children: [], text: 'x' }] };
    expect(() => decodeTree(bytesSource(encode(tree)), { ...DefaultLimits, depth: 1 })).toThrow(WbxmlError);
  });

  test('bytes behind the root are an error', () => {
    expect(() => decodeTree(bytesSource(hex('03 01 6A 00 05 05')))).toThrow('bytes follow');
  });

  test('tags can be held back', () => {
    const writer = WbxmlWriter.document();
    const inner = { tag: AirSync.Class, children: [] };
    writeNode(writer, { tag: AirSync.Sync, children: [inner] }, (tag) => tag !== AirSync.Class);
    expect([...joinPieces(writer.finish())]).toEqual([3, 1, 0x6a, 0, 5]);
  });
});

describe('describeDocument', () => {
  const document = hex('03 01 6A 00 45 4B 03 73 33 63 72 33 74 00 01 14 00 15 50 C3 02 00 FF 01 01');

  test('hides values unless told, so that logs hold nothing secret', () => {
    expect(describeDocument(document)).toBe(
      [
        '<AirSync:Sync>',
        '  <AirSync:SyncKey>',
        '    (6 bytes of text)',
        '  </AirSync:SyncKey>',
        '  <AirSync:MoreAvailable/>',
        '  <ComposeMail:Mime>',
        '    (2 opaque bytes)',
        '  </ComposeMail:Mime>',
        '</AirSync:Sync>',
      ].join('\n'),
    );
  });

  test('shows values, long ones cut', () => {
    const shown = describeDocument(bytesSource(document), 'shown');
    expect(shown).toContain('\n    "s3cr3t"\n');
    expect(shown).toContain('\n    (2 opaque bytes: 00 ff)\n');
    const long = encode({
      tag: AirSync.Sync,
      children: [
        { tag: AirSync.Class, children: [], text: 'x'.repeat(121) },
        { tag: AirSync.Class, children: [], opaque: bytesSource(new Uint8Array(25)) },
      ],
    });
    expect(describeDocument(long, 'shown')).toContain(`"${'x'.repeat(120)}"... (121 characters)`);
    expect(describeDocument(long, 'shown')).toContain(`(25 opaque bytes: ${'00 '.repeat(24).trim()}...)`);
  });

  test('prints a malformed document up to where it breaks', () => {
    expect(describeDocument(document.subarray(0, 8))).toBe(
      ['<AirSync:Sync>', '  <AirSync:SyncKey>', '!! WBXML at byte 7: the document ends within a string'].join('\n'),
    );
    expect(describeDocument(new Uint8Array(0))).toBe('!! WBXML at byte 0: the document is empty');
  });

  test('never fails', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(typeof describeDocument(Uint8Array.from([3, 1, 0x6a, 0, ...bytes]), 'shown')).toBe('string');
      }),
    );
  });
});

describe('toXml', () => {
  test('declares a namespace where it changes and escapes text', () => {
    const tree = decodeTree(bytesSource(hex('03 01 6A 00 45 4B 03 3C 26 3E 0D 00 01 00 15 50 C3 02 00 FF 01 11 01')));
    expect(toXml(tree)).toBe(
      '<Sync xmlns="AirSync"><SyncKey>&lt;&amp;&gt;&#13;</SyncKey>' +
        '<Mime xmlns="ComposeMail">AP8=</Mime><ClientId xmlns="ComposeMail"/></Sync>',
    );
  });

  test('uses the names of the published schemas', () => {
    const names = {
      tag: ComposeMail.Forwardee,
      children: [
        { tag: ComposeMail.Name, children: [] },
        { tag: ComposeMail.Email, children: [] },
        { tag: Gal.Alias, children: [] },
        { tag: Find.GalSearchCriterion, children: [] },
      ],
    };
    expect(toXml(names)).toBe(
      '<Forwardee xmlns="ComposeMail"><ForwardeeName/><ForwardeeEmail/>' +
        '<Alias xmlns="GAL"/><GALSearchCriterion xmlns="Find"/></Forwardee>',
    );
    expect(toXml({ tag: ComposeMail.Name, children: [] })).toBe('<Name xmlns="ComposeMail"/>');
    expect(toXml({ tag: Gal.Picture, children: [{ tag: Gal.Data, children: [] }] })).toBe(
      '<Picture xmlns="GAL"><Data/></Picture>',
    );
  });

  test('replaces what XML excludes', () => {
    expect(toXml({ tag: AirSync.Class, children: [], text: 'a\x01\ud800\uffff🎉' })).toBe(
      '<Class xmlns="AirSync">a\ufffd\ufffd\ufffd🎉</Class>',
    );
  });
});
