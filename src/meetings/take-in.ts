import type { MailComposer } from '../../backends/contract/composer.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { EventStore } from '../../backends/contract/groupware.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import type { Meetings, MeetingUser } from '../../backends/contract/meetings.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import type { Log } from '../handlers/context.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { editJson, type JsonDocument, loadJson } from '../state/json-document.ts';
import type { FetchedMail } from '../sync/email-port.ts';
import { editEvent, findEvent } from './calendars.ts';
import { readMeetingMail } from './mail-text.ts';

/** What mails about meetings are taken in with. */
export interface TakeInScope {
  readonly meetings: Meetings;
  readonly composer: MailComposer;
  readonly user: MeetingUser;
  readonly mail: MailStore;
  readonly events: EventStore;
  /** The calendars, the default one first. */
  calendars(): Promise<readonly DeviceFolder[]>;
  readonly store: StateStore;
  /** That of the account: each mail is taken in once, whichever device fetches it. */
  readonly partition: Partition;
  readonly now: () => number;
  readonly log: Log;
  /** Called with a calendar that changed. */
  moved(folder: FolderId): void;
}

/** Milliseconds for which a mail can be about a meeting: the first Sync of a device reads the mail of years. */
const MaxAge = 14 * 24 * 3_600_000;

/** Mails remembered an account at most: 50 bytes each. One that was forgotten is taken in again, which changes nothing. */
const Remembered = 500;

/** Mails tried again at a time, that met a calendar that was away. */
const TriedAgain = 5;

/** Mails by folder and id: when they were taken in; 0: they have still to be. */
type Book = Readonly<Record<string, number>>;

const TakenIn: JsonDocument<Book> = { name: 'meeting-mails', empty: {} };

const keyOf = ({ folder, id }: Pick<FetchedMail, 'folder' | 'id'>): string => JSON.stringify([folder, id]);

/** What begins the MessageClass of all mails about meetings ([MS-ASEMAIL] 2.2.2.49). */
const MeetingClass = 'IPM.Schedule.Meeting.';

const isOfInterest = ({ now }: TakeInScope, { email }: FetchedMail): boolean =>
  email.messageClass?.startsWith(MeetingClass) === true &&
  email.dateReceived !== undefined &&
  email.dateReceived.getTime() > now() - MaxAge;

/**
 * Takes in what a mail says of a meeting that is in the calendar: an answer, an update or a cancellation. Costs
 * nothing for any other mail, and for this one a few reads, once an account. A calendar that is away holds no
 * mail up: it is tried again with the next such mail. Never throws.
 */
export const takeIn = async (scope: TakeInScope, mail: FetchedMail): Promise<void> => {
  if (!isOfInterest(scope, mail)) return;
  try {
    const { value: book } = await loadJson(scope.store, scope.partition, TakenIn);
    const open = Object.keys(book).filter((key) => book[key] === 0);
    if (book[keyOf(mail)] === undefined) await takeInOne(scope, mail);
    for (const key of open.slice(0, TriedAgain)) {
      const [folder, id] = JSON.parse(key) as [FolderId, ItemId];
      await takeInOne(scope, { folder, id });
    }
  } catch (error) {
    warn(scope, error);
  }
};

const warn = ({ log, user }: TakeInScope, error: unknown): void =>
  log.warn(
    { account: user.addresses[0], error: String(error) },
    'What a mail says of a meeting could not be taken into the calendar',
  );

const takeInOne = async (scope: TakeInScope, mail: Pick<FetchedMail, 'folder' | 'id'>): Promise<void> => {
  let at = scope.now();
  try {
    await apply(scope, mail);
  } catch (error) {
    if (!isBackendError(error)) throw error;
    if (isBackendError(error, 'unavailable', 'loginRefused')) at = 0;
    warn(scope, error);
  }
  await remember(scope, keyOf(mail), at);
};

const apply = async (scope: TakeInScope, item: Pick<FetchedMail, 'folder' | 'id'>): Promise<void> => {
  const { meetings, mail, composer, events, user } = scope;
  const read = await readMeetingMail(mail, composer, item);
  const facts = read === undefined ? undefined : meetings.facts(read.calendar);
  if (read === undefined || facts?.method === undefined) return;
  const found = await findEvent(events, await scope.calendars(), facts.uid);
  if (found === undefined) return;
  const notice = { ...read, now: scope.now() };
  const changed = await editEvent(events, found.folder.folder, found, (text) => meetings.receive(text, notice, user));
  if (changed) scope.moved(found.folder.folder);
};

const remember = ({ store, partition }: TakeInScope, key: string, at: number): Promise<void> =>
  editJson(store, partition, TakenIn, (book) => {
    const others = Object.entries(book).filter(([other]) => other !== key);
    return Object.fromEntries([...others.slice(1 - Remembered), [key, at]]);
  });
