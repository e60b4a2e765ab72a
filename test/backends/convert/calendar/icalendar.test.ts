import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CalendarComponent,
  durationMs,
  MaxCalendarLength,
  parseTime,
  properties,
  property,
  readCalendar,
  textOf,
} from '../../../../backends/convert/calendar/icalendar.ts';
import { timeOf as cpuTime } from '../mail/support.ts';

const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

const event = (...lines: string[]): CalendarComponent | undefined => readCalendar(calendar(...lines))?.components[0];

describe('iCalendar', () => {
  test('is components and properties, parameters and values', () => {
    const found = event('UID:1', 'ATTENDEE;CN="Ek, Anna";PARTSTAT=ACCEPTED:mailto:a@x.org', 'SUMMARY:a\\, b\\nc');
    expect(found?.name).toBe('vevent');
    expect(property(found as CalendarComponent, 'attendee')).toEqual({
      name: 'attendee',
      parameters: { cn: 'Ek, Anna', partstat: 'ACCEPTED' },
      type: 'cal-address',
      values: ['mailto:a@x.org'],
    });
    expect(textOf(found as CalendarComponent, 'summary')).toBe('a, b\nc');
    expect(properties(found as CalendarComponent, 'uid')).toHaveLength(1);
  });

  test('folded lines are put together, also those folded within a character', () => {
    expect(textOf(event('SUMMARY:one ', '  two') as CalendarComponent, 'summary')).toBe('one  two');
  });

  test('a line that means nothing costs that line only', () => {
    const found = event('UID:1', 'this is no property', 'RRULE:FREQ=SOMETIMES', 'DTSTART:20261123T100000Z');
    expect(found?.properties.map(({ name }) => name)).toEqual(['uid', 'dtstart']);
  });

  test('what is not closed is closed, what was never opened is left out', () => {
    const open = readCalendar('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VALARM\r\nSUMMARY:x');
    expect(open?.components[0]?.properties).toHaveLength(2);
  });

  test('text around it is passed over; without a VCALENDAR there is nothing', () => {
    expect(readCalendar(`Hello\r\n\r\n${calendar('UID:1')}\r\nBye`)?.components).toHaveLength(1);
    expect(readCalendar('')).toBeUndefined();
    expect(readCalendar('BEGIN:VCARD\r\nEND:VCARD')).toBeUndefined();
  });

  test('lower case and bare LF are read as well', () => {
    expect(readCalendar(calendar('UID:1').replaceAll('\r\n', '\n').toLowerCase())?.name).toBe('vcalendar');
  });

  test('no text makes it throw', () => {
    const line = fc.constantFrom(
      ...['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'END:VEVENT', 'END:VCALENDAR', 'BEGIN:X', 'DTSTART:', 'RRULE:FREQ=', ''],
      ...['DTSTART;TZID="', 'ATTENDEE;CN=":', ' x', 'EXDATE:1,2', 'DURATION:P', 'X;A=B;C:', ';', ':', 'TRIGGER:-PT'],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        readCalendar(`BEGIN:VCALENDAR\n${lines.join('\n')}`);
      }),
    );
  });

  test.each([
    ['nesting', 'BEGIN:A\r\n'],
    ['attendees', 'ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:a@x.org\r\n'],
    ['parameters', ';A=B'],
    ['quotes', 'X;A="'],
    ['bad lines', 'x\r\n'],
    ['bad rules', 'RRULE:FREQ=X\r\n'],
    ['dates', 'EXDATE:20260101T100000Z,'],
    ['empty lines', '\r\n'],
    ['folds', ' \r\n'],
  ])('ten megabytes of %s take no longer than the part that is read', (_, piece) => {
    const text = `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nX${piece.repeat(10_000_000 / piece.length)}`;
    expect(cpuTime(() => readCalendar(text), 500)).toBeLessThan(500);
    expect(MaxCalendarLength).toBeLessThan(200_000);
  });
});

describe('values', () => {
  test.each([
    ['20261123T101112', '2026-11-23T10:11:12.000Z', false, false],
    ['2026-11-23T10:11:12', '2026-11-23T10:11:12.000Z', false, false],
    ['2026-11-23T10:11:12Z', '2026-11-23T10:11:12.000Z', false, true],
    ['20261123', '2026-11-23T00:00:00.000Z', true, false],
    ['20261123T1011', '2026-11-23T10:11:00.000Z', false, false],
    ['20261123T240000', '2026-11-24T00:00:00.000Z', false, false],
  ])('%s is a time', (text, wall, isDate, isUtc) => {
    expect(parseTime(text, 'Europe/Berlin')).toEqual({
      ...{ wall: Date.parse(wall), isDate, isUtc },
      tzid: isUtc ? undefined : 'Europe/Berlin',
    });
  });

  test('anything else is no time', () => {
    for (const text of ['', 'x', '20261301', '20260132', '20260101T250000', '20260101T106000', 5, undefined, {}])
      expect(parseTime(text)).toBeUndefined();
  });

  test.each<[unknown, number | undefined]>([
    ['PT15M', 900_000],
    ['-PT15M', -900_000],
    ['P1W', 604_800_000],
    ['+P1DT2H3M4S', 93_784_000],
    ['-PT0S', 0],
    ['P', 0],
    ['15M', undefined],
    [{}, undefined],
  ])('%s is a duration', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});
