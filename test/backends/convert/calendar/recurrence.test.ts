import { describe, expect, test } from '@jest/globals';
import { type CalendarComponent, property, readCalendar } from '../../../../backends/convert/calendar/icalendar.ts';
import { type Recurrence, recurrenceOf } from '../../../../backends/convert/calendar/recurrence.ts';

/** The rule of a series that begins on Monday, 23 November 2026. */
const recurrence = (rule: string): Recurrence | undefined => {
  const calendar = readCalendar(`BEGIN:VCALENDAR\r\nRRULE:${rule}\r\nEND:VCALENDAR`);
  const recur = property(calendar as CalendarComponent, 'rrule')?.values[0] as Record<string, unknown>;
  return recurrenceOf(recur, { month: 11, day: 23, dayOfWeek: 1 }, ({ wall }) => new Date(wall));
};

describe('Recurrence', () => {
  test.each<[string, Partial<Recurrence>]>([
    ['FREQ=DAILY', { type: 0, interval: 1 }],
    ['FREQ=DAILY;INTERVAL=3;COUNT=10', { type: 0, interval: 3, occurrences: 10 }],
    ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', { type: 1, dayOfWeek: 62 }],
    ['FREQ=WEEKLY', { type: 1, dayOfWeek: 2 }],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU', { type: 1, interval: 2, dayOfWeek: 10, firstDayOfWeek: 0 }],
    ['FREQ=WEEKLY;BYDAY=SA;WKST=MO', { type: 1, dayOfWeek: 64, firstDayOfWeek: 1 }],
    ['FREQ=MONTHLY', { type: 2, dayOfMonth: 23 }],
    ['FREQ=MONTHLY;BYMONTHDAY=31', { type: 2, dayOfMonth: 31 }],
    ['FREQ=MONTHLY;BYMONTHDAY=-1', { type: 3, dayOfWeek: 127, weekOfMonth: 5 }],
    ['FREQ=MONTHLY;BYDAY=4MO', { type: 3, dayOfWeek: 2, weekOfMonth: 4 }],
    ['FREQ=MONTHLY;BYDAY=-1FR', { type: 3, dayOfWeek: 32, weekOfMonth: 5 }],
    ['FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2', { type: 3, dayOfWeek: 4, weekOfMonth: 2 }],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', { type: 3, dayOfWeek: 62, weekOfMonth: 5 }],
    ['FREQ=YEARLY', { type: 5, dayOfMonth: 23, monthOfYear: 11 }],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', { type: 5, dayOfMonth: 29, monthOfYear: 2 }],
    ['FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', { type: 6, dayOfWeek: 1, weekOfMonth: 5, monthOfYear: 3 }],
  ])('MS-ASEMAIL_R792 %s', (rule, expected) => {
    expect(recurrence(rule)).toMatchObject(expected);
  });

  test('MS-ASEMAIL_R291 MS-ASEMAIL_R508 names its calendar where days of a month count, and never a leap month', () => {
    const withCalendar = ['MONTHLY', 'MONTHLY;BYDAY=1MO', 'YEARLY', 'YEARLY;BYMONTH=1;BYDAY=1MO'];
    for (const rule of withCalendar)
      expect(recurrence(`FREQ=${rule}`)).toMatchObject({ calendarType: 0, isLeapMonth: false });
    expect(recurrence('FREQ=DAILY')?.calendarType).toBeUndefined();
  });

  test('ends at a moment, or after a number of times', () => {
    expect(recurrence('FREQ=DAILY;UNTIL=20261231T225959Z')?.until).toEqual(new Date('2026-12-31T22:59:59Z'));
    expect(recurrence('FREQ=DAILY;UNTIL=20261231')?.until).toEqual(new Date('2026-12-31T00:00:00Z'));
    expect(recurrence('FREQ=DAILY')).toMatchObject({ until: undefined, occurrences: undefined });
  });

  test.each([
    'FREQ=HOURLY',
    'FREQ=DAILY;BYHOUR=9,10',
    'FREQ=DAILY;BYMONTH=5',
    'FREQ=WEEKLY;BYMONTH=5',
    'FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1',
    'FREQ=MONTHLY;BYMONTHDAY=1,15',
    'FREQ=MONTHLY;BYMONTHDAY=-2',
    'FREQ=MONTHLY;BYDAY=MO',
    'FREQ=MONTHLY;BYDAY=1MO,3MO',
    'FREQ=MONTHLY;BYDAY=1MO,1TU',
    'FREQ=MONTHLY;BYDAY=-2MO',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    'FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=1',
    'FREQ=YEARLY;BYMONTH=1,7',
    'FREQ=YEARLY;BYDAY=1MO',
    'FREQ=YEARLY;BYMONTHDAY=1',
    'FREQ=YEARLY;BYWEEKNO=20',
    'FREQ=YEARLY;BYYEARDAY=100',
  ])('%s is more than EAS can say', (rule) => {
    expect(recurrence(rule)).toBeUndefined();
  });
});
