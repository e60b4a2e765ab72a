import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { BeforeChange, EventStore } from '../../backends/contract/groupware.ts';
import type { IdempotencyName, ItemId } from '../../backends/contract/items.ts';
import type { MeetingMessage, Meetings, MeetingUser } from '../../backends/contract/meetings.ts';
import type { Announcer } from '../sync/announcer.ts';
import type { AnnouncementBook, OpenAnnouncement } from './announcement-book.ts';
import { readEvent } from './calendars.ts';

/** What changes of meetings are told with. */
export interface AnnouncerScope {
  readonly meetings: Meetings;
  readonly user: MeetingUser;
  readonly events: EventStore;
  readonly folder: FolderId;
  readonly book: AnnouncementBook;
  /** Whether the calendar's own server tells people of changes there. */
  serverSends(): Promise<boolean>;
  /** Mails a message once, however often it is asked for under the same name. */
  send(message: MeetingMessage, name: string): Promise<void>;
  readonly now: () => number;
}

/** An event as its people knew it, and as it is. */
type Before = string | undefined;
type After = string | undefined;

/**
 * Tells the people of meetings what a device changed. Before a change is stored, the event as they know it is recorded;
 * afterwards what they are to be told follows from that and from what is there then. So a request that is repeated
 * after the server died tells what is still to be told: nothing, when the change was never made, and each mail once.
 */
export class MeetingAnnouncer implements Announcer {
  readonly #scope: AnnouncerScope;

  constructor(scope: AnnouncerScope) {
    this.#scope = scope;
  }

  async prepare(): Promise<void> {
    const open = await this.#scope.book.of(this.#scope.folder);
    if (open.length > 0) await this.#finish(open);
  }

  async added(id: ItemId, name: IdempotencyName): Promise<void> {
    const { events, folder } = this.#scope;
    const event = await readEvent(events, folder, id);
    if (event !== undefined) await this.#tell(undefined, event.text, `added ${name}`);
  }

  changing<Result>(id: ItemId, work: (first: BeforeChange) => Promise<Result>): Promise<Result> {
    const open = new Map<ItemId, OpenAnnouncement>();
    const first: BeforeChange = async (before, after) => {
      if (this.#owed(before, after).length === 0) return;
      open.set(id, this.#opened(id, before));
      await this.#scope.book.open([...open.values()]);
    };
    return this.#told(open, () => work(first));
  }

  async removing(ids: readonly ItemId[], work: () => Promise<void>): Promise<void> {
    const { events, folder, book } = this.#scope;
    const open = new Map<ItemId, OpenAnnouncement>();
    for await (const read of events.objects.read(folder, ids)) {
      const isOwed = read.outcome === 'item' && this.#owed(read.text, undefined).length > 0;
      if (isOwed) open.set(read.id, this.#opened(read.id, read.text));
    }
    if (open.size > 0) await book.open([...open.values()]);
    return this.#told(open, work);
  }

  /** Does a change and tells of it; one that was refused is forgotten. */
  async #told<Result>(open: ReadonlyMap<ItemId, OpenAnnouncement>, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      if (open.size > 0) await this.#finish([...open.values()]);
      return result;
    } catch (error) {
      const isRefused = isBackendError(error) && !isBackendError(error, 'unavailable', 'loginRefused');
      if (isRefused && open.size > 0) await this.#scope.book.close([...open.values()]);
      throw error;
    }
  }

  #opened(id: ItemId, before: string): OpenAnnouncement {
    const { folder, now } = this.#scope;
    return { folder, id, before, at: now() };
  }

  async #finish(open: readonly OpenAnnouncement[]): Promise<void> {
    const { events, folder, book } = this.#scope;
    for (const { id, before, at } of open) {
      const after = (await readEvent(events, folder, id))?.text;
      await this.#tell(before, after, `changed ${JSON.stringify([folder, id])} ${at}`);
    }
    await book.close(open);
  }

  #owed(before: Before, after: After): readonly MeetingMessage[] {
    const { meetings, user, now } = this.#scope;
    return meetings.announcements({ before, after, now: now() }, user);
  }

  async #tell(before: Before, after: After, name: string): Promise<void> {
    const owed = this.#owed(before, after);
    if (owed.length === 0) return;
    const ours = (await this.#scope.serverSends()) ? this.#leftOver(owed, [before, after]) : owed;
    for (const [i, message] of ours.entries()) await this.#scope.send(message, `${name} ${i}`);
  }

  /** What the calendar's own server could not tell: to people without an account there, where it sends no mail. */
  #leftOver(owed: readonly MeetingMessage[], events: readonly (string | undefined)[]): readonly MeetingMessage[] {
    const { meetings } = this.#scope;
    const open = new Set(events.flatMap((event) => (event === undefined ? [] : meetings.undelivered(event))));
    return owed
      .map((message) => ({ ...message, recipients: message.recipients.filter(({ email }) => open.has(keyOf(email))) }))
      .filter(({ recipients }) => recipients.length > 0);
  }
}

const keyOf = (email: string): string => email.trim().toLowerCase();
