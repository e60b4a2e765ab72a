import { describe, expect, test } from '@jest/globals';
import { attachmentWithin, openMail, tnefHolding } from '../../../../backends/convert/mail/opened.ts';
import { planMail } from '../../../../backends/convert/mail/plan.ts';
import { findPart, parseStructure } from '../../../../backends/convert/mail/structure.ts';
import { MaxTnefBytes } from '../../../../backends/convert/mail/tnef.ts';
import type { Email } from '../../../../protocol/classes/email.ts';
import { decodeTimeZone } from '../../../../protocol/types/time-zone.ts';
import { emailOf, fetched, latin1, request, utf8 } from './support.ts';
import * as w from './tnef-writer.ts';

const calendar = (method: string, ...more: string[]): string =>
  [
    ...['BEGIN:VCALENDAR', 'PRODID:x', 'VERSION:2.0', `METHOD:${method}`, 'BEGIN:VEVENT', 'UID:1@x.org'],
    ...['DTSTAMP:20261120T080000Z', 'DTSTART;TZID=Europe/Berlin:20261123T100000', 'DTEND:20261123T100000Z'],
    ...['ORGANIZER;CN=Anna:mailto:anna@x.org', 'SUMMARY:Grüße', 'DESCRIPTION:Bring cake', ...more],
    ...['END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');

const multipart = (subtype: string, ...parts: (string | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from(`Content-Type: multipart/${subtype}; boundary=x\r\n\r\n`),
      ...parts.flatMap((part) => [Buffer.from('--x\r\n'), Buffer.from(part), Buffer.from('\r\n')]),
      Buffer.from('--x--\r\n'),
    ]),
  );

const text = 'Content-Type: text/plain\r\n\r\nPlease come';
const calendarPart = (method: string, fields = '', declared = `; method=${method}`): string =>
  `Content-Type: text/calendar; charset=utf-8${declared}\r\n${fields}\r\n${calendar(method)}`;

const plain = request({ type: 1 });

