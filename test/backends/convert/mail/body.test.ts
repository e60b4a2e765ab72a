import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MailRequest } from '../../../../backends/contract/mail.ts';
import { buildEmail } from '../../../../backends/convert/mail/email.ts';
import { MaxConverted } from '../../../../backends/convert/mail/html.ts';
import { MaxBodyBytes, WholeSectionBytes } from '../../../../backends/convert/mail/plan.ts';
import { parseStructure } from '../../../../backends/convert/mail/structure.ts';
import type { Spooled } from '../../../../protocol/wbxml/bytes.ts';
import { emailOf, latin1, message, noFacts, received, request, utf8 } from './support.ts';

const plainMail = message('Content-Type: text/plain; charset=utf-8', '', 'Grüße €');
const htmlMail = message('Content-Type: text/html; charset=utf-8', '', '<p>Grüße €</p>');
const bothMail = message(
  'Content-Type: multipart/alternative; boundary=x',
  '',
  '--x',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'plain ä',
  '--x',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>html ä</p>',
  '--x--',
);
const signedMail = message(
  'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=x',
  '',
  '--x',
  '',
  'signed',
  '--x',
  'Content-Type: application/pkcs7-signature; name=smime.p7s',
  'Content-Transfer-Encoding: base64',
  '',
  'AAAA',
  '--x--',
);

const bodyOf = (raw: Uint8Array, asked: MailRequest): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(emailOf(raw, asked).body ?? null, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    ),
  );

const sizeOf = (text: string): number => new TextEncoder().encode(text).length;

describe('which body', () => {
  test('MS-ASAIRS_R113 MS-ASAIRS_R178 MS-ASAIRS_R277 MS-ASAIRS_R300 the whole text, its exact size, no Truncated', () => {
    expect(bodyOf(plainMail, request({ type: 1 }))).toEqual({ type: 1, estimatedDataSize: 11, data: 'Grüße €' });
    expect(bodyOf(htmlMail, request({ type: 2 }))).toEqual({ type: 2, estimatedDataSize: 18, data: '<p>Grüße €</p>' });
  });

  test('MS-ASAIRS_R77 MS-ASAIRS_R2411 of several preferences the one of the native form is answered', () => {
    const asked = request({ type: 1 }, { type: 2 });
    expect(bodyOf(plainMail, asked)).toMatchObject({ type: 1 });
    expect(bodyOf(htmlMail, asked)).toMatchObject({ type: 2 });
    expect(emailOf(htmlMail, asked).nativeBodyType).toBe(2);
  });

  test('MS-ASAIRS_R241 MS-ASAIRS_R2412 a form that there is not is made out of the other', () => {
    expect(bodyOf(htmlMail, request({ type: 1 }))).toEqual({ type: 1, estimatedDataSize: 11, data: 'Grüße €' });
    const made = emailOf(plainMail, request({ type: 2 }));
    expect(made.body).toMatchObject({ type: 2, data: expect.stringMatching(/<body>\r\nGrüße €\r\n<\/body>/) });
    expect(made.body?.estimatedDataSize).toBe(sizeOf(made.body?.data as string));
    expect(made.nativeBodyType).toBe(1);
  });

  test('MS-ASAIRS_R237 MS-ASAIRS_R238 of an alternative each form is its own', () => {
    expect(bodyOf(bothMail, request({ type: 1 }))).toMatchObject({ data: 'plain ä' });
    expect(bodyOf(bothMail, request({ type: 2 }))).toMatchObject({ data: '<p>html ä</p>' });
  });

  test('no preference, no body', () => {
    expect(emailOf(plainMail, request()).body).toBeUndefined();
  });

  test('a preference for RTF alone is answered in the native form', () => {
    expect(bodyOf(plainMail, request({ type: 3 }))).toMatchObject({ type: 1 });
  });

  test('texts one after the other are one body', () => {
    const raw = message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'one',
      '--x',
      'Content-Type: text/html',
      '',
      '<p>two</p>',
      '--x',
      '',
      'a < b',
      '--x--',
    );
    expect(bodyOf(raw, request({ type: 1 }))).toMatchObject({ data: 'one\r\ntwo\r\na < b' });
    expect(bodyOf(raw, request({ type: 2 }))).toMatchObject({
      data: expect.stringContaining('one<br>\r\n<p>two</p><br>\r\na &lt; b'),
    });
  });

  test('an empty mail has an empty body', () => {
    expect(bodyOf(utf8('Subject: x\r\n\r\n'), request({ type: 1 }))).toEqual({
      type: 1,
      estimatedDataSize: 0,
      data: '',
    });
  });
});

