import type { Email } from '../../protocol/classes/email.ts';
import type { ByteSource, Spooled } from '../../protocol/wbxml/bytes.ts';
import type { Login } from '../contract/backend.ts';
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
import {
  type AppendOptions,
  type Attachment,
  type EncodedPart,
  type MailPatch,
  type MailRequest,
  type MailStore,
  type RawMessage,
  RawMessagePart,
} from '../contract/mail.ts';
import { attachmentFacts } from '../convert/mail/attachments.ts';
import { contentFields } from '../convert/mail/encoded-part.ts';
import { attachmentWithin, tnefHolding } from '../convert/mail/opened.ts';
import { findPart, type MimePart } from '../convert/mail/structure.ts';
import { MaxTnefBytes } from '../convert/mail/tnef.ts';
import { decodeTransferStream } from '../convert/mail/transfer.ts';
import type { Account, OpenMailbox, OpenOptions } from './account.ts';
import { type AppendMemory, appendOnce } from './append.ts';
import { moveTo, removeForGood, updateFlags } from './change.ts';
import type { Connection } from './connection.ts';
import { fetchOne, streamSection, structureOf } from './content.ts';
import { Catchup, changesSince } from './delta.ts';
import { backendError } from './failures.ts';
import type { ListedFolder } from './folder-listing.ts';
import { listMailbox } from './listing.ts';
import { readPositions } from './positions.ts';
import { type Convertible, readBatch } from './read.ts';
import { uidsOf } from './sequence.ts';
import type { ImapSettings } from './settings.ts';
import { readCursor } from './state-marks.ts';
import { atom, bytesOf, numberOf, peek } from './tokens.ts';
import type { Turns } from './turns.ts';

/** What a mail store works with. */
export interface MailStoreOptions {
  readonly account: () => Account;
  readonly login: Login;
  readonly settings: ImapSettings;
  readonly appended: AppendMemory;
  /** Shared by all accounts. */
  readonly turns: Turns;
  readonly now: () => number;
}

type Result = ReadResult<Email>;

/** The mail of an IMAP account. */
export class ImapMailStore implements MailStore {
  readonly #options: MailStoreOptions;

  constructor(options: MailStoreOptions) {
    this.#options = options;
  }

