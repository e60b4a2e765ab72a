import type { Abilities } from '../../backends/contract/backend.ts';
import type { FolderId, ItemClass } from '../../backends/contract/folders.ts';
import type { GroupwareStore, ItemPatch } from '../../backends/contract/groupware.ts';
import type { Contact } from '../../protocol/classes/contact.ts';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import type { Note } from '../../protocol/classes/note.ts';
import type { Task } from '../../protocol/classes/task.ts';
import { type Owner, people } from './people.ts';

/** Contacts, events, tasks and notes of one owner. */
export interface DemoGroupware {
  readonly contacts: readonly Contact[];
  readonly events: readonly CalendarEvent[];
  readonly tasks: readonly Task[];
  readonly notes: readonly Note[];
}

const Day = 86_400_000;
const Hour = 3_600_000;

const text = (data: string) => ({ type: 1, data });

const addressOf = (key: keyof typeof people) => ({ email1Address: people[key].address });

/** Everybody who writes to the owners, and the other owner. */
const contactsOf = (owner: Owner): readonly Contact[] => [
  owner === 'anna'
    ? { ...{ fileAs: 'Fuchs, Ben', firstName: 'Ben', lastName: 'Fuchs', nickName: 'Benni' }, ...addressOf('ben') }
    : { ...{ fileAs: 'Weber, Anna', firstName: 'Anna', lastName: 'Weber' }, ...addressOf('anna') },
  {
    ...{ fileAs: 'Núñez, Carla', firstName: 'Carla', lastName: 'Núñez', jobTitle: 'Architect' },
    ...{ companyName: 'Estudio Núñez', businessPhoneNumber: '+34 91 555 01 20', mobilePhoneNumber: '+34 600 555 012' },
    ...{
      businessAddressStreet: 'Calle del Puerto 7',
      businessAddressCity: 'Valencia',
      businessAddressCountry: 'Spain',
    },
    ...addressOf('carla'),
    body: text('Speaks Spanish, English and a little German.'),
  },
  {
    ...{ fileAs: 'Schröder, David', firstName: 'David', lastName: 'Schröder', companyName: 'Schröder Logistik' },
    ...{ department: 'Dispatch', businessPhoneNumber: '+49 40 5550 100', businessFaxNumber: '+49 40 5550 199' },
    birthday: new Date('1979-03-14T00:00:00Z'),
    ...addressOf('david'),
    categories: ['Business'],
  },
  {
    ...{ fileAs: '田中 恵美', lastName: '田中', firstName: '恵美', yomiLastName: 'タナカ', yomiFirstName: 'エミ' },
    ...{ mobilePhoneNumber: '+81 90 5550 0123', homeAddressCity: '横浜市', homeAddressCountry: '日本' },
    ...addressOf('emi'),
  },
  {
    ...{ fileAs: 'Öztürk, Farah', firstName: 'Farah', lastName: 'Öztürk', homePhoneNumber: '+44 20 5550 0199' },
    ...{ webPage: 'https://farah.example.net/', spouse: 'Deniz', children: ['Ela', 'Can'] },
    ...addressOf('farah'),
    categories: ['Friends', 'Choir'],
  },
  { ...{ fileAs: 'Harbour Books', companyName: 'Harbour Books' }, ...addressOf('books') },
];

/** An hour of a day counted from today, in UTC. */
const at = (now: number, days: number, hours: number): Date =>
  new Date(Math.floor(now / Day) * Day + days * Day + hours * Hour);

/** The next day of the week (0: Sunday) from today on, in days. */
const daysUntil = (now: number, weekday: number): number => (weekday - new Date(now).getUTCDay() + 7) % 7;

