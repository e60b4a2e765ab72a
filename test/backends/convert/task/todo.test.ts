import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newTodo, patchTodo, readTodo, todoEnd } from '../../../../backends/convert/task/todo.ts';
import { ianaClock, type ZoneClock } from '../../../../backends/convert/zones/iana.ts';
import type { Task } from '../../../../protocol/classes/task.ts';

const berlin = ianaClock('Europe/Berlin') as ZoneClock;
const now = Date.UTC(2026, 2, 1, 12);
const utc = (...parts: [number, number, number, number?, number?]): Date => new Date(Date.UTC(...parts));

const calendar = (...lines: string[]): string => ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const todo = (...lines: string[]): string => calendar('VERSION:2.0', 'BEGIN:VTODO', 'UID:1', ...lines, 'END:VTODO');

const taskOf = (...lines: string[]): Task => readTodo(todo(...lines), berlin)?.task ?? {};

const patched = (text: string, set: Task, cleared: readonly (keyof Task)[] = []): string =>
  patchTodo(text, { set, cleared, now }, berlin) ?? '';

describe('what a device sees of a VTODO', () => {
  test('a day is the same day everywhere, its UTC date the midnight of the user (MS-ASTASK_R161, MS-ASTASK_R308)', () => {
    expect(taskOf('DUE;VALUE=DATE:20260310', 'DTSTART;VALUE=DATE:20260701')).toMatchObject({
      dueDate: utc(2026, 2, 10),
      utcDueDate: utc(2026, 2, 9, 23),
      startDate: utc(2026, 6, 1),
      utcStartDate: utc(2026, 5, 30, 22),
    });
  });

  test('a time in UTC, in a zone of its own and without a zone', () => {
    const noon = { dueDate: utc(2026, 2, 10, 12), utcDueDate: utc(2026, 2, 10, 11) };
    expect(taskOf('DUE:20260310T110000Z')).toMatchObject(noon);
    expect(taskOf('DUE;TZID=America/New_York:20260310T070000')).toMatchObject(noon);
    expect(taskOf('DUE:20260310T120000')).toMatchObject(noon);
  });

  test.each([
    ['COMPLETED:20260105T100000Z', utc(2026, 0, 5, 10)],
    ['STATUS:COMPLETED\r\nDTSTAMP:20260106T100000Z', utc(2026, 0, 6, 10)],
  ])('that it is done: %s (MS-ASTASK_R118)', (lines, dateCompleted) => {
    expect(taskOf(lines)).toMatchObject({ complete: true, dateCompleted });
    expect(todoEnd(todo(lines), berlin)).toBe(0);
  });

  test('that it is not done, however far', () => {
    expect(taskOf('STATUS:IN-PROCESS', 'PERCENT-COMPLETE:50')).toMatchObject({ complete: false });
    expect(todoEnd(todo('SUMMARY:x'), berlin)).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    ['PRIORITY:1', 2],
    ['PRIORITY:4', 2],
    ['PRIORITY:5', 1],
    ['PRIORITY:0', 1],
    ['PRIORITY:9', 0],
    ['X-NONE:1', 1],
  ])('%s is importance %d (MS-ASTASK_R182)', (line, importance) => {
    expect(taskOf(line).importance).toBe(importance);
  });

  test.each([
    ['CLASS:PRIVATE', 2],
    ['CLASS:CONFIDENTIAL', 3],
    ['CLASS:X-SECRET', 2],
    ['X-NONE:1', 0],
  ])('%s is sensitivity %d (MS-ASTASK_R258)', (line, sensitivity) => {
    expect(taskOf(line).sensitivity).toBe(sensitivity);
  });

  test('when it reminds: at a time, or before its start or end (MS-ASTASK_R255)', () => {
    const alarm = (trigger: string) => ['BEGIN:VALARM', 'ACTION:DISPLAY', trigger, 'END:VALARM'];
    const due = 'DUE:20260310T110000Z';
    const reminderTime = utc(2026, 2, 10, 10);
    expect(taskOf(due, ...alarm('TRIGGER:-PT1H'))).toMatchObject({ reminderSet: true, reminderTime });
    expect(taskOf(due, ...alarm('TRIGGER;RELATED=END:-PT1H'))).toMatchObject({ reminderTime });
    expect(taskOf(...alarm('TRIGGER;VALUE=DATE-TIME:20260310T100000Z'))).toMatchObject({ reminderTime });
    expect(taskOf(due)).toMatchObject({ reminderSet: false });
  });

  test('how it repeats, unless it cannot be said (MS-ASTASK_R271)', () => {
    expect(taskOf('DTSTART;VALUE=DATE:20260302', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4').recurrence).toMatchObject({
      type: 1,
      dayOfWeek: 2,
      occurrences: 4,
      start: utc(2026, 2, 2),
    });
    expect(taskOf('DTSTART;VALUE=DATE:20260302', 'RRULE:FREQ=HOURLY')).toMatchObject({ recurrence: undefined });
  });

  test('nothing of what is no task', () => {
    expect(readTodo(calendar('BEGIN:VEVENT', 'END:VEVENT'), berlin)).toBeUndefined();
    expect(patchTodo('', { set: {}, cleared: [], now }, berlin)).toBeUndefined();
  });
});

