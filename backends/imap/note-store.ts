import { createHash } from 'node:crypto';
import type { Note } from '../../protocol/classes/note.ts';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId, MovedItem } from '../contract/folders.ts';
import type { ItemPatch, NoteStore, ObjectRequest } from '../contract/groupware.ts';
import type {
  Changes,
  Cursor,
  IdempotencyName,
  ItemId,
  Listing,
  Position,
  ReadResult,
  Removal,
  Revision,
} from '../contract/items.ts';
import type { MailRequest } from '../contract/mail.ts';
import { checkNote } from '../convert/note/journal.ts';
import {
  type NoteChange,
  newNoteMessage,
  noteChange,
  noteMessageId,
  noteOf,
  patchNoteMessage,
  sentText,
} from '../convert/note/message.ts';
import type { OpenMailbox } from './account.ts';
import { addFlags, flagsOf, updateFlags } from './change.ts';
import { fetchOne } from './content.ts';
import { backendError } from './failures.ts';
import { uidSearch } from './fetch.ts';
import { ImapMailStore, type MailStoreOptions } from './mail-store.ts';
import { atom, bytesOf, numberOf, peek, quoted } from './tokens.ts';

/** Bytes of a note that is changed at most: it is held in memory. Apple's programs attach pictures to notes. */
const MaxNoteBytes = 32 * 1_048_576;

type Patch = ItemPatch<Note>;

/**
 * Notes that are mails in a mailbox of their own. What happens in it is told and watched as for any
 * mailbox. A mail cannot be changed, so a changed note is a new mail, and the old one goes: devices are
 * told of that by a Delete and an Add, as of drafts. Categories are keywords and change in place.
 */
export class ImapNoteStore implements NoteStore {
  readonly #options: MailStoreOptions;
  readonly #mail: ImapMailStore;

  constructor(options: MailStoreOptions) {
    this.#options = options;
    this.#mail = new ImapMailStore(options);
  }

  list(folder: FolderId, _since: Date | undefined, signal?: AbortSignal): Promise<Listing> {
    return this.#mail.list(folder, undefined, signal);
  }

  async changes(folder: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<Changes> {
    const changes = await this.#mail.changes(folder, cursor, signal);
    return { ...changes, changed: changes.changed.map((one) => ({ ...one, at: Ageless })) };
  }

  positions(folders: readonly FolderId[], signal?: AbortSignal): Promise<ReadonlyMap<FolderId, Position>> {
    return this.#mail.positions(folders, signal);
  }

  async *read(
    folder: FolderId,
    ids: readonly ItemId[],
    request: ObjectRequest,
    signal?: AbortSignal,
  ): AsyncIterable<ReadResult<Note>> {
    for await (const read of this.#mail.read(folder, ids, mailRequest(request), signal)) {
      yield read.outcome === 'item' ? { ...read, item: noteOf(read.item), at: Ageless } : read;
    }
  }

  async create(folder: FolderId, { set }: Patch, name: IdempotencyName): Promise<{ id: ItemId; revision: Revision }> {
    checkNote(set);
    const { login, now } = this.#options;
    const date = new Date(now());
    const text = set.body === undefined ? undefined : sentText(set.body, undefined, 'plain');
    const message = newNoteMessage({ subject: set.subject, text }, login.account, { date, name });
    const { id } = await this.#store(folder, message, name, date);
    const revision = await this.#open(folder, (mailbox) =>
      updateFlags(mailbox, id, { categories: set.categories ?? [] }, undefined),
    );
    return { id, revision };
  }

  async update(
    folder: FolderId,
    id: ItemId,
    patch: Patch,
    expected?: Revision,
  ): Promise<{ readonly revision: Revision }> {
    const { set, cleared } = patch;
    const change = await this.#changeOf(folder, id, patch, expected);
    const categories = set.categories ?? (cleared.includes('categories') ? [] : undefined);
    const place = change === undefined ? id : await this.#replacement(folder, id, change);
    const revision = await this.#open(folder, (mailbox) =>
      updateFlags(
        mailbox,
        place,
        categories === undefined ? {} : { categories },
        change === undefined ? expected : undefined,
      ),
    );
    if (change !== undefined) await this.remove(folder, [id], 'permanent');
    return { revision };
  }

  remove(folder: FolderId, ids: readonly ItemId[], how: Removal): Promise<void> {
    return this.#mail.remove(folder, ids, how);
  }

  move(folder: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]> {
    return this.#mail.move(folder, ids, target);
  }

  /** What a patch changes in the mail itself; `undefined`: nothing. Throws `notFound`, `conflict`. */
  async #changeOf(folder: FolderId, id: ItemId, patch: Patch, expected: Revision | undefined) {
    for await (const read of this.#mail.read(folder, [id], mailRequest(patch.seen))) {
      if (read.outcome === 'missing') break;
      if (read.outcome === 'unreadable') throw new BackendError('rejected', { detail: read.reason });
      if (expected !== undefined && read.revision !== expected) throw new BackendError('conflict');
      return noteChange(read.item, patch);
    }
    throw new BackendError('notFound', { detail: 'note' });
  }

  /** Stores the mail that takes the place of another one, with the flags that that one has. */
  async #replacement(folder: FolderId, id: ItemId, change: NoteChange): Promise<ItemId> {
    const name = createHash('sha256')
      .update(JSON.stringify([folder, id, change]))
      .digest('hex');
    const { message, flags } = await this.#open(folder, async (mailbox) => ({
      message: await wholeMessage(mailbox, id),
      flags: (await flagsOf(mailbox, id)).all,
    }));
    const date = new Date(this.#options.now());
    const stored = await this.#store(folder, patchNoteMessage(message, change, { date, name }), name, date);
    await this.#open(folder, (mailbox) => addFlags(mailbox, stored.id, flags));
    return stored.id;
  }

  /** Stores a mail, or finds the one that an earlier try stored: its date may be another one, not its Message-ID. */
  async #store(folder: FolderId, message: ByteSource, name: string, date: Date): Promise<{ readonly id: ItemId }> {
    const earlier = await this.#open(folder, async ({ connection, epoch }) => {
      const wanted = [atom('HEADER'), quoted('Message-ID'), quoted(`<${noteMessageId(name)}>`), atom('UNDELETED')];
      const [uid] = await uidSearch(connection, wanted);
      return uid === undefined ? undefined : `${epoch}.${uid}`;
    });
    return earlier === undefined ? this.#mail.append(folder, message, { read: true, date }, name) : { id: earlier };
  }

  async #open<T>(folder: FolderId, action: (mailbox: OpenMailbox) => Promise<T>): Promise<T> {
    const { account, login } = this.#options;
    return account().open(login, folder, { repeatable: true, anew: true }, async (mailbox) => {
      try {
        return await action(mailbox);
      } catch (error) {
        throw backendError(error, 'forbidden');
      }
    });
  }
}

/** Notes are never too old for a filter. */
const Ageless = Number.POSITIVE_INFINITY;

const mailRequest = ({ preferences }: ObjectRequest): MailRequest => ({ preferences, mimeSupport: 0 });

const wholeMessage = async (mailbox: OpenMailbox, id: ItemId): Promise<ByteSource> => {
  const size = numberOf((await fetchOne(mailbox, id, [atom('RFC822.SIZE')])).get('RFC822.SIZE')) ?? 0;
  if (size > MaxNoteBytes) throw new BackendError('rejected', { detail: `the note has ${size} bytes` });
  const values = await fetchOne(mailbox, id, [peek('')]);
  return bytesSource(bytesOf(values.get('BODY[]')) ?? new Uint8Array(0));
};
