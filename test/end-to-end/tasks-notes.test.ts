import { describe, expect, test } from '@jest/globals';
import type { Note } from '../../protocol/classes/note.ts';
import type { Task } from '../../protocol/classes/task.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { openClient } from '../support/client.ts';
import { type GroupwareClass, itemsOf } from '../support/groupware.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

const host = await serverForTests();

let users = 0;
const newUser = (): string => `tasks${++users}`;
const open = async <Class extends GroupwareClass>(
  itemClass: Class,
  version: ProtocolVersion,
  user: string,
  device = 'phone',
) => {
  const items = itemsOf(await openClient(host, user, version, `${user}${device}`), itemClass);
  await items.load();
  return items;
};

const open1: Task = { complete: false, importance: 1, sensitivity: 0, reminderSet: false };
const task = (subject: string, more: Task = {}): Task => ({ ...open1, subject, ...more });
const done: Task = { complete: true, dateCompleted: new Date('2026-11-20T09:00:00Z') };

describe.each(['12.1', '14.1', '16.1'] as const)('tasks in %s', (version) => {
  test('are added, done and deleted on two devices', async () => {
    const user = newUser();
    const items = await open('Tasks', version, user);
    const dueDate = new Date('2026-12-01T00:00:00Z');
    const added = task('Buy milk', {
      dueDate,
      utcDueDate: dueDate,
      categories: ['Home'],
      body: { type: 1, data: 'Two' },
    });
    const answer = await items.sync({ commands: [items.add(added)] });
    const serverId = answer?.responses?.[0]?.serverId ?? '';
    const other = await open('Tasks', version, user, 'tablet');
    expect(other.only()).toMatchObject({ subject: 'Buy milk', complete: false, dueDate, categories: ['Home'] });
    expect(other.only().body?.data).toBe('Two');
    await items.sync({ commands: [items.change(serverId, { ...task('Buy milk'), ...done })] });
    await other.sync();
    expect(other.only()).toMatchObject({ subject: 'Buy milk', complete: true });
    expect([other.only().dueDate, other.only().categories, other.only().body?.data]).toEqual([
      undefined,
      undefined,
      'Two',
    ]);
    await other.sync({ commands: [{ kind: 'delete', serverId: other.onlyId() }] });
    await items.sync();
    expect(items.all().size).toBe(0);
    expect([...items.client.mailbox.anomalies, ...other.client.mailbox.anomalies]).toEqual([]);
  });

  test('Importance and ReminderSet that are left out stay (MS-ASTASK_R369, MS-ASTASK_R370)', async () => {
    const user = newUser();
    const items = await open('Tasks', version, user);
    const reminderTime = new Date('2026-12-01T08:00:00Z');
    const added = task('Call', { importance: 2, reminderSet: true, reminderTime });
    const serverId = (await items.sync({ commands: [items.add(added)] }))?.responses?.[0]?.serverId ?? '';
    const change = { subject: 'Call Carla', complete: false, sensitivity: 0, reminderTime };
    await items.sync({ commands: [items.change(serverId, change)] });
    const { subject, importance, reminderSet } = (await open('Tasks', version, user, 'tablet')).only();
    expect({ subject, importance, reminderSet }).toEqual({ subject: 'Call Carla', importance: 2, reminderSet: true });
  });

  test('FilterType 8 gives those that are not done, and takes away what gets done (MS-ASCMD_R3025)', async () => {
    const user = newUser();
    const items = await open('Tasks', version, user);
    const answer = await items.sync({
      commands: [items.add(task('open')), items.add({ ...task('done'), ...done })],
    });
    const other = itemsOf(await openClient(host, user, version, `${user}tablet`), 'Tasks');
    await other.load({ options: [{ filterType: 8 }] });
    expect(other.only().subject).toBe('open');
    const serverId = answer?.responses?.[0]?.serverId ?? '';
    await items.sync({ commands: [items.change(serverId, { ...task('open'), ...done })] });
    await other.sync();
    expect(other.all().size).toBe(0);
    await items.sync({ commands: [items.change(serverId, task('open'))] });
    await other.sync();
    expect(other.only().subject).toBe('open');
    expect((await other.sync({ options: [{ filterType: 4 }] }))?.status).toBe(4);
  });
});

const note = (subject: string, data: string): Note => ({
  subject,
  messageClass: 'IPM.StickyNote',
  categories: ['Ideas'],
  body: { type: 1, data },
});

describe.each(['14.1', '16.1'] as const)('notes in %s', (version) => {
  test('are added, changed and deleted on two devices, and wake the one that waits', async () => {
    const user = newUser();
    const items = await open('Notes', version, user);
    const answer = await items.sync({ commands: [items.add(note('Soup', 'Leeks'))] });
    const serverId = answer?.responses?.[0]?.serverId ?? '';
    const other = await open('Notes', version, user, 'tablet');
    expect(other.only()).toMatchObject({ subject: 'Soup', messageClass: 'IPM.StickyNote', categories: ['Ideas'] });
    const folders = [{ id: other.collectionId, class: 'Notes' }];
    const waiting = host.server.waiting();
    const ping = other.client.device.ping({ heartbeatInterval: 600, folders });
    await until(() => host.server.waiting() > waiting);
    await items.sync({ commands: [items.change(serverId, note('Soup', 'Leeks and potatoes'))] });
    expect(await ping).toMatchObject({ status: 2, folders: [other.collectionId] });
    await other.sync();
    expect(other.only().body?.data).toBe('Leeks and potatoes');
    await other.sync({ commands: [{ kind: 'delete', serverId: other.onlyId() }] });
    await items.sync();
    expect(items.all().size).toBe(0);
    expect([...items.client.mailbox.anomalies, ...other.client.mailbox.anomalies]).toEqual([]);
  });

  test("an Add whose answer was lost makes no twin; a conflict is the server's", async () => {
    const user = newUser();
    const items = await open('Notes', version, user);
    const request = items.client.request({ [items.collectionId]: { commands: [items.add(note('Once', 'x'))] } });
    await items.client.device.sync(request);
    await items.client.send(request);
    const other = await open('Notes', version, user, 'tablet');
    await other.sync({ commands: [other.change(other.onlyId(), note('Once', 'theirs'))] });
    const answer = await items.sync({ commands: [items.change(items.onlyId(), note('Once', 'mine'))] });
    expect(answer?.responses).toMatchObject([{ kind: 'change', status: 7 }]);
    expect(items.only().body?.data).toBe('theirs');
  });
});
