import { describe, expect, test } from '@jest/globals';
import type { Contact } from '../../protocol/classes/contact.ts';
import type { Note } from '../../protocol/classes/note.ts';
import type { Task, TaskRecurrence } from '../../protocol/classes/task.ts';
import { Contacts, Notes, Tasks } from '../../protocol/code-pages/index.ts';
import type { TreeNode } from '../../protocol/schema/index.ts';
import { openClient } from '../support/client.ts';
import { type GroupwareClass, type Items, itemsOf } from '../support/groupware.ts';
import { serverForTests } from '../support/server-for-tests.ts';

/** What [MS-ASCNTC], [MS-ASTASK] and [MS-ASNOTE] ask of a server, command by command. */

const host = await serverForTests();

let users = 0;
const open = async <Class extends GroupwareClass>(itemClass: Class, user = `required${++users}`, device = user) => {
  const items = itemsOf(await openClient(host, user, '14.1', device), itemClass);
  await items.load();
  return { user, items };
};
/** The same folder on another device: what it gets is what the server has. */
const elsewhere = async <Class extends GroupwareClass>(user: string, itemClass: Class) =>
  (await open(itemClass, user, `${user}tablet`)).items;

/** Status of an Add of these elements. */
const statusOf = async (items: Items<GroupwareClass>, applicationData: readonly TreeNode[]) => {
  const answer = await items.sync({ commands: [{ kind: 'add', clientId: `r${++users}`, applicationData }] });
  return answer?.responses?.[0]?.status;
};
/** The nodes with the text of one of them replaced. */
const withText = (nodes: readonly TreeNode[], tag: TreeNode['tag'], text: string): readonly TreeNode[] =>
  nodes.map((node) =>
    node.tag === tag ? { ...node, text } : { ...node, children: withText(node.children, tag, text) },
  );

