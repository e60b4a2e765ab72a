import type { Email } from '../../protocol/classes/email.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { breathe } from '../contract/breathe.ts';
import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId, MovedItem } from '../contract/folders.ts';
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
import type {
  AppendOptions,
  Attachment,
  EncodedPart,
  MailPatch,
  MailRequest,
  MailStore,
  RawMessage,
} from '../contract/mail.ts';
import { appendedUid, rememberAppend } from './appends.ts';
import { changesSince, listMessages } from './changes.ts';
import { dropUnused, findContent, streamRange, writeAhead } from './content.ts';
import { joinNumbers, splitNumbers } from './ids.ts';
import { deleteMessages, findMessage, insertMessage, type MessageRow, moveMessages, writeState } from './messages.ts';
import { attachmentOf, emailOf, encodedPartOf } from './render.ts';
import { freshState, patched, revisionOf, stateOfRow } from './state.ts';
import type { FolderRow, LocalStore } from './store.ts';

/** Messages read by their flags alone between two breaths; with content it is one. */
const FlagsPerBreath = 100;

/** The mail of one account. */
export class LocalMail implements MailStore {
  readonly #store: LocalStore;
  readonly #account: string;

  constructor(store: LocalStore, account: string) {
    this.#store = store;
    this.#account = account;
  }

