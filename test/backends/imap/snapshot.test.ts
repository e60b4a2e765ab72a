import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdSet } from '../../../backends/contract/id-set.ts';
import { compareSnapshots, takeSnapshot, uidsThere } from '../../../backends/imap/snapshot.ts';

const Flags = ['\\seen', '\\flagged', 'Work', 'a.b'] as const;

/** A mailbox as a table: flags of each message by UID. */
const mailbox = fc.dictionary(
  fc.integer({ min: 1, max: 60 }).map(String),
  fc.subarray([...Flags]).map((flags) => [...flags]),
  { maxKeys: 40 },
);
type Mailbox = Readonly<Record<string, readonly string[]>>;

const snapshotOf = (messages: Mailbox): IdSet => {
  const uids = Object.keys(messages).map(Number);
  return takeSnapshot(uids, new Map(Flags.map((flag) => [flag, uids.filter((uid) => messages[uid]?.includes(flag))])));
};

/** The difference, found message by message. */
const difference = (before: Mailbox, now: Mailbox) => ({
  changed: Object.keys(now)
    .filter(
      (uid) =>
        before[uid] === undefined || Flags.some((flag) => before[uid]?.includes(flag) !== now[uid]?.includes(flag)),
    )
    .map(Number)
    .sort((a, b) => a - b),
  gone: Object.keys(before)
    .filter((uid) => now[uid] === undefined)
    .map(Number),
});

describe('snapshots of a mailbox', () => {
  test('tell exactly which messages are new, changed and gone', () => {
    fc.assert(
      fc.property(mailbox, mailbox, (before, now) => {
        expect(compareSnapshots(snapshotOf(before), snapshotOf(now))).toEqual(difference(before, now));
      }),
    );
  });

  test('survive being written and read', () => {
    fc.assert(
      fc.property(mailbox, (messages) => {
        const snapshot = snapshotOf(messages);
        expect(IdSet.decode(snapshot.encode()).equals(snapshot)).toBe(true);
        expect(uidsThere(snapshot)).toEqual(
          Object.keys(messages)
            .map(Number)
            .sort((a, b) => a - b),
        );
      }),
    );
  });

  test('cost about two bytes a run: 20,000 messages in a few runs fit into 100 bytes', () => {
    const uids = Array.from({ length: 20_000 }, (_, i) => i + 1);
    const snapshot = takeSnapshot(uids, new Map([['\\seen', uids.slice(0, 19_000)]]));
    expect(snapshot.encode().length).toBeLessThan(100);
  });

  test('have no flag without a name: it would be taken for a message', () => {
    expect(() => takeSnapshot([1], new Map([['', [1]]]))).toThrow(RangeError);
  });
});
