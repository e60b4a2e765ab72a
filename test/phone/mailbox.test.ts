import { describe, expect, test } from '@jest/globals';
import { Email } from '../../protocol/code-pages/index.ts';
import type { SyncResponseCollection } from '../../protocol/commands/sync.ts';
import { describeAnomaly } from '../../src/phone/anomaly.ts';
import type { Collection, SentCollection } from '../../src/phone/collection.ts';
import { Mailbox } from '../../src/phone/mailbox.ts';
import { add, answer, change, element, mail, remove, softDelete } from './samples.ts';

/** Sends what the phone would send and applies `response`. */
const exchange = (mailbox: Mailbox, response: SyncResponseCollection, more: Partial<SentCollection> = {}) => {
  const inbox = mailbox.collection('inbox');
  const commands = inbox.takeCommands();
  const sent = { collectionId: 'inbox', syncKey: inbox.syncKey, commands, ...more };
  const [applied] = mailbox.applySync({ collections: { collection: [response] } }, [sent]);
  return { sent, applied };
};

/** A mailbox whose Inbox holds the items a and b under the key 2. */
const begun = (): { mailbox: Mailbox; inbox: Collection } => {
  const mailbox = new Mailbox();
  exchange(mailbox, answer('1'));
  exchange(mailbox, answer('2', [add('a', 'Apples'), add('b', 'Bread')]));
  return { mailbox, inbox: mailbox.collection('inbox') };
};

const fieldOf = (inbox: Collection, serverId: string, name: string): string | undefined =>
  inbox.item(serverId)?.fields.find((node) => node.tag.name === name)?.text;

const kinds = (mailbox: Mailbox): readonly string[] => mailbox.anomalies.map((anomaly) => anomaly.kind);

describe('items', () => {
  test('Add, Change, Delete and SoftDelete do what they say', () => {
    const { mailbox, inbox } = begun();
    const response = answer('3', [
      change('a', element(Email.Read, '1')),
      remove('b'),
      add('c', 'Cheese'),
      add('d', 'Dates'),
    ]);
    const { applied } = exchange(mailbox, response);
    exchange(mailbox, answer('4', [softDelete('d')]));
    expect(inbox.items().map((item) => item.serverId)).toEqual(['a', 'c']);
    expect(fieldOf(inbox, 'a', 'Email:Subject')).toBe('Apples');
    expect(fieldOf(inbox, 'a', 'Email:Read')).toBe('1');
    expect(applied?.added.map((item) => item.serverId)).toEqual(['c', 'd']);
    expect(applied?.changed.map((item) => item.serverId)).toEqual(['a']);
    expect(applied?.removed).toEqual(['b']);
    expect(inbox.syncKey).toBe('4');
    expect(mailbox.anomalies).toEqual([]);
  });

  test('a container is replaced whole, and an empty Flag or Categories takes the value away', () => {
    const { mailbox, inbox } = begun();
    const flag = { tag: Email.Flag, children: [element(Email.Status, '2')] };
    exchange(mailbox, answer('3', [change('a', flag)]));
    expect(inbox.item('a')?.fields).toContainEqual(flag);
    exchange(mailbox, answer('4', [change('a', { tag: Email.Flag, children: [] })]));
    expect(inbox.item('a')?.fields).toEqual(mail('Apples'));
  });

  test.each([
    ['addOfHeldItem', answer('3', [add('a', 'again')]), 'a'],
    ['changeOfUnknownItem', answer('3', [change('z', element(Email.Read, '1'))]), 'z'],
    ['deleteOfUnknownItem', answer('3', [remove('z')]), 'z'],
    ['softDeleteOfUnknownItem', answer('3', [softDelete('z')]), 'z'],
    ['answerToNothing', answer('3', [], [{ kind: 'change', serverId: 'z', status: 8 }]), 'z'],
    ['emptyWindow', { ...answer('3'), moreAvailable: true }, undefined],
    ['missingSyncKey', { ...answer('3'), syncKey: undefined }, undefined],
    ['changesUnderSameKey', answer('2', [add('c', 'Cheese')]), undefined],
  ] as const)('%s is written down', (kind, response, serverId) => {
    const { mailbox } = begun();
    exchange(mailbox, response);
    expect(mailbox.anomalies).toEqual([{ kind, collectionId: 'inbox', serverId }]);
    expect(describeAnomaly(mailbox.anomalies[0] ?? { kind: 'wrongCount' })).toContain('collection inbox');
  });

  test('more changes than the window, and changes in the first answer, are written down', () => {
    const mailbox = new Mailbox();
    exchange(mailbox, answer('1', [add('a', 'Apples')]));
    exchange(mailbox, answer('2', [add('b', 'Bread'), add('c', 'Cheese')]), { windowSize: 1 });
    expect(kinds(mailbox)).toEqual(['changesInFirstSync', 'windowExceeded']);
  });

  test('a collection that was not asked for changes nothing', () => {
    const { mailbox } = begun();
    const stranger = { ...answer('9', [add('x', 'X')]), collectionId: 'other' };
    mailbox.applySync({ collections: { collection: [stranger] } }, []);
    expect(kinds(mailbox)).toEqual(['uninvitedCollection']);
    expect(mailbox.collections().map((collection) => collection.id)).toEqual(['inbox']);
  });

  test('an empty answer changes nothing', () => {
    const { mailbox, inbox } = begun();
    expect(mailbox.applySync(undefined, [{ collectionId: 'inbox', syncKey: '2' }])).toEqual([]);
    expect([inbox.syncKey, inbox.size]).toEqual(['2', 2]);
  });
});

