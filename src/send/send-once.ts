import { createHash } from 'node:crypto';
import type { MailComposer, Thread, UnderstoodMail } from '../../backends/contract/composer.ts';
import type { FolderId, FolderStore } from '../../backends/contract/folders.ts';
import type { MailStore, RefusedRecipient, StoredStretch, Submission } from '../../backends/contract/mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { addSource } from '../digest.ts';
import { CommandFailure } from '../handlers/command.ts';
import type { AccountIdentity, Log } from '../handlers/context.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import type { KeyedMutex } from '../sync/keyed-mutex.ts';
import type { CarriedBody } from './original.ts';
import { refusalsIn, submissionFailure } from './refusals.ts';
import { chooseSender, type FromPolicy } from './sender.ts';

/** A message that a device wants to be sent. */
export interface OutgoingMessage {
  /** What the device sent; it stands for the message where there is no ClientId. */
  readonly uploaded: ByteSource | undefined;
  /** The device's name for the message; `undefined`: it has none, so its bytes stand for it. */
  readonly clientId: string | undefined;
  /** Distinguishes what is done with the same bytes: the command, and the mail that it answers. */
  readonly purpose?: string | undefined;
  readonly saveInSentItems: boolean;
  /**
   * Makes what goes out. Called only for a message that has still to be sent, or kept.
   *
   * @param seed for boundaries: the same for the same message, and known to nobody else before it is sent
   */
  compose(seed: string): Promise<Composition>;
}

/** A message that is ready but for its header. */
export interface Composition {
  readonly message: ByteSource;
  /** What it answers or passes on. */
  readonly thread?: Thread | undefined;
  /** Whether its date is that of sending, whatever stands there. */
  readonly redate?: boolean | undefined;
  /** What of it stands in the store already. */
  readonly carried?: readonly CarriedBody[] | undefined;
  /** Frees what it is made of. */
  close?(): Promise<void>;
}

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
  readonly composer: MailComposer;
  readonly fromPolicy: FromPolicy;
  /** Called with a folder that got a message. */
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
 * repeated request: what is written into a message follows from its name and the time of the record, so
 * that it is the same one.
 */
export const sendOnce = (scope: SendScope, message: OutgoingMessage): Promise<'sent' | 'sent before'> => {
  const name = nameOf(scope, message);
  return scope.locks.exclusively(`${scope.partition}\nsend\n${name}`, async () => {
    const earlier = (await loadBook(scope)).sent[name];
    if (earlier?.done === true) return 'sent before';
    const toKeep = message.saveInSentItems && !scope.submission.keepsSentCopy;
    const composition = await message.compose(`=_${digest(`${name}\nboundary`).slice(0, 40)}`);
    try {
      const at = earlier?.at ?? scope.now();
      const ready = prepare(scope, composition, name, at);
      const entry = earlier ?? (await submit(scope, ready, name, { at, done: !toKeep }));
      if (!entry.done && (await keepCopy(scope, composition, ready.message, name))) {
        await record(scope, name, { ...entry, done: true });
      }
    } finally {
      await composition.close?.();
    }
    return earlier === undefined ? 'sent' : 'sent before';
  });
};

/** A message that can go out as it is. */
interface ReadyMessage extends UnderstoodMail {
  readonly message: ByteSource;
  readonly envelopeSender: string;
}

const prepare = (scope: SendScope, composition: Composition, name: string, at: number): ReadyMessage => {
  const { account, composer, fromPolicy } = scope;
  const written = composer.read(composition.message);
  const { envelope, from, sender } = chooseSender(account, fromPolicy, written);
  const message = composer.withHeader(composition.message, {
    from,
    sender,
    displayName: account.displayName,
    date: new Date(at),
    messageId: messageIdOf(account, name),
    redate: composition.redate,
    thread: composition.thread,
  });
  return { ...composer.read(message), message, envelopeSender: envelope };
};

