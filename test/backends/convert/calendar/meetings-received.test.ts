import { describe, expect, test } from '@jest/globals';
import { meetings } from '../../../../backends/convert/calendar/meetings.ts';
import { calendar, now, utc, vevent } from './event-support.ts';
import {
  anna,
  at10,
  attendee,
  base,
  ben,
  override,
  plan,
  swap,
  weekly,
  withOverride,
  without,
} from './meeting-texts.ts';

describe('what comes by mail', () => {
  const asMessage = (method: string, text: string): string =>
    text.replace('BEGIN:VCALENDAR', `BEGIN:VCALENDAR\r\nMETHOD:${method}`);
  const reply = (status: string, stamp: string, ...lines: string[]): string =>
    asMessage(
      'REPLY',
      calendar(
        ...vevent('SEQUENCE:1', `DTSTAMP:${stamp}`, `ATTENDEE;PARTSTAT=${status}:mailto:Ben@example.org`, ...lines),
      ),
    );
  const receive = (event: string, message: string, sender: string, user = anna): string =>
    meetings.receive(event, { calendar: message, sender, now }, user);
  const statusOf = (event: string, name = 'ben'): string | undefined =>
    new RegExp(`CN=${name};PARTSTAT=([A-Z-]+)`).exec(event)?.[1];

  test('an answer counts when its attendee sent it, the later one for good', () => {
    const accepted = receive(plan(), reply('ACCEPTED', '20260302T100000Z'), 'ben@example.org');
    expect(statusOf(accepted)).toBe('ACCEPTED');
    expect(accepted).toContain('SEQUENCE:1\r\n');
    expect(receive(accepted, reply('DECLINED', '20260302T090000Z'), 'ben@example.org')).toBe(accepted);
    expect(receive(accepted, reply('ACCEPTED', '20260302T100000Z'), 'ben@example.org')).toBe(accepted);
    expect(statusOf(receive(accepted, reply('DECLINED', '20260302T110000Z'), 'ben@example.org'))).toBe('DECLINED');
  });

  test.each([
    ['of who sends it for somebody else', 'ACCEPTED', 'mallory@example.org', anna],
    ['to a meeting that somebody else called', 'ACCEPTED', 'ben@example.org', ben],
  ])('an answer %s does not', (_, status, sender, user) => {
    expect(receive(plan(), reply(status, '20260302T100000Z'), sender, user)).toBe(plan());
  });

  test('who was never invited, or answers what is not known any more, is not heard', () => {
    const alone = without(plan(), attendee('ben'));
    expect(receive(alone, reply('ACCEPTED', '20260302T100000Z'), 'ben@example.org')).toBe(alone);
    const revised = swap(plan('LAST-MODIFIED:20260302T120000Z'), 'SEQUENCE:1', 'SEQUENCE:2');
    expect(receive(revised, reply('ACCEPTED', '20260302T100000Z'), 'ben@example.org')).toBe(revised);
    expect(statusOf(receive(revised, reply('ACCEPTED', '20260302T130000Z'), 'ben@example.org'))).toBe('ACCEPTED');
    const other = reply('ACCEPTED', '20260302T100000Z').replace('UID:1', 'UID:2');
    expect(receive(plan(), other, 'ben@example.org')).toBe(plan());
  });

  test('two answers to one occurrence both count', () => {
    const id = 'RECURRENCE-ID:20260317T100000Z';
    const first = receive(weekly(), reply('DECLINED', '20260302T100000Z', id), 'ben@example.org');
    const second = receive(
      first,
      reply('ACCEPTED', '20260302T090000Z', id).replace('Ben@', 'carl@'),
      'carl@example.org',
    );
    expect(second.match(/RECURRENCE-ID/g)).toHaveLength(1);
    const [series, occurrence] = second.split('RECURRENCE-ID');
    expect([statusOf(series ?? ''), statusOf(occurrence ?? ''), statusOf(occurrence ?? '', 'carl')]).toEqual([
      'NEEDS-ACTION',
      'DECLINED',
      'ACCEPTED',
    ]);
    expect(second).not.toContain('SEQUENCE:2');
  });

  test('an answer to what is no occurrence makes none, and one to hundreds not more than a hundred', () => {
    const none = reply('DECLINED', '20260302T100000Z', 'RECURRENCE-ID:20260318T100000Z');
    expect(receive(weekly(), none, 'ben@example.org')).toBe(weekly());
    const daily = plan('RRULE:FREQ=DAILY');
    const days = Array.from({ length: 300 }, (_, day) =>
      new Date(Date.UTC(2026, 2, 10 + day, 10)).toISOString().replace(/[-:]|\.000/g, ''),
    );
    const said = ['SEQUENCE:1', 'DTSTAMP:20260302T100000Z', 'ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org'];
    const many = asMessage('REPLY', calendar(...days.flatMap((day) => vevent(`RECURRENCE-ID:${day}`, ...said))));
    expect(receive(daily, many, 'ben@example.org').match(/RECURRENCE-ID/g)).toHaveLength(100);
  });

  test('another time that an attendee would like stands with the attendee', () => {
    const counter = asMessage(
      'COUNTER',
      calendar(
        ...vevent(
          'DTSTART:20260312T080000Z',
          'DTEND:20260312T090000Z',
          'SEQUENCE:1',
          'DTSTAMP:20260302T100000Z',
          attendee('ben').replace('NEEDS-ACTION', 'TENTATIVE'),
        ),
      ),
    );
    const countered = receive(plan(), counter, 'ben@example.org');
    expect(countered.replace(/\r\n /g, '')).toContain(
      'X-PROPOSED-START=20260312T080000Z;X-PROPOSED-END=20260312T090000Z',
    );
    expect(countered).toContain(at10);
    expect(receive(countered, reply('ACCEPTED', '20260302T110000Z'), 'ben@example.org')).not.toContain('X-PROPOSED');
    expect(receive(plan('X-MICROSOFT-DISALLOW-COUNTER:TRUE'), counter, 'ben@example.org')).not.toContain('X-PROPOSED');
  });

  const mine = plan(
    'CATEGORIES:Work',
    'X-OWN:1',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT5M',
    'END:VALARM',
  ).replace('CN=ben;PARTSTAT=NEEDS-ACTION', 'CN=ben;PARTSTAT=ACCEPTED');
  const update = (...swaps: [string, string][]): string =>
    asMessage(
      'REQUEST',
      swaps.reduce((text, [a, b]) => swap(text, a, b), plan('LOCATION:Room 2')),
    );

  test('an update of the organizer is taken over; what the user has of their own stays, the answer too', () => {
    const updated = receive(mine, update(['DTSTAMP:20260301', 'DTSTAMP:20260302']), 'anna@example.org', ben);
    for (const kept of ['LOCATION:Room 2', 'CATEGORIES:Work', 'X-OWN:1', 'TRIGGER:-PT5M'])
      expect(updated).toContain(kept);
    expect([statusOf(updated), updated.includes('METHOD')]).toEqual(['ACCEPTED', false]);
    expect(receive(updated, update(), 'anna@example.org', ben)).toBe(updated);
    expect(receive(mine, update(['SEQUENCE:1', 'SEQUENCE:2']), 'mallory@example.org', ben)).toBe(mine);
  });

  test('another time asks the user again', () => {
    const moved = update(['SEQUENCE:1', 'SEQUENCE:2'], [at10, 'DTSTART:20260310T090000Z']);
    expect(statusOf(receive(mine, moved, 'anna@example.org', ben))).toBe('NEEDS-ACTION');
  });

  test('of a series occurrences change alone, and what the user took out stays out', () => {
    const series = weekly('EXDATE:20260324T100000Z');
    const one = asMessage('REQUEST', calendar(...override('20260317', attendee('ben'), 'SEQUENCE:1')));
    const changed = receive(series, one, 'anna@example.org', ben);
    expect(changed).toContain('RECURRENCE-ID:20260317T100000Z\r\nDTSTART:20260317T120000Z');
    expect(changed).toContain('RRULE:FREQ=WEEKLY;COUNT=5');
    const all = asMessage('REQUEST', swap(weekly('LOCATION:Room 2'), 'SEQUENCE:1', 'SEQUENCE:2'));
    const told = receive(changed, all, 'anna@example.org', ben);
    expect(told).toContain('EXDATE:20260324T100000Z');
    expect(told).not.toContain('RECURRENCE-ID');
  });

  test('a cancellation marks the event, or the occurrence, and leaves it there', () => {
    const cancel = asMessage('CANCEL', swap(plan('STATUS:CANCELLED'), 'SEQUENCE:1', 'SEQUENCE:2'));
    const cancelled = receive(mine, cancel, 'anna@example.org', ben);
    expect(cancelled).toMatch(/STATUS:CANCELLED/);
    expect(cancelled).toContain('TRIGGER:-PT5M');
    expect(receive(mine, cancel, 'carl@example.org', ben)).toBe(mine);
    const one = asMessage(
      'CANCEL',
      calendar(...override('20260317', attendee('ben'), 'SEQUENCE:2', 'STATUS:CANCELLED')),
    );
    const [series, occurrence] = receive(weekly(), one, 'anna@example.org', ben).split('RECURRENCE-ID');
    expect([series?.includes('CANCELLED'), occurrence?.includes('CANCELLED')]).toEqual([false, true]);
  });

  test('nonsense changes nothing', () => {
    for (const text of ['', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n', plan(), asMessage('PUBLISH', plan())]) {
      expect(receive(mine, text, 'anna@example.org', ben)).toBe(mine);
    }
    expect(receive('nothing', reply('ACCEPTED', '20260302T100000Z'), 'ben@example.org')).toBe('nothing');
  });
});

describe('what a text is', () => {
  test('is told with its people', () => {
    const facts = meetings.facts(withOverride(weekly(), ...override('20260317', attendee('dora'))));
    expect(facts).toEqual({
      ...{ method: undefined, uid: '1', organizer: 'anna@example.org', repeats: true, occurrence: undefined },
      attendees: ['ben@example.org', 'carl@example.org', 'dora@example.org'],
    });
    const one = calendar(...override('20260317', attendee('ben'))).replace('VERSION', 'METHOD:request\r\nVERSION');
    expect(meetings.facts(one)).toMatchObject({ method: 'REQUEST', repeats: false, occurrence: utc(2026, 2, 17, 10) });
    expect(meetings.facts('nothing')).toBeUndefined();
  });

  test('an invitation becomes an event without its method and its alarms', () => {
    const alarm = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'END:VALARM'];
    const invitation = plan(...alarm).replace('VERSION', 'METHOD:REQUEST\r\nVERSION');
    expect(meetings.eventOf(invitation)).toBe(plan());
    expect(meetings.eventOf('nothing')).toBe('nothing');
  });

  test('a meeting is passed on as an invitation, what nobody called as it is', () => {
    const dora = [{ email: 'dora@example.org', name: 'Dora' }];
    const message = meetings.forward(weekly(), dora, undefined, now);
    expect(message).toMatchObject({ method: 'REQUEST', subject: 'FW: Plan', recipients: dora });
    expect(message?.calendar).toContain('ATTENDEE;CN=Dora;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:dora@example.org');
    const one = meetings.forward(weekly(), dora, { at: utc(2026, 2, 17, 10), form: 'days' }, now);
    expect(one?.calendar).not.toContain('RRULE');
    expect(meetings.forward(calendar(...vevent(...base)), dora, undefined, now)?.method).toBe('PUBLISH');
    expect(meetings.forward('nothing', dora, undefined, now)).toBeUndefined();
  });
});
