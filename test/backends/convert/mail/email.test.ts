import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RawMessagePart } from '../../../../backends/contract/mail.ts';
import { buildEmail, buildFlags, type MailFacts } from '../../../../backends/convert/mail/email.ts';
import { fallbackEmail } from '../../../../backends/convert/mail/fallback.ts';
import { parseHeaders } from '../../../../backends/convert/mail/headers.ts';
import { parseStructure } from '../../../../backends/convert/mail/structure.ts';
import { emailOf, latin1, message, noFacts, received, request, timeOf, utf8 } from './support.ts';

const mail = message(
  'From: =?utf-8?q?J=C3=BCrgen_Ek?= <j@example.org>',
  'To: "Ek, Anna" <anna@example.org>, bert@example.org',
  'Cc: Carl <c@example.org>',
  'Reply-To: one@example.org, Two <two@example.org>',
  'Subject: Re: AW: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
  'Date: Mon, 23 Nov 2026 10:00:00 +0100',
  'Message-ID: <m2@example.org>',
  'References: <m1@example.org>',
  'X-Priority: 1 (Highest)',
  '',
  'Hello',
);

describe('the elements of a mail', () => {
  const email = emailOf(mail, request({ type: 1 }));

  test('MS-ASEMAIL_R787 MS-ASEMAIL_R711 addresses, with commas, and ReplyTo with semi-colons', () => {
    expect(email).toMatchObject({
      from: '"Jürgen Ek" <j@example.org>',
      to: '"Ek, Anna" <anna@example.org>, bert@example.org',
      cc: '"Carl" <c@example.org>',
      replyTo: 'one@example.org; "Two" <two@example.org>',
      displayTo: 'Ek, Anna; bert@example.org',
    });
  });

  test('MS-ASEMAIL_R780 subject and its topic, date, importance, code page', () => {
    expect(email).toMatchObject({
      subject: 'Re: AW: Grüße',
      threadTopic: 'Grüße',
      dateReceived: received,
      importance: 2,
      internetCpid: '65001',
    });
  });

  test('MS-ASEMAIL_R342 MS-ASEMAIL_R587 class of a plain mail', () => {
    expect(email).toMatchObject({ messageClass: 'IPM.Note', contentClass: 'urn:content-classes:message' });
  });

  test('MS-ASEMAIL_R726 MS-ASEMAIL_R1065 Sender only where it is another than From', () => {
    const sender = (fields: string): unknown => emailOf(utf8(`${fields}\n\n`), request({ type: 1 })).sender;
    expect(sender('From: a@x.org\nSender: A@X.org')).toBeUndefined();
    expect(sender('From: a@x.org')).toBeUndefined();
    expect(sender('From: a@x.org\nSender: List <l@x.org>')).toBe('"List" <l@x.org>');
  });

  test.each([
    ['Importance: High', 2],
    ['Importance: low', 0],
    ['X-Priority: 5', 0],
    ['X-Priority: 3', 1],
    ['X-Priority: 10', 1],
    ['X-MSMail-Priority: High', 2],
    ['Priority: non-urgent', 0],
    ['Subject: x', 1],
  ])('MS-ASEMAIL_R483 importance of %s is %i', (field, importance) => {
    expect(emailOf(utf8(`${field}\n\n`), request({ type: 1 })).importance).toBe(importance);
  });

  test('a mail without any field has what can be said', () => {
    expect(emailOf(utf8('\n'), request({ type: 1 }))).toMatchObject({ subject: '', from: undefined, to: undefined });
  });

  test('Bcc is shown in drafts alone', () => {
    const raw = utf8('Bcc: b@x.org\n\n');
    expect(emailOf(raw, request({ type: 1 })).bcc).toBeUndefined();
    expect(emailOf(raw, request({ type: 1 }), { ...noFacts, draft: true })).toMatchObject({
      bcc: 'b@x.org',
      isDraft: true,
    });
  });
});

describe('flags', () => {
  test('MS-ASEMAIL_R640 MS-ASEMAIL_R641 Read', () => {
    expect([buildFlags({ ...noFacts, seen: true }).read, buildFlags(noFacts).read]).toEqual([true, false]);
  });

  test('MS-ASEMAIL_R437 no flag is an empty Flag', () => {
    expect(buildFlags({ ...noFacts, flag: { status: 2 } }).flag).toEqual({});
  });

  test('MS-ASEMAIL_R436 a flag is as the device set it, or active when another program set it', () => {
    const flag = { status: 1, flagType: 'x' };
    expect(buildFlags({ ...noFacts, flagged: true, flag }).flag).toEqual(flag);
    expect(buildFlags({ ...noFacts, flagged: true }).flag).toEqual({ status: 2, flagType: 'for Follow Up' });
  });

  test('MS-ASEMAIL_R318 Categories are there even when there are none', () => {
    expect(buildFlags(noFacts).categories).toEqual([]);
    expect(buildFlags({ ...noFacts, categories: ['a\0', 'b'] }).categories).toEqual(['a', 'b']);
  });

  test.each<[Partial<MailFacts>, number | undefined]>([
    [{}, undefined],
    [{ answered: true }, 1],
    [{ forwarded: true }, 3],
    [{ answered: true, forwarded: true }, 1],
    [{ answered: true, lastVerb: 2 }, 2],
  ])('MS-ASEMAIL_R514 the last verb of %j is %j', (facts, verb) => {
    expect(buildFlags({ ...noFacts, ...facts }).lastVerbExecuted).toBe(verb);
  });

  test('flagsOnly gives nothing but them', () => {
    const asked = { ...request({ type: 1 }), flagsOnly: true };
    expect(emailOf(mail, asked)).toEqual(buildFlags(noFacts));
    expect(fallbackEmail({ facts: noFacts, received, size: 1, reason: 'x', request: asked })).toEqual(
      buildFlags(noFacts),
    );
  });
});

