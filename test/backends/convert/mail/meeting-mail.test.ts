import { describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { MeetingMessage } from '../../../../backends/contract/meetings.ts';
import { meetingIn, meetingMail } from '../../../../backends/convert/mail/meeting-mail.ts';
import { bytesSource, readAll } from '../../../../protocol/wbxml/bytes.ts';

const calendar = [
  'BEGIN:VCALENDAR',
  'METHOD:REQUEST',
  'BEGIN:VEVENT',
  'UID:1',
  'SUMMARY:Größe',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');
const message: MeetingMessage = {
  ...{ method: 'REQUEST', calendar, subject: 'Größe', text: 'Größe\nWhen: 2026-03-10' },
  recipients: [{ email: 'ben@example.org', name: 'Ben, Jr.' }, { email: 'carl@example.org' }],
};
const source = (text: string) => bytesSource(Buffer.from(text, 'latin1'));
const unfolded = (text = ''): string => text.replace(/\r?\n$/, '');

describe('the mail of a message', () => {
  test('has a text for people beside one for calendars, with the method at both (RFC 6047 2.4)', async () => {
    const mail = readAll(meetingMail(message, 'seed'));
    expect(Buffer.from(mail).toString('latin1')).toMatch(
      /^Content-Type: text\/calendar; charset=utf-8; method=REQUEST\r$/m,
    );
    const { to, subject, text, attachments } = await PostalMime.parse(mail);
    expect(to).toEqual([
      { address: 'ben@example.org', name: 'Ben, Jr.' },
      { address: 'carl@example.org', name: '' },
    ]);
    expect([subject, unfolded(text)]).toEqual(['Größe', 'Größe\nWhen: 2026-03-10']);
    const found = new TextDecoder().decode(attachments[0]?.content as ArrayBuffer);
    expect(found).toBe(calendar.replaceAll('\r\n', '\n'));
  });

  test('begins with the words of its sender', async () => {
    const words = { form: 'html', text: '<p>Do <b>come</b></p>' } as const;
    const { text } = await PostalMime.parse(readAll(meetingMail(message, 'seed', words)));
    expect(unfolded(text)).toBe('Do come\n\nGröße\nWhen: 2026-03-10');
  });

  test('no address, name or subject makes a field of its own', () => {
    const evil = {
      ...message,
      subject: 'x\r\nBcc: a@b',
      recipients: [{ email: 'a@b\r\nBcc: c@d', name: 'y\r\nBcc: e@f' }],
    };
    expect(Buffer.from(readAll(meetingMail(evil, 'seed'))).toString()).not.toMatch(/^Bcc/m);
  });
});

describe('what a mail says of a meeting', () => {
  test('is found among its parts, in whatever encoding and charset', () => {
    expect(meetingIn(meetingMail(message, 'seed'))).toBe(calendar);
    const quoted =
      'Content-Type: text/calendar; charset=iso-8859-1; method=REQUEST\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n';
    expect(meetingIn(source(quoted + calendar.replace('öß', '=F6=DF')))).toBe(calendar);
  });

  test('the method beside it stands in for one that is missing in it', () => {
    const bare = source(
      `Content-Type: text/calendar; method=cancel\r\n\r\n${calendar.replace('METHOD:REQUEST\r\n', '')}`,
    );
    expect(meetingIn(bare)).toMatch(/^BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nBEGIN:VEVENT/);
  });

  test('is nothing where there is no calendar, where it is signed, and where it is too large', () => {
    expect(meetingIn(source('Subject: x\r\n\r\nx'))).toBeUndefined();
    expect(
      meetingIn(source(`Content-Type: text/calendar; method=REQUEST\r\n\r\n${calendar}${' '.repeat(500_000)}`)),
    ).toBeUndefined();
    const signed = 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n--b\r\n';
    expect(
      meetingIn(source(`${signed}Content-Type: text/calendar; method=REQUEST\r\n\r\n${calendar}--b--\r\n`)),
    ).toBeUndefined();
  });
});