describe('notes', () => {
  test('have subject, labels, class, last change and a body with its Data (MS-ASNOTE_R38, MS-ASNOTE_R51, MS-ASNOTE_R57, MS-ASNOTE_R58, MS-ASNOTE_R123, MS-ASNOTE_R125, MS-ASNOTE_R126, MS-ASNOTE_R210, MS-ASNOTE_R211)', async () => {
    const { user, items } = await open('Notes');
    const note: Note = { subject: 'List', categories: ['Home', 'Work'], body: { type: 1, data: 'milk' } };
    await items.sync({ commands: [items.add(note)] });
    const found = (await elsewhere(user, 'Notes')).only();
    expect(found).toMatchObject({ subject: 'List', categories: ['Home', 'Work'], messageClass: 'IPM.StickyNote' });
    expect(found.body).toMatchObject({ type: 1, data: 'milk' });
    expect(Math.abs((found.lastModifiedDate?.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
  });

  test('come as HTML where that is asked for (MS-ASNOTE_R39)', async () => {
    const { user, items } = await open('Notes');
    await items.sync({ commands: [items.add({ subject: 'x', body: { type: 1, data: 'a < b' } })] });
    const other = itemsOf(await openClient(host, user, '14.1', `${user}tablet`), 'Notes');
    await other.load({ options: [{ bodyPreferences: [{ type: 2 }] }] });
    expect(other.only().body).toMatchObject({ type: 2 });
    expect(String(other.only().body?.data)).toContain('a &lt; b');
  });

  test('are dated by the server, whatever a device says (MS-ASNOTE_R84, MS-ASNOTE_R209)', async () => {
    const { user, items } = await open('Notes');
    const added: Note = { subject: 'x', lastModifiedDate: new Date('2001-01-01T00:00:00Z') };
    await items.sync({ commands: [items.add(added)] });
    expect((await elsewhere(user, 'Notes')).only().lastModifiedDate?.getUTCFullYear()).not.toBe(2001);
  });

  test('of another class are refused (MS-ASNOTE_R119)', async () => {
    const { items } = await open('Notes');
    const nodes = items.nodes({ subject: 'x', messageClass: 'IPM.StickyNote.Mine' });
    expect(await statusOf(items, nodes)).toBe(1);
    expect(await statusOf(items, withText(nodes, Notes.MessageClass, 'IPM.Task'))).toBe(6);
  });

  test('lose labels that a Change leaves out, and neither subject nor body (MS-ASNOTE_R112, MS-ASNOTE_R113, MS-ASNOTE_R10002, MS-ASNOTE_R10003)', async () => {
    const { user, items } = await open('Notes');
    const note: Note = { subject: 'kept', categories: ['a', 'b'], body: { type: 1, data: 'kept, too' } };
    const serverId = (await items.sync({ commands: [items.add(note)] }))?.responses?.[0]?.serverId ?? '';
    await items.sync({ commands: [items.change(serverId, { categories: ['b'] })] });
    const other = await elsewhere(user, 'Notes');
    expect(other.only()).toMatchObject({ subject: 'kept', categories: ['b'], body: { data: 'kept, too' } });
    await items.sync({ commands: [items.change(serverId, { subject: 'still' })] });
    await other.sync();
    const { subject, categories, body } = other.only();
    expect([subject, categories, body?.data]).toEqual(['still', undefined, 'kept, too']);
  });

  test('know no Supported (MS-ASNOTE_R114)', async () => {
    const { items } = await open('Notes');
    const supported: TreeNode[] = [{ tag: Notes.Subject, children: [] }];
    expect((await items.sync({ syncKey: '0', supported }))?.status).toBe(4);
  });
});

describe('tasks', () => {
  const start = new Date('2026-12-01T00:00:00Z');
  const task: Task = { subject: 'x', complete: false, importance: 1, sensitivity: 0, reminderSet: false };

  test.each<[string, Partial<TaskRecurrence> & { type: number }, string]>([
    ['CalendarType of a weekly one', { type: 1, dayOfWeek: 2, start, calendarType: 1 }, 'MS-ASTASK_R81'],
    ['DayOfMonth of a weekly one', { type: 1, dayOfWeek: 2, start, dayOfMonth: 3 }, 'MS-ASTASK_R132'],
    ['DayOfWeek of a monthly one', { type: 2, dayOfMonth: 2, start, dayOfWeek: 2 }, 'MS-ASTASK_R532'],
    ['DayOfWeek of a yearly one', { type: 5, dayOfMonth: 2, monthOfYear: 3, start, dayOfWeek: 2 }, 'MS-ASTASK_R533'],
    ['WeekOfMonth of a monthly one', { type: 2, dayOfMonth: 2, start, weekOfMonth: 2 }, 'MS-ASTASK_R320'],
    ['a week that begins on no day', { type: 1, dayOfWeek: 2, start, firstDayOfWeek: 7 }, 'MS-ASTASK_R171'],
    ['no start', { type: 1, dayOfWeek: 2 }, 'MS-ASTASK_R37011'],
  ])('with %s are refused: %j (%s)', async (_, recurrence) => {
    const { items } = await open('Tasks');
    expect(await statusOf(items, items.nodes({ ...task, recurrence }))).toBe(6);
  });

  test('with a recurrence without Type, or a ReminderSet that is neither, are refused (MS-ASTASK_R289, MS-ASTASK_R252)', async () => {
    const { items } = await open('Tasks');
    const repeated = items.nodes({ ...task, recurrence: { type: 0, start } });
    const without = (nodes: readonly TreeNode[]): readonly TreeNode[] =>
      nodes.flatMap((node) => (node.tag === Tasks.Type ? [] : [{ ...node, children: without(node.children) }]));
    expect(await statusOf(items, without(repeated))).toBe(6);
    expect(await statusOf(items, withText(items.nodes(task), Tasks.ReminderSet, '2'))).toBe(6);
    expect(await statusOf(items, repeated)).toBe(1);
  });

  test('end by Occurrences, not by Until, where both are there (MS-ASTASK_R37013)', async () => {
    const { user, items } = await open('Tasks');
    const recurrence = { type: 0, start, occurrences: 3, until: new Date('2027-06-01T00:00:00Z') };
    await items.sync({ commands: [items.add({ ...task, recurrence })] });
    const found = (await elsewhere(user, 'Tasks')).only().recurrence;
    expect([found?.occurrences, found?.until]).toEqual([3, undefined]);
  });

  test.each<[TaskRecurrence, readonly string[], string]>([
    [{ type: 0, start }, [], 'MS-ASTASK_R631'],
    [{ type: 1, start, dayOfWeek: 4 }, ['dayOfWeek'], 'MS-ASTASK_R135, MS-ASTASK_R167'],
    [{ type: 2, start, dayOfMonth: 1 }, ['dayOfMonth'], 'MS-ASTASK_R404, MS-ASTASK_R409'],
    [{ type: 3, start, dayOfWeek: 4, weekOfMonth: 1 }, ['dayOfWeek', 'weekOfMonth'], 'MS-ASTASK_R530, MS-ASTASK_R430'],
    [
      { type: 5, start, dayOfMonth: 1, monthOfYear: 12 },
      ['dayOfMonth', 'monthOfYear'],
      'MS-ASTASK_R406, MS-ASTASK_R417',
    ],
    [
      { type: 6, start, dayOfWeek: 4, weekOfMonth: 1, monthOfYear: 12 },
      ['dayOfWeek', 'monthOfYear', 'weekOfMonth'],
      'MS-ASTASK_R531, MS-ASTASK_R418, MS-ASTASK_R431, MS-ASTASK_R433',
    ],
  ])('that repeat by %j come back with %j and nothing of another type (%s)', async (recurrence, wanted) => {
    const { user, items } = await open('Tasks');
    await items.sync({ commands: [items.add({ ...task, recurrence })] });
    const found = (await elsewhere(user, 'Tasks')).only().recurrence as Record<string, unknown> | undefined;
    const days = ['dayOfMonth', 'dayOfWeek', 'monthOfYear', 'weekOfMonth'];
    expect(days.filter((name) => found?.[name] !== undefined)).toEqual(wanted);
    if (recurrence.type === 1) expect(found?.firstDayOfWeek).toBeDefined();
    // MS-ASTASK_R82, MS-ASTASK_R8211, MS-ASTASK_R8212, MS-ASTASK_R8213.
    if (recurrence.type > 1) expect(found?.calendarType).toBeDefined();
    for (const [name, value] of Object.entries(recurrence)) expect(found?.[name]).toEqual(value);
    expect(found?.deadOccur ?? false).toBe(false);
  });

  test('lose their labels by an empty Categories; done ones tell when (MS-ASTASK_R436, MS-ASTASK_R124)', async () => {
    const { user, items } = await open('Tasks');
    const dateCompleted = new Date('2026-11-20T09:00:00Z');
    const added = { ...task, categories: ['a'], complete: true, dateCompleted };
    const serverId = (await items.sync({ commands: [items.add(added)] }))?.responses?.[0]?.serverId ?? '';
    const other = await elsewhere(user, 'Tasks');
    expect(other.only()).toMatchObject({ categories: ['a'], complete: true, dateCompleted });
    await items.sync({
      commands: [items.change(serverId, { ...task, categories: [], complete: true, dateCompleted })],
    });
    await other.sync();
    expect([other.only().categories, other.only().dateCompleted]).toEqual([undefined, dateCompleted]);
  });

  test('are normal unless told (MS-ASTASK_R264, MS-ASTASK_R158)', async () => {
    const { user, items } = await open('Tasks');
    await items.sync({ commands: [items.add({ subject: 'x', complete: false })] });
    const found = (await elsewhere(user, 'Tasks')).only();
    expect([found.sensitivity ?? 0, found.recurrence]).toEqual([0, undefined]);
  });
});

describe('contacts', () => {
  test('have up to 300 labels and children (MS-ASCNTC_R183, MS-ASCNTC_R194, MS-ASCNTC_R190, MS-ASCNTC_R1030, MS-ASCNTC_R10040)', async () => {
    const { user, items } = await open('Contacts');
    const many = (stem: string) => Array.from({ length: 300 }, (_, i) => `${stem}${i}`);
    const contact: Contact = { lastName: 'Large', categories: many('label'), children: many('child') };
    await items.sync({ commands: [items.add(contact)] });
    expect((await elsewhere(user, 'Contacts')).only()).toMatchObject(contact);
  });

  test('with a picture that is too large are refused (MS-ASCNTC_R384)', async () => {
    const { items } = await open('Contacts');
    const nodes = (bytes: number) => items.nodes({ lastName: 'x', picture: new Uint8Array(bytes).fill(7) });
    expect(await statusOf(items, nodes(36_864))).toBe(1);
    expect(await statusOf(items, nodes(36_867))).toBe(6);
    expect(nodes(1).some(({ tag }) => tag === Contacts.Picture)).toBe(true);
  });

  test('have their notes cut where that is asked for, and whole where not (MS-ASCNTC_R512, MS-ASCNTC_R460, MS-ASCNTC_R1120)', async () => {
    const { user, items } = await open('Contacts');
    await items.sync({ commands: [items.add({ lastName: 'x', body: { type: 1, data: 'long notes' } })] });
    const other = itemsOf(await openClient(host, user, '14.1', `${user}short`), 'Contacts');
    await other.load({ options: [{ bodyPreferences: [{ type: 1, truncationSize: 4 }] }] });
    expect(other.only().body).toMatchObject({ data: 'long', truncated: true, estimatedDataSize: 10 });
    expect((await elsewhere(user, 'Contacts')).only().body).toMatchObject({ data: 'long notes' });
  });

  test('keep notes that a Change leaves out (MS-ASCNTC_R461)', async () => {
    const { user, items } = await open('Contacts');
    const added: Contact = { lastName: 'x', body: { type: 1, data: 'notes' } };
    const serverId = (await items.sync({ commands: [items.add(added)] }))?.responses?.[0]?.serverId ?? '';
    await items.sync({ commands: [items.change(serverId, { lastName: 'y' })] });
    expect((await elsewhere(user, 'Contacts')).only()).toMatchObject({ lastName: 'y', body: { data: 'notes' } });
  });

  /** Elements with what holds of them: what they are, and that they can be ghosted. */
  const Elements: readonly (readonly [keyof Contact, string])[] = [
    ['assistantName', 'MS-ASCNTC_R112, MS-ASCNTC_R115'],
    ['assistantPhoneNumber', 'MS-ASCNTC_R117, MS-ASCNTC_R120'],
    ['business2PhoneNumber', 'MS-ASCNTC_R163, MS-ASCNTC_R166'],
    ['businessAddressCity', 'MS-ASCNTC_R130, MS-ASCNTC_R133'],
    ['businessAddressCountry', 'MS-ASCNTC_R135, MS-ASCNTC_R138'],
    ['businessAddressPostalCode', 'MS-ASCNTC_R140, MS-ASCNTC_R700'],
    ['businessAddressState', 'MS-ASCNTC_R143, MS-ASCNTC_R146'],
    ['businessAddressStreet', 'MS-ASCNTC_R148, MS-ASCNTC_R151'],
    ['businessFaxNumber', 'MS-ASCNTC_R153, MS-ASCNTC_R156'],
    ['businessPhoneNumber', 'MS-ASCNTC_R158, MS-ASCNTC_R161'],
    ['carPhoneNumber', 'MS-ASCNTC_R168, MS-ASCNTC_R171'],
    ['companyName', 'MS-ASCNTC_R200, MS-ASCNTC_R203'],
    ['department', 'MS-ASCNTC_R209, MS-ASCNTC_R212'],
    ['email1Address', 'MS-ASCNTC_R214, MS-ASCNTC_R217'],
    ['email2Address', 'MS-ASCNTC_R221, MS-ASCNTC_R224'],
    ['email3Address', 'MS-ASCNTC_R226, MS-ASCNTC_R229'],
    ['fileAs', 'MS-ASCNTC_R231, MS-ASCNTC_R234'],
    ['firstName', 'MS-ASCNTC_R238, MS-ASCNTC_R241'],
    ['home2PhoneNumber', 'MS-ASCNTC_R283, MS-ASCNTC_R286'],
    ['homeAddressCity', 'MS-ASCNTC_R248, MS-ASCNTC_R251'],
    ['homeAddressCountry', 'MS-ASCNTC_R253, MS-ASCNTC_R256'],
    ['homeAddressPostalCode', 'MS-ASCNTC_R258, MS-ASCNTC_R261'],
    ['homeAddressState', 'MS-ASCNTC_R263, MS-ASCNTC_R266'],
    ['homeAddressStreet', 'MS-ASCNTC_R268, MS-ASCNTC_R271'],
    ['homeFaxNumber', 'MS-ASCNTC_R273, MS-ASCNTC_R276'],
    ['homePhoneNumber', 'MS-ASCNTC_R278, MS-ASCNTC_R281'],
    ['jobTitle', 'MS-ASCNTC_R303, MS-ASCNTC_R306'],
    ['middleName', 'MS-ASCNTC_R318, MS-ASCNTC_R321'],
    ['mobilePhoneNumber', 'MS-ASCNTC_R328, MS-ASCNTC_R331'],
    ['officeLocation', 'MS-ASCNTC_R338, MS-ASCNTC_R341'],
    ['otherAddressCity', 'MS-ASCNTC_R343, MS-ASCNTC_R346'],
    ['otherAddressCountry', 'MS-ASCNTC_R348, MS-ASCNTC_R351'],
    ['otherAddressPostalCode', 'MS-ASCNTC_R353, MS-ASCNTC_R356'],
    ['otherAddressState', 'MS-ASCNTC_R358, MS-ASCNTC_R361'],
    ['otherAddressStreet', 'MS-ASCNTC_R363, MS-ASCNTC_R366'],
    ['pagerNumber', 'MS-ASCNTC_R368, MS-ASCNTC_R371'],
    ['radioPhoneNumber', 'MS-ASCNTC_R385, MS-ASCNTC_R388'],
    ['spouse', 'MS-ASCNTC_R390, MS-ASCNTC_R393'],
    ['suffix', 'MS-ASCNTC_R395, MS-ASCNTC_R398'],
    ['title', 'MS-ASCNTC_R400, MS-ASCNTC_R403'],
    ['webPage', 'MS-ASCNTC_R405, MS-ASCNTC_R408'],
    ['yomiCompanyName', 'MS-ASCNTC_R417, MS-ASCNTC_R420'],
    ['yomiFirstName', 'MS-ASCNTC_R422, MS-ASCNTC_R425'],
    ['yomiLastName', 'MS-ASCNTC_R427, MS-ASCNTC_R430'],
    ['customerId', 'MS-ASCNTC_R205, MS-ASCNTC_R208'],
    ['governmentId', 'MS-ASCNTC_R243, MS-ASCNTC_R246'],
    ['imAddress', 'MS-ASCNTC_R288, MS-ASCNTC_R291'],
    ['imAddress2', 'MS-ASCNTC_R293, MS-ASCNTC_R296'],
    ['imAddress3', 'MS-ASCNTC_R298, MS-ASCNTC_R301'],
    ['managerName', 'MS-ASCNTC_R313, MS-ASCNTC_R316'],
    ['companyMainPhone', 'MS-ASCNTC_R195, MS-ASCNTC_R198'],
    ['accountName', 'MS-ASCNTC_R97, MS-ASCNTC_R100'],
    ['nickName', 'MS-ASCNTC_R333, MS-ASCNTC_R336'],
    ['mms', 'MS-ASCNTC_R323, MS-ASCNTC_R326'],
  ];
  test('each element is what it says, and stays where a device does not manage it', async () => {
    const value = (name: keyof Contact) => (/email/.test(name) ? `${name}@x.test` : name);
    const whole = Object.fromEntries(Elements.map(([name]) => [name, value(name)])) as Contact;
    const { user, items } = await open('Contacts');
    await items.sync({ commands: [items.add({ lastName: 'Every', ...whole })] });
    expect((await elsewhere(user, 'Contacts')).only()).toMatchObject(whole);
    const ghosting = itemsOf(await openClient(host, user, '14.1', `${user}ghost`), 'Contacts');
    await ghosting.sync({ syncKey: '0', supported: [{ tag: Contacts.LastName, children: [] }] });
    await ghosting.client.catchUp(ghosting.collectionId);
    await ghosting.sync({ commands: [ghosting.change(ghosting.onlyId(), { lastName: 'Still' })] });
    await items.sync();
    expect(items.only()).toMatchObject({ lastName: 'Still', ...whole });
  });
});
