import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId, Revision } from '../../backends/contract/items.ts';
import {
  type EmailFlag,
  type MailPatch,
  type MailRequest,
  type MailStore,
  RawMessagePart,
} from '../../backends/contract/mail.ts';
import { AttachmentMethod } from '../../protocol/classes/air-sync-base.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { encodeTree } from '../../protocol/schema/write.ts';
import { SyncStatus } from '../../protocol/status.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { DraftPort } from './draft-port.ts';
import type { Filing } from './filing.ts';
import type { FollowUps } from './follow-up.ts';
import { type ItemClassPort, ItemRefused, type ReadScope, type ReadyItem } from './item-class.ts';
import type { StickyOptions } from './options.ts';
import { fileReferenceOf, serverIdOf } from './server-id.ts';

/** A mail that a device fetches. */
export interface FetchedMail {
  readonly folder: FolderId;
  readonly id: ItemId;
  readonly email: Email;
}

/** What mail of one folder is synchronised with. */
export interface EmailScope {
  readonly mail: MailStore;
  readonly folder: FolderId;
  readonly collectionId: string;
  readonly version: ProtocolVersion;
  readonly followUps: FollowUps;
  /** Has the account's other devices told of a mail of which something changed that the mail server does not hold. */
  tellOthers(id: ItemId): Promise<void>;
  /** Absent: mail stays in the folder that it came to. */
  readonly filing?: Filing | undefined;
  /** Takes in what a mail that is new to the device says of a meeting; never throws. Absent: nobody does. */
  readonly takeIn?: ((mail: FetchedMail) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  /** The folder holds drafts, and the device writes them. */
  readonly drafts?: DraftPort | undefined;
}

/** The Email class for the engine. */
export const emailPort = (scope: EmailScope): ItemClassPort => {
  const { mail, folder, drafts, signal } = scope;
  const names: AttachedNames = new Map();
  return {
    list: (since) => mail.list(folder, since, signal),
    changes: (cursor) => mail.changes(folder, cursor, signal),
    read: (ids, options, what) => readEmails(scope, names, ids, options, what),
    standIn: (id, reason) => standIn(scope, id, reason),
    create: async () => {
      // [MS-ASCMD] 2.2.3.7.2: mail comes from the mail system; a device adds none (MS-ASCMD_R755).
      throw new ItemRefused(SyncStatus.conversionError, 'A device cannot add mail to this folder');
    },
    revisions: (ids) => revisionsOf(scope, ids),
    update: (id, applicationData, expected) => updateEmail(scope, id, applicationData, expected),
    remove: (ids, how) => mail.remove(folder, ids, how),
    changesExclude: false,
    drafts: drafts === undefined ? undefined : notingNames(drafts, names),
    answer: (id, attached) => answerTo(scope, id, attached),
  };
};

/** What the device calls the attachments that it added to drafts, by item and part. */
type AttachedNames = Map<ItemId, ReadonlyMap<string, string>>;

/**
 * Notes the device's names for what it attached to a draft by a Change: the answer to that has no room for them, the
 * Add of the new draft has (MS-ASAIRS_R1368, R1001000).
 */
const notingNames = (drafts: DraftPort, names: AttachedNames): DraftPort => ({
  ...drafts,
  change: async (id, applicationData, name, send) => {
    const written = await drafts.change(id, applicationData, name, send);
    if (written.kind === 'stored') {
      names.set(written.id, new Map(written.attached.map(([clientId, part]) => [part, clientId])));
    }
    return written;
  },
});

async function* readEmails(
  scope: EmailScope,
  names: AttachedNames,
  ids: readonly ItemId[],
  options: StickyOptions,
  what: ReadScope,
): AsyncIterable<ReadyItem> {
  const { mail, folder, followUps, filing, signal } = scope;
  for await (const result of mail.read(folder, ids, requestOf(options, what), signal)) {
    const { id } = result;
    if (result.outcome === 'missing') yield { id, outcome: 'missing' };
    else if (result.outcome === 'unreadable') yield standIn(scope, id, result.reason);
    else {
      const email = await followUps.complete(folder, id, result.item);
      if (what === 'added') await scope.takeIn?.({ folder, id, email });
      const isFiled = what === 'added' && (await filing?.file(mail, folder, id, email)) === true;
      if (isFiled) yield { id, outcome: 'missing' };
      else yield { id, outcome: 'ready', applicationData: encoded(scope, id, email, names), problem: result.problem };
    }
  }
}

/** What a user reads about a mail that the device did not take whole. */
const Notice = 'the phone stopped at it again and again';

const requestOf = ({ mail }: StickyOptions, what: ReadScope): MailRequest => {
  if (what === 'whole' || what === 'added') return mail;
  return what === 'changes' ? { ...mail, flagsOnly: true } : { ...mail, notice: Notice };
};

const encoded = (
  { collectionId, version }: EmailScope,
  id: ItemId,
  email: Email,
  names?: AttachedNames,
): EncodedElement =>
  encodeTree(EmailFields, withFileReferences(email, serverIdOf(collectionId, id), names?.get(id)), version);

/** A mail is never left out: where even its headers cannot be read, a notice stands for it, with the message attached. */
const standIn = (scope: EmailScope, id: ItemId, reason: string): ReadyItem => {
  const text = `This message cannot be shown: ${reason}. It is attached as it was received.`;
  const email: Email = {
    subject: '(This message cannot be shown)',
    dateReceived: new Date(0),
    read: true,
    messageClass: 'IPM.Note',
    attachments: [
      {
        kind: 'attachment',
        displayName: 'message.eml',
        fileReference: RawMessagePart,
        method: AttachmentMethod.embeddedMessage,
        estimatedDataSize: 0,
      },
    ],
    body: { type: 1, estimatedDataSize: text.length, truncated: false, data: text },
  };
  return { id, outcome: 'ready', applicationData: encoded(scope, id, email), problem: reason };
};

/** Turns the backend's part names into FileReferences of this device; `names`: its own, by part. */
export const withFileReferences = (email: Email, serverId: string, names?: ReadonlyMap<string, string>): Email =>
  email.attachments === undefined
    ? email
    : {
        ...email,
        attachments: email.attachments.map((attachment) =>
          attachment.kind === 'attachment'
            ? {
                ...attachment,
                fileReference: fileReferenceOf(serverId, attachment.fileReference),
                clientId: names?.get(attachment.fileReference),
              }
            : attachment,
        ),
      };

/**
 * What a device is told of a draft that it wrote: its place among conversations (MS-ASEMAIL_R1184, R1190), and the
 * FileReferences of what it attached (MS-ASAIRS_R1336).
 */
const answerTo = async (
  scope: EmailScope,
  id: ItemId,
  attached: readonly (readonly [clientId: string, part: string])[],
): Promise<EncodedElement | undefined> => {
  for await (const result of scope.mail.read(scope.folder, [id], { preferences: [], mimeSupport: 0 }, scope.signal)) {
    if (result.outcome !== 'item') return undefined;
    const { conversationId, conversationIndex } = result.item;
    const attachments = attached.map(([clientId, part]) => ({
      kind: 'attachment' as const,
      clientId,
      fileReference: fileReferenceOf(serverIdOf(scope.collectionId, id), part),
    }));
    const answer = {
      attachments: attachments.length === 0 ? undefined : attachments,
      conversationId,
      conversationIndex,
    };
    return encodeTree(EmailFields, answer, scope.version);
  }
  return undefined;
};

const revisionsOf = async ({ mail, folder, signal }: EmailScope, ids: readonly ItemId[]) => {
  const revisions = new Map<ItemId, Revision>();
  const request: MailRequest = { preferences: [], mimeSupport: 0, flagsOnly: true };
  for await (const result of mail.read(folder, ids, request, signal)) {
    if (result.outcome === 'item') revisions.set(result.id, result.revision);
  }
  return revisions;
};

/**
 * Read, Flag and Categories are each a value of their own, so a device's Change and another
 * client's never exclude each other: both hold, whatever Conflict says ([MS-ASCMD] 2.2.3.34).
 */
const updateEmail = async (
  scope: EmailScope,
  id: ItemId,
  applicationData: readonly TreeNode[],
  expected: Revision | undefined,
) => {
  const sent = readSent(applicationData);
  const patch: MailPatch = {
    ...(sent.read === undefined ? {} : { read: sent.read }),
    ...(sent.flag === undefined ? {} : { flag: isCleared(sent.flag) ? null : sent.flag }),
    ...(sent.categories === undefined ? {} : { categories: sent.categories }),
  };
  const result = await scope.mail.update(scope.folder, id, patch, expected);
  if (patch.flag !== undefined) {
    const isNews = await scope.followUps.remember(scope.folder, id, patch.flag);
    // Other dates of a flag that was there already.
    if (isNews && result.revision === expected) await scope.tellOthers(id);
  }
  return result;
};

/** Elements that a device may change in a mail that is no draft ([MS-ASEMAIL] 2.2.2, R41). */
const Changeable: ReadonlySet<string> = new Set(['read', 'flag', 'categories']);

const readSent = (applicationData: readonly TreeNode[]): Email => {
  try {
    const sent = readTree(EmailFields, applicationData);
    const other = Object.entries(sent).find(([name, value]) => value !== undefined && !Changeable.has(name));
    if (other !== undefined)
      throw new ItemRefused(SyncStatus.conversionError, `A device cannot change ${other[0]} of a mail`);
    return sent;
  } catch (error) {
    if (error instanceof SchemaError) throw new ItemRefused(SyncStatus.conversionError, error.message);
    throw error;
  }
};

/** An empty Flag, or one of status 0, takes the flag away ([MS-ASEMAIL] 2.2.2.34). */
const isCleared = (flag: EmailFlag): boolean => (flag.status ?? 0) === 0;
