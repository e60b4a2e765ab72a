import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Scalars } from '../../../protocol/schema/scalars.ts';

const { parse, format } = Scalars.dateTime;
const formatCompact = Scalars.compactDateTime.format;

const christmas = new Date(Date.UTC(2000, 11, 25, 8, 35));

describe('dates', () => {
  test('the long form (MS-ASDTYPE_R15)', () => {
    expect(format(christmas)).toBe('2000-12-25T08:35:00.000Z');
    expect(parse('2000-12-25T08:35:00.000Z')).toEqual(christmas);
    expect(parse('2000-12-25T08:35:00Z')).toEqual(christmas);
  });

  test('the compact form (MS-ASDTYPE_R12213)', () => {
    expect(formatCompact(christmas)).toBe('20001225T083500Z');
    expect(parse('20001225T083500Z')).toEqual(christmas);
  });

  test.each(['', 'yesterday', '2000-12-25', '2001-02-29T00:00:00Z', '2000-13-01T00:00:00Z', '2000-12-25T25:00:00Z'])(
    '%j is none',
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  test('what cannot be written is refused', () => {
    for (const date of [new Date(Number.NaN), new Date(Date.UTC(12345, 0)), new Date(Date.UTC(-5, 0))]) {
      expect(format(date)).toBeUndefined();
      expect(formatCompact(date)).toBeUndefined();
    }
  });

  test('what is written is read', () => {
    const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parse(format(date) ?? '')).toEqual(date);
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        expect(parse(formatCompact(date) ?? '')?.getTime()).toBe(seconds);
      }),
    );
  });
});
