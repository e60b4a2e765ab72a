import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idOfSegment, isDigested, segmentOfId } from '../../../backends/dav/object-names.ts';

describe('ids of objects', () => {
  test.each([
    ['0f3c1d52-8f0e-4b3a-9c57-0a4a6d0f8d11.ics', '0f3c1d52-8f0e-4b3a-9c57-0a4a6d0f8d11'],
    ['A.B_c-9.ics', 'A.B_c-9'],
    ['%41.ics', 'A'],
    ['event', '-nevent'],
    ['event.vcf', '-nevent.vcf'],
    ['-x.ics', '-n-x.ics'],
    ['.ics', '-n.ics'],
    [`${'x'.repeat(40)}.ics`, 'x'.repeat(40)],
  ])('%s is %s, which leads back to it', (segment, id) => {
    expect(idOfSegment(segment, '.ics')).toBe(id);
    expect(isDigested(id)).toBe(false);
    const back = segmentOfId(id, '.ics') ?? '';
    expect(decodeURIComponent(back)).toBe(decodeURIComponent(segment));
  });

  test.each([
    [`${'x'.repeat(41)}.ics`],
    ['anna%40example.org.ics'],
    ['a%2Fb.ics'],
    ['%E0%A4%A.ics'],
    ['gr%C3%BC%C3%9Fe.ics'],
  ])('%s has a digest', (segment) => {
    const id = idOfSegment(segment, '.ics');
    expect(isDigested(id)).toBe(true);
    expect(id).toHaveLength(24);
    expect(segmentOfId(id, '.ics')).toBeUndefined();
  });

  test('the same name has the same id, however the server writes it', () => {
    expect(idOfSegment('anna@example.org.ics', '.ics')).toBe(idOfSegment('anna%40example.org.ics', '.ics'));
  });

  test('different names have different ids, in the form that ids have', () => {
    const stem = fc.string({ unit: fc.constantFrom(...'ab-_.n h%é/'), minLength: 1, maxLength: 45 });
    const name = fc.tuple(stem, fc.constantFrom('', '.ics', '.vcf')).map(([head, tail]) => head + tail);
    fc.assert(
      fc.property(name, name, (one, other) => {
        const [a, b] = [one, other].map((each) => idOfSegment(encodeURIComponent(each), '.ics'));
        expect(a).toMatch(/^[A-Za-z0-9._-]{1,40}$/);
        expect(a === b).toBe(one === other);
      }),
    );
  });

  test('no id leads out of its folder', () => {
    for (const id of ['-n', '-n.', '-n..', '-h', '-', '-x', '', '/', '../x', 'a/b', `-n${'x'.repeat(60)}`]) {
      expect([id, segmentOfId(id, '.ics')]).toEqual([id, undefined]);
    }
    fc.assert(
      fc.property(fc.string(), (id) => {
        const segment = segmentOfId(id, '.ics');
        if (segment === undefined) return;
        const url = new URL(segment, 'https://dav.example.org/home/anna/');
        expect(url.pathname).toBe(`/home/anna/${segment}`);
        expect(segment).not.toContain('/');
      }),
    );
  });
});
