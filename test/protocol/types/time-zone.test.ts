import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeTimeZone,
  encodeTimeZone,
  fixedZone,
  type TimeZone,
  TimeZoneLength,
  type ZoneDate,
} from '../../../protocol/types/time-zone.ts';

const base64 = (zone: TimeZone): string => Buffer.from(encodeTimeZone(zone)).toString('base64');

const yearly = (month: number, dayOfWeek: number, day: number, hour: number): ZoneDate => ({
  ...{ year: 0, month, dayOfWeek, day, hour, minute: 0, second: 0, millisecond: 0 },
});

/** Put together by hand from [MS-ASDTYPE] 2.7.6, and compared with the tz database hour by hour for 2024 to 2031. */
const Berlin =
  'xP///wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAoAAAAFAAMAAAAAAA' +
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMAAAAFAAIAAAAAAAAAxP///w==';
const NewYork =
  'LAEAAEUAYQBzAHQAZQByAG4AIABTAHQAYQBuAGQAYQByAGQAIABUAGkAbQBlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAsAAAABAAIAAAAAAA' +
  'AAAAAAAEUAYQBzAHQAZQByAG4AIABEAGEAeQBsAGkAZwBoAHQAIABUAGkAbQBlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMAAAACAAIAAAAAAAAAxP///w==';

describe('TimeZone', () => {
  test('MS-ASDTYPE_R103 is 172 bytes: biases, rules and names where they belong', () => {
    expect(
      base64({
        ...fixedZone(-60),
        standardDate: yearly(10, 0, 5, 3),
        daylightDate: yearly(3, 0, 5, 2),
        daylightBias: -60,
      }),
    ).toBe(Berlin);
    expect(
      base64({
        ...fixedZone(300),
        standardName: 'Eastern Standard Time',
        standardDate: yearly(11, 0, 1, 2),
        daylightName: 'Eastern Daylight Time',
        daylightDate: yearly(3, 0, 2, 2),
        daylightBias: -60,
      }),
    ).toBe(NewYork);
  });

  test('UTC is all zeros', () => {
    expect(encodeTimeZone(fixedZone(0))).toEqual(new Uint8Array(172));
  });

  test('a name of 32 characters and more leaves room for its end', () => {
    const bytes = encodeTimeZone({ ...fixedZone(0), standardName: 'x'.repeat(40), daylightName: 'ä'.repeat(31) });
    expect(decodeTimeZone(bytes)).toMatchObject({ standardName: 'x'.repeat(31), daylightName: 'ä'.repeat(31) });
  });

  test('is read again', () => {
    const ZoneDates = fc.record({
      year: fc.constantFrom(0, 2026),
      month: fc.integer({ min: 1, max: 12 }),
      dayOfWeek: fc.nat(6),
      day: fc.integer({ min: 1, max: 31 }),
      hour: fc.nat(23),
      minute: fc.nat(59),
      second: fc.nat(59),
      millisecond: fc.nat(999),
    });
    const bias = fc.integer({ min: -1_000, max: 1_000 });
    const name = fc.stringMatching(/^[A-Za-zäß ]{0,31}$/);
    const date = fc.option(ZoneDates, { nil: undefined });
    const zones = fc.record({
      ...{ bias, standardName: name, standardDate: date, standardBias: bias },
      ...{ daylightName: name, daylightDate: date, daylightBias: bias },
    });
    fc.assert(fc.property(zones, (zone) => expect(decodeTimeZone(encodeTimeZone(zone))).toEqual(zone)));
  });

  test('fewer bytes are none; more are looked at no further', () => {
    expect(decodeTimeZone(new Uint8Array(TimeZoneLength - 1))).toBeUndefined();
    expect(decodeTimeZone(new Uint8Array(TimeZoneLength + 5))).toEqual(fixedZone(0));
    const whole = new Uint8Array(Buffer.from(`00${Buffer.from(Berlin, 'base64').toString('hex')}`, 'hex'));
    expect(decodeTimeZone(whole.subarray(1))?.standardDate).toEqual(yearly(10, 0, 5, 3));
  });
});