describe('mail about a meeting', () => {
  test('MS-ASEMAIL_R16 MS-ASEMAIL_R541 carries a MeetingRequest, and its calendar is no attachment', () => {
    const email = emailOf(multipart('alternative', text, calendarPart('REQUEST')), plain);
    expect(email).toMatchObject({
      messageClass: 'IPM.Schedule.Meeting.Request',
      contentClass: 'urn:content-classes:calendarmessage',
      meetingRequest: {
        startTime: new Date('2026-11-23T09:00:00Z'),
        endTime: new Date('2026-11-23T10:00:00Z'),
        uid: '1@x.org',
        organizer: '"Anna" <anna@x.org>',
        meetingMessageType: 1,
        responseRequested: true,
      },
      body: { data: 'Please come' },
    });
    expect(email.attachments).toBeUndefined();
    expect(decodeTimeZone(email.meetingRequest?.timeZone ?? new Uint8Array(0))?.bias).toBe(-60);
  });

  test.each([
    ['CANCEL', 'IPM.Schedule.Meeting.Canceled'],
    ['COUNTER', 'IPM.Schedule.Meeting.Resp.Tent'],
  ])('%s is %s', (method, name) => {
    expect(emailOf(multipart('mixed', text, calendarPart(method)), plain)).toMatchObject({
      messageClass: name,
      meetingRequest: { meetingMessageType: 0, responseRequested: false },
    });
  });

  test('an answer tells what was answered', () => {
    const part = calendarPart('REPLY').replace('SUMMARY', 'ATTENDEE;PARTSTAT=DECLINED:mailto:b@x.org\r\nSUMMARY');
    expect(emailOf(multipart('mixed', text, part), plain)).toMatchObject({
      messageClass: 'IPM.Schedule.Meeting.Resp.Neg',
      meetingRequest: { uid: '1@x.org' },
    });
  });

  test('a bare invitation is shown with its description', () => {
    const raw = utf8(calendarPart('REQUEST'));
    expect(emailOf(raw, plain)).toMatchObject({
      messageClass: 'IPM.Schedule.Meeting.Request',
      body: { type: 1, data: 'Bring cake', estimatedDataSize: 10 },
    });
    expect(emailOf(raw, request({ type: 2 })).body?.data).toContain('Bring cake');
    expect(emailOf(raw, { preferences: [{ type: 4 }], mimeSupport: 2 }).body?.data).toEqual(raw);
  });

  test('the method may stand in the calendar alone, and the part be encoded', () => {
    const encoded = Buffer.from(calendar('REQUEST')).toString('base64');
    const part = `Content-Type: text/calendar; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}`;
    expect(emailOf(multipart('alternative', text, part), plain).messageClass).toBe('IPM.Schedule.Meeting.Request');
  });

  test('an attached invitation that says so is one, and stays a file', () => {
    const attached = calendarPart('REQUEST', 'Content-Disposition: attachment; filename=invite.ics\r\n');
    expect(emailOf(multipart('mixed', text, attached), plain)).toMatchObject({
      messageClass: 'IPM.Schedule.Meeting.Request',
      attachments: [{ displayName: 'invite.ics', fileReference: '2' }],
    });
  });

  test('a file of events, something unreadable, and another method are attachments', () => {
    const file = calendarPart('REQUEST', 'Content-Disposition: attachment; filename=invite.ics\r\n', '');
    const broken = 'Content-Type: text/calendar; method=REQUEST\r\n\r\nno calendar';
    for (const part of [file, broken, calendarPart('PUBLISH')]) {
      const email = emailOf(multipart('mixed', text, part), plain);
      expect(email).toMatchObject({ messageClass: 'IPM.Note', meetingRequest: undefined });
      expect(email.attachments).toHaveLength(1);
    }
  });

  test('what is signed by S/MIME stays as it is', () => {
    const signed = multipart(
      'signed; protocol="application/pkcs7-signature"',
      calendarPart('REQUEST'),
      'Content-Type: application/pkcs7-signature\r\n\r\nMII',
    );
    const email = emailOf(signed, plain);
    expect(email).toMatchObject({ messageClass: 'IPM.Note.SMIME.MultipartSigned', meetingRequest: undefined });
    expect(email.attachments).toHaveLength(2);
  });

  test('for flags alone nothing is read', () => {
    const { structure } = parseStructure(multipart('alternative', text, calendarPart('REQUEST')));
    expect(planMail(structure, { ...plain, flagsOnly: true }).sections).toEqual([]);
    expect(planMail(structure, { ...plain, preferences: [] }).sections).toEqual([{ part: '2' }]);
  });
});

const Pdf = latin1('%PDF-1.7 \x00\xff');

