import { join } from 'node:path';
import { z } from 'zod';
import { backup } from '../../sqlite/backup.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { migrate } from '../../sqlite/migrate.ts';
import type { Abilities, Backend, BackendContext, BackendKind, CheckLine, Login } from '../contract/backend.ts';
import type { OutgoingMail } from '../contract/mail.ts';
import { TimeZoneSetting } from '../contract/time-zone-setting.ts';
import { eventEnd } from '../convert/calendar/event.ts';
import { ZoneBook } from '../convert/calendar/event-zones.ts';
import { todoEnd } from '../convert/task/todo.ts';
import { contactsOf } from '../objects/contacts.ts';
import { eventsOf } from '../objects/events.ts';
import { notesOf } from '../objects/notes.ts';
import { Pictures } from '../objects/pictures.ts';
import { tasksOf } from '../objects/tasks.ts';
import { calendarUser } from '../objects/user.ts';
import { LocalAccounts } from './accounts.ts';
import { dropCutOff } from './content.ts';
import { withStoreErrors } from './errors.ts';
import { LocalFolders } from './folders.ts';
import { type ImportedMail, importMail } from './import.ts';
import { LocalMail } from './mail.ts';
import { type LocalObjectKind, LocalObjects } from './objects.ts';
import { migrations } from './schema.ts';
import { LocalSearch } from './search.ts';
import { LocalStore } from './store.ts';
import { deliver, LocalSubmission } from './submission.ts';
import { Watchers } from './watchers.ts';

/** Settings of the local store, as they stand in the configuration. */
export const LocalSettings = z.strictObject({
  file: z.string().min(1).default('mail.db').describe('File within the data folder, or `:memory:`'),
  maxMessageSize: z
    .int()
    .positive()
    .default(64 * 1024 * 1024)
    .describe('Bytes of the largest message that is taken: 64 MB hold any attachment that other servers let through'),
  keptRemovals: z
    .int()
    .positive()
    .default(50_000)
    .describe('Removals remembered a folder, 8 bytes each; a phone away for longer compares its whole list'),
  timeZone: TimeZoneSetting,
  passwordCost: z
    .int()
    .min(10)
    .max(20)
    .default(15)
    .describe(
      'Cost of new password hashes (scrypt), as a power of two: 15 takes 0.1 s and 32 MB a proof. Old hashes keep theirs',
    ),
});
export type LocalSettings = z.infer<typeof LocalSettings>;

/** The local store, open: a backend, and what only its owner may do. */
export interface LocalBackend extends Backend {
  readonly accounts: LocalAccounts;
  /** Delivers a message to accounts of this store. Throws `rejected`, `tooLarge`, `unavailable`. */
  deliver(mail: OutgoingMail): Promise<void>;
  /** Stores many messages of an account in one transaction. */
  importMail(account: string, mail: Iterable<ImportedMail>): Promise<void>;
  /**
   * To be called after the file was restored from a backup: ids given out since that backup would
   * otherwise come to mean other messages. Every phone then loads its mail anew.
   */
  renewEpochs(): Promise<void>;
  /** Writes a consistent copy of the store in use. */
  backup(file: string): Promise<void>;
}

/** Opens the local store. Throws `unavailable` when its file cannot be used. */
export const openLocal = (settings: LocalSettings, context: BackendContext): LocalBackend => {
  const store = openStore(settings, context);
  const accounts = new LocalAccounts(store, settings.passwordCost);
  const shared = { book: new ZoneBook(), home: settings.timeZone, pictures: new Pictures() };
  return {
    accounts,
    prove: (login) => accounts.verify(login.user, login.password),
    account: (login) => abilities(store, login, shared),
    deliver: (mail) => deliver(store, mail),
    importMail: async (account, mail) => importMail(store, account.toLowerCase(), mail),
    renewEpochs: async () => renewEpochs(store),
    backup: async (file) => withStoreErrors(() => backup(store.database, file)),
    forget: async () => undefined,
    check: (login) => check(store, accounts, login),
    close: async () => {
      store.watchers.close();
      store.database.close();
    },
  };
};

