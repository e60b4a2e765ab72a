import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newJournal, patchJournal, readJournal } from '../../../../backends/convert/note/journal.ts';

const now = Date.UTC(2026, 2, 1, 12);
const journal = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VJOURNAL', ...lines, 'END:VJOURNAL', 'END:VCALENDAR', ''].join('\r\n');

describe('a VJOURNAL', () => {
  test('is a note with subject, text, categories and its last change (MS-ASNOTE_R53, MS-ASNOTE_R60)', () => {
    const text = journal('SUMMARY:a\\, b', 'DESCRIPTION:x\\ny', 'CATEGORIES:c,d', 'LAST-MODIFIED:20260102T030405Z');
    expect(readJournal(text)).toEqual({
      note: {
        subject: 'a, b',
        messageClass: 'IPM.StickyNote',
        categories: ['c', 'd'],
        lastModifiedDate: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
      },
      text: 'x\ny',
    });
    expect(readJournal(journal('DTSTAMP:20260102T030405Z'))?.note.lastModifiedDate).toBeDefined();
    expect(readJournal('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n')).toBeUndefined();
  });

  test('is edited in its property and LAST-MODIFIED alone', () => {
    const text = journal('UID:1', 'X-ODD: a', 'SUMMARY:a', 'LAST-MODIFIED:20200101T000000Z', 'CATEGORIES:c');
    expect(patchJournal(text, { set: { subject: 'b' }, cleared: [], now })).toBe(
      text.replace('SUMMARY:a', 'SUMMARY:b').replace('20200101T000000Z', '20260301T120000Z'),
    );
    const noEdit = { set: { subject: 'a', categories: ['c'] }, cleared: [], text: null, now } as const;
    expect(patchJournal(text, noEdit)).toBe(text);
    expect(patchJournal(text, { set: {}, cleared: ['categories'], now })).not.toContain('CATEGORIES');
    expect(patchJournal(text, { set: {}, cleared: [], text: 'new', now })).toContain('DESCRIPTION:new');
  });

  test('made by a device is what it gets back', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\r\n]/.test(text) && text.trim() !== '');
    fc.assert(
      fc.property(line, fc.array(line, { minLength: 1 }), line, (subject, categories, text) => {
        const read = readJournal(newJournal({ set: { subject, categories }, cleared: [], text, now }, 'u'));
        expect(read).toMatchObject({ note: { subject, categories, lastModifiedDate: new Date(now) }, text });
      }),
    );
  });
});