const winmail = (file: Uint8Array, encoding = 'base64'): Uint8Array =>
  Buffer.concat([
    Buffer.from(
      `Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
    ),
    encoding === 'base64' ? Buffer.from(Buffer.from(file).toString('base64').replace(/.{76}/g, '$&\r\n')) : file,
  ]);

const File = w.tnef(
  w.codepage(1252),
  w.messageClass('IPM.Note'),
  w.messageProperties(w.unicode(0x1000, 'Text of Outlook'), w.binary(0x1013, utf8('<p>HTML of Outlook</p>'))),
  w.attachment('A~1.PDF', Pdf, w.unicode(0x3707, 'Übersicht.pdf'), w.unicode(0x370e, 'application/pdf')),
  w.attachment(
    'pic.png',
    utf8('png'),
    w.unicode(0x370e, 'image/png'),
    w.unicode(0x3712, 'pic@x'),
    w.integer(0x3714, 4),
  ),
  w.attachment(
    '',
    undefined,
    w.integer(0x3705, 5),
    w.object(0x3701, Buffer.concat([w.messageKind, w.tnef(w.messageProperties(w.unicode(0x0037, 'Old')))])),
  ),
);

describe('winmail.dat', () => {
  const raw = multipart('mixed', text, winmail(File));

  test('MS-ASAIRS_R93 MS-ASAIRS_R1343 its attachments are those of the mail, with their exact sizes', () => {
    const { attachments } = emailOf(raw, plain);
    expect(attachments).toMatchObject([
      { displayName: 'Übersicht.pdf', fileReference: '2.1', method: 1, estimatedDataSize: Pdf.length },
      { displayName: 'pic.png', fileReference: '2.2', contentId: 'pic@x', isInline: true, estimatedDataSize: 3 },
      { displayName: 'Old.eml', fileReference: '2.3', method: 5 },
    ]);
  });

  test('its text is shown where the mail has none of its own', () => {
    expect(emailOf(raw, plain).body?.data).toBe('Please come');
    const alone = winmail(File, '8bit');
    expect(emailOf(alone, plain)).toMatchObject({ body: { data: 'Text of Outlook' }, nativeBodyType: 2 });
    expect(emailOf(alone, request({ type: 2 })).body?.data).toBe('<p>HTML of Outlook</p>');
    expect(emailOf(alone, plain).attachments?.map((one) => 'fileReference' in one && one.fileReference)).toEqual([
      ...['1.1', '1.2', '1.3'],
    ]);
    const empty = multipart('mixed', 'Content-Type: text/plain\r\n\r\n\r\n', winmail(File));
    expect(emailOf(empty, plain).body?.data).toContain('Text of Outlook');
  });

  test('its attachments are fetched by the names under which they are listed', async () => {
    for (const [mail, outer] of [
      [raw, '2'],
      [winmail(File, '8bit'), '1'],
    ] as const) {
      const { structure } = parseStructure(mail);
      const part = tnefHolding(structure, `${outer}.1`);
      const located = findPart(structure, outer) as typeof structure;
      expect(part).toBe(located);
      const attachment = attachmentWithin(located, mail.subarray(located.bodyStart, located.end), `${outer}.1`);
      expect(attachment).toMatchObject({ contentType: 'application/pdf', name: 'Übersicht.pdf', size: Pdf.length });
      for await (const piece of attachment?.open() ?? []) expect(Buffer.from(piece).equals(Pdf)).toBe(true);
      expect(attachmentWithin(located, mail.subarray(located.bodyStart, located.end), `${outer}.4`)).toBeUndefined();
    }
  });

  test('other names are of no attachment in it', () => {
    const { structure } = parseStructure(raw);
    for (const part of ['2', '1.1', '2.', '2.1.1', '2.x', '2.text', '2.9999', ''])
      expect(tnefHolding(structure, part)).toBeUndefined();
    expect(tnefHolding(parseStructure(utf8(text)).structure, '1.1')).toBeUndefined();
  });

  test('a file of that name without that type is one, too', () => {
    const part = Buffer.from(winmail(File))
      .toString('latin1')
      .replace('application/ms-tnef', 'application/octet-stream');
    expect(emailOf(multipart('mixed', text, latin1(part)), plain).attachments).toHaveLength(3);
  });

  test('one that is damaged, or too large to be opened, is the file that it is', () => {
    const other = emailOf(multipart('mixed', text, winmail(utf8('no winmail'))), plain);
    expect(other.attachments).toMatchObject([{ displayName: 'winmail.dat', fileReference: '2' }]);
    const { structure } = parseStructure(multipart('mixed', text, winmail(new Uint8Array(MaxTnefBytes))));
    expect(planMail(structure, plain).sections.map(({ part }) => part)).toEqual(['1']);
    const mail = openMail(structure, new Map());
    expect(mail.structure).toBe(structure);
  });

  test('one without anything of use is not shown at all', () => {
    const nothing: Email = emailOf(multipart('mixed', text, winmail(w.tnef(w.messageClass('IPM.Note')))), plain);
    expect(nothing.attachments).toBeUndefined();
  });

  test('the message as MIME is the message as it came', () => {
    const email = emailOf(raw, { preferences: [{ type: 4 }], mimeSupport: 2 });
    expect(email.body).toMatchObject({ type: 4, data: raw, estimatedDataSize: raw.length });
    expect(email.attachments).toHaveLength(3);
  });

  test('it is fetched together with the text, nothing else is', () => {
    const { structure } = parseStructure(multipart('mixed', text, winmail(File), 'Content-Type: image/png\r\n\r\nxyz'));
    expect(
      planMail(structure, plain)
        .sections.map(({ part }) => part)
        .sort(),
    ).toEqual(['1', '2']);
    expect(fetched(raw, parseStructure(raw).structure, plain).bytes).toBeLessThan(raw.length);
  });
});
