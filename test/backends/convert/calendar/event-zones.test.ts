import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recognisedZone, vtimezone, withZone } from '../../../../backends/convert/calendar/event-zone-match.ts';
import { EventZones, Utc, ZoneBook } from '../../../../backends/convert/calendar/event-zones.ts';
import { makeComponent, readComponent, writeComponent } from '../../../../backends/convert/lines/content-lines.ts';
import { decodeTimeZone, encodeTimeZone, type TimeZone } from '../../../../protocol/types/time-zone.ts';
import { calendar, clockIn, contextIn, made, momentIn, one, patch, read, utc, vevent } from './event-support.ts';

const book = new ZoneBook();
const at = Date.UTC(2026, 2, 10);
const Day = 86_400_000;

/** What a zone's clock shows through two years, twice a day and never at noon or midnight of any zone. */
const looks = Array.from({ length: 365 }, (_, index) => Date.UTC(2026, 0, 1, 1, 7) + index * Day);

const bare = (zone: TimeZone): TimeZone => ({ ...zone, standardName: '', daylightName: '' });

describe('a TimeZone that a phone sends without names', () => {
  const names = ['Europe/Dublin', 'America/Toronto', 'Asia/Almaty', 'Australia/Hobart', 'Pacific/Apia', 'Asia/Amman'];

  test.each([...names, 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Kathmandu', 'Pacific/Chatham', 'Africa/Cairo'])(
    'is one that shows what %s does',
    (name) => {
      const zone = book.home(name);
      const sent = decodeTimeZone(encodeTimeZone(bare(book.timeZone(zone, at)))) as TimeZone;
      const found = recognisedZone(sent, { preferred: [], moments: [at], book });
      for (const look of looks) {
        expect(look + found.clock.offsetAt(look) * 60_000).toBe(clockIn(name, look - 420_000) + 420_000);
      }
    },
  );

  test('is the preferred one of several with the same rules', () => {
    const [vienna, berlin] = [book.home('Europe/Vienna'), book.home('Europe/Berlin')];
    const sent = bare(book.timeZone(berlin, at));
    expect(recognisedZone(sent, { preferred: [vienna], moments: [at], book }).iana).toBe('Europe/Vienna');
    expect(recognisedZone(sent, { preferred: [book.home('Asia/Tokyo')], moments: [at], book }).iana).toBe(
      'Europe/Berlin',
    );
  });

  test('is UTC if it is empty', () => {
    const empty = decodeTimeZone(new Uint8Array(172)) as TimeZone;
    expect(recognisedZone(empty, { preferred: [], moments: [at], book })).toBe(Utc);
  });

  test('of rules that nobody has is a zone of its own, which is defined and read back', () => {
    const odd: TimeZone = { ...bare(book.timeZone(book.home('Europe/Berlin'), at)), bias: -77 };
    const context = contextIn('Europe/Berlin');
    const span = { startTime: utc(2026, 6, 10, 9), endTime: utc(2026, 6, 10, 10), timezone: encodeTimeZone(odd) };
    const text = made({ ...span, recurrence: { type: 0, interval: 1 } });
    expect(text).toMatch(/BEGIN:VTIMEZONE\r\nTZID:Postrider \+0117 \+0217/);
    expect(decodeTimeZone(read(text).timezone as Uint8Array)).toMatchObject({ bias: -77, daylightBias: -60 });
    expect(patch(text, read(text), { context })).toBe(text);
  });
});

describe('a zone that is written as VTIMEZONE', () => {
  test.each(['Europe/Berlin', 'Australia/Sydney', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns'])(
    'shows what %s does',
    (name) => {
      const zone = book.home(name);
      const definition = writeComponent(vtimezone(book.timeZone(zone, at), 'My Zone'));
      const text = calendar(definition.trimEnd(), ...vevent('DTSTART;TZID=My Zone:20260101T000000'));
      const component = readComponent(text);
      const zones = new EventZones(component as NonNullable<typeof component>, Utc, book);
      for (const look of looks) {
        const time = { wall: look, isDate: false, isUtc: false, tzid: 'My Zone' };
        expect(zones.utc(time)).toBe(momentIn(name, look));
      }
    },
  );

  test('stands before the events, once', () => {
    const empty = makeComponent('VCALENDAR', [makeComponent('VEVENT', [])]);
    const zone = () => book.timeZone(book.home('Asia/Tokyo'), at);
    const defined = withZone(empty, 'Asia/Tokyo', zone);
    expect(writeComponent(defined)).toMatch(/^BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Asia\/Tokyo/);
    expect(withZone(defined, 'Asia/Tokyo', zone)).toBe(defined);
    expect(withZone(empty, undefined, zone)).toBe(empty);
  });
});

describe('zones of a calendar', () => {
  test("a TZID that means nothing is the user's zone, as is none", () => {
    const expected = { startTime: utc(2026, 2, 10, 9) };
    expect(read(one('DTSTART;TZID=Nowhere:20260310T100000'))).toMatchObject(expected);
    expect(read(one('DTSTART:20260310T100000'))).toMatchObject(expected);
  });

  test('a zone that is asked again answers the same, at any moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 4e12 }), (ms) => {
        const shown = ms + book.home('Europe/Berlin').clock.offsetAt(ms) * 60_000;
        const second = Math.floor(ms / 1_000) * 1_000;
        // Before 1900 clocks showed seconds that offsets in minutes leave out.
        expect(Math.abs(shown - (ms - second) - clockIn('Europe/Berlin', second))).toBeLessThan(60_000);
      }),
    );
  });

  test('a series of 2006 is told by the rules of today, and its local time stays', () => {
    const text = one('DTSTART;TZID=America/New_York:20060325T100000', 'RRULE:FREQ=WEEKLY', 'DURATION:PT1H');
    const { timezone, startTime } = read(text);
    // In 2006 daylight time began in April; the rule of today has it in March.
    expect(decodeTimeZone(timezone as Uint8Array)?.daylightDate).toMatchObject({ month: 3, day: 2 });
    expect(startTime).toEqual(utc(2006, 2, 25, 14));
  });
});
