import { describe, expect, test } from '@jest/globals';
import ICAL from 'ical.js';
import { MaxDays, ruleParts, ruleWalls } from '../../../../backends/convert/calendar/event-occurrences.ts';

const Day = 86_400_000;
const start = Date.UTC(2024, 0, 31, 9, 30);

const wallsOf = (rule: string, count: number, from = start): string[] => {
  const found: string[] = [];
  for (const wall of ruleWalls(ruleParts(rule), from, (until) => until.wall)) {
    found.push(new Date(wall).toISOString().slice(0, 19));
    if (found.length === count) break;
  }
  return found;
};

const icalWalls = (rule: string, count: number, from = start): string[] => {
  const text = new Date(from).toISOString().slice(0, 19);
  const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateTimeString(text));
  const found: string[] = [];
  for (let next = iterator.next(); next && found.length < count; next = iterator.next()) found.push(next.toString());
  return found;
};

describe('the occurrences of a rule are those of ical.js', () => {
  test.each([
    'FREQ=DAILY',
    'FREQ=DAILY;INTERVAL=3;COUNT=7',
    'FREQ=DAILY;UNTIL=20240301T093000',
    'FREQ=DAILY;BYMONTH=1,3;BYDAY=MO,WE',
    'FREQ=WEEKLY',
    'FREQ=WEEKLY;BYDAY=MO,WE,FR',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU',
    'FREQ=MONTHLY',
    'FREQ=MONTHLY;BYMONTHDAY=1,15',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=MONTHLY;BYDAY=1MO,3MO',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=MONTHLY;BYDAY=5MO',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2,-2',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    'FREQ=YEARLY',
    'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'FREQ=YEARLY;BYMONTH=6,9;BYDAY=1MO',
    'FREQ=YEARLY;BYYEARDAY=1,100,-1',
    'FREQ=HOURLY;INTERVAL=6',
    'FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0',
  ])('%s', (rule) => {
    expect(wallsOf(rule, 30)).toEqual(icalWalls(rule, 30));
  });

  test.each([
    ['FREQ=YEARLY;BYDAY=20MO', Date.UTC(1997, 4, 19, 9), ['1997-05-19', '1998-05-18', '1999-05-17']],
    ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', Date.UTC(1997, 4, 12, 9), ['1997-05-12', '1998-05-11', '1999-05-17']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', Date.UTC(2024, 1, 29, 9), ['2024-02-29', '2028-02-29', '2032-02-29']],
  ])('where RFC 5545 has an example: %s', (rule, from, days) => {
    expect(wallsOf(rule, 3, from).map((wall) => wall.slice(0, 10))).toEqual(days);
  });

  test.each([
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=SECONDLY;BYMONTH=7',
    'FREQ=DAILY;BYMONTHDAY=31;BYMONTH=4',
    'FREQ=FORTNIGHTLY',
    '',
  ])('a rule that never comes true ends: "%s"', (rule) => {
    expect(wallsOf(rule, 5)).toEqual([]);
  });

  test('a rule that names each second of the day is worked out as far as a day has plans', () => {
    const all = (count: number) => Array.from({ length: count }, (_, index) => index).join(',');
    const walls = wallsOf(
      `FREQ=DAILY;BYHOUR=${all(24)};BYMINUTE=${all(60)};BYSECOND=${all(60)}`,
      1_000,
      Date.UTC(2024, 0, 1),
    );
    expect(walls).toHaveLength(1_000);
    expect(new Set(walls.map((wall) => wall.slice(0, 10))).size).toBe(10);
  });

  test('no more days are looked at than the bound', () => {
    let counted = 0;
    for (const _ of ruleWalls(ruleParts('FREQ=DAILY'), start, () => 0)) counted++;
    expect(counted).toBe(MaxDays);
  });

  test('what lies before the asked for moment is not counted through', () => {
    const [first] = ruleWalls(ruleParts('FREQ=WEEKLY'), start, () => 0, start + 70_000 * Day);
    expect(first).toBeGreaterThan(start + 69_900 * Day);
  });
});