describe('SyncKeys', () => {
  test('Status 3 wipes the folder and counts (MS-ASCMD_R4425)', () => {
    const { mailbox, inbox } = begun();
    inbox.change('a', [element(Email.Read, '1')]);
    exchange(mailbox, { collectionId: 'inbox', status: 3 });
    expect([inbox.syncKey, inbox.size, inbox.pending, inbox.wipes, mailbox.wipes]).toEqual(['0', 0, 0, 1, 1]);
  });

  test.each([4, 5, 8, 12, 16])('Status %d keeps key, items and changes', (status) => {
    const { mailbox, inbox } = begun();
    inbox.delete('a');
    exchange(mailbox, { collectionId: 'inbox', status });
    expect([inbox.syncKey, inbox.size, inbox.pending]).toEqual(['2', 1, 1]);
  });

  test('no change goes out with SyncKey 0', () => {
    const inbox = new Mailbox().collection('inbox');
    inbox.add('1', mail('Draft'));
    expect(inbox.takeCommands()).toEqual([]);
    expect(inbox.pending).toBe(1);
  });
});

describe("the phone's own changes", () => {
  test('show at once, are sent once, and are forgotten with the answer', () => {
    const { mailbox, inbox } = begun();
    inbox.change('a', [element(Email.Read, '1')]);
    inbox.delete('b');
    expect([fieldOf(inbox, 'a', 'Email:Read'), inbox.size]).toEqual(['1', 1]);
    const { sent } = exchange(mailbox, answer('3'));
    expect(sent.commands).toEqual([
      { kind: 'change', serverId: 'a', applicationData: [element(Email.Read, '1')] },
      { kind: 'delete', serverId: 'b' },
    ]);
    expect([inbox.pending, inbox.takeCommands()]).toEqual([0, []]);
  });

  test('after a lost answer go out again unchanged, with the new ones behind them', () => {
    const { inbox } = begun();
    inbox.change('a', [element(Email.Read, '1')]);
    const lost = inbox.takeCommands();
    inbox.delete('b');
    expect(inbox.takeCommands()).toEqual([...lost, { kind: 'delete', serverId: 'b' }]);
  });

  test('a second change of an item whose first is under way waits for its answer', () => {
    const { mailbox, inbox } = begun();
    inbox.change('a', [element(Email.Read, '1')]);
    inbox.takeCommands();
    inbox.change('a', [element(Email.Read, '0')]);
    const { sent } = exchange(mailbox, answer('3'));
    expect(sent.commands).toEqual([{ kind: 'change', serverId: 'a', applicationData: [element(Email.Read, '1')] }]);
    expect(inbox.takeCommands()).toEqual([
      { kind: 'change', serverId: 'a', applicationData: [element(Email.Read, '0')] },
    ]);
  });

  test('changes of one item before it is sent become one; a Delete takes their place', () => {
    const { inbox } = begun();
    const category = { tag: Email.Categories, children: [element(Email.Category, 'Red')] };
    inbox.change('a', [element(Email.Read, '1')]);
    inbox.change('a', [category]);
    inbox.change('b', [element(Email.Read, '1')]);
    inbox.delete('b');
    expect(inbox.takeCommands()).toEqual([
      { kind: 'change', serverId: 'a', applicationData: [element(Email.Read, '1'), category] },
      { kind: 'delete', serverId: 'b' },
    ]);
  });

  test('stay on top of a Change that the server sent before it had them', () => {
    const { mailbox, inbox } = begun();
    const sent = { collectionId: 'inbox', syncKey: '2', commands: [] };
    inbox.change('a', [element(Email.Read, '1')]);
    const late = answer('3', [change('a', element(Email.Read, '0'), element(Email.Subject, 'Apricots'))]);
    mailbox.applySync({ collections: { collection: [late] } }, [sent]);
    expect(fieldOf(inbox, 'a', 'Email:Read')).toBe('1');
    expect(fieldOf(inbox, 'a', 'Email:Subject')).toBe('Apricots');
  });

  test('what the server says of an item that was just deleted here is late, not wrong', () => {
    const { mailbox, inbox } = begun();
    inbox.delete('a');
    exchange(mailbox, answer('3', [change('a', element(Email.Read, '1'))]));
    expect(mailbox.anomalies).toEqual([]);
    exchange(mailbox, answer('4', [change('a', element(Email.Read, '1'))]));
    expect(kinds(mailbox)).toEqual(['changeOfUnknownItem']);
  });

  test('a conflict (Status 7) is kept, and the server wins with its Change', () => {
    const { mailbox, inbox } = begun();
    inbox.change('a', [element(Email.Subject, 'Mine')]);
    const conflict = { kind: 'change', serverId: 'a', status: 7 } as const;
    const { applied } = exchange(mailbox, answer('3', [change('a', element(Email.Subject, 'Theirs'))], [conflict]));
    expect(fieldOf(inbox, 'a', 'Email:Subject')).toBe('Theirs');
    expect([applied?.refused, inbox.refused, inbox.pending]).toEqual([[conflict], [conflict], 0]);
  });

  test('a new item is held under the ServerId of its answer; one that was sent is not held', () => {
    const { mailbox, inbox } = begun();
    inbox.add('n1', mail('Draft'), { itemClass: 'Email' });
    inbox.add('n2', mail('Sent at once'), { send: true });
    const { sent } = exchange(
      mailbox,
      answer(
        '3',
        [],
        [
          { kind: 'add', clientId: 'n1', serverId: 'c', status: 1 },
          { kind: 'add', clientId: 'n2', serverId: 'd', status: 1 },
        ],
      ),
    );
    expect(sent.commands?.map((command) => command.kind)).toEqual(['add', 'add']);
    expect(inbox.item('c')?.fields).toEqual(mail('Draft'));
    expect(inbox.item('d')).toBeUndefined();
    expect(mailbox.anomalies).toEqual([]);
  });

  test('an answer to a Fetch completes the item', () => {
    const { mailbox, inbox } = begun();
    const commands = [{ kind: 'fetch', serverId: 'a' }] as const;
    const fetched = { kind: 'fetch', serverId: 'a', status: 1, applicationData: mail('Apples, in full') } as const;
    exchange(mailbox, answer('3', [], [fetched]), { commands });
    expect(fieldOf(inbox, 'a', 'Email:Subject')).toBe('Apples, in full');
  });

  test('nobody changes what the phone does not hold', () => {
    const { inbox } = begun();
    expect(() => inbox.change('z', [])).toThrow('holds no item z');
    expect(() => inbox.delete('z')).toThrow('holds no item z');
  });
});

