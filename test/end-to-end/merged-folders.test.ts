import { describe, expect, test } from '@jest/globals';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import { fetchAttachment } from '../../src/phone/mail-commands.ts';
import { Client, openClient } from '../support/client.ts';
import { type Items, itemsOf, storesOf } from '../support/groupware.ts';
import { startLocalServer } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

/** Devices that take one folder of a class are shown all of them as one; the others are not touched by it. */

const host = await serverForTests();

let users = 0;
const event = (subject: string): CalendarEvent => ({
  subject,
  startTime: new Date('2026-12-01T09:00:00Z'),
  endTime: new Date('2026-12-01T10:00:00Z'),
});
const seen = { preferences: [], form: 'instants' } as const;

/** A Samsung and another phone of a user who has two calendars, one event in each. */
const open = async () => {
  const user = `merged${++users}`;
  const plain = await openClient(host, user, '14.1', `${user}plain`);
  const stores = storesOf(host, user);
  const second = (await stores.folders?.create({ name: 'Family', itemClass: 'Calendar' })) ?? '';
  await plain.folderSync();
  const own = itemsOf(plain, 'Calendar');
  await own.load();
  await own.sync({ commands: [own.add(event('mine'))] });
  const put = async (subject: string) =>
    stores.events?.create(second, { set: event(subject), cleared: [], seen }, `${Math.random()}`.slice(2));
  await put('ours');
  const device = host.device(user, `${user}samsung`, { version: '14.1', deviceType: 'SAMSUNGSMS921B' });
  const samsung = new Client(host, user, device);
  await device.provision();
  await samsung.folderSync();
  const merged = itemsOf(samsung, 'Calendar');
  return { user, plain, own, stores, second, put, samsung, merged };
};
const subjects = (items: Items<'Calendar'>) => [...items.all().values()].map(({ subject }) => subject).sort();
const idOf = (items: Items<'Calendar'>, subject: string) =>
  [...items.all()].find(([, one]) => one.subject === subject)?.[0] ?? '';
const ping = (client: Client, id: string) =>
  client.device.ping({ heartbeatInterval: 60, folders: [{ id, class: 'Calendar' }] });