  async list(folder: FolderId, since: Date | undefined, signal?: AbortSignal): Promise<Listing> {
    return this.#open(folder, { signal, repeatable: true, wantsState: true }, (mailbox) =>
      this.#account.listings.get(mailbox, since, () => listMailbox(mailbox, since)),
    );
  }

  async changes(folder: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<Changes> {
    const mark = await this.#mark(folder, cursor, signal);
    const resync = mark.kind === 'q' ? new Catchup(mark) : undefined;
    return this.#open(folder, { signal, repeatable: true, wantsState: true, resync }, (mailbox) =>
      changesSince(mailbox, mark, resync),
    );
  }

  /** Reads a cursor; of one that cannot be read it matters first whether there is such a folder. */
  async #mark(folder: FolderId, cursor: Cursor, signal: AbortSignal | undefined) {
    try {
      return readCursor(cursor);
    } catch (error) {
      return this.#open(folder, { signal, repeatable: true }, () => Promise.reject(error));
    }
  }

  async positions(folders: readonly FolderId[], signal?: AbortSignal): Promise<ReadonlyMap<FolderId, Position>> {
    return this.#account.pool.use(this.#options.login, { signal, repeatable: true }, async (connection) => {
      const known = folders.every((id) => this.#account.known(id) !== undefined);
      const listing = known ? await this.#account.listing(connection) : await this.#account.refresh(connection);
      const wanted = folders.flatMap((id) => listing.get(id) ?? []).filter(({ selectable }) => selectable);
      return readPositions(connection, wanted);
    });
  }

  async *read(
    folder: FolderId,
    ids: readonly ItemId[],
    request: MailRequest,
    signal?: AbortSignal,
  ): AsyncIterable<Result> {
    const { settings, turns } = this.#options;
    const size = settings.limits.readBatch;
    const batches = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size));
    let next = batches[0] && this.#readAhead(folder, batches[0], request, signal);
    for (let i = 0; next !== undefined; i++) {
      const batch = await next;
      // The next batch is on its way while this one is used.
      const following = batches[i + 1];
      next = following && this.#readAhead(folder, following, request, signal);
      for (const convert of batch) {
        await turns.next();
        yield convert();
      }
    }
  }

  async append(
    folder: FolderId,
    message: ByteSource,
    options: AppendOptions,
    name: IdempotencyName,
  ): Promise<{ id: ItemId; revision: Revision }> {
    const { login, appended, now } = this.#options;
    const place = `${login.account} ${folder}`;
    const job = {
      message,
      options,
      name,
      place,
      memory: appended,
      now: new Date(now()),
      known: (id: FolderId) => this.#account.known(id),
    };
    return appended.once(place, name, () =>
      this.#open(folder, { repeatable: true }, (mailbox) => appendOnce(mailbox, job), 'rejected'),
    );
  }

  async update(folder: FolderId, id: ItemId, patch: MailPatch, expected?: Revision): Promise<{ revision: Revision }> {
    return this.#open(
      folder,
      { repeatable: true, anew: true },
      async (mailbox) => ({ revision: await updateFlags(mailbox, id, patch, expected) }),
      'forbidden',
    );
  }

  async remove(folder: FolderId, ids: readonly ItemId[], how: Removal): Promise<void> {
    await this.#open(
      folder,
      { repeatable: false, anew: true },
      async (mailbox) => {
        const uids = uidsOf(mailbox.epoch, ids);
        if (uids.length === 0) return;
        const trash = how === 'permanent' ? mailbox.folder : await this.#trash(mailbox.connection);
        if (trash.id === mailbox.folder.id) await removeForGood(mailbox, uids);
        else await moveTo(mailbox, uids, trash.wireName);
      },
      'forbidden',
    );
  }

  async move(folder: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]> {
    return this.#open(
      folder,
      { repeatable: false, anew: true },
      async (mailbox) => {
        const uids = uidsOf(mailbox.epoch, ids);
        if (uids.length === 0) return [];
        return moveTo(mailbox, uids, await this.#targetName(mailbox, target));
      },
      'forbidden',
    );
  }

  async attachment(folder: FolderId, id: ItemId, part: string, signal?: AbortSignal): Promise<Attachment> {
    if (part === RawMessagePart) return this.#asAttachment(folder, id, signal);
    const structure = await this.#open(folder, { signal, repeatable: true }, async (mailbox) =>
      structureOf(await fetchOne(mailbox, id, [atom('BODYSTRUCTURE')])),
    );
    const found = structure === undefined || part === '' ? undefined : findPart(structure, part);
    const tnef = structure === undefined || found !== undefined ? undefined : tnefHolding(structure, part);
    if (tnef !== undefined) return this.#inTnef(folder, id, tnef, part, signal);
    if (found === undefined || found.children !== undefined) throw new BackendError('notFound', { detail: 'part' });
    const { contentType, name } = attachmentFacts(found);
    const isPlain = !['base64', 'quoted-printable'].includes(found.encoding);
    const source = { ...this.#source(folder, id, signal), section: part, size: found.size };
    return {
      contentType,
      name,
      size: isPlain ? found.size : undefined,
      open: () => decodeTransferStream(streamSection(source), found.encoding),
    };
  }

  async message(folder: FolderId, id: ItemId, signal?: AbortSignal): Promise<RawMessage> {
    const size = await this.#open(folder, { signal, repeatable: true }, async (mailbox) =>
      numberOf((await fetchOne(mailbox, id, [atom('RFC822.SIZE')])).get('RFC822.SIZE')),
    );
    const source = { ...this.#source(folder, id, signal), section: '', size: size ?? 0 };
    return { size: source.size, open: () => streamSection(source) };
  }

  async encodedPart(folder: FolderId, id: ItemId, part: string, signal?: AbortSignal): Promise<EncodedPart> {
    const [{ size, type }, block] = await this.#open(folder, { signal, repeatable: true }, async (mailbox) => {
      const structure = structureOf(await fetchOne(mailbox, id, [atom('BODYSTRUCTURE')]));
      const found = structure === undefined ? undefined : findPart(structure, part);
      if (found === undefined || found.children !== undefined) throw new BackendError('notFound', { detail: 'part' });
      // A message without parts has its fields in its header; what its first part's are, servers disagree.
      const section = structure === found ? 'HEADER' : `${part}.MIME`;
      const values = await fetchOne(mailbox, id, [peek(section)]);
      return [found, bytesOf(values.get(`BODY[${section}]`)) ?? new Uint8Array(0)] as const;
    });
    const source = { ...this.#source(folder, id, signal), section: part, size };
    return { fields: contentFields(block, type), open: () => streamSection(source) };
  }

  /** The whole message, as it is attached to the notice about one that cannot be read. */
  async #asAttachment(folder: FolderId, id: ItemId, signal: AbortSignal | undefined): Promise<Attachment> {
    return { contentType: 'message/rfc822', name: 'message.eml', ...(await this.message(folder, id, signal)) };
  }

  /** An attachment that lies in a winmail.dat, which is read whole. */
  async #inTnef(folder: FolderId, id: ItemId, outer: MimePart, part: string, signal: AbortSignal | undefined) {
    const pieces: Uint8Array[] = [];
    if (outer.size <= MaxTnefBytes) {
      const source = { ...this.#source(folder, id, signal), section: outer.part, size: outer.size };
      for await (const piece of streamSection(source)) pieces.push(piece);
    }
    const attachment = attachmentWithin(outer, Buffer.concat(pieces), part);
    if (attachment === undefined) throw new BackendError('notFound', { detail: 'part' });
    return attachment;
  }

  get #account(): Account {
    return this.#options.account();
  }

  #source(folder: FolderId, id: ItemId, signal: AbortSignal | undefined) {
    const { account, login } = this.#options;
    return { account, login, folder, id, signal };
  }

  async #open<T>(
    folder: FolderId,
    work: OpenOptions,
    action: (mailbox: OpenMailbox) => Promise<T>,
    meaning: 'unavailable' | 'forbidden' | 'rejected' = 'unavailable',
  ): Promise<T> {
    return this.#account.open(this.#options.login, folder, work, async (mailbox) => {
      try {
        return await action(mailbox);
      } catch (error) {
        throw backendError(error, meaning);
      }
    });
  }

  /** A batch that nobody may wait for yet: its failure is told to whoever awaits it. */
  #readAhead(folder: FolderId, ids: readonly ItemId[], request: MailRequest, signal: AbortSignal | undefined) {
    const batch = this.#readOrSplit(folder, ids, request, signal);
    batch.catch(() => undefined);
    return batch;
  }

  /**
   * A message on which the server hangs up must not keep the others from being read: where a batch
   * ends so although the server answers, its messages are read one by one.
   */
  async #readOrSplit(
    folder: FolderId,
    ids: readonly ItemId[],
    request: MailRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly Convertible[]> {
    try {
      return await this.#readBatch(folder, ids, request, signal);
    } catch (error) {
      if (!isBackendError(error, 'unavailable') || ids.length === 0) throw error;
      await this.#account.pool.use(this.#options.login, { signal, repeatable: true }, (connection) =>
        connection.run('NOOP', false),
      );
      const results: Convertible[] = [];
      for (const id of ids) results.push(await this.#readAlone(folder, id, request, signal));
      return results;
    }
  }

  async #readAlone(
    folder: FolderId,
    id: ItemId,
    request: MailRequest,
    signal: AbortSignal | undefined,
  ): Promise<Convertible> {
    try {
      const [result] = await this.#readBatch(folder, [id], request, signal);
      return result ?? (() => ({ id, outcome: 'missing' }));
    } catch (error) {
      if (!isBackendError(error, 'unavailable')) throw error;
      return () => ({ id, outcome: 'unreadable', reason: error.message });
    }
  }

  #readBatch(folder: FolderId, ids: readonly ItemId[], request: MailRequest, signal: AbortSignal | undefined) {
    const { memoryBytes } = this.#options.settings.limits;
    const stream = (id: ItemId, length: number): Spooled => {
      const source = { ...this.#source(folder, id, signal), section: '', size: length };
      return { byteLength: length, open: () => streamSection(source) };
    };
    return this.#open(folder, { signal, repeatable: true }, (mailbox) =>
      readBatch(mailbox, ids, { request, memoryBytes, stream }),
    );
  }

  /** The folder of role `trash`, as it is now; an account without one gets one. */
  async #trash(connection: Connection): Promise<ListedFolder> {
    const trash = await this.#account.folderOfRole(connection, 'trash');
    if (trash === undefined) throw new BackendError('forbidden', { detail: 'there is no trash folder' });
    return trash;
  }

  /** The target's name on the wire, out of a fresh listing: another folder may have got its old name. */
  async #targetName({ connection }: OpenMailbox, target: FolderId): Promise<string> {
    const folder = (await this.#account.refresh(connection)).get(target);
    if (folder === undefined || !folder.selectable) throw new BackendError('notFound', { detail: 'target folder' });
    return folder.wireName;
  }
}
