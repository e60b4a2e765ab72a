import { describe, expect, test } from '@jest/globals';
import type { MeetingAnswer, MeetingMessage } from '../../../../backends/contract/meetings.ts';
import { codeOf } from '../../../../backends/contract/test-kit/harness.ts';
import { meetings } from '../../../../backends/convert/calendar/meetings.ts';
import { calendar, now, utc, vevent } from './event-support.ts';
import {
  anna,
  at10,
  attendee,
  base,
  ben,
  organizer,
  override,
  plan,
  swap,
  weekly,
  withOverride,
  without,
} from './meeting-texts.ts';

const announced = (before: string | undefined, after: string | undefined, user = anna, when = now) =>
  meetings.announcements({ before, after, now: when }, user);

/** What a message says, briefly. */
const brief = ({ method, recipients, calendar: text }: MeetingMessage): string => {
  const id = /^RECURRENCE-ID.*:(\d{8})/m.exec(text)?.[1];
  const names = recipients.map(({ email }) => email.split('@')[0]).join();
  return `${method}${id === undefined ? '' : ` ${id}`} ${names} ${/^SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0}`;
};
const briefly = (before: string | undefined, after: string | undefined, user = anna, when = now): string[] =>
  announced(before, after, user, when).map(brief);

describe('what the organizer owes the people of a meeting', () => {
  const moved = swap(swap(plan(), at10, 'DTSTART:20260311T100000Z'), 'SEQUENCE:1', 'SEQUENCE:2');
  test.each<[string, string | undefined, string | undefined, string[]]>([
    ['a new meeting is an invitation to all', undefined, plan(), ['REQUEST ben,carl 1']],
    ['one that is gone is cancelled', plan(), undefined, ['CANCEL ben,carl 2']],
    ['one that is marked so, too, once', plan(), plan('STATUS:CANCELLED'), ['CANCEL ben,carl 1']],
    ['and is not told of again', plan('STATUS:CANCELLED'), undefined, []],
    ['a moved one is told to all', plan(), moved, ['REQUEST ben,carl 2']],
    ['so is another place', plan(), plan('LOCATION:Room 2'), ['REQUEST ben,carl 1']],
    [
      'who is new gets an invitation, the others nothing',
      without(plan(), attendee('carl')),
      plan(),
      ['REQUEST carl 1'],
    ],
    ['who is not to come any more, a cancellation', plan(), without(plan(), attendee('carl')), ['CANCEL carl 1']],
    [
      'without people any more it is cancelled',
      plan(),
      without(plan(), attendee('ben'), attendee('carl')),
      ['CANCEL ben,carl 1'],
    ],
    ['an alarm is nobody else’s business', plan(), plan('CATEGORIES:Work', 'BEGIN:VALARM', 'END:VALARM'), []],
    [
      'an answer that came in neither',
      plan(),
      swap(plan(), 'CN=ben;PARTSTAT=NEEDS-ACTION', 'CN=ben;PARTSTAT=ACCEPTED'),
      [],
    ],
    [
      'an occurrence that is taken out is cancelled alone',
      weekly(),
      weekly('EXDATE:20260317T100000Z'),
      ['CANCEL 20260317 ben,carl 1'],
    ],
    [
      'one that is moved is told alone',
      weekly(),
      withOverride(weekly(), ...override('20260317', attendee('ben'), attendee('carl'))),
      ['REQUEST 20260317 ben,carl 0'],
    ],
    [
      'who is invited to one occurrence hears of that alone',
      weekly(),
      withOverride(weekly(), ...override('20260317', attendee('ben'), attendee('carl'), attendee('dora'))),
      ['REQUEST 20260317 ben,carl,dora 0'],
    ],
    [
      'who does not come to it is told so',
      weekly(),
      withOverride(weekly(), ...override('20260317', attendee('ben'))),
      ['REQUEST 20260317 ben 0', 'CANCEL 20260317 carl 1'],
    ],
    ['another rule is told to all', weekly(), swap(weekly(), 'COUNT=5', 'COUNT=6'), ['REQUEST ben,carl 1']],
    ['an occurrence that is back, too', weekly('EXDATE:20260317T100000Z'), weekly(), ['REQUEST ben,carl 1']],
  ])('%s', (_, before, after, told) => {
    expect(briefly(before, after)).toEqual(told);
  });

  test('nobody is told of meetings of others, of what is over, and of what nobody was invited to', () => {
    expect(briefly(plan(), undefined, ben)).toEqual([]);
    expect(briefly(undefined, plan(), anna, Date.UTC(2026, 2, 11))).toEqual([]);
    expect(briefly(undefined, calendar(...vevent(...base)))).toEqual([]);
    expect(briefly(undefined, 'no calendar')).toEqual([]);
  });

  test('SCHEDULE-AGENT=NONE, the organizer as an attendee and who has no address get nothing (RFC 6638 7.1)', () => {
    const lines = [
      attendee('ben', ';SCHEDULE-AGENT=NONE'),
      attendee('anna'),
      'ATTENDEE:urn:uuid:1',
      'ATTENDEE:mailto:A.Ek@example.org',
    ];
    expect(briefly(undefined, calendar(...vevent(...base, organizer, ...lines)))).toEqual([]);
  });

  test('who said yes to another time is asked again; in an invitation answers stand as they are', () => {
    const accepted = (text: string): string => swap(text, 'CN=ben;PARTSTAT=NEEDS-ACTION', 'CN=ben;PARTSTAT=ACCEPTED');
    expect(announced(accepted(plan()), accepted(moved))[0]?.calendar).toMatch(/CN=ben;PARTSTAT=NEEDS-ACTION;RSVP=TRUE/);
    expect(announced(undefined, accepted(plan()))[0]?.calendar).toMatch(/CN=ben;PARTSTAT=ACCEPTED/);
  });

  test('a message is whole: method, zone and time of writing, and nothing that is the organizer’s own', () => {
    const own = ['CATEGORIES:Secret', 'X-MICROSOFT-CDO-BUSYSTATUS:OOF', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'END:VALARM'];
    const zoned = swap(plan(...own), at10, 'DTSTART;TZID=Europe/Berlin:20260310T100000');
    const [message] = announced(
      undefined,
      swap(zoned, 'CN=ben;', 'CN=ben;SCHEDULE-STATUS=1.2;X-DTSTAMP=20260301T000000Z;'),
    );
    const text = message?.calendar ?? '';
    expect(
      text.startsWith(
        'BEGIN:VCALENDAR\r\nPRODID:-//Postrider//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\n',
      ),
    ).toBe(true);
    expect(text).toContain('BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n');
    expect(text).toContain('DTSTAMP:20260301T120000Z\r\n');
    expect(text).not.toMatch(/Secret|OOF|VALARM|SCHEDULE-STATUS|X-DTSTAMP/);
    expect(message).toMatchObject({
      subject: 'Plan',
      sender: { email: 'anna@example.org', name: 'Anna Ek' },
      recipients: [{ email: 'ben@example.org', name: 'ben' }, {}],
    });
    expect(message?.text).toBe('Plan\nWhen: 2026-03-10 10:00 - 12:00 (Europe/Berlin)');
  });

  test('a cancellation names those alone who do not come', () => {
    const [message] = announced(plan(), without(plan(), attendee('carl')));
    expect(message).toMatchObject({ method: 'CANCEL', subject: 'Canceled: Plan' });
    expect(message?.calendar).toMatch(/STATUS:CANCELLED/);
    expect(message?.calendar).not.toMatch(/ben@/);
  });
});