describe('MIME', () => {
  const all = { ...request({ type: 1 }, { type: 2 }, { type: 4 }) };

  test('MIMESupport 0: never, while there is another form', () => {
    expect(bodyOf(signedMail, all)).toMatchObject({ type: 1, data: 'signed' });
    expect(bodyOf(plainMail, all)).toMatchObject({ type: 1 });
  });

  test('MS-ASCMD_R3408 MS-ASCMD_R3409 MS-ASCMD_R3410 MIMESupport 1: S/MIME as MIME, the rest as text', () => {
    expect(bodyOf(signedMail, { ...all, mimeSupport: 1 })).toEqual({
      type: 4,
      estimatedDataSize: signedMail.length,
      truncated: false,
      data: Buffer.from(signedMail).toString('latin1'),
    });
    expect(bodyOf(plainMail, { ...all, mimeSupport: 1 })).toMatchObject({ type: 1 });
    expect(bodyOf(plainMail, { ...request({ type: 4 }), mimeSupport: 1 })).toMatchObject({ type: 1, data: 'Grüße €' });
    expect(bodyOf(signedMail, { ...request({ type: 2 }), mimeSupport: 1 })).toMatchObject({ type: 4 });
  });

  test('MIMESupport 2: all mail, to a device that can read it', () => {
    expect(bodyOf(plainMail, { ...all, mimeSupport: 2 })).toMatchObject({
      type: 4,
      estimatedDataSize: plainMail.length,
    });
    expect(bodyOf(plainMail, { ...request({ type: 2 }), mimeSupport: 2 })).toMatchObject({ type: 2 });
  });

  test('a device that asks for MIME alone gets it', () => {
    expect(bodyOf(plainMail, request({ type: 4 }))).toMatchObject({ type: 4 });
  });

  test('is cut to TruncationSize, else MIMETruncation, and tells the size of all of it', () => {
    const asked = { ...request({ type: 4, truncationSize: 20 }), mimeSupport: 2 as const, mimeTruncation: 10 };
    expect(bodyOf(plainMail, asked)).toEqual({
      type: 4,
      estimatedDataSize: plainMail.length,
      truncated: true,
      data: 'Content-Type: text/p',
    });
    expect(bodyOf(plainMail, { ...asked, preferences: [{ type: 4 }] })).toMatchObject({
      data: 'Content-Ty',
      truncated: true,
    });
    expect(bodyOf(plainMail, { ...asked, preferences: [{ type: 4, truncationSize: 0 }] })).toEqual({
      type: 4,
      estimatedDataSize: plainMail.length,
      truncated: true,
    });
  });

  test('all or nothing: another form, or the facts alone', () => {
    const mime = { type: 4, truncationSize: 20, allOrNone: true } as const;
    expect(bodyOf(plainMail, { ...request(mime, { type: 1 }), mimeSupport: 2 })).toMatchObject({
      type: 1,
      data: 'Grüße €',
    });
    expect(bodyOf(plainMail, { ...request(mime), mimeSupport: 2 })).toEqual({
      type: 4,
      estimatedDataSize: plainMail.length,
      truncated: true,
    });
  });

  test('never divides a character, and a zero byte does not end it', () => {
    const raw = utf8('Subject: €\0\r\n\r\n');
    const cut = (truncationSize: number): unknown =>
      emailOf(raw, { ...request({ type: 4, truncationSize }), mimeSupport: 2 }).body?.data;
    expect(Buffer.from(cut(11) as Uint8Array).toString()).toBe('Subject: ');
    expect(Buffer.from(cut(13) as Uint8Array).toString()).toBe('Subject: € ');
  });

  test('streams a spooled message, cut where it must be', async () => {
    const bytes = utf8('Subject: 1€\r\n\r\n');
    const spooled: Spooled = {
      byteLength: bytes.length,
      open: async function* () {
        for (const byte of [bytes.subarray(0, 4), bytes.subarray(4, 11), bytes.subarray(11)]) yield byte;
      },
    };
    const { headers, structure } = parseStructure(bytes);
    const data = async (truncationSize?: number): Promise<string> => {
      const asked = { ...request({ type: 4, truncationSize }), mimeSupport: 2 } as const;
      const email = buildEmail({
        headers,
        structure,
        facts: noFacts,
        received,
        size: bytes.length,
        sections: new Map(),
        mime: spooled,
        request: asked,
      });
      const spool = email.body?.data as Spooled;
      const chunks: Uint8Array[] = [];
      for await (const chunk of spool.open()) chunks.push(chunk);
      const all = Buffer.concat(chunks);
      expect(all.length).toBe(spool.byteLength);
      return all.toString();
    };
    expect(await data()).toBe('Subject: 1€\r\n\r\n');
    expect(await data(11)).toBe('Subject: 1 ');
    expect(await data(12)).toBe('Subject: 1  ');
    expect(await data(13)).toBe('Subject: 1€');
    expect(await data(3)).toBe('Sub');
  });
});

