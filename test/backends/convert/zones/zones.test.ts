import { describe, expect, test } from '@jest/globals';
import { readCalendar } from '../../../../backends/convert/calendar/icalendar.ts';
import { CalendarZones } from '../../../../backends/convert/zones/calendar-zones.ts';
import { ianaClock, ianaOfTzid, ianaOfWindows, windowsOfIana } from '../../../../backends/convert/zones/iana.ts';
import { daysInMonth, localTime, nthWeekday, wallMs, weekday } from '../../../../backends/convert/zones/local-time.ts';
import {
  clockOfTimeZone,
  offsetOfTimeZone,
  timeZoneOfIana,
  utcOfLocal,
} from '../../../../backends/convert/zones/time-zone.ts';
import type { TimeZone, ZoneDate } from '../../../../protocol/types/time-zone.ts';

const Hour = 3_600_000;
const at = Date.UTC(2026, 5, 1);

const zone = (name: string, moment = at): TimeZone => timeZoneOfIana(name, moment) as TimeZone;

const rule = (date: ZoneDate | undefined): string =>
  date === undefined ? 'none' : `${date.month}/${date.dayOfWeek}/${date.day} ${date.hour}:${date.minute}`;

describe('local time', () => {
  test('is a number and back, in every year', () => {
    for (const year of [1, 99, 1900, 1970, 2026, 9999]) {
      const wall = { year, month: 2, day: 28, hour: 23, minute: 59, second: 58 };
      expect(localTime(wallMs(wall))).toEqual(wall);
    }
  });

  test('is what the calendar of the machine says, on any day', () => {
    for (let ms = Date.UTC(-800, 0, 1); ms < Date.UTC(3000, 0, 1); ms += 397 * 24 * Hour + 12_345_000) {
      const { year, month, day, hour, minute, second } = localTime(ms);
      const date = new Date(ms);
      expect([year, month, day]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
      expect([hour, minute, second]).toEqual([date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]);
    }
  });

  test('knows weekdays and months', () => {
    expect(weekday(2026, 11, 23)).toBe(1);
    expect([daysInMonth(2026, 2), daysInMonth(2028, 2), daysInMonth(2026, 12)]).toEqual([28, 29, 31]);
    expect([1, 4, 5, -1, -5].map((nth) => nthWeekday(2026, 11, 1, nth))).toEqual([2, 23, 30, 30, 2]);
    expect([5, -5].map((nth) => nthWeekday(2026, 11, 2, nth))).toEqual([undefined, undefined]);
  });
});

describe('TimeZone of a zone', () => {
  test.each([
    ['Europe/Berlin', -60, '10/0/5 3:0', '3/0/5 2:0', -60],
    ['America/New_York', 300, '11/0/1 2:0', '3/0/2 2:0', -60],
    ['Australia/Sydney', -600, '4/0/1 3:0', '10/0/1 2:0', -60],
    ['Asia/Kolkata', -330, 'none', 'none', 0],
    ['Australia/Lord_Howe', -630, '4/0/1 2:0', '10/0/1 2:0', -30],
    // The tables of Ireland know winter time as the exception.
    ['Europe/Dublin', 0, '10/0/5 2:0', '3/0/5 1:0', -60],
    ['Antarctica/Troll', 0, '10/0/5 3:0', '3/0/5 1:0', -120],
    // The last Friday of April; the end of the last Thursday of October, which need not be the last Friday's beginning.
    ['Africa/Cairo', -120, '10/5/5 0:0', '4/5/5 0:0', -60],
  ])('of %s', (name, bias, standard, daylight, daylightBias) => {
    const found = zone(name);
    expect([found.bias, rule(found.standardDate), rule(found.daylightDate), found.daylightBias]).toEqual([
      ...[bias, standard, daylight, daylightBias],
    ]);
  });

  test('has the names of Windows', () => {
    expect(zone('Europe/Berlin')).toMatchObject({
      standardName: 'W. Europe Standard Time',
      daylightName: 'W. Europe Daylight Time',
    });
    expect(zone('Antarctica/Troll')).toMatchObject({ standardName: '', daylightName: '' });
  });

  test('of zones with a yearly rule fits every hour around the changes of other years', () => {
    const names = ['Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'Australia/Lord_Howe', 'Pacific/Auckland'];
    for (const name of names) {
      const [clock, found] = [ianaClock(name), zone(name)];
      for (let year = 2024; year <= 2031; year++) {
        for (const month of [2, 3, 8, 9, 10]) {
          for (let ms = Date.UTC(year, month, 1); ms < Date.UTC(year, month + 1, 8); ms += 3 * Hour) {
            expect(offsetOfTimeZone(found, ms)).toBe(clock?.offsetAt(ms));
          }
        }
      }
    }
  });

  test('is that of the year that is asked for', () => {
    // Turkey stayed in summer time in 2016; Russia changed for good in October 2014.
    expect(zone('Europe/Istanbul', Date.UTC(2015, 5, 1)).bias).toBe(-120);
    expect(zone('Europe/Istanbul').bias).toBe(-180);
    const moscow = (month: number): TimeZone => zone('Europe/Moscow', Date.UTC(2014, month, 1));
    expect([moscow(5).bias, moscow(11).bias, moscow(5).daylightDate]).toEqual([-240, -180, undefined]);
  });

  test('there is none of what is no zone', () => {
    for (const name of ['', 'Europe/Nowhere', 'x'.repeat(100), '../etc', 'Europe/Berlin\0'])
      expect(timeZoneOfIana(name, at)).toBeUndefined();
  });
});

describe('names', () => {
  test.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['W. Europe Standard Time', 'Europe/Berlin'],
    ['Eastern Standard Time', 'America/New_York'],
    ['UTC', 'Etc/UTC'],
    ['/freeassociation.sourceforge.net/Tzfile/Europe/Rome', 'Europe/Rome'],
    ['/mozilla.org/20070129_1/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['/citadel.org/20190914_1/UTC', 'UTC'],
    [' Asia/Tokyo ', 'Asia/Tokyo'],
    ['CET', 'CET'],
  ])('%s is %s', (tzid, iana) => {
    expect(ianaOfTzid(tzid)).toBe(iana);
  });

  test('what means several zones, or none, is none', () => {
    for (const tzid of ['IST', 'Customized Time Zone', '', 'constructor', 'a/'.repeat(1_000)])
      expect(ianaOfTzid(tzid)).toBeUndefined();
  });

  test('Windows names go both ways', () => {
    expect(windowsOfIana('Europe/Vienna')).toBe('W. Europe Standard Time');
    expect(ianaOfWindows('Tokyo Standard Time')).toBe('Asia/Tokyo');
    expect(windowsOfIana('Nowhere/Land')).toBeUndefined();
  });
});

describe('UTC of a local time', () => {
  const clock = clockOfTimeZone(zone('Europe/Berlin'));
  const utc = (month: number, day: number, hour: number, minute = 0): string =>
    new Date(utcOfLocal(clock, wallMs({ year: 2026, month, day, hour, minute, second: 0 }))).toISOString().slice(5, 16);

  test.each([
    [utc(1, 1, 12), '01-01T11:00'],
    [utc(7, 1, 12), '07-01T10:00'],
    // Skipped: as if the clock had not been changed. Twice: the first (RFC 5545, 3.3.5).
    [utc(3, 29, 2, 30), '03-29T01:30'],
    [utc(3, 29, 1, 59), '03-29T00:59'],
    [utc(3, 29, 3), '03-29T01:00'],
    [utc(10, 25, 2, 30), '10-25T00:30'],
    [utc(10, 25, 3), '10-25T02:00'],
  ])('%s', (found, expected) => {
    expect(found).toBe(expected);
  });

  test('agrees with the clock at every hour of every day of a year', () => {
    const newYork = ianaClock('America/New_York');
    if (newYork === undefined) throw new Error('no such zone');
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 11 * Hour) {
      const wall = ms + newYork.offsetAt(ms) * 60_000;
      const back = utcOfLocal(newYork, wall);
      expect(back + newYork.offsetAt(back) * 60_000).toBe(wall);
    }
  });
});

