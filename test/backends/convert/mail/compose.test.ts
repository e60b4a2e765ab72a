import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import type { CarriedPart, Original } from '../../../../backends/contract/composer.ts';
import {
  contentKind,
  joinOriginal,
  messagePart,
  neededForms,
  textForms,
} from '../../../../backends/convert/mail/compose.ts';
import { parseStructure } from '../../../../backends/convert/mail/structure.ts';
import { type ByteSource, bytesSource, readAll } from '../../../../protocol/wbxml/bytes.ts';

const source = (text: string): ByteSource => bytesSource(Buffer.from(text, 'latin1'));
const raw = (of: ByteSource): string => Buffer.from(readAll(of)).toString('latin1');
const parse = (of: ByteSource) => PostalMime.parse(readAll(of));
const lines = (...all: string[]): string => all.join('\r\n');

const Header = Buffer.from('From: Carl <c@x.test>\r\nSubject: old\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n');
const original = (more: Partial<Original> = {}): Original => ({ header: Header, plain: 'Älteres', parts: [], ...more });
const part = (fields: string, body: string): CarriedPart => ({ fields: Buffer.from(fields), body: source(body) });

const Plain = lines('To: a@x.test', 'Subject: new', 'Content-Type: text/plain; charset=iso-8859-1', '', 'Gr\xfc\xdfe');
const Html = lines('To: a@x.test', 'Content-Type: text/html; charset=utf-8', '', '<html><body><p>Hi</p></body></html>');
const Both = lines(
  'To: a@x.test',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b;1"',
  '',
  'A preamble.',
  '--b;1',
  'Content-Type: multipart/alternative; boundary=a',
  '',
  '--a',
  'Content-Type: text/plain; format=flowed',
  '',
  'flowing ',
  'text',
  '--a',
  'Content-Type: text/html',
  '',
  '<p>flowing text</p>',
  '--a--',
  '--b;1',
  'Content-Type: image/png',
  'Content-Transfer-Encoding: base64',
  '',
  'AAEC',
  '--b;1--',
  '',
);

describe('a text and its original', () => {
  test('plain and plain: one plain text, whatever its charset was', async () => {
    const { text, html, headers, subject } = await parse(joinOriginal(source(Plain), original(), 's'));
    expect(text?.trim()).toBe(
      lines(
        'Grüße',
        '',
        '-----Original Message-----',
        'From: Carl <c@x.test>',
        'Sent: Mon, 23 Nov 2026 10:00:00 +0000',
        'Subject: old',
        '',
        'Älteres',
      ).replaceAll('\r\n', '\n'),
    );
    expect(html).toBeUndefined();
    expect(subject).toBe('new');
    expect(headers.find(({ key }) => key === 'content-type')?.value).toContain('utf-8');
  });

  test('HTML and HTML: one document, the original within its body', async () => {
    const html =
      '<!DOCTYPE html><html><head><title>t</title></head><body bgcolor=red onload=x><b>old</b></body></html>';
    const parsed = await parse(joinOriginal(source(Html), original({ plain: undefined, html }), 's'));
    expect(parsed.html).toMatch(
      /^<html>.*<p>Hi<\/p>\s*<hr>[\s\S]*<b>From:<\/b> Carl &lt;c@x\.test&gt;[\s\S]*<div bgcolor=red><b>old<\/b><\/div>\s*<\/body><\/html>\s*$/,
    );
    expect(parsed.html?.match(/<body/g)).toHaveLength(1);
  });

  test('plain and HTML: an alternative of both', async () => {
    const parsed = await parse(joinOriginal(source(Plain), original({ html: '<i>Älteres</i>' }), 's'));
    expect(parsed.text).toMatch(/Grüße[\s\S]*Älteres/);
    expect(parsed.html).toMatch(/Grüße[\s\S]*<i>Älteres<\/i>/);
  });

  test('an alternative: each form gets its own, and what stands beside it stays byte for byte', async () => {
    const joined = joinOriginal(source(Both), original({ html: '<i>Älteres</i>' }), 's');
    const parsed = await parse(joined);
    expect(parsed.text).toMatch(/^flowing text\n\n-----Original[\s\S]*Älteres/);
    expect(parsed.html).toMatch(/<p>flowing text<\/p>[\s\S]*<i>Älteres<\/i>/);
    expect(raw(joined)).toContain(
      lines('--b;1', 'Content-Type: image/png', 'Content-Transfer-Encoding: base64', '', 'AAEC', '--b;1--'),
    );
  });

  test('a message without any text gets one', async () => {
    const picture = lines('To: a@x.test', 'Content-Type: image/png', 'Content-Transfer-Encoding: base64', '', 'AAEC');
    const parsed = await parse(joinOriginal(source(picture), original(), 's'));
    expect(parsed.text).toContain('Älteres');
    expect(parsed.attachments).toHaveLength(1);
  });

  test('nothing to quote and nothing to attach: the message itself', () => {
    const message = source(Both);
    expect(joinOriginal(message, original({ plain: undefined }), 's')).toBe(message);
  });
});

