import { describe, expect, test } from '@jest/globals';
import { newEvent, removeInstance } from '../../../../backends/convert/calendar/event.ts';
import { addedReference } from '../../../../backends/convert/calendar/event-attachments.ts';
import type { CalendarEvent, Recurrence } from '../../../../protocol/classes/event.ts';
import {
  berlin,
  calendar,
  contextIn,
  echoed,
  fresh,
  made,
  old,
  one,
  patch,
  read,
  unstamped,
  utc,
  vevent,
} from './event-support.ts';

const at10 = 'DTSTART;TZID=Europe/Berlin:20260310T100000';
const to11 = 'DTEND;TZID=Europe/Berlin:20260310T110000';
const weekly = one(at10, to11, 'SUMMARY:Weekly', 'RRULE:FREQ=WEEKLY');

/** Lines that are only in one of two texts. */
const difference = (before: string, after: string): string[] => {
  const [a, b] = [before, unstamped(after)].map((text) => text.split('\r\n'));
  return [
    ...(a ?? []).filter((line) => !b?.includes(line)).map((line) => `-${line}`),
    ...(b ?? []).filter((line) => !a?.includes(line)).map((line) => `+${line}`),
  ];
};

describe('what a device changes', () => {
  test('a moved event moves, in its own zone', () => {
    const text = one('DTSTART;TZID=America/New_York:20260310T100000', 'DTEND;TZID=America/New_York:20260310T110000');
    const moved = patch(text, { startTime: utc(2026, 2, 11, 14), endTime: utc(2026, 2, 11, 15) });
    expect(difference(text, moved)).toEqual([
      '-DTSTART;TZID=America/New_York:20260310T100000',
      '-DTEND;TZID=America/New_York:20260310T110000',
      '+DTSTART;TZID=America/New_York:20260311T100000',
      '+DTEND;TZID=America/New_York:20260311T110000',
    ]);
  });

  test('a longer event keeps its DURATION', () => {
    const text = one('DTSTART:20260310T100000Z', 'DURATION:PT1H');
    expect(difference(text, patch(text, { endTime: utc(2026, 2, 10, 11, 30) }))).toEqual([
      '-DURATION:PT1H',
      '+DURATION:PT1H30M',
    ]);
  });

  test('a zone of no name is recognised by its rules and defined', () => {
    const { timezone } = read(one('DTSTART;TZID=Asia/Kolkata:20260310T100000'));
    const bare = (timezone as Uint8Array).slice().fill(0, 4, 68).fill(0, 88, 152);
    const text = made({ startTime: utc(2026, 2, 10, 4), endTime: utc(2026, 2, 10, 5), timezone: bare, subject: 'x' });
    expect(text).toContain('DTSTART;TZID=Asia/Kolkata:20260310T093000');
    expect(text).toContain(
      'BEGIN:VTIMEZONE\r\nTZID:Asia/Kolkata\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\n',
    );
  });

  test('a new alarm, another one, none; further ones stay (MS-ASCAL_R39511)', () => {
    const rung = patch(one(at10), { reminder: 20 });
    expect(rung).toContain('TRIGGER:-PT20M');
    expect(read(patch(rung, { reminder: 5 })).reminder).toBe(5);
    expect(unstamped(patch(rung, { reminder: null }))).toBe(one(at10));
    const mail = one(at10, 'BEGIN:VALARM', 'ACTION:EMAIL', 'TRIGGER:-PT1H', 'END:VALARM');
    expect(patch(mail, {}, { cleared: ['reminder'] })).toBe(mail);
  });

  test('an attendee comes and one goes; the others keep their parameters and their answers', () => {
    const kept = 'ATTENDEE;RSVP=TRUE;DELEGATED-TO="mailto:c@x.org";PARTSTAT=ACCEPTED:mailto:b@x.org';
    const text = one(at10, 'SEQUENCE:1', 'ORGANIZER:mailto:anna@example.org', kept, 'ATTENDEE:mailto:c@x.org');
    const set = {
      attendees: [
        { email: 'b@x.org', name: '', attendeeStatus: 5 },
        { email: 'd@x.org', name: 'D' },
      ],
    };
    expect(difference(text, patch(text, set)).filter((line) => !line.includes('SEQUENCE'))).toEqual([
      '-ATTENDEE:mailto:c@x.org',
      '+ATTENDEE;CN=D;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:d',
      '+ @x.org',
    ]);
  });

  test('who invites without an organizer is the organizer (MS-ASCAL_R2169)', () => {
    const text = patch(one(at10), { attendees: [{ email: 'b@x.org', name: 'B' }] });
    expect(text).toContain('ORGANIZER;CN=Anna Ek:mailto:anna@example.org\r\n');
    expect(read(text)).toMatchObject({ meetingStatus: 1, responseType: 1 });
  });

  test("a meeting that is moved is another revision; one of somebody else is not the user's to count", () => {
    const meeting = (organizer: string) =>
      one(at10, to11, 'SEQUENCE:4', `ORGANIZER:mailto:${organizer}`, 'ATTENDEE:mailto:b@x.org');
    const set = { startTime: utc(2026, 2, 10, 8), endTime: utc(2026, 2, 10, 9) };
    expect(patch(meeting('anna@example.org'), set)).toContain('SEQUENCE:5\r\n');
    expect(patch(meeting('boss@x.org'), set)).toContain('SEQUENCE:4\r\n');
    expect(patch(meeting('anna@example.org'), { subject: 'x' })).toContain('SEQUENCE:4\r\n');
    expect(patch(meeting('anna@example.org'), { subject: 'x' })).toContain('LAST-MODIFIED:20260301T120000Z');
  });

  test('what only the server says is not changed', () => {
    const text = one(at10, 'X-GOOGLE-CONFERENCE:https://meet.x.org/', 'DTSTAMP:20260101T000000Z');
    const set = { uid: '2', dtStamp: utc(2026, 5, 1), organizerEmail: 'x@x.org', responseType: 4 };
    expect(patch(text, set, { cleared: ['onlineMeetingExternalLink', 'organizerName'] })).toBe(text);
  });

  test('a file comes, once however often it is sent, and goes', () => {
    const add = {
      kind: 'add' as const,
      clientId: 'c',
      method: 1,
      content: 'aGFsbG8=',
      displayName: 'a.txt',
      contentType: 'text/plain',
    };
    const text = patch(one(at10), { attachments: [add] }, { seen: fresh });
    expect(read(text, fresh).attachments).toMatchObject([{ displayName: 'a.txt', fileReference: addedReference(add) }]);
    expect(patch(text, { attachments: [add] }, { seen: fresh })).toBe(text);
    const gone = patch(
      text,
      { attachments: [{ kind: 'delete', fileReference: addedReference(add) }] },
      { seen: fresh },
    );
    expect(unstamped(gone)).toBe(one(at10));
  });

  test('a body is written with its HTML form', () => {
    const text = patch(one(at10, 'DESCRIPTION:old'), { body: { type: 2, data: '<p>Hi <b>you</b></p>' } });
    expect(text).toContain('DESCRIPTION:Hi you\r\nX-ALT-DESC;FMTTYPE=text/html:<p>Hi <b>you</b></p>\r\n');
    expect(patch(text, { body: { type: 1, data: 'Plain' } })).not.toContain('X-ALT-DESC');
  });
});