describe('truncation', () => {
  test('MS-ASAIRS_R276 MS-ASAIRS_R180 MS-ASAIRS_R202 is marked, exact in its size, at a whole character', () => {
    expect(bodyOf(plainMail, request({ type: 1, truncationSize: 10 }))).toEqual({
      type: 1,
      estimatedDataSize: 11,
      truncated: true,
      data: 'Grüße ',
    });
    expect(bodyOf(plainMail, request({ type: 1, truncationSize: 11 }))).not.toHaveProperty('truncated');
  });

  test('MS-ASEMAIL_R1057 a TruncationSize of 0 gives no Data', () => {
    expect(bodyOf(plainMail, request({ type: 1, truncationSize: 0 }))).toEqual({
      type: 1,
      estimatedDataSize: 11,
      truncated: true,
    });
  });

  test('MS-ASAIRS_R78 MS-ASAIRS_R80 all or nothing: the other form that gives the most, else nothing', () => {
    const html = { type: 2, truncationSize: 5, allOrNone: true } as const;
    expect(bodyOf(bothMail, request(html, { type: 1 }))).toMatchObject({ type: 1, data: 'plain ä' });
    expect(bodyOf(bothMail, request(html, { type: 1, truncationSize: 3 }))).toMatchObject({
      type: 1,
      data: 'pla',
      truncated: true,
    });
    expect(bodyOf(bothMail, request(html))).toEqual({ type: 2, estimatedDataSize: 14, truncated: true });
    expect(bodyOf(bothMail, request({ ...html, truncationSize: 14 }))).toMatchObject({
      type: 2,
      data: '<p>html ä</p>',
    });
  });

  test('MS-ASAIRS_R75 MS-ASAIRS_R401 AllOrNone means nothing without TruncationSize', () => {
    expect(bodyOf(plainMail, request({ type: 1, allOrNone: true }))).toEqual(bodyOf(plainMail, request({ type: 1 })));
  });

  test('whatever the charset, the encoding and the size: whole characters, never more than asked for, and enough of them', () => {
    const Content = fc.string({
      unit: fc.constantFrom('a', 'ä', '€', ' ', '\r\n', '😀', 'word '),
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(
        Content,
        fc.nat(1_200),
        fc.constantFrom('8bit', 'base64', 'quoted-printable'),
        fc.boolean(),
        (text, truncationSize, encoding, repeat) => {
          const content = repeat ? text.repeat(60) : text;
          const bytes = Buffer.from(content);
          const encoded = {
            '8bit': content,
            base64: bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
            'quoted-printable': [...bytes]
              .map((byte) => `=${byte.toString(16).padStart(2, '0')}`)
              .join('')
              .replace(/.{75}/g, '$&=\r\n'),
          }[encoding] as string;
          const raw = utf8(
            `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${encoded}`,
          );
          const body = emailOf(raw, request({ type: 1, truncationSize })).body;
          const data = (body?.data ?? '') as string;
          expect(content.startsWith(data)).toBe(true);
          expect(sizeOf(data)).toBeLessThanOrEqual(truncationSize);
          expect(sizeOf(data)).toBeGreaterThan(Math.min(truncationSize, bytes.length) - 4);
          expect(body?.truncated ?? false).toBe(bytes.length > truncationSize);
          if (raw.length < WholeSectionBytes) expect(body?.estimatedDataSize).toBe(bytes.length);
          expect(body?.estimatedDataSize).toBeGreaterThanOrEqual(sizeOf(data));
        },
      ),
      { numRuns: 200 },
    );
  });

  test(`a body beyond ${MaxBodyBytes} bytes is cut there`, () => {
    const raw = latin1(`Content-Type: text/plain\r\n\r\n${'a'.repeat(MaxBodyBytes + 1_000)}`);
    const body = emailOf(raw, request({ type: 1 })).body;
    expect(body).toMatchObject({ truncated: true, estimatedDataSize: MaxBodyBytes + 1_000 });
    expect(body?.data).toHaveLength(MaxBodyBytes);
  });

  test(`HTML beyond ${MaxConverted} characters becomes text as far as it is read`, () => {
    const raw = latin1(`Content-Type: text/html\r\n\r\n${'<p>abcdefgh</p>'.repeat(40_000)}`);
    expect(emailOf(raw, request({ type: 1 })).body).toMatchObject({ type: 1, truncated: true });
  });
});

describe('preview', () => {
  test('MS-ASAIRS_R248 MS-ASAIRS_R250 is plain text of at most the characters asked for', () => {
    expect(bodyOf(htmlMail, request({ type: 2, preview: 5 }))).toMatchObject({ preview: 'Grüße' });
    expect(bodyOf(htmlMail, request({ type: 2, preview: 255 }))).toMatchObject({ preview: 'Grüße €' });
    expect(bodyOf(htmlMail, { ...request({ type: 4, preview: 5, truncationSize: 0 }), mimeSupport: 2 })).toMatchObject({
      preview: 'Grüße',
    });
    expect(bodyOf(htmlMail, request({ type: 2, preview: 0 }))).not.toHaveProperty('preview');
    expect(bodyOf(htmlMail, request({ type: 2 }))).not.toHaveProperty('preview');
  });

  test('MS-ASAIRS_R1001036 is left out where the plain text itself is there', () => {
    expect(bodyOf(plainMail, request({ type: 1, preview: 100 }))).not.toHaveProperty('preview');
    expect(bodyOf(plainMail, request({ type: 1, preview: 100, truncationSize: 0 }))).toMatchObject({
      preview: 'Grüße €',
    });
  });

  test('never more than 255 characters, never half a pair, on one line', () => {
    const raw = utf8(`Content-Type: text/html; charset=utf-8\r\n\r\n${'<p>x😀</p>'.repeat(200)}`);
    const preview = emailOf(raw, request({ type: 2, preview: 255 })).body?.preview as string;
    expect(preview.length).toBeLessThanOrEqual(255);
    expect(preview).not.toMatch(/\p{Surrogate}|[\r\n]/u);
  });
});

describe('body part', () => {
  test('MS-ASAIRS_R120 MS-ASAIRS_R127 MS-ASAIRS_R129 MS-ASAIRS_R271 MS-ASAIRS_R256 comes beside the body when asked for', () => {
    const email = emailOf(bothMail, { ...request({ type: 1 }), bodyPart: { type: 2, preview: 4 } });
    expect(email.body).toMatchObject({ type: 1 });
    expect(email.bodyPart).toMatchObject({
      status: 1,
      type: 2,
      estimatedDataSize: 14,
      data: '<p>html ä</p>',
      preview: 'html',
    });
  });

  test('MS-ASAIRS_R272 MS-ASAIRS_R63 is refused with 176 when it is too large for all or nothing', () => {
    const bodyPart = { type: 2, truncationSize: 3, allOrNone: true } as const;
    expect(emailOf(bothMail, { ...request(), bodyPart }).bodyPart).toMatchObject({
      status: 176,
      estimatedDataSize: 14,
      truncated: true,
    });
  });
});

describe('charsets of bodies', () => {
  test('cut UTF-16 and the meta charset of undeclared HTML are read right', () => {
    const raw = Uint8Array.from([
      ...latin1('Content-Type: text/plain; charset=utf-16le\r\n\r\n'),
      ...Buffer.from('äöü'.repeat(9_000), 'utf16le'),
    ]);
    expect(bodyOf(raw, request({ type: 1, truncationSize: 100 }))).toMatchObject({
      data: `${'äöü'.repeat(16)}äö`,
      truncated: true,
    });
    const koi8 = latin1('Content-Type: text/html\r\n\r\n<meta charset=koi8-r>\xf0\xd2\xc9');
    expect(bodyOf(koi8, request({ type: 2 }))).toMatchObject({ data: '<meta charset=utf-8>При' });
  });
});