describe('a Samsung whose user has two calendars', () => {
  test('takes occurrences away, fetches files and asks for details where the event is (16.1)', async () => {
    const { user, stores, second } = await open();
    const device = host.device(user, `${user}new`, { version: '16.1', deviceType: 'SAMSUNGSMS926B' });
    const client = new Client(host, user, device);
    await device.provision();
    await client.folderSync();
    const merged = itemsOf(client, 'Calendar');
    const daily = { ...event('daily'), recurrence: { type: 0, interval: 1, occurrences: 5 } };
    await stores.events?.create(second, { set: daily, cleared: [], seen }, 'dada');
    await merged.load();
    const serverId = idOf(merged, 'daily');
    const content = Buffer.from('agenda').toString('base64');
    const file = { kind: 'add' as const, clientId: 'f', method: 1, displayName: 'a.txt', content };
    await merged.sync({ commands: [merged.change(serverId, { attachments: [file] })] });
    const [attached] = merged.all().get(serverId)?.attachments ?? [];
    const fileReference = attached?.kind === 'attachment' ? attached.fileReference : '';
    expect(Buffer.from((await fetchAttachment(device, fileReference)).data).toString()).toBe('agenda');
    const instanceId = new Date('2026-12-03T09:00:00Z');
    await merged.sync({ commands: [{ kind: 'delete', serverId, instanceId }] });
    const ids = [...((await stores.events?.list(second, undefined))?.ids ?? [])];
    const exceptions: unknown[] = [];
    for await (const read of stores.events?.read(second, ids, { ...seen, form: 'days' }) ?? [])
      if (read.outcome === 'item') exceptions.push(...(read.item.exceptions ?? []));
    expect(exceptions).toMatchObject([{ deleted: true, instanceId }]);
  });

  test('has one, with the events of both; another phone has two', async () => {
    const { plain, samsung, merged, own } = await open();
    const types = (client: Client) =>
      client.mailbox.folders.all().flatMap(({ type }) => (type === 8 || type === 13 ? [type] : []));
    expect([types(samsung), types(plain)]).toEqual([[8], [8, 13]]);
    await merged.load();
    expect([subjects(merged), subjects(own)]).toEqual([['mine', 'ours'], ['mine']]);
    for (const id of merged.all().keys()) expect(id.length).toBeLessThanOrEqual(64);
  });

  test('changes and removes events where they are, and adds to the default one', async () => {
    const { merged, own, stores, second } = await open();
    await merged.load();
    const id = idOf(merged, 'ours');
    await merged.sync({ commands: [merged.change(id, event('ours, later')), merged.add(event('new'))] });
    await own.sync();
    expect(subjects(own)).toEqual(['mine', 'new']);
    const { ids } = (await stores.events?.list(second, undefined)) ?? { ids: [] };
    for await (const read of stores.events?.read(second, [...ids], seen) ?? [])
      expect(read).toMatchObject({ outcome: 'item', item: { subject: 'ours, later' } });
    await merged.sync({ commands: [{ kind: 'delete', serverId: id }] });
    expect((await stores.events?.list(second, undefined))?.ids.isEmpty).toBe(true);
    expect(merged.client.mailbox.anomalies).toEqual([]);
  });

  test('waits for both, and others are woken by what it writes in either', async () => {
    const { samsung, merged, plain, own, second } = await open();
    await merged.load();
    const other = plain.mailbox.folders.all().find(({ type }) => type === 13)?.serverId ?? '';
    expect(second).not.toBe('');
    await plain.load(other);
    const told = ping(samsung, merged.collectionId);
    await until(() => host.server.waiting() === 1);
    await plain.sync(other, { commands: [own.add(event('from the other phone'), 'x1')] });
    expect(await told).toMatchObject({ status: 2, folders: [merged.collectionId] });
    await merged.sync();
    const waiting = ping(plain, other);
    await until(() => host.server.waiting() === 1);
    await merged.sync({ commands: [{ kind: 'delete', serverId: idOf(merged, 'from the other phone') }] });
    expect(await waiting).toMatchObject({ status: 2, folders: [other] });
  });

  test('is told of a calendar that comes while it waits, and of one that goes', async () => {
    const { samsung, merged, stores, plain } = await open();
    await merged.load();
    const told = ping(samsung, merged.collectionId);
    await until(() => host.server.waiting() === 1);
    const third = (await stores.folders?.create({ name: 'Work', itemClass: 'Calendar' })) ?? '';
    await stores.events?.create(third, { set: event('at work'), cleared: [], seen }, 'abcd');
    expect(await told).toMatchObject({ status: 2, folders: [merged.collectionId] });
    await merged.sync();
    expect(subjects(merged)).toEqual(['at work', 'mine', 'ours']);
    const waiting = ping(samsung, merged.collectionId);
    await until(() => host.server.waiting() === 1);
    await stores.folders?.remove(third);
    expect(await waiting).toMatchObject({ status: 2, folders: [merged.collectionId] });
    await merged.sync();
    expect(subjects(merged)).toEqual(['mine', 'ours']);
    await plain.folderSync();
    expect(merged.client.mailbox.anomalies).toEqual([]);
  });
});

test('the setting says it of all phones, or of none', async () => {
  const never = await startLocalServer({ parts: { mergedFolders: { Calendar: 'never', Tasks: 'always' } } });
  const client = await openClient(never, 'anna', '14.1');
  const stores = storesOf(never, 'anna');
  await stores.folders?.create({ name: 'Family', itemClass: 'Calendar' });
  await stores.folders?.create({ name: 'Chores', itemClass: 'Tasks' });
  const samsung = new Client(never, 'anna', never.device('anna', 's1', { version: '14.1', deviceType: 'SAMSUNG1' }));
  await samsung.device.provision();
  await samsung.folderSync();
  await client.folderSync();
  const typesOf = ({ mailbox }: Client) =>
    mailbox.folders
      .all()
      .map(({ type }) => type)
      .filter((type) => type > 6 && type !== 12)
      .sort((a, b) => a - b);
  expect(typesOf(samsung)).toEqual([7, 8, 9, 10, 13]);
  expect(typesOf(client)).toEqual([7, 8, 9, 10, 13]);
  await never.close();
});
