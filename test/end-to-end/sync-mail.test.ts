import { describe, expect, test } from '@jest/globals';
import type { ClientCommand } from '../../protocol/commands/sync.ts';
import { can, SupportedVersions } from '../../protocol/versions.ts';
import { type Client, emailNodes, itemOf, openClient, openInbox } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

let users = 0;
const newUser = (): string => `user${++users}`;

const deleteOf = (serverId: string): ClientCommand => ({ kind: 'delete', serverId });
const at = (text: string): Date => new Date(text);

describe.each(SupportedVersions)('version %s', (version) => {
  const categories = can(version, 'emailCategories');

  test('what happens on the server reaches the device: Add, Change, Delete', async () => {
    const client = await openInbox(host, newUser(), ['one', 'two'], version);
    const { inbox } = client;
    expect(client.subjects(inbox)).toEqual(['one', 'two']);
    const [one, two] = [client.idOf(inbox, 'one'), client.idOf(inbox, 'two')];
    await host.deliver(client.user, message('three'));
    await client.patch('inbox', one, { read: true, flag: { status: 2 }, categories: ['Blue'] });
    await client.store.remove(await client.storeFolder('inbox'), [itemOf(two)], 'permanent');
    const answer = await client.sync(inbox);
    expect(answer?.commands?.map(({ kind }) => kind)).toEqual(['delete', 'change', 'add']);
    expect(client.subjects(inbox)).toEqual(['one', 'three']);
    expect(client.email(inbox, 'one')).toMatchObject({ read: true, flag: { status: 2 } });
    expect(client.email(inbox, 'one').categories).toEqual(categories ? ['Blue'] : undefined);
    await client.patch('inbox', one, { flag: null, categories: [] });
    await client.sync(inbox);
    expect(client.email(inbox, 'one').flag).toBeUndefined();
    expect(client.email(inbox, 'one').categories).toBeUndefined();
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test('what the device does reaches the server, and does not come back', async () => {
    const client = await openInbox(host, newUser(), ['one', 'two'], version);
    const { inbox } = client;
    const [one, two] = [client.idOf(inbox, 'one'), client.idOf(inbox, 'two')];
    const answer = await client.sync(inbox, {
      commands: [
        client.change(one, { read: true, ...(categories ? { categories: ['Red', 'Grün'] } : {}) }),
        deleteOf(two),
      ],
    });
    expect(answer).toMatchObject({ status: 1 });
    expect(answer?.commands).toBeUndefined();
    expect(answer?.responses).toBeUndefined();
    expect(await client.sync(inbox)).toBeUndefined();
    const other = await openClient(host, client.user, version, 'other');
    await other.load(inbox);
    expect(other.subjects(inbox)).toEqual(['one']);
    expect(other.email(inbox, 'one')).toMatchObject({ read: true });
    expect(other.email(inbox, 'one').categories).toEqual(categories ? ['Red', 'Grün'] : undefined);
  });

  test('a follow-up flag is set with its dates, completed and cleared', async () => {
    const client = await openInbox(host, newUser(), ['one'], version);
    const other = await openClient(host, client.user, version, 'other');
    const { inbox } = client;
    await other.load(inbox);
    const one = client.idOf(inbox, 'one');
    const flag = {
      subject: 'Call back',
      status: 2,
      flagType: 'Flag for follow up',
      startDate: at('2026-11-23T00:00:00Z'),
      dueDate: at('2026-11-25T00:00:00Z'),
      utcStartDate: at('2026-11-22T23:00:00Z'),
      utcDueDate: at('2026-11-24T23:00:00Z'),
      reminderSet: true,
      reminderTime: at('2026-11-25T08:30:00Z'),
    };
    await client.sync(inbox, { commands: [client.change(one, { flag })] });
    await other.sync(inbox);
    expect(other.email(inbox, 'one').flag).toEqual(flag);
    const done = {
      status: 1,
      flagType: 'Flag for follow up',
      completeTime: at('2026-11-24T10:00:00Z'),
      dateCompleted: at('2026-11-24T10:00:00Z'),
    };
    await other.sync(inbox, { commands: [other.change(one, { flag: done })] });
    await client.sync(inbox);
    expect(client.email(inbox, 'one').flag).toEqual(done);
    await client.sync(inbox, { commands: [client.change(one, { flag: {} })] });
    await other.sync(inbox);
    expect(other.email(inbox, 'one').flag).toBeUndefined();
    expect([...client.mailbox.anomalies, ...other.mailbox.anomalies]).toEqual([]);
  });
});

describe('two devices of one account', () => {
  const pair = async (): Promise<[Client, Client, string]> => {
    const one = await openInbox(host, newUser(), ['a', 'b', 'c']);
    const two = await openClient(host, one.user, '14.0', 'second');
    await two.load(one.inbox);
    return [one, two, one.inbox];
  };

  test('both change the same mail before either synchronises: both changes hold, both see both', async () => {
    const [one, two, inbox] = await pair();
    const mail = one.idOf(inbox, 'a');
    await one.sync(inbox, { commands: [one.change(mail, { flag: { status: 2, flagType: 'x' } })] });
    const answer = await two.sync(inbox, { commands: [two.change(mail, { read: true })] });
    expect(answer?.commands).toMatchObject([{ kind: 'change', serverId: mail }]);
    await one.sync(inbox);
    for (const client of [one, two]) {
      expect(client.email(inbox, 'a')).toMatchObject({ read: true, flag: { status: 2 } });
    }
    expect(await one.sync(inbox)).toBeUndefined();
    expect(await two.sync(inbox)).toBeUndefined();
  });

  test('other dates of a flag change nothing on the mail server, and are told to the other (MS-ASEMAIL 2.2.2.34)', async () => {
    const [one, two, inbox] = await pair();
    const mail = one.idOf(inbox, 'a');
    const flag = (day: number) => {
      const date = at(`2026-11-2${day}T10:00:00Z`);
      return { status: 2, flagType: 'x', startDate: date, dueDate: date, utcStartDate: date, utcDueDate: date };
    };
    await one.sync(inbox, { commands: [one.change(mail, { flag: flag(4) })] });
    await two.sync(inbox);
    await one.sync(inbox, { commands: [one.change(mail, { flag: flag(5) })] });
    expect((await two.sync(inbox))?.commands).toMatchObject([{ kind: 'change', serverId: mail }]);
    expect(two.email(inbox, 'a').flag).toEqual(flag(5));
    expect([await one.sync(inbox), await two.sync(inbox)]).toEqual([undefined, undefined]);
  });

  test('a mail that the other has deleted: Status 8 for the Change, then the Delete (MS-ASCMD_R2076)', async () => {
    const [one, two, inbox] = await pair();
    const mail = one.idOf(inbox, 'b');
    await one.sync(inbox, { commands: [deleteOf(mail)] });
    const answer = await two.sync(inbox, { commands: [two.change(mail, { read: true })] });
    expect(answer).toMatchObject({ status: 1, responses: [{ kind: 'change', serverId: mail, status: 8 }] });
    expect(answer?.commands).toEqual([{ kind: 'delete', serverId: mail }]);
    expect(two.subjects(inbox)).toEqual(['a', 'c']);
  });

  test('both delete the same mail: success for both, once in the Trash', async () => {
    const [one, two, inbox] = await pair();
    const mail = one.idOf(inbox, 'c');
    await one.sync(inbox, { commands: [deleteOf(mail)] });
    const answer = await two.sync(inbox, { commands: [deleteOf(mail)] });
    expect(answer).toMatchObject({ status: 1 });
    expect(answer?.responses).toBeUndefined();
    const trash = one.folder('trash');
    await one.load(trash);
    expect(one.subjects(trash)).toEqual(['c']);
  });

  test('a mark set, taken off and set again under one key ends as the device means it', async () => {
    const [one, two, inbox] = await pair();
    const mail = one.idOf(inbox, 'a');
    const marks = [true, false, true].map((read) => one.change(mail, { read }));
    await one.sync(inbox, { commands: marks });
    await two.sync(inbox);
    expect(two.email(inbox, 'a').read).toBe(true);
  });
});

describe('DeletesAsMoves', () => {
  test('1 and absent move into Trash, 0 and a Delete in Trash are for good', async () => {
    const client = await openInbox(host, newUser(), ['one', 'two', 'three']);
    const { inbox } = client;
    const trash = client.folder('trash');
    await client.sync(inbox, { commands: [deleteOf(client.idOf(inbox, 'one'))] });
    await client.sync(inbox, { deletesAsMoves: true, commands: [deleteOf(client.idOf(inbox, 'two'))] });
    await client.sync(inbox, { deletesAsMoves: false, commands: [deleteOf(client.idOf(inbox, 'three'))] });
    await client.load(trash);
    expect(client.subjects(trash)).toEqual(['one', 'two']);
    await client.sync(trash, { deletesAsMoves: true, commands: [deleteOf(client.idOf(trash, 'one'))] });
    const other = await openClient(host, client.user, '16.1', 'other');
    await other.load(trash);
    expect(other.subjects(trash)).toEqual(['two']);
  });
});

describe('refused changes', () => {
  test('an Add of mail, other elements than a device may change, nonsense: Status 6; the rest is done', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    const one = client.idOf(inbox, 'one');
    const answer = await client.sync(inbox, {
      commands: [
        { kind: 'add', clientId: 'c1', applicationData: emailNodes({ subject: 'mine' }) },
        client.change(one, { subject: 'Another subject' }),
        client.change(one, { read: true }),
      ],
    });
    expect(answer?.responses).toEqual([
      { kind: 'add', clientId: 'c1', status: 6 },
      { kind: 'change', serverId: one, status: 6 },
    ]);
    const other = await openClient(host, client.user, '16.1', 'other');
    await other.load(inbox);
    expect(other.email(inbox, 'one')).toMatchObject({ read: true, subject: 'one' });
  });

  test('Fetch gives an item again by the Options in force; one that is gone is Status 8', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    const one = client.idOf(inbox, 'one');
    const answer = await client.sync(inbox, {
      getChanges: false,
      options: [{ bodyPreferences: [{ type: 1 }] }],
      commands: [
        { kind: 'fetch', serverId: one },
        { kind: 'fetch', serverId: `${inbox}:1.999` },
      ],
    });
    expect(answer?.responses?.map(({ kind, status }) => [kind, status])).toEqual([
      ['fetch', 1],
      ['fetch', 8],
    ]);
    expect(client.email(inbox, 'one').body).toMatchObject({ type: 1, data: 'Hello\r\n' });
  });
});