  async list(folder: FolderId, since: Date | undefined, signal?: AbortSignal): Promise<Listing> {
    const from = since === undefined ? 0 : Math.max(0, Math.ceil(since.getTime() / 1000));
    return listMessages(this.#store, this.#folder(folder), from, signal);
  }

  async changes(folder: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<Changes> {
    return changesSince(this.#store, this.#folder(folder), cursor, signal);
  }

  async positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>> {
    return this.#store.read(() => {
      const found = folders.map((id) => [id, this.#store.position(this.#account, id, 'Email')] as const);
      return new Map(found.filter((pair): pair is [FolderId, Position] => pair[1] !== undefined));
    });
  }

  async *read(
    folder: FolderId,
    ids: readonly ItemId[],
    request: MailRequest,
    signal?: AbortSignal,
  ): AsyncIterable<ReadResult<Email>> {
    const row = this.#folder(folder);
    const perBreath = request.flagsOnly ? FlagsPerBreath : 1;
    for (const [index, id] of ids.entries()) {
      if (index % perBreath === 0) await breathe(signal);
      yield this.#store.read(() => this.#readOne(row, id, request));
    }
  }

  async append(
    folder: FolderId,
    message: ByteSource,
    options: AppendOptions,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }> {
    if (message.length > this.#store.maxMessageSize) throw new BackendError('tooLarge');
    const content = await writeAhead(this.#store.database, message);
    const state = { ...freshState, seen: options.read ?? false, draft: options.draft ?? false };
    const received = options.date ?? new Date(this.#store.now());
    try {
      return this.#store.change((touched) => {
        const target = this.#store.folder(this.#account, folder, 'Email');
        const known = this.#appended(target, name);
        if (known !== undefined) return known;
        const { uid, revision } = insertMessage(this.#store, target, { content, state, received });
        rememberAppend(this.#store, target.id, { name, uid, revision });
        touched.folder(this.#account, target.id);
        return { id: joinNumbers(target.epoch, uid), revision };
      });
    } finally {
      dropUnused(this.#store.database, content);
    }
  }

  async update(
    folder: FolderId,
    id: ItemId,
    patch: MailPatch,
    expected?: Revision,
  ): Promise<{ readonly revision: Revision }> {
    return this.#store.change((touched) => {
      const target = this.#store.folder(this.#account, folder, 'Email');
      const row = this.#existing(target, id);
      if (expected !== undefined && expected !== row.revision) throw new BackendError('conflict');
      const state = patched(stateOfRow(row), patch, this.#store.now());
      if (writeState(this.#store, target, row, state)) touched.folder(this.#account, target.id);
      return { revision: revisionOf(state) };
    });
  }

  async remove(folder: FolderId, ids: readonly ItemId[], how: Removal): Promise<void> {
    this.#store.change((touched) => {
      const source = this.#store.folder(this.#account, folder, 'Email');
      const rows = this.#rows(source, ids);
      if (rows.length === 0) return;
      const trash = how === 'trash' ? this.#store.folderOfRole(this.#account, 'trash') : undefined;
      touched.folder(this.#account, source.id);
      if (trash === undefined || trash.id === source.id) {
        deleteMessages(this.#store, source, rows);
        return;
      }
      moveMessages(this.#store, source, trash, rows);
      touched.folder(this.#account, trash.id);
    });
  }

  async move(folder: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]> {
    return this.#store.change((touched) => {
      const source = this.#store.folder(this.#account, folder, 'Email');
      const destination = this.#store.folder(this.#account, target, 'Email');
      const rows = this.#rows(source, ids);
      if (rows.length === 0 || source.id === destination.id) {
        return rows.map((row) => movedItem(source, row, source, row.uid));
      }
      const uids = moveMessages(this.#store, source, destination, rows);
      touched.folder(this.#account, source.id);
      touched.folder(this.#account, destination.id);
      return rows.map((row, index) => movedItem(source, row, destination, uids[index] ?? 0));
    });
  }

  async attachment(folder: FolderId, id: ItemId, part: string): Promise<Attachment> {
    return this.#store.read(() => {
      const row = this.#existing(this.#folder(folder), id);
      const content = findContent(this.#store.database, row.content);
      const found = content && attachmentOf(this.#store, content, part);
      if (found === undefined) throw new BackendError('notFound', { detail: 'no such part' });
      return found;
    });
  }

  async encodedPart(folder: FolderId, id: ItemId, part: string): Promise<EncodedPart> {
    return this.#store.read(() => {
      const content = findContent(this.#store.database, this.#existing(this.#folder(folder), id).content);
      const found = content && encodedPartOf(this.#store, content, part);
      if (found === undefined) throw new BackendError('notFound', { detail: 'no such part' });
      return found;
    });
  }

  async message(folder: FolderId, id: ItemId): Promise<RawMessage> {
    return this.#store.read(() => {
      const row = this.#existing(this.#folder(folder), id);
      const content = findContent(this.#store.database, row.content);
      if (content === undefined) throw new BackendError('notFound', { detail: 'the message was removed' });
      return { size: content.size, open: () => streamRange(this.#store.database, content.id, 0, content.size) };
    });
  }

  #folder(id: FolderId): FolderRow {
    return this.#store.read(() => this.#store.folder(this.#account, id, 'Email'));
  }

  #find(folder: FolderRow, id: ItemId): MessageRow | undefined {
    const [epoch, uid] = splitNumbers(id) ?? [];
    return uid === undefined || epoch !== folder.epoch ? undefined : findMessage(this.#store.database, folder.id, uid);
  }

  #existing(folder: FolderRow, id: ItemId): MessageRow {
    const row = this.#find(folder, id);
    if (row === undefined) throw new BackendError('notFound', { detail: 'no such message' });
    return row;
  }

  /** The messages of `ids` that are there, each once. */
  #rows(folder: FolderRow, ids: readonly ItemId[]): MessageRow[] {
    return [...new Set(ids)].map((id) => this.#find(folder, id)).filter((row) => row !== undefined);
  }

  #readOne(folder: FolderRow, id: ItemId, request: MailRequest): ReadResult<Email> {
    const row = this.#find(folder, id);
    if (row === undefined) return { id, outcome: 'missing' };
    try {
      let problem: string | undefined;
      const item = emailOf(this.#store, row, request, (reason) => {
        problem = reason;
      });
      return { id, outcome: 'item', item, revision: row.revision, at: row.received, problem };
    } catch (error) {
      if (isBackendError(error, 'notFound')) return { id, outcome: 'missing' };
      if (isBackendError(error)) throw error;
      return { id, outcome: 'unreadable', reason: String(error) };
    }
  }

  /** The first result under a name, also when that message was moved or removed since. */
  #appended(folder: FolderRow, name: IdempotencyName): { id: ItemId; revision: Revision } | undefined {
    const row = appendedUid(this.#store, folder.id, name);
    if (row === undefined) return undefined;
    const now = findMessage(this.#store.database, folder.id, row.uid);
    return { id: joinNumbers(folder.epoch, row.uid), revision: now?.revision ?? row.revision };
  }
}

const movedItem = (source: FolderRow, row: MessageRow, target: FolderRow, uid: number): MovedItem => ({
  id: joinNumbers(source.epoch, row.uid),
  newId: joinNumbers(target.epoch, uid),
  revision: row.revision,
});