/** A Message-ID that follows from the name of what it is for. */
const messageIdOf = ({ address }: AccountIdentity, name: string): string =>
  `${name.slice(0, 32)}@${address.slice(address.lastIndexOf('@') + 1)}`;

const submit = async (scope: SendScope, ready: ReadyMessage, name: string, entry: SentEntry): Promise<SentEntry> => {
  const { recipients } = demandRecipients(ready);
  const mail = { message: ready.wire, from: ready.envelopeSender, recipients };
  let refused: readonly RefusedRecipient[];
  try {
    refused = await scope.submission.submit(mail);
  } catch (error) {
    await report(scope, ready, name, refusalsIn(error, recipients), false);
    throw submissionFailure(error);
  }
  await record(scope, name, entry);
  await report(scope, ready, name, refused, true);
  return entry;
};

/**
 * Tells the user whom the mail system refused: a report in the Inbox, as a mail system sends it that finds
 * out later; once for each mail, however often a device tries it again. That it cannot be
 * stored must not change what the device is told of its mail.
 */
const report = async (
  scope: SendScope,
  { message }: ReadyMessage,
  sent: string,
  refusals: readonly RefusedRecipient[],
  others: boolean,
): Promise<void> => {
  if (refusals.length === 0) return;
  const name = digest(`${sent}\nreport`);
  try {
    const inbox = (await scope.folders?.list())?.find(({ role }) => role === 'inbox');
    if (inbox === undefined || scope.mail === undefined || (await loadBook(scope)).sent[name] !== undefined) return;
    const date = new Date(scope.now());
    const messageId = messageIdOf(scope.account, name);
    const facts = { sender: scope.account.address, refusals, others, date, messageId, seed: name.slice(0, 40) };
    await scope.mail.append(inbox.id, scope.composer.refusalReport(message, facts), {}, name);
    await record(scope, name, { at: scope.now(), done: true });
    scope.stored(inbox.id);
  } catch (error) {
    scope.log.warn(
      { account: scope.account.name, error: String(error) },
      'A mail was refused, and the report of it could not be put into the Inbox',
    );
  }
};

const nameOf = ({ partition }: SendScope, { clientId, uploaded, purpose }: OutgoingMessage): string => {
  const hash = createHash('sha256').update(partition);
  if (clientId !== undefined) return hash.update(`\nclient\n${clientId}`).digest('hex');
  hash.update(purpose === undefined ? '\nmime\n' : `\n${purpose}\n`);
  return (uploaded === undefined ? hash : addSource(hash, uploaded)).digest('hex');
};

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const demandRecipients = <Mail extends UnderstoodMail>(outgoing: Mail): Mail => {
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

/**
 * The time at which something was first begun under a name: what is written anew for a repeated request is the
 * same then, byte for byte, and found again.
 */
export const timeOf = async (scope: SendScope, name: string): Promise<number> => {
  const key = digest(`${name}\nbegun`);
  const known = (await loadBook(scope)).sent[key];
  if (known !== undefined) return known.at;
  const at = scope.now();
  await record(scope, key, { at, done: true });
  return at;
};

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
const keepCopy = async (
  scope: SendScope,
  composition: Composition,
  message: ByteSource,
  name: string,
): Promise<boolean> => {
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
    const stretches = stretchesOf(scope, composition, message);
    await scope.mail.append(sent.id, message, { read: true, stretches }, name);
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

/** What of a message a store may take from itself, so that it is not uploaded again. */
const stretchesOf = ({ composer }: SendScope, { carried = [] }: Composition, message: ByteSource): StoredStretch[] => {
  const bodies = new Map(carried.map((each) => [each.body, each]));
  return composer.placesOf(message, [...bodies.keys()]).flatMap(({ start, body }) => {
    const found = bodies.get(body);
    if (found === undefined) return [];
    const { folder, id, part } = found;
    return [{ start, length: body.length, folder, id, part }];
  });
};
