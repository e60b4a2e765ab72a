import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EmailFlag } from '../../../backends/contract/mail.ts';
import type { MailFacts } from '../../../backends/convert/mail/email.ts';
import {
  freshState,
  patched,
  revisionOf,
  type StateRow,
  stateColumns,
  stateOfRow,
  stateValues,
} from '../../../backends/local/state.ts';

const now = Date.UTC(2026, 10, 23, 12);
const dueDate = new Date(Date.UTC(2026, 11, 1));
const flag: EmailFlag = { status: 2, flagType: 'Follow up', dueDate, utcDueDate: dueDate, reminderSet: false };

const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((value) => new Date(value * 1000));
const anyFlag: fc.Arbitrary<EmailFlag> = fc.record(
  { status: fc.constantFrom(1, 2), subject: fc.string({ unit: 'binary' }), dueDate: seconds, completeTime: seconds },
  { requiredKeys: ['status'] },
);
const anyState: fc.Arbitrary<MailFacts> = fc.record({
  seen: fc.boolean(),
  answered: fc.boolean(),
  forwarded: fc.boolean(),
  flagged: fc.constant(true),
  draft: fc.boolean(),
  categories: fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }),
  flag: anyFlag,
  lastVerbAt: fc.option(seconds, { nil: undefined }),
});

/** What a row gives back that holds the values. */
const throughRow = (state: MailFacts): MailFacts => {
  const values = stateValues(state).map((value) => (typeof value === 'boolean' ? Number(value) : value));
  const row = Object.fromEntries(stateColumns.map((name, index) => [name, values[index]]));
  return stateOfRow(row as Record<string, unknown> as StateRow & Record<string, unknown>);
};

describe('the state of a message', () => {
  test('comes back from its row as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(throughRow(state)).toEqual(state);
      }),
    );
  });

  test('without flag and verb comes back without them', () => {
    expect(throughRow(freshState)).toEqual({ ...freshState, flag: undefined, lastVerbAt: undefined });
  });

  test('stores texts that SQLite could not hold', () => {
    const odd = { ...freshState, categories: ['nul\0', 'lone \ud800'], flagged: true, flag: { subject: 'nul\0' } };
    for (const value of stateValues(odd)) if (typeof value === 'string') expect(value).not.toMatch(/\0|\p{Surrogate}/u);
    expect(throughRow(odd)).toMatchObject(odd);
  });
});

describe('a patch', () => {
  test('changes what it names, and nothing else', () => {
    const before = patched(freshState, { read: true, flag, categories: ['A'], answered: true }, now);
    expect(patched(before, {}, now + 5000)).toEqual(before);
    expect(patched(before, { read: false }, now)).toEqual({ ...before, seen: false });
    expect(patched(before, { categories: [] }, now)).toEqual({ ...before, categories: [] });
  });

  test('applied twice is applied once', () => {
    const patch = { read: true, flag, categories: ['A', 'B'], answered: true, forwarded: true };
    const once = patched(freshState, patch, now);
    expect(patched(once, patch, now + 60_000)).toEqual(once);
  });

  test.each<[string, EmailFlag | null]>([
    ['null', null],
    ['an element without children', {}],
    ['status 0', { status: 0, flagType: 'Follow up' }],
    ['children that are absent', { subject: undefined }],
  ])('clears the flag by %s', (_, cleared) => {
    const before = patched(freshState, { flag }, now);
    expect(before).toMatchObject({ flagged: true, flag });
    expect(patched(before, { flag: cleared }, now)).toMatchObject({ flagged: false, flag: undefined });
  });

  test('replaces the whole flag: one without dates has none', () => {
    const before = patched(freshState, { flag }, now);
    expect(patched(before, { flag: { status: 1 } }, now)).toMatchObject({ flagged: true, flag: { status: 1 } });
    expect(patched(before, { flag: { status: 1 } }, now).flag).toEqual({ status: 1 });
  });

  test('notes when a verb was first executed', () => {
    const answered = patched(freshState, { answered: true }, now);
    expect(answered.lastVerbAt).toEqual(new Date(now));
    expect(patched(answered, { answered: true }, now + 1).lastVerbAt).toEqual(new Date(now));
    expect(patched(answered, { forwarded: true }, now + 1000).lastVerbAt).toEqual(new Date(now + 1000));
  });
});

describe('a revision', () => {
  test('is short, and differs with everything that a device sees', () => {
    const states: MailFacts[] = [
      freshState,
      { ...freshState, seen: true },
      { ...freshState, answered: true },
      { ...freshState, forwarded: true },
      { ...freshState, flagged: true },
      { ...freshState, draft: true },
      { ...freshState, categories: ['A'] },
      { ...freshState, categories: ['B'] },
      { ...freshState, flagged: true, flag },
      { ...freshState, flagged: true, flag: { ...flag, dueDate: new Date(0) } },
    ];
    const revisions = states.map(revisionOf);
    expect(new Set(revisions).size).toBe(states.length);
    for (const revision of revisions) expect(revision).toMatch(/^[A-Za-z0-9_-]{1,24}$/);
  });

  test('is the same for equal content: order of categories, of fields, and the time of the verb do not count', () => {
    const one = { ...freshState, categories: ['A', 'B'], flagged: true, flag: { status: 2, subject: 'x' } };
    const two = { ...freshState, categories: ['B', 'A', 'B'], flagged: true, flag: { subject: 'x', status: 2 } };
    expect(revisionOf(one)).toBe(revisionOf({ ...two, lastVerbAt: new Date(now) }));
  });
});
