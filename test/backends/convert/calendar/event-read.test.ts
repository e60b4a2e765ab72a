import { describe, expect, test } from '@jest/globals';
import { eventEnd, eventFile } from '../../../../backends/convert/calendar/event.ts';
import { decodeTimeZone } from '../../../../protocol/types/time-zone.ts';
import { calendar, fresh, one, read, utc, vevent } from './event-support.ts';

const at10 = 'DTSTART;TZID=Europe/Berlin:20260310T100000';
const to11 = 'DTEND;TZID=Europe/Berlin:20260310T110000';

describe('what a device sees of a VEVENT', () => {
  test('times, zone and what says what it is (MS-ASCAL_R42911, MS-ASCAL_R23311, MS-ASCAL_R44511, MS-ASCAL_R46011)', () => {
    const text = one(at10, to11, 'SUMMARY:A\\, b', 'LOCATION:Room', 'DTSTAMP:20260101T000000Z', 'CATEGORIES:a,b');
    const event = read(text);
    expect(event).toMatchObject({
      ...{ startTime: utc(2026, 2, 10, 9), endTime: utc(2026, 2, 10, 10), allDayEvent: false, uid: '1' },
      ...{ subject: 'A, b', locationText: 'Room', categories: ['a', 'b'], dtStamp: utc(2026, 0, 1) },
      ...{ busyStatus: 2, sensitivity: 0, meetingStatus: 0, organizerEmail: 'anna@example.org' },
    });
    expect(decodeTimeZone(event.timezone as Uint8Array)).toMatchObject({
      bias: -60,
      standardName: 'W. Europe Standard Time',
    });
    expect(read(text, fresh)).toMatchObject({ location: { displayName: 'Room' } });
  });

  test('a text without an event, or with one that never begins, is none', () => {
    expect(() => read(calendar())).toThrow('no event');
    expect(() => read(one('SUMMARY:x'))).toThrow('no event');
  });

  test('a day is the same day in either form; from 16.0 on it has no zone (MS-ASCAL_R2006, MS-ASCAL_R2007)', () => {
    const text = one('DTSTART;VALUE=DATE:20260710', 'DTEND;VALUE=DATE:20260712');
    expect(read(text)).toMatchObject({
      allDayEvent: true,
      startTime: utc(2026, 6, 9, 22),
      endTime: utc(2026, 6, 11, 22),
    });
    expect(read(text, fresh)).toMatchObject({
      allDayEvent: true,
      startTime: utc(2026, 6, 10),
      endTime: utc(2026, 6, 12),
    });
    expect(read(text, fresh).timezone).toBeUndefined();
  });

  test.each([
    ['TRANSP:TRANSPARENT', 0, 0],
    ['STATUS:TENTATIVE', 1, 1],
    ['X-MICROSOFT-CDO-BUSYSTATUS:OOF', 3, 3],
    ['X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE', 0, 4],
    ['X-NONE:1', 2, 2],
  ])('%s is BusyStatus %d, in 16.1 %d (MS-ASCAL_R138, MS-ASCAL_R2235)', (line, before, since) => {
    expect(read(one(at10, line)).busyStatus).toBe(before);
    expect(read(one(at10, line), fresh).busyStatus).toBe(since);
  });

  test.each([
    ['TRIGGER:-PT15M', 15],
    ['TRIGGER;RELATED=END:-PT90M', 30],
    ['TRIGGER;VALUE=DATE-TIME:20260310T084500Z', 15],
    ['TRIGGER:PT5M', undefined],
    ['TRIGGER:PT0S', 0],
    ['X-APPLE-PROXIMITY:ARRIVE\r\nTRIGGER:-PT15M', undefined],
  ])('an alarm with %s is Reminder %d (MS-ASCAL_R39011)', (trigger, minutes) => {
    const text = one(at10, to11, 'BEGIN:VALARM', 'ACTION:DISPLAY', trigger, 'END:VALARM');
    expect(read(text).reminder).toBe(minutes);
  });

  test('the people of a meeting and what the user is to it (MS-ASCAL_R310 to MS-ASCAL_R312, MS-ASCAL_R410, MS-ASCAL_R414)', () => {
    const attendees = [
      'ATTENDEE;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:anna@example.org',
      'ATTENDEE;CN=Bo;ROLE=OPT-PARTICIPANT:mailto:bo@x.org',
    ];
    const invited = read(
      one(at10, 'ORGANIZER;CN=Boss:mailto:boss@x.org', ...attendees, 'X-MICROSOFT-CDO-REPLYTIME:20260302T100000Z'),
    );
    expect(invited).toMatchObject({
      ...{
        meetingStatus: 3,
        responseType: 3,
        organizerName: 'Boss',
        organizerEmail: 'boss@x.org',
        responseRequested: true,
      },
      appointmentReplyTime: utc(2026, 2, 2, 10),
      attendees: [
        { email: 'anna@example.org', name: 'anna@example.org', attendeeStatus: 3, attendeeType: 1 },
        { email: 'bo@x.org', name: 'Bo', attendeeStatus: 0, attendeeType: 2 },
      ],
    });
    const own = read(one(at10, 'ORGANIZER:mailto:ANNA@example.org', ...attendees, 'STATUS:CANCELLED'));
    expect(own).toMatchObject({ meetingStatus: 5, responseType: 1, attendees: [{ email: 'bo@x.org' }] });
    expect(read(one(at10, 'ORGANIZER:mailto:boss@x.org', attendees[1] as string))).toMatchObject({
      meetingStatus: 3,
      responseType: 5,
    });
  });

  test('exceptions: gone, moved, and what they do not have any more (MS-ASCAL_R539, MS-ASCAL_R543, MS-ASCAL_R268)', () => {
    const other = vevent(
      'RECURRENCE-ID;TZID=Europe/Berlin:20260331T100000',
      'DTSTART:20260331T120000Z',
      'DURATION:PT2H',
    );
    const master = vevent(
      at10,
      to11,
      'SUMMARY:W',
      'LOCATION:R',
      'RRULE:FREQ=WEEKLY',
      'EXDATE;TZID=Europe/Berlin:20260317T100000',
    );
    expect(read(calendar(...master, ...other)).exceptions).toEqual([
      { exceptionStartTime: utc(2026, 2, 17, 9), deleted: true },
      {
        ...{ exceptionStartTime: utc(2026, 2, 31, 8), startTime: utc(2026, 2, 31, 12), endTime: utc(2026, 2, 31, 14) },
        ...{ allDayEvent: false, subject: '', locationText: '' },
      },
    ]);
    expect(read(calendar(...master, ...other), fresh).exceptions?.map((one) => one.instanceId)).toEqual([
      utc(2026, 2, 17, 9),
      utc(2026, 2, 31, 8),
    ]);
  });

  test('a change for all that follows is told for each of them', () => {
    const other = vevent(
      'RECURRENCE-ID;RANGE=THISANDFUTURE:20260312T090000Z',
      'DTSTART:20260312T100000Z',
      'DURATION:PT1H',
    );
    const { exceptions } = read(
      calendar(...vevent('DTSTART:20260310T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=5'), ...other),
    );
    expect(exceptions?.map(({ startTime }) => startTime)).toEqual([12, 13, 14].map((day) => utc(2026, 2, day, 10)));
  });

  test('no more than 256 exceptions, the latest (MS-ASCAL_R24311)', () => {
    const dates = Array.from({ length: 300 }, (_, i) =>
      new Date(Date.UTC(2026, 2, 10 + i)).toISOString().slice(0, 10).replaceAll('-', ''),
    );
    const { exceptions = [] } = read(
      one('DTSTART;VALUE=DATE:20260310', 'RRULE:FREQ=DAILY', `EXDATE;VALUE=DATE:${dates.join(',')}`),
      fresh,
    );
    expect(exceptions).toHaveLength(256);
    expect(exceptions.at(-1)?.instanceId).toEqual(new Date(Date.UTC(2026, 2, 10 + 299)));
  });

  test('files of 16.1 and what they hold', () => {
    const text = one(
      at10,
      'ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;FILENAME=a.txt:aGFsbG8=',
      'ATTACH:http://x.org/',
    );
    const [file, ...others] = read(text, fresh).attachments ?? [];
    expect(others).toEqual([]);
    expect(file).toMatchObject({ kind: 'attachment', displayName: 'a.txt', estimatedDataSize: 5 });
    const reference = file?.kind === 'attachment' ? file.fileReference : '';
    expect(eventFile(text, reference)).toMatchObject({
      name: 'a.txt',
      contentType: 'text/plain',
      content: new TextEncoder().encode('hallo'),
    });
    expect(eventFile(text, 'none')).toBeUndefined();
    expect(read(text).attachments).toBeUndefined();
  });
});

