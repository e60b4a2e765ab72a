import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { flagChange, isVisibleFlag, readFlags } from '../../../backends/imap/flags.ts';

describe('what flags say', () => {
  test('are facts, in any case', () => {
    expect(readFlags(['\\SEEN', '\\flagged', '$FORWARDED', '\\Recent']).facts).toMatchObject({
      seen: true,
      flagged: true,
      forwarded: true,
      answered: false,
      draft: false,
      categories: [],
    });
  });

  test('are categories, unless a program keeps them for itself', () => {
    const { facts } = readFlags(['Work', '$Label1', 'NonJunk', '$MDNSent', '\\Seen', 'f&APw-r']);
    expect(facts.categories).toEqual(['Work', 'für']);
  });

  test('include that a message is deleted', () => {
    expect(readFlags(['\\Deleted']).deleted).toBe(true);
    expect(readFlags([]).deleted).toBe(false);
  });

  test('decide whether a change of them must be told', () => {
    const visible = ['\\Seen', '\\Deleted', '\\Answered', '$Forwarded', 'Forwarded', 'Work'].map(isVisibleFlag);
    const hidden = ['\\Recent', '$MDNSent', 'NonJunk', '$Junk'].map(isVisibleFlag);
    expect([...new Set(visible), ...new Set(hidden)]).toEqual([true, false]);
  });
});

describe('revisions', () => {
  const flag = fc.constantFrom(
    '\\Seen',
    '\\Answered',
    '\\Flagged',
    '\\Draft',
    '$Forwarded',
    'Work',
    'Home',
    '$MDNSent',
  );

  test('are equal exactly when what a device sees is equal', () => {
    fc.assert(
      fc.property(fc.uniqueArray(flag), fc.uniqueArray(flag), (one, other) => {
        const seenOf = (flags: string[]) => JSON.stringify(flags.filter((name) => name !== '$MDNSent').sort());
        expect(readFlags(one).revision === readFlags(other).revision).toBe(seenOf(one) === seenOf(other));
      }),
    );
  });

  test('do not depend on order or case of flags, and are at most 24 characters', () => {
    const many = ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', '$Forwarded', 'Work', 'Home'];
    expect(readFlags(many).revision).toBe(readFlags([...many].reverse()).revision);
    expect(readFlags(['\\seen']).revision).toBe(readFlags(['\\SEEN']).revision);
    expect(readFlags(many).revision.length).toBeLessThanOrEqual(24);
  });
});

describe('a patch', () => {
  const none = readFlags([]);

  test('names only the flags that it is about', () => {
    expect(flagChange({ read: true }, none)).toEqual({ add: ['\\Seen'], remove: [] });
    expect(flagChange({ read: false, answered: true }, none)).toEqual({ add: ['\\Answered'], remove: ['\\Seen'] });
    expect(flagChange({ forwarded: true }, none)).toEqual({ add: ['$Forwarded'], remove: [] });
    expect(flagChange({}, none)).toEqual({ add: [], remove: [] });
  });

  test('flags a message while the follow-up is active, not when it is completed or cleared', () => {
    expect(flagChange({ flag: { status: 2 } }, none).add).toEqual(['\\Flagged']);
    expect(flagChange({ flag: { status: 1 } }, none).remove).toEqual(['\\Flagged']);
    expect(flagChange({ flag: null }, none).remove).toEqual(['\\Flagged']);
    expect(flagChange({ flag: {} }, none).remove).toEqual(['\\Flagged']);
  });

  test('replaces categories and leaves keywords of programs alone', () => {
    const current = readFlags(['Work', 'Old', '$MDNSent', 'NonJunk', '$Label1']);
    expect(flagChange({ categories: ['Work', 'Neu für 2'] }, current)).toEqual({
      add: ['Neu&ACA-f&APw-r&ACA-2'],
      remove: ['Old'],
    });
    expect([...flagChange({ categories: [] }, current).remove].sort()).toEqual(['Old', 'Work']);
  });

  test('takes off a category by the keyword that another program wrote', () => {
    const current = readFlags(['f&APw-r']);
    expect(flagChange({ categories: [] }, current)).toEqual({ add: [], remove: ['f&APw-r'] });
    expect(flagChange({ categories: ['für'] }, current)).toEqual({ add: [], remove: [] });
  });

  test('leaves out a category that no server could keep: the rest is kept', () => {
    const { add } = flagChange({ categories: ['x'.repeat(60), 'short', '', '\\Seen', '$Junk'] }, none);
    expect(add).toEqual(['short']);
  });

  test('never names anything that is no atom', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (categories) => {
        for (const keyword of flagChange({ categories }, none).add) {
          const isAtom = [...keyword].every((character) => /[!-~]/.test(character) && !'(){%*"\\]'.includes(character));
          expect([keyword, isAtom]).toEqual([keyword, true]);
        }
      }),
    );
  });
});
