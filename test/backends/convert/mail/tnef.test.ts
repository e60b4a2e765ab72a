import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { charsetOfCodepage } from '../../../../backends/convert/mail/codepages.ts';
import { mapiProperties } from '../../../../backends/convert/mail/mapi.ts';
import { MaxTnefAttachments, readTnef, TnefError } from '../../../../backends/convert/mail/tnef.ts';
import { messageOfTnef, textOfTnef } from '../../../../backends/convert/mail/tnef-message.ts';
import { latin1, timeOf, utf8 } from './support.ts';
import * as w from './tnef-writer.ts';

const Pdf = latin1('%PDF-1.7 \x00\xff');

describe('properties', () => {
  const read = (...properties: Uint8Array[]) => mapiProperties(w.table(...properties), 'windows-1251');

  test('of all kinds, one behind the other, padded', () => {
    const found = read(
      w.string8(0x0037, latin1('\xcf\xf0\xe8\0')),
      w.namedFlag('Keywords', 1),
      w.numbers(0x7001, 1, 2, 3),
      w.integer(0x3705, 5),
      w.binary(0x1009, utf8('xyz')),
      w.filetime(0x0039, new Date('2026-11-23T10:00:00Z')),
      w.unicode(0x3707, 'Übersicht 😀.pdf'),
    );
    expect(found.text(0x0037)).toBe('При');
    expect(found.integer(0x3705)).toBe(5);
    expect(Buffer.from(found.bytes(0x1009) ?? []).toString()).toBe('xyz');
    expect(found.time(0x0039)).toEqual(new Date('2026-11-23T10:00:00Z'));
    expect(found.text(0x3707)).toBe('Übersicht 😀.pdf');
  });

  test('of another type than is asked for, or not there, are none', () => {
    const found = read(w.integer(0x0037, 1));
    expect([found.text(0x0037), found.bytes(0x0037), found.object(0x0037), found.time(0x0037)]).toEqual(
      Array(4).fill(undefined),
    );
    expect([found.integer(0x1000), mapiProperties(new Uint8Array(2), '').integer(1)]).toEqual([undefined, undefined]);
  });

  test('a table that lies about its sizes gives what is right of it', () => {
    const lying = Buffer.concat([w.integer(0x3705, 1), Buffer.from('1e003700ffffffff0a000000', 'hex')]);
    expect(mapiProperties(Buffer.concat([Buffer.from('ffffffff', 'hex'), lying]), '').integer(0x3705)).toBe(1);
  });
});

