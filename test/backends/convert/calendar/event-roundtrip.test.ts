import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ObjectRequest } from '../../../../backends/contract/groupware.ts';
import type { Location } from '../../../../protocol/classes/air-sync-base.ts';
import type { CalendarEvent } from '../../../../protocol/classes/event.ts';
import { calendar, contextIn, echoed, forms, made, old, patch, read, unstamped, utc } from './event-support.ts';

const times = fc.constantFrom(
  ['DTSTART;TZID=Europe/Berlin:20260310T100000', 'DTEND;TZID=Europe/Berlin:20260310T113000'],
  ['DTSTART:20260310T100000Z', 'DURATION:PT1H'],
  ['DTSTART:20260310T100000'],
  ['DTSTART;VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260312'],
  ['DTSTART;VALUE=DATE:20260310'],
  ['DTSTART;TZID=America/New_York;X-ODD="a:b":20060310T100000', 'DTEND;TZID=Europe/Berlin:20060310T170000'],
  ['DTSTART;TZID="Own Zone":20260310T100000', 'DTEND;TZID="Own Zone":20260310T110000'],
  ['DTSTART;TZID=Australia/Lord_Howe:20260310T003000', 'DTEND;TZID=Australia/Lord_Howe:20260310T013000'],
  ['DTSTART;TZID=W. Europe Standard Time:20260310T000000', 'DURATION:P1D', 'X-MICROSOFT-CDO-ALLDAYEVENT:TRUE'],
);

const rules = fc.constantFrom(
  [],
  ['RRULE:FREQ=DAILY;COUNT=10'],
  ['RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261231T090000Z'],
  ['RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU'],
  ['RRULE:FREQ=MONTHLY;BYDAY=2TU'],
  ['RRULE:FREQ=MONTHLY;BYMONTHDAY=10,20'],
  ['RRULE:FREQ=YEARLY', 'RDATE:20260401T100000Z'],
  ['RDATE;VALUE=PERIOD:20260401T100000Z/PT1H'],
  ['RRULE:FREQ=HOURLY;COUNT=3'],
);

/** Every other property of RFC 5545 3.8, and what programs add to it. */
const rest = fc.subarray([
  'SUMMARY;LANGUAGE=de:Lange Besprechung\\, mit Komma und ziemlich vielen Woertern in der Zeile',
  'DESCRIPTION;ALTREP="cid:x":Zeile 1\\nZeile 2\\; Ende',
  'X-ALT-DESC;FMTTYPE=text/html:<b>Zeile 1</b>',
  'LOCATION;ALTREP="http://x.example/";LANGUAGE=en:Room 1',
  'GEO:52.5;13.4',
  'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=a:geo:52.5,13.4',
  'CLASS:PRIVATE',
  'TRANSP:TRANSPARENT',
  'X-MICROSOFT-CDO-BUSYSTATUS:OOF',
  'STATUS:TENTATIVE',
  'PRIORITY:5',
  'SEQUENCE:3',
  'CATEGORIES:a,b',
  'CATEGORIES;LANGUAGE=en:c',
  'RESOURCES:beamer',
  'COMMENT:hi',
  'CONTACT:Jim',
  'RELATED-TO;RELTYPE=SIBLING:2',
  'URL:http://x.example/e',
  'REQUEST-STATUS:2.0;Success',
  'ATTACH:http://x.example/a.pdf',
  'ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;FILENAME=a.txt:aGFsbG8=',
  'X-GOOGLE-CONFERENCE:https://meet.example/x',
  'COLOR:red',
  'DTSTAMP:20260101T000000Z',
  'CREATED:20260101T000000Z',
  'X-OWN;P="1;2":\\,odd\\;',
]);