describe('exceptions from a device', () => {
  test('that have what the series has follow it, those that have their own keep it (MS-ASCAL_R539)', () => {
    const override = (day: number, ...lines: string[]) =>
      vevent(
        `RECURRENCE-ID;TZID=Europe/Berlin:202603${day}T100000`,
        `DTSTART;TZID=Europe/Berlin:202603${day}T120000`,
        ...lines,
      );
    const series = vevent(at10, to11, 'SUMMARY:Weekly', 'LOCATION:Room', 'RRULE:FREQ=WEEKLY');
    const own = override(24, 'SUMMARY:Own', 'LOCATION:Room');
    const text = calendar(...series, ...override(17, 'SUMMARY:Weekly', 'LOCATION:Room'), ...own);
    const told = read(patch(text, { ...echoed(read(text), old), subject: 'New' }));
    expect(told.exceptions?.map(({ subject }) => subject)).toEqual([undefined, 'Own']);
    expect(read(patch(text, { locationText: 'Hall' })).exceptions?.map((one) => one.locationText)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('of 14.1: occurrences that are told one by one stay what the series makes of them', () => {
    const text = one(at10, to11, 'RRULE:FREQ=MONTHLY;BYMONTHDAY=10,20');
    const set = { ...echoed(read(text), old), endTime: utc(2026, 2, 10, 11) };
    expect(difference(text, patch(text, set))).toEqual([`-${to11}`, `+${to11.replace('T110000', 'T120000')}`]);
  });

  test('of 14.1: one is gone, one differs, what is left out is unchanged (MS-ASCMD_R876, MS-ASCMD_R877, MS-ASCAL_R541, MS-ASCAL_R542)', () => {
    const gone = patch(weekly, { exceptions: [{ exceptionStartTime: utc(2026, 2, 17, 9), deleted: true }] });
    expect(difference(weekly, gone)).toEqual(['+EXDATE;TZID=Europe/Berlin:20260317T100000']);
    const both = patch(gone, {
      exceptions: [
        {
          exceptionStartTime: utc(2026, 2, 31, 8),
          subject: 'Other',
          startTime: utc(2026, 2, 31, 9),
          endTime: utc(2026, 2, 31, 10),
        },
      ],
    });
    expect(read(both).exceptions).toMatchObject([
      { deleted: true },
      { exceptionStartTime: utc(2026, 2, 31, 8), subject: 'Other', startTime: utc(2026, 2, 31, 9) },
    ]);
    expect(patch(both, { subject: 'Weekly' })).toBe(both);
    const back = patch(both, { exceptions: [{ exceptionStartTime: utc(2026, 2, 17, 9) }] });
    expect(read(back).exceptions).toHaveLength(1);
  });

  test.each([
    ['EXDATE;TZID=Europe/Berlin:20260317T090000', ''],
    ['X-NONE:1', '20260317T090000'],
  ])('that name no occurrence, as the server had them, hit none of the same day: %s %s', (line, id) => {
    const others = id === '' ? [] : vevent(`RECURRENCE-ID;TZID=Europe/Berlin:${id}`, 'DTSTART:20260317T120000Z');
    const text = calendar(...vevent(at10, to11, 'RRULE:FREQ=WEEKLY', line), ...others);
    expect(read(text).exceptions).toHaveLength(1);
    expect(patch(text, read(text))).toBe(text);
  });

  test('of 14.1: an occurrence that a phone names by the hour of other rules is the one of that day', () => {
    const gone = patch(weekly, { exceptions: [{ exceptionStartTime: utc(2026, 2, 31, 9), deleted: true }] });
    expect(difference(weekly, gone)).toEqual(['+EXDATE;TZID=Europe/Berlin:20260331T100000']);
  });

  test('of 16.1: one occurrence is changed by InstanceId, and the series is not (MS-ASCMD_R6238)', () => {
    const changed = patch(weekly, { subject: 'Once' }, { seen: fresh, instance: utc(2026, 2, 31, 8) });
    expect(changed.startsWith(weekly.slice(0, weekly.indexOf('END:VCALENDAR')))).toBe(true);
    expect(changed).toContain(
      'RECURRENCE-ID;TZID=Europe/Berlin:20260331T100000\r\nDTSTART;TZID=Europe/Berlin:20260331T100000',
    );
    expect(read(changed, fresh).exceptions).toMatchObject([{ instanceId: utc(2026, 2, 31, 8), subject: 'Once' }]);
    expect(patch(changed, { subject: 'Once' }, { seen: fresh, instance: utc(2026, 2, 31, 8) })).toBe(changed);
    expect(() => patch(weekly, { subject: 'x' }, { seen: fresh, instance: utc(2026, 3, 1, 8) })).toThrow(
      'no such occurrence',
    );
  });

  test('of 16.1: one occurrence is taken out (MS-ASCMD_R6420)', () => {
    const left = removeInstance(weekly, utc(2026, 2, 31, 8), berlin) ?? '';
    expect(difference(weekly, left)).toEqual(['+EXDATE;TZID=Europe/Berlin:20260331T100000']);
    expect(removeInstance(left, utc(2026, 2, 31, 8), berlin)).toBe(left);
    expect(() => removeInstance(one(at10), utc(2026, 2, 10, 9), berlin)).toThrow('no such occurrence');
    const days = one('DTSTART;VALUE=DATE:20260310', 'RRULE:FREQ=DAILY');
    expect(removeInstance(days, utc(2026, 2, 12), berlin)).toContain('EXDATE;VALUE=DATE:20260312');
  });

  test('an occurrence becomes a day, another a time', () => {
    const day = patch(
      weekly,
      { allDayEvent: true, startTime: utc(2026, 2, 31), endTime: utc(2026, 3, 1) },
      { seen: fresh, instance: utc(2026, 2, 31, 8) },
    );
    expect(day).toContain('DTSTART;VALUE=DATE:20260331\r\nDTEND;VALUE=DATE:20260401');
    const days = one('DTSTART;VALUE=DATE:20260310', 'RRULE:FREQ=DAILY');
    const timed = patch(
      days,
      { allDayEvent: false, startTime: utc(2026, 2, 12, 9), endTime: utc(2026, 2, 12, 10) },
      { seen: fresh, instance: utc(2026, 2, 12) },
    );
    expect(timed).toContain('RECURRENCE-ID;VALUE=DATE:20260312\r\nDTSTART;TZID=Europe/Berlin:20260312T100000\r\n');
  });
});

describe('a series that is changed', () => {
  const series = calendar(
    ...vevent(at10, to11, 'RRULE:FREQ=WEEKLY;UNTIL=20260428T080000Z', 'EXDATE;TZID=Europe/Berlin:20260317T100000'),
    ...vevent('RECURRENCE-ID;TZID=Europe/Berlin:20260331T100000', 'DTSTART:20260331T120000Z', 'DTEND:20260331T130000Z'),
  );
  const later: CalendarEvent = { startTime: utc(2026, 2, 10, 11), endTime: utc(2026, 2, 10, 12) };

  test('from 16.0 on loses its exceptions (MS-ASCAL_R2114, MS-ASCAL_R2202, MS-ASCAL_R2097, MS-ASCAL_R2180)', () => {
    const moved = patch(series, later, { seen: fresh });
    expect(moved).toContain('DTSTART;TZID=Europe/Berlin:20260310T120000');
    expect(moved).not.toMatch(/EXDATE|RECURRENCE-ID/);
  });

  test('before takes them along, and its end (MS-ASCMD_R876)', () => {
    const moved = patch(series, later);
    expect(moved).toContain('EXDATE;TZID=Europe/Berlin:20260317T120000');
    expect(moved).toContain('RECURRENCE-ID;TZID=Europe/Berlin:20260331T120000');
    expect(moved).toContain('UNTIL=20260428T100000Z');
  });

  test('that has no such occurrence any more loses its exception', () => {
    const rare = patch(series, { recurrence: { type: 1, interval: 2, dayOfWeek: 4, until: utc(2026, 3, 28, 8) } });
    expect(rare).not.toContain('EXDATE');
    expect(rare).not.toContain('RECURRENCE-ID');
  });

  test.each([
    [{ recurrence: { type: undefined } as never }, []],
    [{}, ['recurrence' as const]],
  ])('ends to be one (MS-ASCAL_R374001)', (set, cleared) => {
    expect(patch(series, set, { cleared })).not.toMatch(/RRULE|EXDATE|RECURRENCE-ID/);
  });

  test.each<[Recurrence, string]>([
    [{ type: 1, dayOfWeek: 2, dayOfMonth: 3 }, 'MS-ASCAL_R53916'],
    [{ type: 2, dayOfMonth: 2, dayOfWeek: 3 }, 'MS-ASCAL_R53917'],
    [{ type: 2, dayOfMonth: 2, monthOfYear: 3 }, 'MS-ASCAL_R53918'],
    [{ type: 1, dayOfWeek: 2, weekOfMonth: 3 }, 'MS-ASCAL_R53919'],
    [{ type: 1, dayOfWeek: 2, firstDayOfWeek: 7 }, 'MS-ASCAL_R53914'],
    [{ type: 2, dayOfMonth: 2, calendarType: 13 }, 'MS-ASCAL_R53913'],
    [{ type: 3, dayOfWeek: 2 }, 'MS-ASCAL_R3893713'],
  ])('is refused a recurrence that means nothing: %j (%s)', (recurrence) => {
    expect(() => patch(one(at10), { recurrence })).toThrow('The server rejects this');
  });

  test('Occurrences count, not Until, if both are there (MS-ASCAL_R53911)', () => {
    const text = patch(one(at10), { recurrence: { type: 0, occurrences: 3, until: utc(2027, 0, 1) } });
    expect(text).toContain('RRULE:FREQ=DAILY;COUNT=3');
  });

  test('that EAS cannot say is told day by day, and each day means its occurrence', () => {
    const text = one('DTSTART:20260301T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=4');
    const event = read(text);
    expect(event.recurrence).toMatchObject({ type: 0, interval: 1, occurrences: 4 });
    expect(event.exceptions?.map(({ exceptionStartTime, startTime }) => [exceptionStartTime, startTime])).toEqual([
      [utc(2026, 2, 2, 10), utc(2026, 2, 15, 10)],
      [utc(2026, 2, 3, 10), utc(2026, 3, 1, 10)],
      [utc(2026, 2, 4, 10), utc(2026, 3, 15, 10)],
    ]);
    const gone = patch(text, { exceptions: [{ exceptionStartTime: utc(2026, 2, 3, 10), deleted: true }] });
    expect(difference(text, gone)).toEqual(['+EXDATE:20260401T100000Z']);
    const other = patch(text, { recurrence: { type: 1, dayOfWeek: 1 } });
    expect(difference(text, other)).toEqual([
      '-RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=4',
      '+RRULE:FREQ=WEEKLY;BYDAY=SU',
    ]);
  });
});

describe('a new event', () => {
  const context = contextIn('Europe/Berlin', utc(2026, 2, 1, 12, 10).getTime());
  const fromSet = (set: CalendarEvent) => read(newEvent({ set, cleared: [], seen: old }, 'n', context));

  test('without times begins now (MS-ASCAL_R52514, MS-ASCAL_R52516, MS-ASCAL_R52517)', () => {
    const half = utc(2026, 2, 1, 12);
    expect(fromSet({})).toMatchObject({ startTime: half, endTime: utc(2026, 2, 1, 12, 30), uid: 'n' });
    expect(fromSet({ endTime: utc(2026, 2, 2) })).toMatchObject({ startTime: half, endTime: utc(2026, 2, 2) });
    expect(fromSet({ startTime: utc(2026, 2, 1, 10) })).toMatchObject({ endTime: utc(2026, 2, 1, 12, 30) });
  });

  test.each([[{ endTime: utc(2026, 1, 1) }], [{ startTime: utc(2026, 3, 1) }]])(
    'whose other end cannot be guessed is refused: %j (MS-ASCAL_R52515, MS-ASCAL_R52518)',
    (set) => {
      expect(() => fromSet(set)).toThrow('The server rejects this');
    },
  );

  test('has the UID that the device gives it, without what phones put behind it (MS-ASCAL_R46311)', () => {
    expect(fromSet({ uid: 'AB12\u0000' }).uid).toBe('AB12');
  });

  test('with exceptions has them', () => {
    const set = { startTime: utc(2026, 2, 10, 9), endTime: utc(2026, 2, 10, 10), recurrence: { type: 0, interval: 1 } };
    const event = read(
      made({ ...set, exceptions: [{ instanceId: utc(2026, 2, 11, 9), deleted: true }] }, fresh),
      fresh,
    );
    expect(event.exceptions).toEqual([{ instanceId: utc(2026, 2, 11, 9), deleted: true }]);
  });
});