describe('winmail.dat', () => {
  test('holds class, text and attachments', () => {
    const file = w.tnef(
      w.codepage(1252),
      w.messageClass('IPM.Microsoft Mail.Note'),
      w.messageProperties(
        w.unicode(0x1000, 'Hello'),
        w.binary(0x1013, latin1('<b>\xe4</b>')),
        w.integer(0x3fde, 28591),
      ),
      w.attachment('A~1.PDF', Pdf, w.unicode(0x3707, 'Übersicht.pdf'), w.string8(0x370e, utf8('Application/PDF\0'))),
      w.attachment(
        'pic.png',
        utf8('png'),
        w.unicode(0x3712, 'pic@x'),
        w.integer(0x3714, 4),
        w.unicode(0x3713, 'pic.png'),
      ),
    );
    const found = readTnef(file);
    expect(found).toMatchObject({ messageClass: 'IPM.Note', text: 'Hello', htmlCharset: 'iso-8859-1' });
    expect(found.attachments).toMatchObject([
      { name: 'Übersicht.pdf', contentType: 'application/pdf', isInline: false },
      { name: 'pic.png', contentId: 'pic@x', contentLocation: 'pic.png', isInline: true },
    ]);
    expect(Buffer.from(found.attachments[0]?.bytes ?? []).equals(Pdf)).toBe(true);
  });

  test('old names and bodies are in its code page', () => {
    const found = readTnef(
      w.tnef(w.codepage(1250), w.attribute(1, 0x0002800c, latin1('P\xf8\xedli\x9a\0')), w.attachment('\xe8.txt', Pdf)),
    );
    expect([found.text, found.attachments[0]?.name]).toEqual(['Příliš', 'č.txt']);
    expect([1252, 932, 65001, 28605, 28592, 437].map(charsetOfCodepage)).toEqual([
      ...['cp1252', 'shift_jis', 'utf-8', 'iso-8859-15', 'iso-8859-2', 'cp437'],
    ]);
  });

  test('data in the properties count where there are no other', () => {
    const found = readTnef(
      w.tnef(w.attachment('a', undefined, w.binary(0x3701, utf8('in'))), w.attachment('b', undefined)),
    );
    expect(found.attachments.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['in', '']);
  });

  test('text out of RTF, HTML out of RTF', () => {
    const rtf = (text: string): Buffer => {
      const head = Buffer.alloc(16);
      head.writeUInt32LE(text.length, 4);
      head.write('MELA', 8, 'latin1');
      return w.binary(0x1009, Buffer.concat([head, latin1(text)]));
    };
    const textIn = (...properties: Uint8Array[]) => textOfTnef(readTnef(w.tnef(w.messageProperties(...properties))));
    expect(textIn(rtf('{\\rtf1 a\\par b}'))).toEqual({ plain: 'a\r\nb', html: undefined });
    const html = textIn(rtf("{\\rtf1\\fromhtml1{\\*\\htmltag <p>}\\'e4{\\*\\htmltag </p>}}"));
    expect([html.plain, Buffer.from(html.html?.bytes ?? []).toString()]).toEqual([undefined, '<p>ä</p>']);
    expect(textIn(w.unicode(0x1000, 'own'), rtf('{\\rtf1 a}'))).toEqual({ plain: 'own', html: undefined });
    expect(textIn(w.binary(0x1009, utf8('nonsense')))).toEqual({ plain: undefined, html: undefined });
  });

  test('a message in it becomes a mail', async () => {
    const innermost = w.tnef(w.messageProperties(w.unicode(0x0037, 'Third')), w.attachment('c.pdf', Pdf));
    const inner = w.tnef(
      w.messageProperties(
        ...[w.unicode(0x0037, `Grüße ${'ä'.repeat(60)}`), w.unicode(0x0c1a, 'Anna Ek'), w.unicode(0x1000, 'Täxt')],
        ...[w.unicode(0x5d01, 'anna@example.org'), w.unicode(0x0e04, 'Bert; Carl')],
        ...[w.filetime(0x0039, new Date('2026-11-23T10:00:00Z')), w.unicode(0x1035, '<1@x>')],
        w.binary(0x1013, utf8('<p>x</p>')),
      ),
      w.attachment('b.pdf', Pdf, w.unicode(0x3712, 'b@x')),
      w.attachment('', undefined, w.integer(0x3705, 5), w.object(0x3701, Buffer.concat([w.messageKind, innermost]))),
    );
    const found = readTnef(
      w.tnef(
        w.attachment('', undefined, w.integer(0x3705, 5), w.object(0x3701, Buffer.concat([w.messageKind, inner]))),
      ),
    );
    const message = found.attachments[0]?.message;
    if (message === undefined) throw new Error('no message');
    const raw = messageOfTnef(message);
    const mail = await PostalMime.parse(raw, { forceRfc822Attachments: true });
    expect(mail).toMatchObject({
      subject: `Grüße ${'ä'.repeat(60)}`,
      from: { name: 'Anna Ek', address: 'anna@example.org' },
      date: '2026-11-23T10:00:00.000Z',
      messageId: '<1@x>',
      text: 'Täxt',
      html: '<p>x</p>',
    });
    expect(mail.attachments).toMatchObject([{ filename: 'b.pdf', contentId: '<b@x>' }, { mimeType: 'message/rfc822' }]);
    expect(Buffer.from(mail.attachments[0]?.content as ArrayBuffer).equals(Pdf)).toBe(true);
    const third = await PostalMime.parse(mail.attachments[1]?.content as ArrayBuffer);
    expect([third.subject, third.attachments[0]?.filename]).toEqual(['Third', 'c.pdf']);
    expect(Buffer.from(raw).toString('latin1')).toMatch(/^[\x20-\x7e\r\n]+$/);
  });

  test('what is attached as a message and is none is a file', () => {
    const [attachment] = readTnef(
      w.tnef(w.attachment('x.dat', undefined, w.integer(0x3705, 5), w.object(0x3701, Pdf))),
    ).attachments;
    expect([attachment?.message, Buffer.from(attachment?.bytes ?? []).equals(Pdf)]).toEqual([undefined, true]);
  });

  test('messages are not opened without end', () => {
    let file = w.tnef();
    for (let i = 0; i < 20; i++) {
      file = w.tnef(
        w.attachment('', undefined, w.integer(0x3705, 5), w.object(0x3701, Buffer.concat([w.messageKind, file]))),
      );
    }
    let depth = 0;
    for (let at = readTnef(file); at.attachments[0]?.message !== undefined; depth++) at = at.attachments[0].message;
    expect(depth).toBe(4);
  });

  test('attachments beyond the limit are left out, and spoil none before', () => {
    const many = Array.from({ length: MaxTnefAttachments + 10 }, (_, i) => w.attachment(`${i}`, utf8(`${i}`)));
    const { attachments } = readTnef(w.tnef(...many));
    expect(attachments).toHaveLength(MaxTnefAttachments);
    expect(attachments.at(-1)).toMatchObject({ name: `${MaxTnefAttachments - 1}` });
  });

  test('a cut file gives what was there, another file is none', () => {
    const file = w.tnef(w.attachment('a', utf8('first')), w.attachment('b', utf8('second')));
    const cut = readTnef(file.subarray(0, file.length - 5)).attachments;
    expect(cut.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['first', 'sec']);
    for (const none of [new Uint8Array(0), utf8('%PDF-1.7'), file.subarray(0, 5)])
      expect(() => readTnef(none)).toThrow(TnefError);
  });

  test('any bytes give a result or an error, and a mail', () => {
    const valid = w.tnef(
      w.codepage(1252),
      w.messageProperties(
        w.unicode(0x1000, 'Hello'),
        w.numbers(0x7001, 1, 2),
        w.namedFlag('x', 1),
        w.binary(0x1009, Pdf),
      ),
      w.attachment('a', Pdf, w.integer(0x3705, 5), w.object(0x3701, Buffer.concat([w.messageKind, w.tnef()]))),
    );
    const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((rest) => w.tnef(rest)),
          changes.map((list) => damaged(valid, list)),
        ),
        (file) => {
          try {
            const found = readTnef(file);
            textOfTnef(found);
            expect(messageOfTnef(found).length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(TnefError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['attributes', () => w.tnef(Buffer.alloc(4_000_000, w.attribute(1, 5, new Uint8Array(0))))],
    ['attachments', () => w.tnef(Buffer.alloc(4_000_000, w.attachment('x', undefined)))],
    [
      'values',
      () =>
        w.tnef(
          w.messageProperties(Buffer.from('031001 70ffffff7f'.replaceAll(' ', ''), 'hex'), Buffer.alloc(4_000_000)),
        ),
    ],
    [
      'properties',
      () =>
        w.tnef(
          w.attribute(
            1,
            0x69003,
            Buffer.concat([Buffer.from('ffffff00', 'hex'), Buffer.alloc(4_000_000, w.integer(5, 1))]),
          ),
        ),
    ],
    [
      'empty values',
      () =>
        w.tnef(
          w.attribute(
            1,
            0x69003,
            Buffer.concat([
              Buffer.from('ffffff00', 'hex'),
              Buffer.alloc(4_000_000, Buffer.from('1e00370010270000', 'hex')),
            ]),
          ),
        ),
    ],
    ['zeros in a title', () => w.tnef(w.attachment('x', undefined), w.attribute(2, 0x18010, Buffer.alloc(4_000_000)))],
  ])('four megabytes of %s are read in bounded time', (_, make) => {
    const file = make();
    expect(timeOf(() => textOfTnef(readTnef(file)), 1_000)).toBeLessThan(1_000);
  });
});

const damaged = (file: Uint8Array, changes: readonly (readonly [number, number])[]): Buffer => {
  const copy = Buffer.from(file);
  for (const [at, value] of changes) copy[at] = value;
  return copy;
};