const people = fc.constantFrom(
  [],
  [
    'ORGANIZER;CN=Anna Ek:mailto:anna@example.org',
    'ATTENDEE;CN=Anna Ek;PARTSTAT=ACCEPTED:mailto:Anna@example.org',
    'ATTENDEE;RSVP=TRUE;DELEGATED-TO="mailto:c@x.org";CN="Bo, B";ROLE=CHAIR:MAILTO:bo@example.org',
    'ATTENDEE;CUTYPE=ROOM;PARTSTAT=TENTATIVE;MEMBER="mailto:g@x.org":mailto:room@example.org',
  ],
  [
    'ORGANIZER;SENT-BY="mailto:s@x.org":mailto:boss@example.org',
    'ATTENDEE;PARTSTAT=ACCEPTED;X-NUM=1:mailto:anna@example.org',
    'ATTENDEE;EMAIL=d@example.org;ROLE=OPT-PARTICIPANT:urn:uuid:1234',
  ],
);

const alarm = (...lines: string[]): string[] => ['BEGIN:VALARM', ...lines, 'END:VALARM'];
const alarms = fc.subarray([
  alarm('ACTION:EMAIL', 'TRIGGER:-PT1H', 'SUMMARY:x', 'ATTENDEE:mailto:a@x.org'),
  alarm('ACTION:DISPLAY', 'TRIGGER;RELATED=END:-PT10M', 'REPEAT:2', 'DURATION:PT5M'),
  alarm('ACTION:AUDIO', 'TRIGGER;RELATED=START:-P1DT30M', 'X-WR-ALARMUID:7'),
  alarm('ACTION:DISPLAY', 'TRIGGER;VALUE=DATE-TIME:20260310T080000Z'),
]);

const ownZone = [
  ...['BEGIN:VTIMEZONE', 'TZID:Own Zone', 'BEGIN:STANDARD', 'DTSTART:19700101T000000'],
  ...['TZOFFSETFROM:+0330', 'TZOFFSETTO:+0330', 'END:STANDARD', 'END:VTIMEZONE'],
];

const events = fc
  .record({ times, rules, rest, people, alarms, isOdd: fc.boolean() })
  .map(({ times: time, rules: rule, rest: others, people: who, alarms: rings, isOdd }) => {
    const lines = [...others, ...time, ...rule, ...who, ...rings.flat()];
    const text = calendar(
      ...ownZone,
      'BEGIN:VEVENT',
      'UID:1',
      ...lines,
      'END:VEVENT',
      'BEGIN:X-OWN',
      'A:1',
      'END:X-OWN',
    );
    return isOdd ? text.replaceAll('\r\n', '\n').replace(/(SUMMARY.{20})/, '$1\n ') : text;
  });