describe('parts of the original', () => {
  const pdf = part('Content-Type: application/pdf; name=a.pdf\r\n', 'AAEC\r\n AwQ=');

  test('are attached to a message of any shape', async () => {
    for (const message of [Plain, Html, Both]) {
      const joined = joinOriginal(source(message), original({ parts: [pdf] }), 's');
      expect((await parse(joined)).attachments.at(-1)).toMatchObject({
        mimeType: 'application/pdf',
        filename: 'a.pdf',
      });
      expect(raw(joined)).toContain('Content-Type: application/pdf; name=a.pdf\r\n\r\nAAEC\r\n AwQ=\r\n--');
      expect(raw(joined).match(/^MIME-Version:/gim)).toHaveLength(1);
    }
  });

  test('go beside the HTML that shows them, by any way of writing their Content-ID', async () => {
    const shown = part(
      'Content-Type: image/png\r\nContent-ID: <a%b@x>\r\nContent-Transfer-Encoding: base64\r\n',
      'AAEC',
    );
    const html = '<img src="cid:a%25b@x">';
    const parsed = await parse(joinOriginal(source(Html), original({ html, parts: [pdf, shown] }), 's'));
    expect(parsed.attachments.map(({ mimeType, related }) => [mimeType, related === true])).toEqual([
      ['image/png', true],
      ['application/pdf', false],
    ]);
  });

  test('a signed or encrypted message is not touched; it goes as a whole beside them', () => {
    const signed = lines(
      'To: a@x.test',
      'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s',
      '',
      '--s',
      'Content-Type: text/plain',
      '',
      'signed \xfc ',
      '--s',
      'Content-Type: application/pgp-signature',
      '',
      'x',
      '--s--',
      '',
    );
    expect(textForms(source(signed)).sealed).toBe(true);
    const joined = raw(joinOriginal(source(signed), original({ parts: [pdf] }), 's'));
    expect(joined).toContain(signed.slice(signed.indexOf('Content-Type')));
    expect(raw(joinOriginal(source(signed), original(), 's'))).toBe(signed);
  });

  test('a whole message is one attachment, as it is', async () => {
    const whole = messagePart(source(Both), 'original.eml');
    const joined = joinOriginal(source(Plain), original({ parts: [whole] }), 's');
    expect(raw(joined)).toContain(Both);
    const { structure } = parseStructure(readAll(joined));
    expect(structure.children?.map(({ type }) => type)).toEqual(['text/plain', 'message/rfc822']);
  });
});

describe('what an original has to be read for', () => {
  test.each([
    [Plain, 'plain', ['plain']],
    [Plain, 'html', ['html', 'plain']],
    [Html, 'plain', ['html']],
    [Html, 'html', ['html']],
    [Both, 'plain', ['html', 'plain']],
    ['To: a@x.test\r\n\r\n', 'plain', ['plain']],
  ] as const)('%j, an original of %s', (message, native, forms) => {
    expect(neededForms(textForms(source(message)), native)).toEqual(forms);
  });

  test('its header says whether it is signed or encrypted', () => {
    const kind = (type: string) => contentKind(Buffer.from(`Content-Type: ${type}\r\n\r\n`));
    expect(kind('multipart/encrypted; protocol=x')).toEqual({ encrypted: true, signed: false });
    expect(kind('application/x-pkcs7-mime; name=smime.p7m')).toEqual({ encrypted: true, signed: false });
    expect(kind('multipart/signed')).toEqual({ encrypted: false, signed: true });
    expect(kind('text/plain')).toEqual({ encrypted: false, signed: false });
  });
});

describe('whatever the texts are', () => {
  const words = fc
    .string({ unit: 'grapheme', maxLength: 300 })
    .map((text) => text.replace(/[\p{Cc}\p{Surrogate}\ufeff]/gu, ' '));
  const squeeze = (text: string | undefined): string => (text ?? '').replace(/\s+/g, '');

  test('both are in the plain text, and every attachment is there, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        words,
        words,
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }),
        async (own, old, files) => {
          const message = bytesSource(
            Buffer.from(`To: a@x.test\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${own}`),
          );
          const parts = files.map((bytes, i) =>
            part(
              `Content-Type: x/y; name=f${i}\r\nContent-Transfer-Encoding: base64\r\n`,
              Buffer.from(bytes).toString('base64'),
            ),
          );
          const parsed = await parse(joinOriginal(message, original({ plain: old, parts }), 'seed'));
          const text = squeeze(parsed.text);
          expect(text.startsWith(squeeze(own))).toBe(true);
          expect(text.endsWith(squeeze(old))).toBe(true);
          const contents = parsed.attachments.map(({ content }) => Buffer.from(content as ArrayBuffer).toString('hex'));
          expect(contents).toEqual(files.map((bytes) => Buffer.from(bytes).toString('hex')));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('no bytes of a message make it throw, and its parts that are no text stay', () => {
    const piece = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      '\r',
      'Content-Type: text/html',
      'Content-Type: image/png',
      'x',
      '\xff',
      ':',
      ' ',
    );
    const message = fc
      .array(piece, { maxLength: 30 })
      .map((all) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${all.join('')}`);
    fc.assert(
      fc.property(message, (text) => {
        const joined = raw(joinOriginal(source(text), original(), 'seed'));
        expect(joined).toMatch(/Content-Transfer-Encoding: (?:quoted-printable|base64)/);
      }),
      { numRuns: 200 },
    );
  });
});