/** The local store as the table of kinds lists it. */
export const localKind: BackendKind<LocalSettings> = { kind: 'local', settings: LocalSettings, open: openLocal };

const openStore = (settings: LocalSettings, context: BackendContext): LocalStore =>
  withStoreErrors(() => {
    const file = settings.file === ':memory:' ? settings.file : join(context.dataFolder, settings.file);
    const database = openDatabase(file);
    try {
      migrate(database, migrations);
      dropCutOff(database);
    } catch (error) {
      database.close();
      throw error;
    }
    const { keptRemovals, maxMessageSize } = settings;
    return new LocalStore({ database, watchers: new Watchers(), now: context.now, keptRemovals, maxMessageSize });
  });

/** Zones and pictures, made once for all accounts, and the zone of days and times without one. */
interface LocalShared {
  readonly book: ZoneBook;
  readonly home: string;
  readonly pictures: Pictures;
}

const accountOf = ({ user }: Login): string => user.toLowerCase();

const calendarOf = (
  store: LocalStore,
  login: Login,
  { book, home }: LocalShared,
): Pick<Abilities, 'events' | 'tasks' | 'notes'> => {
  const account = accountOf(login);
  const user = { home, book, now: store.now, me: calendarUser({ ...login, account }) };
  const zone = book.home(home);
  const objects = (kind: LocalObjectKind) => new LocalObjects(store, account, kind);
  const endOfEvent = (text: string) => eventEnd(text, book, zone);
  const endOfTask = (text: string) => todoEnd(text, zone.clock);
  return {
    events: eventsOf(objects({ itemClass: 'Calendar', component: 'VEVENT', endOf: endOfEvent }), user),
    tasks: tasksOf(objects({ itemClass: 'Tasks', component: 'VTODO', endOf: endOfTask }), user),
    notes: notesOf(objects({ itemClass: 'Notes', component: 'VJOURNAL' }), user),
  };
};

const abilities = (store: LocalStore, login: Login, shared: LocalShared): Abilities => {
  const account = accountOf(login);
  return {
    folders: new LocalFolders(store, account),
    mail: new LocalMail(store, account),
    contacts: contactsOf(
      new LocalObjects(store, account, { itemClass: 'Contacts', component: 'VCARD' }),
      shared.pictures,
    ),
    ...calendarOf(store, login, shared),
    search: new LocalSearch(store, account),
    submission: new LocalSubmission(store),
    watch: store.watchers.ability(account),
  };
};

/** Epochs only grow, and never below the present second: one that a lost state of the file had is not met again. */
const renewEpochs = (store: LocalStore): void => {
  store.change((touched) => {
    store.database
      .prepare('UPDATE folders SET epoch = max(epoch + 1, ?), modseq = modseq + 1')
      .run(Math.floor(store.now() / 1000));
    const rows = store.database
      .prepare('SELECT accounts.name AS account, folders.id FROM folders JOIN accounts ON accounts.id = account')
      .all<{ account: string; id: number }>();
    for (const { account, id } of rows) touched.folder(account, id);
  });
};

const check = async (
  store: LocalStore,
  accounts: LocalAccounts,
  login: Login | undefined,
): Promise<readonly CheckLine[]> => {
  const damage = store.read(() => store.database.prepare('PRAGMA quick_check(1)').get<{ quick_check: string }>());
  const count = (await accounts.list()).length;
  const lines: CheckLine[] = [
    damage?.quick_check === 'ok'
      ? { ok: true, what: 'Local store', meaning: `whole, ${count} accounts; changes reach phones at once` }
      : { ok: false, what: 'Local store', meaning: `damaged (${damage?.quick_check}); restore the last backup` },
  ];
  if (login === undefined) return lines;
  const proved = await accounts.verify(login.user, login.password);
  return [
    ...lines,
    proved
      ? { ok: true, what: 'Local account', meaning: 'the password is right' }
      : { ok: false, what: 'Local account', meaning: 'no such account, or another password' },
  ];
};
