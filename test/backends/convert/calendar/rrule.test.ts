import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import ICAL from 'ical.js';
import { recurrenceOf } from '../../../../backends/convert/calendar/recurrence.ts';
import { type DeviceRecurrence, rruleOf } from '../../../../backends/convert/calendar/rrule.ts';

test.each<[DeviceRecurrence, string]>([
  [{ type: 0 }, 'FREQ=DAILY'],
  [{ type: 0, interval: 3, occurrences: 5 }, 'FREQ=DAILY;INTERVAL=3;COUNT=5'],
  [{ type: 0, dayOfWeek: 62 }, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
  [{ type: 1, dayOfWeek: 10, firstDayOfWeek: 0 }, 'FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU'],
  [{ type: 2, dayOfMonth: 31 }, 'FREQ=MONTHLY;BYMONTHDAY=31'],
  [{ type: 3, dayOfWeek: 4, weekOfMonth: 2 }, 'FREQ=MONTHLY;BYDAY=2TU'],
  [{ type: 3, dayOfWeek: 62, weekOfMonth: 5 }, 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'],
  [{ type: 3, dayOfWeek: 127, weekOfMonth: 5 }, 'FREQ=MONTHLY;BYMONTHDAY=-1'],
  [{ type: 5, monthOfYear: 2, dayOfMonth: 29 }, 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29'],
  [{ type: 6, monthOfYear: 11, dayOfWeek: 16, weekOfMonth: 4 }, 'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH'],
])('%j is %s (MS-ASCAL_R452)', (recurrence, rule) => {
  expect(rruleOf(recurrence, undefined)).toBe(rule);
});

test('an end is UNTIL, or COUNT', () => {
  expect(rruleOf({ type: 0, occurrences: 3 }, '20260301')).toBe('FREQ=DAILY;UNTIL=20260301');
});

test.each<[DeviceRecurrence]>([[{ type: 4 }], [{ type: 3, dayOfWeek: 2 }], [{ type: 6, weekOfMonth: 1 }]])(
  '%j says too little',
  (recurrence) => {
    expect(rruleOf(recurrence, undefined)).toBeUndefined();
  },
);

test('a rule made of a recurrence is read as that recurrence', () => {
  const interval = fc.integer({ min: 1, max: 999 });
  const month = fc.integer({ min: 1, max: 12 });
  const dayOfWeek = fc.integer({ min: 1, max: 126 });
  const dayOfMonth = fc.integer({ min: 1, max: 31 });
  const weekOfMonth = fc.integer({ min: 1, max: 5 });
  const firstDayOfWeek = fc.integer({ min: 0, max: 6 });
  const common = { interval, firstDayOfWeek };
  const recurrences = fc.oneof(
    fc.record({ type: fc.constant(0), ...common }),
    fc.record({ type: fc.constant(1), dayOfWeek, ...common }),
    fc.record({ type: fc.constant(2), dayOfMonth, ...common }),
    fc.record({ type: fc.constant(3), dayOfWeek, weekOfMonth, ...common }),
    fc.record({ type: fc.constant(5), dayOfMonth, monthOfYear: month, ...common }),
    fc.record({ type: fc.constant(6), dayOfWeek, weekOfMonth, monthOfYear: month, ...common }),
  );
  const start = { month: 1, day: 1, dayOfWeek: 4 };
  fc.assert(
    fc.property(recurrences, (recurrence) => {
      const rule = rruleOf(recurrence, undefined) ?? '';
      const recur = ICAL.parse.property(`RRULE:${rule}`)[3] as unknown as Record<string, unknown>;
      expect(recurrenceOf(recur, start, () => new Date(0))).toMatchObject(recurrence);
    }),
  );
});