describe('a mail that cannot be read', () => {
  const headers = parseHeaders(mail);
  const fallback = (...preferences: Parameters<typeof request>): ReturnType<typeof fallbackEmail> =>
    fallbackEmail({
      headers,
      facts: noFacts,
      received,
      size: 1_234,
      reason: 'a <bad> part',
      request: request(...preferences),
    });

  test('goes as headers, a notice and the message itself', () => {
    const email = fallback({ type: 1 });
    expect(email).toMatchObject({ subject: 'Re: AW: Grüße', messageClass: 'IPM.Note', nativeBodyType: 1 });
    expect(email.body).toMatchObject({ type: 1, data: expect.stringContaining('a <bad> part') });
    expect(email.attachments).toEqual([
      {
        kind: 'attachment',
        displayName: 'Re: AW: Grüße.eml',
        fileReference: RawMessagePart,
        method: 5,
        estimatedDataSize: 1_234,
      },
    ]);
  });

  test('the notice has the form and the size that the device asks for', () => {
    expect(fallback({ type: 2 }).body).toMatchObject({ type: 2, data: expect.stringContaining('a &lt;bad&gt; part') });
    expect(fallback({ type: 1, truncationSize: 9 }).body).toMatchObject({ data: 'Postrider', truncated: true });
    expect(fallback({ type: 1, truncationSize: 0 }).body?.data).toBeUndefined();
    expect(fallback().body).toBeUndefined();
  });

  test('works without headers', () => {
    const email = fallbackEmail({ facts: noFacts, received, size: 5, reason: 'x', request: request({ type: 1 }) });
    expect(email.attachments?.[0]).toMatchObject({ displayName: 'message.eml' });
  });
});

describe('hostile mail', () => {
  test('no bytes make it throw, with or without what was planned', () => {
    const Piece = fc.constantFrom(
      'Content-Type: multipart/mixed; boundary=x\n',
      'Content-Type: text/html; charset=utf-16\n',
      'Content-Type: multipart/report; boundary=x\n',
      'Content-Type: text/calendar; method=reply\n',
      'Content-Transfer-Encoding: base64\n',
      'Subject: =?utf-8?b?\n',
      'Date: nonsense\n',
      'Thread-Index: AQ==\n',
      'References: <\n',
      'To: "\n',
      '\n',
      '--x\n',
      '--x--\n',
      '<p',
      '\xff',
    );
    const Raw = fc.oneof(
      fc.array(Piece, { maxLength: 30 }).map((all) => latin1(all.join(''))),
      fc.uint8Array(),
    );
    const Preference = fc.record({
      type: fc.constantFrom(1, 2, 3, 4),
      truncationSize: fc.option(fc.nat(50), { nil: undefined }),
      preview: fc.nat(300),
      allOrNone: fc.boolean(),
    });
    fc.assert(
      fc.property(
        Raw,
        fc.array(Preference, { maxLength: 3 }),
        fc.constantFrom(0, 1, 2),
        (raw, preferences, mimeSupport) => {
          const asked = { preferences, mimeSupport, bodyPart: preferences[0] } as Parameters<typeof emailOf>[1];
          expect(emailOf(raw, asked).read).toBe(false);
          const { headers, structure } = parseStructure(raw);
          buildEmail({ headers, structure, facts: noFacts, received, size: 0, sections: new Map(), request: asked });
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(['<b><i>', '&', 'word word\n', '<a href="http://x/y">x</a>', ' ', '\u0001', '😀', '<li>'])(
    '10 MB of %j as text or HTML take bounded time',
    (piece) => {
      const content = piece.repeat(10_000_000 / piece.length);
      for (const type of ['html', 'plain; format=flowed']) {
        const raw = utf8(`Content-Type: text/${type}; charset=utf-8\r\n\r\n${content}`);
        for (const wanted of [1, 2] as const) {
          expect(timeOf(() => emailOf(raw, request({ type: wanted })), 200)).toBeLessThan(200);
        }
      }
    },
  );

  test('a header of a megabyte takes bounded time', () => {
    for (const piece of ['To: a@b.c\n', 'To: "', 'Subject: =?a?q?', 'References: <a', 'a:\n']) {
      const raw = utf8(piece.repeat(1_000_000 / piece.length));
      expect(timeOf(() => emailOf(raw, request({ type: 1 })), 300)).toBeLessThan(300);
    }
  });
});