describe('when an event is over', () => {
  const seconds = (date: Date): number => date.getTime() / 1_000;
  test.each([
    [one('DTSTART:20260310T100000Z', 'DTEND:20260310T110000Z'), seconds(utc(2026, 2, 10, 11))],
    [one('DTSTART;TZID=America/New_York:20260310T100000', 'DURATION:PT1H'), seconds(utc(2026, 2, 10, 15))],
    [one('DTSTART;VALUE=DATE:20260310'), seconds(utc(2026, 2, 11))],
    [one('DTSTART:20260310T100000Z', 'RRULE:FREQ=DAILY;COUNT=3'), seconds(utc(2026, 2, 12, 10))],
    [one('DTSTART:20260310T100000Z', 'RRULE:FREQ=WEEKLY;UNTIL=20260330T000000Z'), seconds(utc(2026, 2, 24, 10))],
    [one('DTSTART:20260310T100000Z', 'RDATE:20270310T100000Z'), seconds(utc(2027, 2, 10, 10))],
    [
      calendar(
        ...vevent('DTSTART:20260310T100000Z', 'RRULE:FREQ=DAILY;COUNT=3'),
        ...vevent('RECURRENCE-ID:20260311T100000Z', 'DTSTART:20280101T000000Z'),
      ),
      seconds(utc(2028, 0, 1)),
    ],
    [one('DTSTART:20200310T100000Z', 'RRULE:FREQ=DAILY'), Number.POSITIVE_INFINITY],
    ['nothing', Number.POSITIVE_INFINITY],
  ])('%#', (text, end) => {
    expect(eventEnd(text)).toBe(end);
  });

  test('is worked out in little time for the longest rule', () => {
    const before = performance.now();
    eventEnd(one('DTSTART:19000310T100000Z', 'RRULE:FREQ=HOURLY;COUNT=99999999'));
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});