const calendar = (...lines: string[]): CalendarZones => {
  const read = readCalendar(['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR'].join('\r\n'));
  if (read === undefined) throw new Error('no calendar');
  return new CalendarZones(read);
};

const observance = (kind: string, from: string, to: string, start: string, ...more: string[]): string[] => [
  `BEGIN:${kind}`,
  `TZOFFSETFROM:${from}`,
  `TZOFFSETTO:${to}`,
  `DTSTART:${start}`,
  ...more,
  `END:${kind}`,
];

/** The VTIMEZONE that Outlook writes for a zone without a name that anybody knows. */
const Customized = [
  'BEGIN:VTIMEZONE',
  'TZID:Customized Time Zone',
  ...observance('STANDARD', '+0200', '+0100', '16010101T030000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10'),
  ...observance('DAYLIGHT', '+0100', '+0200', '16010101T020000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3'),
  'END:VTIMEZONE',
];

describe('zones of a calendar', () => {
  const offset = (zones: CalendarZones, tzid: string | undefined, ms: number): number =>
    zones.zone(tzid).clock.offsetAt(ms);

  test('a VTIMEZONE tells the offsets of a name that means nothing elsewhere', () => {
    const zones = calendar(...Customized);
    const berlin = ianaClock('Europe/Berlin');
    for (let ms = Date.UTC(2025, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 7 * Hour)
      expect(offset(zones, 'Customized Time Zone', ms)).toBe(berlin?.offsetAt(ms));
    const found = zones.timeZone(zones.zone('Customized Time Zone'), at);
    expect([found.bias, rule(found.standardDate), rule(found.daylightDate)]).toEqual([-60, '10/0/5 3:0', '3/0/5 2:0']);
  });

  test('a name of the tz database or of Windows means that zone, whatever stands in the VTIMEZONE', () => {
    const lying = [
      'BEGIN:VTIMEZONE',
      'TZID:Europe/Berlin',
      ...observance('STANDARD', '-0800', '-0800', '19700101T000000'),
    ];
    const zones = calendar(...lying, 'END:VTIMEZONE');
    expect(offset(zones, 'Europe/Berlin', at)).toBe(120);
    expect(offset(zones, 'Tokyo Standard Time', at)).toBe(540);
  });

  test('without a zone a time is one of the calendar: by its name, by its only VTIMEZONE, else UTC', () => {
    expect(offset(calendar('X-WR-TIMEZONE:Asia/Tokyo'), undefined, at)).toBe(540);
    expect(offset(calendar(...Customized), undefined, at)).toBe(120);
    expect(offset(calendar(...Customized), 'Unheard of', at)).toBe(120);
    expect(offset(calendar(), 'Unheard of', at)).toBe(0);
  });

  test('rules that ended, single dates and days after a date are understood', () => {
    const zones = calendar(
      'BEGIN:VTIMEZONE',
      'TZID:Old',
      ...observance(
        'STANDARD',
        '-0400',
        '-0500',
        '19671029T020000',
        'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z',
      ),
      ...observance(
        'STANDARD',
        '-0400',
        '-0500',
        '20071104T020000',
        'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7',
      ),
      ...observance(
        'DAYLIGHT',
        '-0500',
        '-0400',
        '19870405T020000',
        'RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z',
      ),
      ...observance('DAYLIGHT', '-0500', '-0400', '20070311T020000', 'RDATE:20080309T020000', 'RDATE:20090308T020000'),
      'END:VTIMEZONE',
    );
    const known = ianaClock('America/New_York');
    for (const year of [1990, 2005, 2006, 2007, 2008]) {
      for (let ms = Date.UTC(year, 0, 2); ms < Date.UTC(year, 11, 30); ms += 29 * Hour)
        expect([year, ms, offset(zones, 'Old', ms)]).toEqual([year, ms, known?.offsetAt(ms)]);
    }
  });

  test('a VTIMEZONE without offsets is none, one with ten thousand rules takes no long time', () => {
    expect(offset(calendar('BEGIN:VTIMEZONE', 'TZID:Bad', 'END:VTIMEZONE'), 'Bad', at)).toBe(0);
    const many = Array.from({ length: 900 }, (_, i) =>
      observance('STANDARD', '+0100', '+0200', `${1000 + i}0101T000000`, 'RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=1SU'),
    ).flat();
    const zones = calendar('BEGIN:VTIMEZONE', 'TZID:Many', ...many, 'END:VTIMEZONE');
    expect(zones.timeZone(zones.zone('Many'), at).bias).toBe(-120);
  });
});