describe('GetChanges', () => {
  test('0 keeps the changes back, absent and 1 give them (MS-ASCMD_R3125, R3126, R5556)', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    await host.deliver(client.user, message('two'));
    expect(await client.sync(inbox, { getChanges: false })).toBeUndefined();
    expect(await client.sync(inbox, { getChanges: true })).toMatchObject({ commands: [{ kind: 'add' }] });
    await host.deliver(client.user, message('three'));
    expect(await client.sync(inbox)).toMatchObject({ commands: [{ kind: 'add' }] });
  });

  test('with SyncKey 0: 1 is Status 4, 0 and absent are allowed (MS-ASCMD_R3128, R5838, R3129, R5839)', async () => {
    const client = await openClient(host, newUser());
    const begin = (getChanges?: boolean) => client.sync(client.inbox, { syncKey: '0', getChanges });
    expect(await begin(true)).toMatchObject({ status: 4 });
    expect(await begin(false)).toMatchObject({ status: 1 });
    const answer = await begin();
    expect(answer).toMatchObject({ status: 1 });
    expect(answer?.commands).toBeUndefined();
  });
});

describe('windows', () => {
  const fill = (count: number): string[] => Array.from({ length: count }, (_, i) => `mail ${i}`);

  test('WindowSize bounds an answer, MoreAvailable tells that there is more (MS-ASCMD_R4771, R3456)', async () => {
    const client = await openInbox(host, newUser(), fill(7));
    const { inbox } = client;
    await client.sync(inbox, { syncKey: '0' });
    const sizes: [number | undefined, boolean | undefined][] = [];
    for (let more: boolean | undefined = true; more; ) {
      const answer = await client.sync(inbox, { windowSize: 3 });
      more = answer?.moreAvailable;
      sizes.push([answer?.commands?.length, more]);
    }
    expect(sizes).toEqual([
      [3, true],
      [3, true],
      [1, undefined],
    ]);
  });

  test.each([
    [undefined, 100],
    [0, 512],
    [513, 512],
    [1, 1],
  ])('WindowSize %p means %p (MS-ASCMD_R3459)', async (windowSize, size) => {
    const client = await big();
    const { inbox } = client;
    await client.sync(inbox, { syncKey: '0' });
    const answer = await client.sync(inbox, { windowSize });
    expect(answer?.commands).toHaveLength(size);
    expect(answer?.moreAvailable).toBe(true);
  });

  let bigClient: Promise<Client> | undefined;
  const big = (): Promise<Client> => {
    bigClient ??= (async () => {
      const client = await openClient(host, newUser());
      const raw = new TextEncoder().encode(message('one of many'));
      const mail = Array.from({ length: 600 }, () => ({
        folder: { role: 'inbox' as const },
        raw,
        received: new Date(),
      }));
      await host.local.importMail(`${client.user}@example.test`, mail);
      return client;
    })();
    return bigClient;
  };

  test('a WindowSize of the whole request is shared by its collections, each in its turn (MS-ASCMD_R4778)', async () => {
    const client = await openClient(host, newUser());
    const ids = [client.inbox, client.folder('trash'), client.folder('sent')];
    for (const role of ['inbox', 'trash', 'sent'] as const) {
      const mail = fill(10).map((subject) => ({
        folder: { role },
        raw: new TextEncoder().encode(message(`${role} ${subject}`)),
        received: new Date(),
      }));
      await host.local.importMail(`${client.user}@example.test`, mail);
    }
    const asks = Object.fromEntries(ids.map((id) => [id, { windowSize: 8 }]));
    await client.syncAll(Object.fromEntries(ids.map((id) => [id, { syncKey: '0' }])));
    for (let rounds = 0; rounds < 5; rounds++) {
      const answer = await client.syncAll(asks, { windowSize: 12 });
      const counts = answer?.collections?.collection.map(({ commands, moreAvailable }) => [
        commands?.length,
        moreAvailable,
      ]);
      if (rounds === 0) {
        expect(counts).toEqual([
          [8, true],
          [4, true],
        ]);
      }
      const total = counts?.reduce((sum, [count]) => sum + Number(count ?? 0), 0) ?? 0;
      expect(total).toBeLessThanOrEqual(12);
    }
    expect(ids.map((id) => client.subjects(id).length)).toEqual([10, 10, 10]);
    expect(client.mailbox.anomalies).toEqual([]);
  });
});