describe('what the user answers', () => {
  const answer = (text: string, wish: Partial<MeetingAnswer>, user = ben) =>
    meetings.answer(text, { status: 'accepted', now, ...wish }, user);
  const day = (date: number): { at: Date; form: 'days' } => ({ at: utc(2026, 2, date, 10), form: 'days' });

  test('stands in the event and in a message to the organizer with nobody else’s answer', () => {
    const { event = '', message } = answer(plan('BEGIN:VALARM', 'END:VALARM'), {
      status: 'tentative',
      comment: { form: 'html', text: '<b>Perhaps</b>' },
    });
    expect(event).toContain('ATTENDEE;CN=ben;PARTSTAT=TENTATIVE:mailto:ben@example.org\r\n');
    expect(event).toContain('X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\nX-MICROSOFT-CDO-REPLYTIME:20260301T120000Z\r\n');
    expect(event).toContain('SEQUENCE:1\r\n');
    expect(message).toMatchObject({
      method: 'REPLY',
      subject: 'Tentative: Plan',
      recipients: [{ email: 'anna@example.org' }],
    });
    expect(
      message?.calendar.split('\r\n').filter((line) => /^(ATTENDEE|COMMENT|SEQUENCE|UID|METHOD)/.test(line)),
    ).toEqual([
      ...[
        'METHOD:REPLY',
        'UID:1',
        'SEQUENCE:1',
        'ATTENDEE;CN=ben;PARTSTAT=TENTATIVE:mailto:ben@example.org',
        'COMMENT:Perhaps',
      ],
    ]);
    expect(message?.calendar).not.toMatch(/VALARM|carl/);
    expect(message?.text).toMatch(/^Perhaps\n\nPlan\nWhen: 2026-03-10 10:00 - 11:00 \(UTC\)$/);
  });

  test('of who was invited by way of a list gets a line of its own', () => {
    expect(answer(plan(), {}, { addresses: ['eva@example.org'], name: 'Eva' }).event).toContain(
      'ATTENDEE;CN=Eva;PARTSTAT=ACCEPTED:mailto:eva@example.org',
    );
  });

  test('a declined meeting is to go, an occurrence is taken out of its series', () => {
    expect(answer(plan(), { status: 'declined' })).toMatchObject({
      event: undefined,
      message: { subject: 'Declined: Plan' },
    });
    const { event, message } = answer(weekly(), { status: 'declined', occurrence: day(17) });
    expect(event).toContain('EXDATE:20260317T100000Z');
    expect(message?.calendar).toMatch(/RECURRENCE-ID:20260317T100000Z[\s\S]*DTSTART:20260317T100000Z/);
  });

  test('to one occurrence leaves the others alone', async () => {
    const { event = '' } = answer(weekly(), { occurrence: day(24) });
    expect(event.match(/PARTSTAT=ACCEPTED/g)).toHaveLength(1);
    expect(event).toContain('RECURRENCE-ID:20260324T100000Z');
    expect(await codeOf(Promise.resolve().then(() => answer(weekly(), { occurrence: day(25) })))).toBe('notFound');
  });

  test('another time is proposed with the one that stands beside it', () => {
    const proposal = { start: utc(2026, 2, 12, 8), end: utc(2026, 2, 12, 9) };
    const { message } = answer(plan(), { status: 'tentative', proposal });
    expect(message).toMatchObject({ method: 'COUNTER', subject: 'New Time Proposed: Plan' });
    expect(message?.calendar).toMatch(/DTSTART:20260312T080000Z/);
    expect(message?.calendar).toMatch(/DTEND:20260312T090000Z/);
    expect(message?.calendar).toMatch(
      /X-MS-OLK-ORIGINALSTART:20260310T100000Z\r\nX-MS-OLK-ORIGINALEND:20260310T110000Z/,
    );
  });

  test('is sent by the address that was invited, whichever the user has', () => {
    const aliases = { addresses: ['b@example.org', 'ben@example.org'], name: 'Ben' };
    expect(answer(plan(), {}, aliases).message?.sender).toEqual({ email: 'ben@example.org', name: 'ben' });
  });

  test('an event that nobody can be told of has no message', () => {
    expect(answer(swap(plan(), organizer, 'ORGANIZER:urn:uuid:7'), {}).message).toBeUndefined();
  });
});
