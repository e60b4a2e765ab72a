import { describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../backends/contract/groupware.ts';
import { type CalendarEvent, EventFields } from '../../protocol/classes/event.ts';
import { Calendar } from '../../protocol/code-pages/index.ts';
import { readTree, type TreeNode } from '../../protocol/schema/index.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { fetchAttachment } from '../../src/phone/mail-commands.ts';
import { itemOf, openClient } from '../support/client.ts';
import { type Items, itemsOf, storeFolderOf, storesOf } from '../support/groupware.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

const Versions: readonly ProtocolVersion[] = ['12.1', '14.1', '16.1'];
const Day = 86_400_000;

/** An hour, some days from now; whole seconds, as iCalendar has them. */
const inDays = (days: number): Date => new Date(Math.floor(Date.now() / Day) * Day + days * Day + 9 * 3_600_000);

const event = (subject: string, days: number, more: CalendarEvent = {}): CalendarEvent => ({
  ...{ subject, startTime: inDays(days), endTime: new Date(inDays(days).getTime() + 3_600_000), dtStamp: inDays(0) },
  ...{ allDayEvent: false, busyStatus: 2, sensitivity: 0, meetingStatus: 0, reminder: 15 },
  ...more,
});

let users = 0;
const open = async (version: ProtocolVersion = '14.1', user = `calendar${++users}`, device = `${user}phone`) => ({
  user,
  items: itemsOf(await openClient(host, user, version, device), 'Calendar'),
});

const elsewhere = async (user: string, version: ProtocolVersion = '14.1'): Promise<Items<'Calendar'>> => {
  const { items } = await open(version, user, `${user}tablet`);
  await items.load();
  return items;
};

const storeOf = (user: string): EventStore => {
  const { events } = storesOf(host, user);
  if (events === undefined) throw new Error('the local store keeps events');
  return events;
};

const folderOf = (user: string): Promise<string> => storeFolderOf(host, user, 'Calendar');

/** A device with one event that it added itself. */
const openWith = async (version: ProtocolVersion, added: CalendarEvent) => {
  const { user, items } = await open(version);
  await items.load();
  const answer = await items.sync({ commands: [items.add(added)] });
  expect(answer?.responses).toMatchObject([{ kind: 'add', status: 1 }]);
  return { user, items, serverId: answer?.responses?.[0]?.serverId ?? '' };
};

const subjects = (items: Items<'Calendar'>): string[] =>
  [...items.all().values()].map(({ subject }) => subject ?? '').sort();

describe.each(Versions)('events in %s', (version) => {
  test('go to another device and change there and back', async () => {
    const { user, items, serverId } = await openWith(version, event('Dentist', 3));
    const other = await elsewhere(user, version);
    expect(other.only()).toMatchObject({ subject: 'Dentist', startTime: inDays(3), reminder: 15, busyStatus: 2 });
    const startTime = inDays(4);
    const moved = { ...event('Dentist', 4), startTime, endTime: new Date(startTime.getTime() + 1_800_000) };
    await items.sync({ commands: [items.change(serverId, moved)] });
    await other.sync();
    expect(other.only()).toMatchObject({ subject: 'Dentist', startTime, endTime: moved.endTime });
    await other.sync({ commands: [{ kind: 'delete', serverId: other.onlyId() }] });
    await items.sync();
    expect(items.all().size).toBe(0);
    expect([...items.client.mailbox.anomalies, ...other.client.mailbox.anomalies]).toEqual([]);
  });

  test('an Add whose answer was lost makes no twin', async () => {
    const { user, items } = await open(version);
    await items.load();
    const request = items.client.request({ [items.collectionId]: { commands: [items.add(event('Once', 2))] } });
    await items.client.device.sync(request);
    await items.client.send(request);
    expect(subjects(await elsewhere(user, version))).toEqual(['Once']);
  });

  test('what a Change leaves out is taken away up to 14.1 (MS-ASCMD_R879), and stays in 16.x (MS-ASCMD_R7309)', async () => {
    const { user, items, serverId } = await openWith(version, event('Choir', 2, { categories: ['Music'] }));
    const { reminder: _, ...rest } = event('Choir practice', 2);
    await items.sync({ commands: [items.change(serverId, rest)] });
    const { subject, categories, reminder } = (await elsewhere(user, version)).only();
    const isKept = can(version, 'calendarGhostedByDefault');
    expect({ subject, categories, reminder }).toEqual({
      subject: 'Choir practice',
      categories: isKept ? ['Music'] : undefined,
      reminder: isKept ? 15 : undefined,
    });
  });

  test('a conflict is settled by the policy: Status 7 and the server wins (MS-ASCMD_R2069)', async () => {
    const { user, items, serverId } = await openWith(version, event('Theirs', 2));
    const patch = { set: { subject: 'Server' }, cleared: [], seen: { preferences: [], form: 'instants' } } as const;
    await storeOf(user).update(await folderOf(user), itemOf(serverId), patch);
    const answer = await items.sync({ commands: [items.change(serverId, event('Device', 2))] });
    expect(answer?.responses).toMatchObject([{ kind: 'change', status: 7, serverId }]);
    expect(subjects(items)).toEqual(['Server']);
  });
});

describe('FilterType of events', () => {
  test('leaves out what was over before; what is to come or never ends is always there (MS-ASCMD_R2971, R5877)', async () => {
    const { user, items } = await open();
    await items.load();
    const weekly = { recurrence: { type: 1, interval: 1, dayOfWeek: 1 << inDays(-100).getUTCDay() } };
    await items.sync({
      commands: [
        items.add(event('long ago', -100)),
        items.add(event('recently', -5)),
        items.add(event('coming', 400)),
        items.add(event('forever', -100, weekly)),
      ],
    });
    const { items: other } = await open('14.1', user, `${user}tablet`);
    await other.load({ options: [{ filterType: 4 }] });
    expect(subjects(other)).toEqual(['coming', 'forever', 'recently']);
    await other.sync({ options: [{ filterType: 0 }] });
    expect(subjects(other)).toEqual(['coming', 'forever', 'long ago', 'recently']);
    expect((await other.sync({ options: [{ filterType: 1 }] }))?.status).toBe(4);
  });

  test('an event that is moved out of the filter leaves the device', async () => {
    const { user, items, serverId } = await openWith('14.1', event('Meeting', 1));
    const { items: other } = await open('14.1', user, `${user}tablet`);
    await other.load({ options: [{ filterType: 4 }] });
    await items.sync({ commands: [items.change(serverId, event('Meeting', -60))] });
    await other.sync();
    expect(other.all().size).toBe(0);
  });
});

describe('occurrences in 16.1', () => {
  const daily = { recurrence: { type: 0, interval: 1, occurrences: 5 } };

  test('are changed and deleted by InstanceId (MS-ASCMD_R6238, R6420)', async () => {
    const { user, items, serverId } = await openWith('16.1', event('Stand-up', 1, daily));
    const moved = items.change(serverId, { subject: 'Stand-up outside' }, inDays(2));
    const answer = await items.sync({ commands: [moved, { kind: 'delete', serverId, instanceId: inDays(3) }] });
    expect(answer?.responses).toBeUndefined();
    const { exceptions = [], subject } = (await elsewhere(user, '16.1')).only();
    expect(subject).toBe('Stand-up');
    expect(exceptions).toHaveLength(2);
    expect(exceptions.find(({ deleted }) => deleted)).toMatchObject({ instanceId: inDays(3) });
    expect(exceptions.find(({ deleted }) => !deleted)).toMatchObject({
      instanceId: inDays(2),
      subject: 'Stand-up outside',
    });
  });

  test('are taken away by Deleted, too', async () => {
    const { user, items, serverId } = await openWith('16.1', event('Stand-up', 1, daily));
    const applicationData = [{ tag: Calendar.Deleted, children: [], text: '1' }];
    await items.sync({ commands: [{ kind: 'change', serverId, instanceId: inDays(2), applicationData }] });
    const { exceptions } = (await elsewhere(user, '16.1')).only();
    expect(exceptions).toMatchObject([{ deleted: true, instanceId: inDays(2) }]);
  });

  test('that are none are refused, with their names (MS-ASAIRS_R1178)', async () => {
    const { items } = await openWith('16.1', event('Stand-up', 1, daily));
    const commands = [{ kind: 'delete', serverId: `${items.collectionId}:1.999`, instanceId: inDays(3) }] as const;
    expect((await items.sync({ commands }))?.responses).toMatchObject([
      { kind: 'delete', status: 8, instanceId: inDays(3) },
    ]);
  });
});

describe('files of events in 16.1', () => {
  test('are added, fetched and taken away', async () => {
    const file = {
      ...{ kind: 'add' as const, clientId: 'f1', method: 1, displayName: 'Agenda.txt', contentType: 'text/plain' },
      content: Buffer.from('1. Welcome').toString('base64'),
    };
    const { user, items, serverId } = await openWith('16.1', event('Meeting', 2, { attachments: [file] }));
    const other = await elsewhere(user, '16.1');
    const [attached] = other.only().attachments ?? [];
    expect(attached).toMatchObject({ kind: 'attachment', displayName: 'Agenda.txt' });
    const fileReference = attached?.kind === 'attachment' ? attached.fileReference : '';
    expect(fileReference).toMatch(new RegExp(`^${other.onlyId()}:`));
    const fetched = await fetchAttachment(other.client.device, fileReference);
    expect([fetched.contentType, Buffer.from(fetched.data).toString()]).toEqual(['text/plain', '1. Welcome']);
    await expect(fetchAttachment(other.client.device, `${other.onlyId()}:none`)).rejects.toThrow(/15/);
    await other.sync({
      commands: [other.change(other.onlyId(), { attachments: [{ kind: 'delete', fileReference }] })],
    });
    await items.sync();
    expect(items.all().get(serverId)?.attachments).toBeUndefined();
  });

  const added = (clientId: string, text: string) => ({
    ...{ kind: 'add' as const, clientId, method: 1, displayName: `${clientId}.txt`, contentType: 'text/plain' },
    content: Buffer.from(text).toString('base64'),
  });
  /** What the answer to an Add, or the Change that follows one, says of files. */
  const namesIn = (told: object | undefined) => {
    const nodes = (told as { readonly applicationData?: readonly TreeNode[] } | undefined)?.applicationData ?? [];
    return (readTree(EventFields, nodes, { version: '16.1' }).attachments ?? []).map((file) =>
      file.kind === 'attachment' ? [file.clientId, file.fileReference] : [],
    );
  };

  test('have a name in the answer to their Add, whenever it is repeated (MS-ASAIRS_R1082, R1367)', async () => {
    const { items } = await open('16.1');
    await items.load();
    const { syncKey } = items.client.mailbox.collection(items.collectionId);
    const commands = [items.add(event('Meeting', 2, { attachments: [added('f1', 'one'), added('f2', 'two')] }))];
    const first = (await items.sync({ commands }))?.responses?.[0];
    const names = namesIn(first);
    expect(names.map(([clientId]) => clientId)).toEqual(['f1', 'f2']);
    const again = (await items.sync({ commands, syncKey }))?.responses?.[0];
    expect([again?.serverId, namesIn(again)]).toEqual([first?.serverId, names]);
    const fetched = await fetchAttachment(items.client.device, names[1]?.[1] ?? '');
    expect(Buffer.from(fetched.data).toString()).toBe('two');
  });

  test('that are added by a Change have theirs in the Change that follows in the same response', async () => {
    const { items, serverId } = await openWith('16.1', event('Meeting', 2));
    const answer = await items.sync({ commands: [items.change(serverId, { attachments: [added('f3', 'three')] })] });
    expect(answer?.responses).toBeUndefined();
    expect(answer?.commands).toMatchObject([{ kind: 'change', serverId }]);
    const [name] = namesIn(answer?.commands?.[0]);
    expect(name?.[0]).toBe('f3');
    expect(Buffer.from((await fetchAttachment(items.client.device, name?.[1] ?? '')).data).toString()).toBe('three');
    expect(await items.sync()).toBeUndefined();
    expect((await openWith('16.1', event('Plain', 3))).items.all().size).toBe(1);
  });
});