describe('folders', () => {
  const folder = (serverId: string, parentId: string, displayName: string, type = 12) => ({
    serverId,
    parentId,
    displayName,
    type,
  });
  const changes = { update: [], delete: [], add: [] };
  const whole = {
    status: 1,
    syncKey: '1',
    changes: {
      ...changes,
      count: 4,
      add: [
        folder('4', '3', 'Deep'),
        folder('3', '0', 'Zebra'),
        folder('2', '0', 'Sent', 5),
        folder('1', '0', 'Inbox', 2),
      ],
    },
  };

  test('stand as a tree, default folders first', () => {
    const mailbox = new Mailbox();
    mailbox.applyHierarchy(whole);
    expect(mailbox.folders.lines().map(({ folder: { displayName }, depth }) => [displayName, depth])).toEqual([
      ['Inbox', 0],
      ['Sent', 0],
      ['Zebra', 0],
      ['Deep', 1],
    ]);
    expect(mailbox.folders.byRole('inbox')?.serverId).toBe('1');
    expect(mailbox.anomalies).toEqual([]);
  });

  test('Update renames, Delete forgets the folder and what it held', () => {
    const mailbox = new Mailbox();
    mailbox.applyHierarchy(whole);
    mailbox.collection('4').syncKey = '7';
    const update = [folder('3', '0', 'Yak')];
    mailbox.applyHierarchy({
      status: 1,
      syncKey: '2',
      changes: { ...changes, count: 2, update, delete: [{ serverId: '4' }] },
    });
    expect(mailbox.folders.all().map((each) => each.displayName)).toEqual(['Yak', 'Sent', 'Inbox']);
    expect(mailbox.collections()).toEqual([]);
    expect([mailbox.folders.syncKey, mailbox.anomalies.length]).toEqual(['2', 0]);
  });

  test.each([
    ['addOfHeldFolder', { add: [folder('1', '0', 'Inbox', 2)] }],
    ['updateOfUnknownFolder', { update: [folder('9', '0', 'Nine')] }],
    ['deleteOfUnknownFolder', { delete: [{ serverId: '9' }] }],
    ['orphanFolder', { add: [folder('9', '8', 'Nine')] }],
    ['wrongCount', { count: 3 }],
  ] as const)('%s is written down', (kind, change) => {
    const mailbox = new Mailbox();
    mailbox.applyHierarchy(whole);
    mailbox.applyHierarchy({ status: 1, syncKey: '2', changes: { ...changes, ...change } });
    expect(kinds(mailbox)).toEqual([kind]);
  });

  test('Status 9 forgets the hierarchy; the collections live on until it is known again', () => {
    const mailbox = new Mailbox();
    mailbox.applyHierarchy(whole);
    mailbox.collection('1').syncKey = '5';
    mailbox.applyHierarchy({ status: 9 });
    expect([mailbox.folders.syncKey, mailbox.folders.all().length, mailbox.wipes]).toEqual(['0', 0, 1]);
    mailbox.applyHierarchy(whole);
    expect(mailbox.collection('1').syncKey).toBe('5');
    expect(mailbox.anomalies).toEqual([]);
  });

  test('a failure changes nothing', () => {
    const mailbox = new Mailbox();
    mailbox.applyHierarchy(whole);
    mailbox.applyHierarchy({ status: 6 });
    expect([mailbox.folders.syncKey, mailbox.folders.all().length]).toEqual(['1', 4]);
  });
});