describe.each(forms)('a native event on its way to a device of %s and back', (_, seen) => {
  const html: ObjectRequest = { ...seen, preferences: [{ type: 2, truncationSize: 5 }] };

  test('is byte for byte what it was, if the device changed nothing', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(seen, html), (text, request) => {
        expect(patch(text, echoed(read(text, request), request), { seen: request })).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  test('is what it was in another home and a year later', () => {
    fc.assert(
      fc.property(events, (text) => {
        const told = read(text, seen, contextIn('America/St_Johns', Date.UTC(2026, 11, 31)));
        const context = contextIn('America/St_Johns', Date.UTC(2027, 0, 1));
        expect(patch(text, echoed(told, seen), { seen, context })).toBe(text);
      }),
      { numRuns: 25 },
    );
  });

  /** A change and the lines that may differ after it. */
  const edits: readonly (readonly [CalendarEvent, RegExp])[] = [
    [{ subject: 'New' }, /^SUMMARY/],
    [{ sensitivity: 3 }, /^CLASS/],
    [{ busyStatus: 1 }, /^(TRANSP|X-MICROSOFT-CDO-BUSYSTATUS)/],
    [{ categories: ['z'] }, /^CATEGORIES/],
    [{ body: { type: 1, data: 'Other' } }, /^(DESCRIPTION|X-ALT-DESC)/],
    [
      seen.form === 'days' ? { location: { displayName: 'Hall' } } : { locationText: 'Hall' },
      /^(LOCATION|GEO|X-APPLE-STRUCTURED-LOCATION)/,
    ],
  ];

  test('differs only in what the device changed', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...edits), (text, [edit, lines]) => {
        const changed = unstamped(patch(text, { ...echoed(read(text, seen), seen), ...edit }, { seen }));
        const unfolded = (whole: string) => whole.replace(/\r?\n /g, '').split(/\r?\n/);
        const others = (whole: string) => unfolded(unstamped(whole)).filter((line) => !lines.test(line));
        expect(others(changed)).toEqual(others(unstamped(text)));
        expect(read(changed, seen)).toMatchObject(edit);
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(forms)('an event of a device of %s that is stored', (_, seen) => {
  const zone = read(
    calendar('BEGIN:VEVENT', 'UID:1', 'DTSTART;TZID=America/New_York:20260310T100000', 'END:VEVENT'),
  ).timezone;
  const minutes = fc.integer({ min: 0, max: 500_000 });
  const recurrence = fc.constantFrom(
    { type: 0, interval: 2, occurrences: 5 },
    { type: 1, interval: 1, dayOfWeek: 127, firstDayOfWeek: 1 },
    { type: 1, interval: 2, dayOfWeek: 127, firstDayOfWeek: 0, occurrences: 9 },
    { type: 0, interval: 1, until: utc(2028, 0, 1) },
  );
  const text = fc.string({ minLength: 1, maxLength: 60 }).map((one) => `x${one.replace(/[\r\n]/g, '')}x`);
  const timed = minutes.map((at) => ({
    startTime: new Date(Date.UTC(2026, 2, 1) + at * 60_000),
    endTime: new Date(Date.UTC(2026, 2, 1) + (at + 45) * 60_000),
    allDayEvent: false,
  }));
  const place = fc.record({ displayName: text, street: text, latitude: fc.constant(1.5), longitude: fc.constant(-2) });
  const whereOf = (location: Location): CalendarEvent =>
    seen.form === 'days' ? { location } : { locationText: location.displayName };
  const item = fc.record(
    {
      subject: text,
      where: place.map(whereOf),
      sensitivity: fc.constantFrom(0, 1, 2, 3),
      busyStatus: fc.constantFrom(0, 1, 2, 3),
      reminder: fc.integer({ min: 0, max: 50_000 }),
      categories: fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
      disallowNewTimeProposal: fc.boolean(),
      body: text.map((data) => ({ type: 1, data, estimatedDataSize: new TextEncoder().encode(data).length })),
      attendees: fc.uniqueArray(
        fc.record({
          email: fc.constantFrom('a@x.org', 'b@x.org', 'c@x.org'),
          name: text.map((name) => name.trim()),
          attendeeStatus: fc.constantFrom(0, 2, 3, 4, 5),
          attendeeType: fc.constantFrom(1, 2, 3),
        }),
        { minLength: 1, selector: ({ email }) => email },
      ),
      recurrence,
    },
    { requiredKeys: [] },
  );

  test('is the same when it comes back', () => {
    fc.assert(
      fc.property(item, timed, ({ where, ...fields }, span) => {
        const event: CalendarEvent = { ...fields, ...where, ...span, timezone: zone };
        const back = read(made(event, seen), seen);
        expect(back).toMatchObject({ ...event, timezone: zone });
        expect(read(patch(made(event, seen), back, { seen }), seen)).toEqual(back);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['Europe/Berlin', utc(2026, 5, 9, 22), utc(2026, 5, 10, 22)],
    ['America/New_York', utc(2026, 5, 10, 4), utc(2026, 5, 11, 4)],
    ['Asia/Tokyo', utc(2026, 5, 9, 15), utc(2026, 5, 10, 15)],
  ])('all day is this day in %s (MS-ASCAL_R2005, MS-ASCAL_R86)', (home, begin, end) => {
    const context = contextIn(home);
    const days = { startTime: utc(2026, 5, 10), endTime: utc(2026, 5, 11), allDayEvent: true };
    const instants = { ...days, startTime: begin, endTime: end };
    const native = made(seen === old ? instants : days, seen, context);
    expect(native).toContain('DTSTART;VALUE=DATE:20260610\r\nDTEND;VALUE=DATE:20260611\r\n');
    expect(read(native, seen, context)).toMatchObject(seen === old ? instants : days);
    expect(read(native, seen, context).timezone === undefined).toBe(seen !== old);
  });
});
