import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isBackendError } from '../../../backends/contract/errors.ts';
import { takeSnapshot } from '../../../backends/imap/snapshot.ts';
import {
  type Mark,
  markKind,
  markOf,
  readCursor,
  writeCursor,
  writePosition,
} from '../../../backends/imap/state-marks.ts';

const uidValidity = fc.bigInt({ min: 1n, max: 2n ** 32n - 1n });
const modSeq = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const count = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const mark: fc.Arbitrary<Mark> = fc.oneof(
  fc.record({ kind: fc.constant('q' as const), uidValidity, modSeq }),
  fc.record({ kind: fc.constant('c' as const), uidValidity, modSeq, uidNext: count, exists: count }),
);

describe('cursors', () => {
  test('give back what they were made of', () => {
    fc.assert(fc.property(mark, (value) => expect(readCursor(writeCursor(value))).toEqual(value)));
  });

  test('hold a snapshot where there is nothing better', () => {
    const snapshot = takeSnapshot([1, 2, 5], new Map([['\\seen', [2]]]));
    const read = readCursor(writeCursor({ kind: 's', uidValidity: 7n, snapshot }));
    expect(read.kind === 's' && read.uidValidity === 7n && read.snapshot.equals(snapshot)).toBe(true);
  });

  test('that nobody wrote are refused, whatever they are', () => {
    const odd = [
      '',
      '.',
      'q',
      'q.',
      'q.1',
      'q.1.1.1',
      'c.1.1',
      'c.1.1.1',
      'x.1.1',
      'q.-1.1',
      'q.1.Z',
      's.1',
      's..',
      'q.1.',
    ];
    for (const cursor of odd) {
      expect(() => readCursor(cursor)).toThrow(expect.objectContaining({ code: 'cursorRefused' }));
    }
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        try {
          readCursor(cursor);
        } catch (error) {
          expect(isBackendError(error, 'cursorRefused')).toBe(true);
        }
      }),
    );
  });

  test('are short', () => {
    expect(writeCursor({ kind: 'q', uidValidity: 4_294_967_295n, modSeq: 2n ** 63n - 1n }).length).toBeLessThan(30);
  });
});

describe('positions', () => {
  const selected = { uidValidity: 9n, uidNext: 20, exists: 7, highestModSeq: 100n, flags: [], newKeywords: true };

  test('with QRESYNC are the mod-sequence: all that an event of NOTIFY tells', () => {
    expect(writePosition('qresync', { uidValidity: 9n, modSeq: 100n })).toBe('q.9.2s');
    expect(markOf('qresync', selected)).toEqual({ kind: 'q', uidValidity: 9n, modSeq: 100n });
  });

  test('with CONDSTORE alone also hold what a removal changes', () => {
    expect(writePosition('condstore', { uidValidity: 9n, modSeq: 100n, uidNext: 20, exists: 7 })).toBe('c.9.2s.k.7');
    expect(writePosition('condstore', { uidValidity: 9n, modSeq: 100n })).toBeUndefined();
  });

  test('without either are the counts that STATUS tells', () => {
    expect(writePosition('none', { uidValidity: 9n, modSeq: undefined, uidNext: 20, exists: 7, unseen: 3 })).toBe(
      's.9.k.7.3',
    );
    expect(writePosition('none', { uidValidity: 9n, modSeq: undefined, uidNext: 20, exists: 7 })).toBeUndefined();
  });

  test('of a mailbox that keeps no mod-sequences are counts, whatever the server offers', () => {
    expect(markKind('qresync', undefined)).toBe('s');
    expect(markKind('condstore', 0n)).toBe('s');
    expect(markOf('qresync', { ...selected, highestModSeq: undefined })).toBeUndefined();
  });
});
