import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatCompactDateTime, formatDateTime, parseDateTime } from '../../../protocol/types/date-time.ts';

const christmas = new Date(Date.UTC(2000, 11, 25, 8, 35));

describe('dates', () => {
  test('the long form (MS-ASDTYPE_R15)', () => {
    expect(formatDateTime(christmas)).toBe('2000-12-25T08:35:00.000Z');
    expect(parseDateTime('2000-12-25T08:35:00.000Z')).toEqual(christmas);
    expect(parseDateTime('2000-12-25T08:35:00Z')).toEqual(christmas);
  });

  test('the compact form (MS-ASDTYPE_R12213)', () => {
    expect(formatCompactDateTime(christmas)).toBe('20001225T083500Z');
    expect(parseDateTime('20001225T083500Z')).toEqual(christmas);
  });

  test.each(['', 'yesterday', '2000-12-25', '2001-02-29T00:00:00Z', '2000-13-01T00:00:00Z', '2000-12-25T25:00:00Z'])(
    '%j is none',
    (text) => {
      expect(parseDateTime(text)).toBeUndefined();
    },
  );

  test('what cannot be written is refused', () => {
    for (const date of [new Date(Number.NaN), new Date(Date.UTC(12345, 0)), new Date(Date.UTC(-5, 0))]) {
      expect(() => formatDateTime(date)).toThrow(RangeError);
      expect(() => formatCompactDateTime(date)).toThrow(RangeError);
    }
  });

  test('what is written is read', () => {
    const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseDateTime(formatDateTime(date))).toEqual(date);
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseDateTime(formatCompactDateTime(date))?.getTime()).toBe(seconds);
      }),
    );
  });
});
