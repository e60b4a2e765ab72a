import { expect } from '@jest/globals';
import { calendar, vevent } from './event-support.ts';

/** Meetings as texts, for the tests of what people of meetings tell each other. */

export const anna = { addresses: ['anna@example.org', 'a.ek@example.org'], name: 'Anna Ek' };
export const ben = { addresses: ['ben@example.org'], name: 'Ben' };

export const attendee = (name: string, more = ''): string =>
  `ATTENDEE;CN=${name};PARTSTAT=NEEDS-ACTION${more}:mailto:${name}@example.org`;
export const organizer = 'ORGANIZER;CN=Anna Ek:mailto:anna@example.org';
export const at10 = 'DTSTART:20260310T100000Z';
export const to11 = 'DTEND:20260310T110000Z';
export const base = [at10, to11, 'SUMMARY:Plan', 'SEQUENCE:1', 'DTSTAMP:20260301T000000Z'];
export const plan = (...lines: string[]): string =>
  calendar(...vevent(...base, organizer, attendee('ben'), attendee('carl'), ...lines));
export const weekly = (...lines: string[]): string => plan('RRULE:FREQ=WEEKLY;COUNT=5', ...lines);
export const without = (text: string, ...lines: string[]): string =>
  lines.reduce((rest, line) => rest.replace(`${line}\r\n`, ''), text);
export const swap = (text: string, line: string, other: string): string => {
  expect(text).toContain(line);
  return text.replace(line, other);
};
export const override = (day: string, ...lines: string[]): string[] =>
  vevent(
    `RECURRENCE-ID:${day}T100000Z`,
    `DTSTART:${day}T120000Z`,
    `DTEND:${day}T130000Z`,
    'SUMMARY:Plan',
    organizer,
    ...lines,
  );
export const withOverride = (text: string, ...lines: string[]): string =>
  text.replace('END:VCALENDAR', [...lines, 'END:VCALENDAR'].join('\r\n'));
