import type { MailComposer } from '../../backends/contract/composer.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { quirksOf } from '../devices/quirks.ts';
import type { FolderSyncScope } from '../folders/folder-sync.ts';
import { type MeetingDesk, meetingScope } from '../meetings/desk.ts';
import type { HeartbeatRange } from '../push/heartbeat.ts';
import type { WaitDeaths } from '../push/heartbeats.ts';
import type { ChangeHub } from '../push/hub.ts';
import type { WaitingRoom } from '../push/waiting-room.ts';
import type { Watchers } from '../push/watchers.ts';
import { draftPort } from '../send/drafts.ts';
import type { SendScope } from '../send/send-once.ts';
import type { FromPolicy } from '../send/sender.ts';
import type { OpenSpool } from '../spool.ts';
import { accountPartition, partnershipPartition } from '../state/partitions.ts';
import { AccountDocuments } from '../sync/account-documents.ts';
import type { DraftPort } from '../sync/draft-port.ts';
import { type Filing, FilingDocument, StoredFiling } from '../sync/filing.ts';
import { StoredFollowUps } from '../sync/follow-up.ts';
import type { KeyedMutex } from '../sync/keyed-mutex.ts';
import type { SyncRun } from '../sync/sync.ts';
import type { SyncKeys } from '../sync/sync-key.ts';
import { tellAgain } from '../sync/tell-again.ts';
import type { StuckMemory } from '../sync/troubles.ts';
import { CommandFailure } from './command.ts';
import type { Context } from './context.ts';
import type { KeptAttachments } from './kept-attachments.ts';

/** What the handlers share for as long as the server runs. */
export interface Services {
  readonly keys: SyncKeys;
  readonly locks: KeyedMutex;
  readonly hub: ChangeHub;
  readonly room: WaitingRoom;
  readonly watchers: Watchers;
  readonly deaths: WaitDeaths;
  /** Collections that devices do not get over. */
  readonly stuck: StuckMemory;
  /** Release of Postrider, `0.1.0`. */
  readonly release: string;
  /** Heartbeats that the administrator allows. */
  readonly heartbeats: HeartbeatRange;
  /** Understands and makes messages. */
  readonly composer: MailComposer;
  /** What becomes of a mail whose From is none of the user's addresses. */
  readonly fromPolicy: FromPolicy;
  /** Where attachments go that are too large for memory. */
  readonly openSpool: OpenSpool;
  /** Attachments that are read in ranges. */
  readonly keptAttachments: KeptAttachments;
}

/** The partition of the partnership that asks. */
export const partitionOf = ({ account, device }: Context): string => partnershipPartition(account.name, device.id);

/** What the engine needs, out of the context of a request. */
export const syncScope = (services: Services, context: Context): SyncRun & { readonly filing: Filing } => ({
  partition: partitionOf(context),
  store: context.state,
  keys: services.keys,
  backend: context.backend,
  version: context.version,
  draftsOf: (mail, folder) => draftsOf(services, context, mail, folder),
  ...meetingScope(meetingDesk(services, context)),
  ...accountScope(services, context),
  tellOthers: (folder, id) => tellAgain(context.state, context.account.name, { folder, id }, partitionOf(context)),
  quirks: quirksOf(context.device),
  stuck: services.stuck,
  release: services.release,
  log: context.log,
  now: () => context.clock.now(),
  // Made only for who asks: thousands that wait do without one.
  get signal() {
    return context.signal;
  },
});

/** What meetings are worked on with, out of the context of a request. */
export const meetingDesk = (services: Services, context: Context): MeetingDesk => ({
  context,
  composer: services.composer,
  partition: partitionOf(context),
  sending: () => sendScope(services, context),
  moved: (folder) => tellMoved(services, context, folder),
});

/** What is kept of the account's mail beside the mail server. */
const accountScope = (services: Services, context: Context) => {
  const documents = new AccountDocuments(context.state, accountPartition(context.account.name), [FilingDocument]);
  const followUps = new StoredFollowUps(documents);
  const touched = (folder: FolderId): void => tellMoved(services, context, folder);
  return { followUps, filing: new StoredFiling({ documents, followUps, now: () => context.clock.now(), touched }) };
};

/** The drafts that a device of 16.0 or later writes. */
const draftsOf = (services: Services, context: Context, mail: MailStore, folder: FolderId): DraftPort =>
  draftPort({
    mail,
    folder,
    openSpool: services.openSpool,
    signal: context.signal,
    sending: () => sendScope(services, context),
  });

/** What sending needs, out of the context of a request. */
export const sendScope = (services: Services, context: Context): SendScope => {
  const { submission, mail, folders } = context.backend;
  if (submission === undefined) {
    throw new CommandFailure(GlobalStatus.accountSendDisabled, 'No backend of this account can send mail');
  }
  return {
    store: context.state,
    partition: partitionOf(context),
    account: context.account,
    submission,
    mail,
    folders,
    now: () => context.clock.now(),
    log: context.log,
    locks: services.locks,
    composer: services.composer,
    fromPolicy: services.fromPolicy,
    stored: (folder) => tellMoved(services, context, folder),
  };
};

/** Wakes those of the account who wait for a folder that was written to. */
export const tellMoved = ({ hub }: Services, { account }: Context, folder: FolderId): void =>
  hub.publish(account.name, { kind: 'moved', folder, position: undefined, arrived: false });

/** What the folder hierarchy needs, out of the context of a request. */
export const folderScope = (services: Services, context: Context): FolderSyncScope => {
  const { folders } = context.backend;
  if (folders === undefined)
    throw new CommandFailure(GlobalStatus.serverError, 'No backend of this account has folders');
  return {
    keys: services.keys,
    store: context.state,
    partition: partitionOf(context),
    folders,
    now: () => context.clock.now(),
    get signal() {
      return context.signal;
    },
  };
};