const eventsOf = (owner: Owner, now: number): readonly CalendarEvent[] => {
  const stamp = { dtStamp: new Date(Math.floor(now / 1000) * 1000), sensitivity: 0, busyStatus: 2, meetingStatus: 0 };
  const tuesday = daysUntil(now, 2) - 28;
  const event = (subject: string, startTime: Date, hours: number, more: CalendarEvent = {}): CalendarEvent => {
    const endTime = new Date(startTime.getTime() + hours * Hour);
    return { ...stamp, subject, startTime, endTime, allDayEvent: false, ...more };
  };
  return [
    event('Weekly planning', at(now, tuesday, 8), 1, {
      locationText: 'Room 2',
      reminder: 15,
      recurrence: { type: 1, interval: 1, dayOfWeek: 4 },
      body: text('What is done, what is next, what is in the way.'),
    }),
    event('Lunch with Carla', at(now, 1, 11), 1.5, {
      locationText: 'Harbour café',
      reminder: 30,
      categories: ['Friends'],
    }),
    event('Dentist', at(now, 3, 14), 0.75, { sensitivity: 2, reminder: 60 }),
    event('Train to Hamburg', at(now, 9, 6), 3, { locationText: 'Platform 7', busyStatus: 3 }),
    event(owner === 'anna' ? 'Ben on holiday' : 'Holiday', at(now, 14, 0), 5 * 24, {
      allDayEvent: true,
      busyStatus: owner === 'anna' ? 0 : 3,
    }),
  ];
};

const tasksOf = (now: number): readonly Task[] => {
  const open = { complete: false, importance: 1, sensitivity: 0, reminderSet: false };
  const due = (days: number) => ({ dueDate: at(now, days, 0), utcDueDate: at(now, days, 0) });
  return [
    { ...open, subject: 'Send Carla the measurements', importance: 2, ...due(2) },
    { ...open, subject: 'Renew the library card', ...due(12), categories: ['Home'] },
    { ...open, subject: 'Learn the alto part', body: text('Bars 24 to 56, slowly.') },
    { ...open, subject: 'Book the train', complete: true, dateCompleted: at(now, -2, 9) },
  ];
};

const notesOf = (): readonly Note[] => {
  const note = (subject: string, data: string): Note => ({ subject, messageClass: 'IPM.StickyNote', body: text(data) });
  return [
    note('Packing list', 'Passport\r\nCharger\r\nThe blue notebook\r\nRaincoat'),
    note('Soup', 'Two leeks, four potatoes, a litre of stock. Cream at the end, not before.'),
  ];
};

/** What an owner has, dated relative to `now` in milliseconds since 1970. */
export const demoGroupware = (owner: Owner, now: number): DemoGroupware => ({
  contacts: contactsOf(owner),
  events: eventsOf(owner, now),
  tasks: tasksOf(now),
  notes: notesOf(),
});

/** Stores what an owner has in the default folders. Doing it again makes nothing twice. */
export const fillGroupware = async (abilities: Abilities, owner: Owner, now: number): Promise<void> => {
  const folders = (await abilities.folders?.list()) ?? [];
  const folderOf = (itemClass: ItemClass): FolderId | undefined =>
    folders.find((folder) => folder.itemClass === itemClass && folder.role === 'default')?.id;
  const { contacts, events, tasks, notes } = demoGroupware(owner, now);
  await fillFolder(abilities.contacts, folderOf('Contacts'), contacts);
  await fillFolder(abilities.events, folderOf('Calendar'), events);
  await fillFolder(abilities.tasks, folderOf('Tasks'), tasks);
  await fillFolder(abilities.notes, folderOf('Notes'), notes);
};

const fillFolder = async <Item>(
  store: Pick<GroupwareStore<Item, ItemPatch<Item>>, 'create'> | undefined,
  folder: FolderId | undefined,
  items: readonly Item[],
): Promise<void> => {
  if (store === undefined || folder === undefined) return;
  for (const [index, set] of items.entries()) {
    const name = `demo-${index}`.padEnd(64, '0');
    await store.create(folder, { set, cleared: [], seen: { preferences: [], form: 'instants' } }, name);
  }
};
