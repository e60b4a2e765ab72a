import { createHash } from 'node:crypto';
import type { FolderId, FolderStore } from '../../backends/contract/folders.ts';
import type { MailStore, Submission } from '../../backends/contract/mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { addSource } from '../digest.ts';
import { CommandFailure } from '../handlers/command.ts';
import type { AccountIdentity, Log } from '../handlers/context.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import type { KeyedMutex } from '../sync/keyed-mutex.ts';

/** A message that a device wants to be sent. */
export interface OutgoingMessage {
  readonly mime: ByteSource;
  /** The device's name for the message; `undefined`: it has none, so its bytes stand for it. */
  readonly clientId: string | undefined;
  readonly saveInSentItems: boolean;
}

/** A message understood: who sends it to whom, and what of it goes over the wire. */
export interface OutgoingMail {
  /** Address in From; `undefined`: none that could be one. */
  readonly from: string | undefined;
  readonly recipients: readonly string[];
  /** What stands among the recipients and is no address. */
  readonly unusable: readonly string[];
  /** The message without Bcc, otherwise byte for byte. */
  readonly wire: ByteSource;
}

/** Understands a message. Given by the wiring, as only a backend's side knows MIME. */
export type ReadOutgoing = (mime: ByteSource) => OutgoingMail;

/** What sending works with. */
export interface SendScope {
  readonly store: StateStore;
  readonly partition: Partition;
  readonly account: AccountIdentity;
  readonly submission: Submission;
  readonly mail: MailStore | undefined;
  readonly folders: FolderStore | undefined;
  readonly now: () => number;
  readonly log: Log;
  readonly locks: KeyedMutex;
  readonly read: ReadOutgoing;
  /** Called with the folder that got the copy. */
  stored(folder: FolderId): void;
}

/** Milliseconds for which a sent message is remembered: a device repeats what it got no answer for within days. */
const SentMemory = 7 * 24 * 3_600_000;

/** Messages remembered a partnership at most: 100 bytes each, the oldest are forgotten first. */
const SentRemembered = 500;

/** Name of the document with the messages sent. */
const DocumentName = 'sent';

/** What became of a message. */
interface SentEntry {
  /** Milliseconds since 1970 at which it was accepted. */
  readonly at: number;
  /** Whether all is done: the copy is in the Sent folder, if one was to be kept. */
  readonly done: boolean;
}

/** Messages by the digest of their names. */
type SentBook = Readonly<Record<string, SentEntry>>;

/**
 * Sends a message once, however often its request is repeated. What was accepted is recorded
 * before the answer. One window stays: when the server dies after the mail system accepted the
 * message and before the record is durable, a repeated request sends it again, because a mail that
 * comes twice is better than one that never comes. A copy that was still to be kept is kept by the
 * repeated request.
 */
export const sendOnce = (scope: SendScope, message: OutgoingMessage): Promise<'sent' | 'sent before'> => {
  const name = nameOf(scope, message);
  return scope.locks.run(`${scope.partition}\nsend\n${name}`, async () => {
    const earlier = (await loadBook(scope)).sent[name];
    const toKeep = message.saveInSentItems && !scope.submission.keepsSentCopy;
    const entry = earlier ?? (await submit(scope, message, name, !toKeep));
    if (!entry.done && (await keepCopy(scope, message, name))) await record(scope, name, { ...entry, done: true });
    return earlier === undefined ? 'sent' : 'sent before';
  });
};

const submit = async (scope: SendScope, message: OutgoingMessage, name: string, done: boolean): Promise<SentEntry> => {
  const outgoing = demandRecipients(scope.read(message.mime));
  const from = senderOf(scope.account, outgoing);
  await scope.submission.submit({ message: outgoing.wire, from, recipients: outgoing.recipients });
  const entry = { at: scope.now(), done };
  await record(scope, name, entry);
  return entry;
};

const nameOf = ({ partition }: SendScope, { clientId, mime }: OutgoingMessage): string => {
  const hash = createHash('sha256').update(partition);
  if (clientId !== undefined) return hash.update(`\nclient\n${clientId}`).digest('hex');
  return addSource(hash.update('\nmime\n'), mime).digest('hex');
};

const demandRecipients = (outgoing: OutgoingMail): OutgoingMail => {
  if (outgoing.unusable.length > 0) {
    throw new CommandFailure(
      GlobalStatus.messageRecipientUnresolved,
      `${outgoing.unusable.length} recipients are no addresses`,
    );
  }
  if (outgoing.recipients.length === 0) {
    throw new CommandFailure(GlobalStatus.messageHasNoRecipient, 'The message names no recipient');
  }
  return outgoing;
};

/** The envelope's sender is one of the account's own addresses, whatever stands in From. */
const senderOf = ({ address, aliases }: AccountIdentity, { from }: OutgoingMail): string =>
  aliases.find((alias) => alias.toLowerCase() === from?.toLowerCase()) ?? address;

const loadBook = async ({ store, partition }: SendScope): Promise<{ sent: SentBook; revision: number }> => {
  const document = (await store.load(partition, [DocumentName])).get(DocumentName);
  if (document === undefined) return { sent: {}, revision: 0 };
  return { sent: unpackDocument<SentBook>(document.value).json, revision: document.revision };
};

/** Records a message as sent; another message of the device that came between is kept. */
const record = async (scope: SendScope, name: string, entry: SentEntry): Promise<void> => {
  for (;;) {
    const { sent, revision } = await loadBook(scope);
    const young = Object.entries(sent).filter(([other, { at }]) => other !== name && at > scope.now() - SentMemory);
    const kept = Object.fromEntries([...young.slice(1 - SentRemembered), [name, entry]]);
    const write = { name: DocumentName, value: packDocument(kept), expect: revision };
    if (await scope.store.commit(scope.partition, [write])) return;
  }
};

/** The copy in Sent. The mail is on its way, so that a copy that fails is no reason to tell the user it was not sent. */
const keepCopy = async (scope: SendScope, { mime }: OutgoingMessage, name: string): Promise<boolean> => {
  try {
    const folders = (await scope.folders?.list()) ?? [];
    const sent = folders.find(({ role }) => role === 'sent');
    if (sent === undefined || scope.mail === undefined) {
      scope.log.warn(
        { account: scope.account.name },
        'A sent mail was not kept: the account has no folder for sent mail',
      );
      return false;
    }
    await scope.mail.append(sent.id, mime, { read: true }, name);
    scope.stored(sent.id);
    return true;
  } catch (error) {
    scope.log.warn(
      { account: scope.account.name, error: String(error) },
      'A sent mail was not kept in the Sent folder',
    );
    return false;
  }
};
