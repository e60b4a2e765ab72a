import { createHash } from 'node:crypto';
import type { DraftChange, HeaderFacts } from '../../backends/contract/composer.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { IdempotencyName, ItemId } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import { GlobalStatus, SyncStatus } from '../../protocol/status.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { CommandFailure } from '../handlers/command.ts';
import { type OpenSpool, SourceCollector } from '../spool-collector.ts';
import type { DraftPort, DraftWritten } from '../sync/draft-port.ts';
import { ItemRefused } from '../sync/item-class.ts';
import { type DraftWish, isRewrite, readDraftWish } from './draft-change.ts';
import { type SendScope, sendOnce, timeOf } from './send-once.ts';
import { chooseSender } from './sender.ts';

/** What drafts of devices are written with. */
export interface DraftScope {
  readonly mail: MailStore;
  readonly folder: FolderId;
  readonly openSpool: OpenSpool;
  readonly signal: AbortSignal;
  /** Throws CommandFailure for an account that cannot send. */
  sending(): SendScope;
}

/**
 * The folder of drafts for devices of 16.0 and later. A changed draft is a new message, as mail
 * stores change none; the old one is removed only once the new one is there, so that whatever
 * happens in between nothing is lost. The device is told so by a Delete and an Add.
 */
export const draftPort = (scope: DraftScope): DraftPort => ({
  isRewrite,
  add: (applicationData, name, send) => {
    const wish = readDraftWish(applicationData, undefined);
    return send ? sendDraft(scope, undefined, wish, name) : storeDraft(scope, undefined, wish, name);
  },
  change: async (id, applicationData, name, send) => {
    const wish = readDraftWish(applicationData, id);
    const written = send ? await sendDraft(scope, id, wish, name) : await storeDraft(scope, id, wish, name);
    await removeOld(scope, id);
    return written;
  },
});

const removeOld = async ({ mail, folder }: DraftScope, id: ItemId): Promise<void> => {
  try {
    await mail.remove(folder, [id], 'permanent');
  } catch (error) {
    if (!isBackendError(error, 'notFound')) throw error;
  }
};

/** Runs `work` with the draft as it is; `undefined`: a new one, or one that is gone. */
const withExisting = async <T>(
  { mail, folder, openSpool, signal }: DraftScope,
  id: ItemId | undefined,
  work: (existing: ByteSource | undefined) => Promise<T>,
): Promise<T> => {
  if (id === undefined) return work(undefined);
  const collector = new SourceCollector(openSpool);
  try {
    return await work(await readExisting());
  } finally {
    await collector.close();
  }
  async function readExisting(): Promise<ByteSource | undefined> {
    try {
      const { open } = await mail.message(folder, id as ItemId, signal);
      return (await collector.add(open()))();
    } catch (error) {
      if (isBackendError(error, 'notFound')) return undefined;
      throw error;
    }
  }
};

/** A draft that was removed elsewhere while the device wrote in it is a new one, so that no text is lost. */
const checkExisting = (id: ItemId | undefined, existing: ByteSource | undefined, { body }: DraftChange): void => {
  if (id !== undefined && existing === undefined && body === undefined) {
    throw new ItemRefused(SyncStatus.objectNotFound, 'The draft is gone');
  }
};

const storeDraft = (
  scope: DraftScope,
  id: ItemId | undefined,
  { change, marks }: DraftWish,
  name: IdempotencyName,
): Promise<DraftWritten> =>
  withExisting(scope, id, async (existing) => {
    checkExisting(id, existing, change);
    const sending = scope.sending();
    const facts = factsOf(sending, existing, change, name, await timeOf(sending, name));
    const { message, parts } = sending.composer.writeDraft(existing, change, facts);
    const stored = await scope.mail.append(scope.folder, message, { draft: true, read: true }, name);
    const { flag, categories } = marks;
    const { revision } =
      flag === undefined && categories === undefined
        ? stored
        : await scope.mail.update(scope.folder, stored.id, { ...marks, read: marks.read ?? true });
    return { kind: 'stored', id: stored.id, revision, attached: parts };
  });

/** Header of a draft: its author may be chosen elsewhere, and is looked at when it is sent. */
const factsOf = (
  { account, composer }: SendScope,
  existing: ByteSource | undefined,
  { body }: DraftChange,
  name: IdempotencyName,
  at: number,
): HeaderFacts & { seed: string } => {
  const base = body !== undefined && 'mime' in body ? body.mime : existing;
  const from = base === undefined ? account.address : chooseSender(account, 'allow', composer.read(base)).from;
  const domain = account.address.slice(account.address.lastIndexOf('@') + 1);
  const messageId = `${name.slice(0, 32)}@${domain}`;
  const seed = `=_${createHash('sha256').update(`${name}\nboundary`).digest('hex').slice(0, 40)}`;
  return { from, displayName: account.displayName, date: new Date(at), messageId, seed };
};

/** Failures that say that a draft's recipients cannot be written to (MS-ASCMD_R7472). */
const RecipientFailures: ReadonlySet<number> = new Set([
  GlobalStatus.messageHasNoRecipient,
  GlobalStatus.messageRecipientUnresolved,
]);

const sendDraft = async (
  scope: DraftScope,
  id: ItemId | undefined,
  { change }: DraftWish,
  name: IdempotencyName,
): Promise<DraftWritten> => {
  const send = (existing: ByteSource | undefined): Promise<'sent' | 'sent before'> => {
    const sending = scope.sending();
    const compose = async () => {
      checkExisting(id, existing, change);
      const facts = factsOf(sending, existing, change, name, sending.now());
      return { message: sending.composer.writeDraft(existing, change, facts).message, redate: true };
    };
    return sendOnce(sending, {
      uploaded: undefined,
      clientId: undefined,
      purpose: name,
      saveInSentItems: true,
      compose,
    });
  };
  try {
    await withExisting(scope, id, send);
    return { kind: 'sent' };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const status = RecipientFailures.has(error.status) ? GlobalStatus.invalidRecipients : error.status;
    throw new ItemRefused(status, error.message);
  }
};
