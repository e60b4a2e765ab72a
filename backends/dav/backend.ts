import { readFileSync } from 'node:fs';
import type { ZodType } from 'zod';
import type { Abilities, Backend, BackendContext, BackendKind, CheckLine, Login } from '../contract/backend.ts';
import type { EventStore } from '../contract/groupware.ts';
import type { ObjectKind, ObjectStore } from '../contract/objects.ts';
import { ZoneBook } from '../convert/calendar/event-zones.ts';
import { contactsOf } from '../objects/contacts.ts';
import { eventsOf } from '../objects/events.ts';
import { notesOf } from '../objects/notes.ts';
import { Pictures } from '../objects/pictures.ts';
import { tasksOf } from '../objects/tasks.ts';
import type { UserOptions } from '../objects/user.ts';
import { calendarUser } from '../objects/user.ts';
import { Account, DavSession } from './account.ts';
import { checkServer } from './check.ts';
import { DavClient } from './client.ts';
import { unavailable } from './failures.ts';
import { CalDav, CardDav, type Flavour } from './flavours.ts';
import { DavFolderStore } from './folder-store.ts';
import { HttpClient } from './http.ts';
import { DavObjectStore } from './object-store.ts';
import { positionsOf } from './positions.ts';
import { provePassword } from './prove.ts';
import { schedulingOf } from './scheduling.ts';
import { CalDavSettings, CardDavSettings, type DavSettings } from './settings.ts';
import { DavWatch } from './watch.ts';
import type { Timer } from './watch-session.ts';

/** Milliseconds for which what is known of an account is kept after it was last used. */
const KeepTime = 900_000;
/** Milliseconds between two clearances. */
const SweepTime = 60_000;

interface Kept {
  readonly account: Account;
  usedAt: number;
}

/** Address books or calendars on a DAV server. */
export class DavBackend implements Backend {
  readonly #flavour: Flavour;
  readonly #settings: DavSettings;
  readonly #context: BackendContext;
  readonly #http: HttpClient;
  readonly #client: DavClient;
  readonly #accounts = new Map<string, Kept>();
  /** Zones, made once for all accounts. */
  readonly #book = new ZoneBook();
  readonly #pictures = new Pictures();
  #sweptAt = 0;

  constructor(flavour: Flavour, settings: DavSettings, context: BackendContext) {
    const { url, hosts, caFile, maxConnections, timeoutSeconds, limits, authentication } = settings;
    this.#flavour = flavour;
    this.#settings = settings;
    this.#context = context;
    const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    this.#http = new HttpClient({ maxConnections, timeoutSeconds, ca });
    this.#client = new DavClient({
      http: this.#http,
      root: new URL(url),
      hosts,
      textLimit: limits.objectBytes,
      access: authentication,
    });
  }

  async prove(login: Login): Promise<boolean> {
    return provePassword(this.#session(login));
  }

  account(login: Login): Abilities {
    const session = this.#session(login);
    const { log, now } = this.#context;
    const user = { home: this.#settings.timeZone, me: calendarUser(login), now, book: this.#book };
    const has = (component: string) => session.components.some((one) => one === component);
    return {
      folders: new DavFolderStore(session),
      watch: new DavWatch({ session, timer, log }),
      positions: (folders, signal) => positionsOf(session, folders, signal),
      ...(has('VCARD') ? { contacts: contactsOf(new DavObjectStore(session, 'VCARD'), this.#pictures) } : {}),
      ...(has('VEVENT') ? { events: ownedEvents(session, user), scheduling: schedulingOf(session) } : {}),
      ...(has('VTODO') ? { tasks: tasksOf(new DavObjectStore(session, 'VTODO'), user) } : {}),
      ...(has('VJOURNAL') ? { notes: notesOf(new DavObjectStore(session, 'VJOURNAL'), user) } : {}),
    };
  }

  /** The native objects of a kind. */
  objects(login: Login, component: ObjectKind): ObjectStore {
    return new DavObjectStore(this.#session(login), component);
  }

  async forget(account: string): Promise<void> {
    const kept = this.#accounts.get(account);
    this.#accounts.delete(account);
    kept?.account.session?.stop(unavailable(undefined, 'the password of this account was refused'));
  }

  check(login: Login | undefined): Promise<readonly CheckLine[]> {
    const session = login === undefined ? undefined : this.#sessionOf(new Account(this.#settings), login);
    return checkServer({ client: this.#client, flavour: this.#flavour, settings: this.#settings }, session);
  }

  async close(): Promise<void> {
    const accounts = [...this.#accounts.values()];
    this.#accounts.clear();
    for (const { account } of accounts) account.session?.stop(unavailable(undefined, 'Postrider is being stopped'));
    this.#http.close();
  }

  #session(login: Login): DavSession {
    this.#sweep();
    const now = this.#context.now();
    const kept = this.#accounts.get(login.account) ?? { account: new Account(this.#settings), usedAt: now };
    kept.usedAt = now;
    this.#accounts.set(login.account, kept);
    return this.#sessionOf(kept.account, login);
  }

  #sessionOf(account: Account, login: Login): DavSession {
    const options = { client: this.#client, flavour: this.#flavour, settings: this.#settings };
    return new DavSession(options, account, login);
  }

  /** Forgets accounts that nobody uses; what was known of them is found again. */
  #sweep(): void {
    const now = this.#context.now();
    if (now - this.#sweptAt < SweepTime) return;
    this.#sweptAt = now;
    for (const [name, { account, usedAt }] of this.#accounts) {
      if (now - usedAt > KeepTime && account.session === undefined) this.#accounts.delete(name);
    }
  }
}

/** Events, of calendars that may be somebody else's. */
const ownedEvents = (session: DavSession, user: UserOptions): EventStore => ({
  ...eventsOf(new DavObjectStore(session, 'VEVENT'), user),
  isOwn: async (folder, signal) => !(await session.folder(folder, signal)).collection.isForeign,
});

const timer: Timer = (milliseconds, action) => {
  const handle = setTimeout(action, milliseconds).unref();
  return { cancel: () => clearTimeout(handle) };
};

const kindOf = <Settings extends DavSettings>(
  flavour: Flavour,
  settings: ZodType<Settings>,
): BackendKind<Settings> => ({
  kind: flavour.kind,
  settings,
  open: (given, context) => new DavBackend(flavour, given, context),
});

/** CardDAV as a kind of backend. */
export const carddav: BackendKind<CardDavSettings> = kindOf(CardDav, CardDavSettings);

/** CalDAV as a kind of backend. */
export const caldav: BackendKind<CalDavSettings> = kindOf(CalDav, CalDavSettings);