describe('an edit of a device', () => {
  const text = todo(
    'X-ODD:  kept',
    'SUMMARY:Buy\\, now',
    'DESCRIPTION:a\\nb',
    'DUE;TZID=America/New_York:20260310T070000',
    'RRULE:FREQ=HOURLY',
    'PRIORITY:3',
    'STATUS:IN-PROCESS',
    'PERCENT-COMPLETE:50',
    'BEGIN:VALARM',
    'ACTION:EMAIL',
    'TRIGGER:-PT5M',
    'END:VALARM',
  );
  const read = readTodo(text, berlin);

  test('that changes nothing leaves every byte', () => {
    const { task = {} } = read ?? {};
    expect(patchTodo(text, { set: task, cleared: ['recurrence'], text: 'a\nb', now }, berlin)).toBe(text);
  });

  test('changes its property alone, and says when', () => {
    expect(patched(text, { subject: 'Sell' })).toBe(
      text.replace('Buy\\, now', 'Sell').replace('BEGIN:VALARM', 'LAST-MODIFIED:20260301T120000Z\r\nBEGIN:VALARM'),
    );
  });

  test('keeps the zone of a time', () => {
    const moved = patched(text, { dueDate: utc(2026, 2, 10, 13), utcDueDate: utc(2026, 2, 10, 12) });
    expect(moved).toContain('DUE;TZID=America/New_York:20260310T080000\r\n');
    expect(patched(text, { utcDueDate: utc(2026, 2, 10, 12) })).toContain('DUE;TZID=America/New_York:20260310T080000');
  });

  test('at midnight is a day', () => {
    const day = { dueDate: utc(2026, 2, 12), utcDueDate: utc(2026, 2, 11, 23) };
    expect(patched(text, day)).toContain('DUE;VALUE=DATE:20260312\r\n');
    expect(patched(text, {}, ['dueDate', 'utcDueDate'])).not.toContain('DUE');
  });

  test('of a task that was done without a time leaves the time at which it counts as done', () => {
    const done = todo('STATUS:COMPLETED', 'DTSTAMP:20260106T100000Z', 'LAST-MODIFIED:20260107T100000Z');
    const before = readTodo(done, berlin)?.task.dateCompleted;
    expect(readTodo(patched(done, { subject: 'New' }), berlin)?.task.dateCompleted).toEqual(before);
  });

  test('ends a task and takes that back', () => {
    const done = patched(text, { complete: true, dateCompleted: utc(2026, 2, 2) });
    expect(done).toContain('COMPLETED:20260302T000000Z\r\n');
    expect(done).toContain('STATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\n');
    expect(patched(done, { complete: false })).toContain('STATUS:NEEDS-ACTION\r\n');
    expect(patched(done, { complete: false })).not.toContain('COMPLETED:2026');
  });

  test('sets, moves and ends its own reminder, never that by mail', () => {
    const reminded = patched(text, { reminderSet: true, reminderTime: utc(2026, 2, 3, 9) });
    expect(reminded).toContain('ACTION:DISPLAY\r\nDESCRIPTION:Buy\\, now\r\nTRIGGER;VALUE=DATE-TIME:20260303T090000Z');
    const moved = patched(reminded, { reminderTime: utc(2026, 2, 4, 9) });
    expect(moved).toContain('TRIGGER;VALUE=DATE-TIME:20260304T090000Z');
    const ended = patched(moved, { reminderSet: false });
    expect(ended).not.toContain('DISPLAY');
    expect(ended).toContain('ACTION:EMAIL');
  });

  test('replaces a rule that it saw, with its end in the kind of its start', () => {
    const daily = todo('DTSTART;VALUE=DATE:20260302', 'RRULE:FREQ=DAILY');
    const recurrence = { type: 1, dayOfWeek: 2, start: utc(2026, 2, 2), until: utc(2026, 5, 1) };
    expect(patched(daily, { recurrence })).toContain('RRULE:FREQ=WEEKLY;UNTIL=20260601;BYDAY=MO\r\n');
    expect(patched(daily, {}, ['recurrence'])).not.toContain('RRULE');
    expect(patched(todo(), { recurrence })).toContain('DTSTART;VALUE=DATE:20260302\r\n');
  });
});

describe('a task that a device makes', () => {
  const day = fc.integer({ min: 14_000, max: 30_000 }).map((days) => new Date(days * 86_400_000));
  const line = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[\r\n]/.test(text) && text.trim() !== '');
  const instant = fc.integer({ min: 1_300_000_000, max: 2_500_000_000 }).map((seconds) => new Date(seconds * 1000));
  const recurrence = fc.record({
    type: fc.constant(1),
    interval: fc.integer({ min: 1, max: 9 }),
    dayOfWeek: fc.integer({ min: 1, max: 127 }),
    firstDayOfWeek: fc.integer({ min: 0, max: 6 }),
    regenerate: fc.boolean(),
    deadOccur: fc.boolean(),
  });
  const tasks = fc.record(
    {
      subject: line,
      categories: fc.array(line, { minLength: 1, maxLength: 3 }),
      importance: fc.constantFrom(0, 1, 2),
      sensitivity: fc.constantFrom(0, 1, 2, 3),
      startDate: day,
      dueDate: day,
      reminderTime: instant,
      dateCompleted: instant,
      recurrence,
      ordinalDate: instant,
      subOrdinalDate: line,
    },
    { requiredKeys: ['startDate'] },
  );

  test('is what it gets back', () => {
    fc.assert(
      fc.property(tasks, ({ reminderTime, dateCompleted, recurrence: repeats, ...rest }) => {
        const set: Task = {
          ...rest,
          complete: dateCompleted !== undefined,
          ...(dateCompleted === undefined ? {} : { dateCompleted }),
          reminderSet: reminderTime !== undefined,
          ...(reminderTime === undefined ? {} : { reminderTime }),
          ...(repeats === undefined ? {} : { recurrence: { ...repeats, start: rest.startDate } }),
        };
        const text = newTodo({ set, cleared: [], text: 'x', now }, 'u', berlin);
        expect(readTodo(text, berlin)).toMatchObject({ task: set, text: 'x' });
        expect(patchTodo(text, { set, cleared: [], text: 'x', now: 0 }, berlin)).toBe(text);
      }),
    );
  });
});
