import { GlobalStatus } from '../../protocol/status.ts';
import type { FolderSyncScope } from '../folders/folder-sync.ts';
import type { HeartbeatRange } from '../push/heartbeat.ts';
import type { WaitDeaths } from '../push/heartbeats.ts';
import type { ChangeHub } from '../push/hub.ts';
import type { WaitingRoom } from '../push/waiting-room.ts';
import type { Watchers } from '../push/watchers.ts';
import type { ReadOutgoing } from '../send/send-once.ts';
import type { OpenSpool } from '../spool.ts';
import { accountPartition, partnershipPartition } from '../state/partitions.ts';
import { StoredFollowUps } from '../sync/follow-up.ts';
import type { KeyedMutex } from '../sync/keyed-mutex.ts';
import type { SyncScope } from '../sync/sync.ts';
import type { SyncKeys } from '../sync/sync-key.ts';
import { CommandFailure } from './command.ts';
import type { Context } from './context.ts';

/** What the handlers share for as long as the server runs. */
export interface Services {
  readonly keys: SyncKeys;
  readonly locks: KeyedMutex;
  readonly hub: ChangeHub;
  readonly room: WaitingRoom;
  readonly watchers: Watchers;
  readonly deaths: WaitDeaths;
  /** Heartbeats that the administrator allows. */
  readonly heartbeats: HeartbeatRange;
  /** Understands a message that a device sends. */
  readonly readOutgoing: ReadOutgoing;
  /** Where attachments go that are too large for memory. */
  readonly openSpool: OpenSpool;
}

/** The partition of the partnership that asks. */
export const partitionOf = ({ account, device }: Context): string => partnershipPartition(account.name, device.id);

/** What the engine needs, out of the context of a request. */
export const syncScope = (services: Services, context: Context): SyncScope => ({
  partition: partitionOf(context),
  store: context.state,
  keys: services.keys,
  backend: context.backend,
  version: context.version,
  followUps: new StoredFollowUps(context.state, accountPartition(context.account.name)),
  now: () => context.clock.now(),
  // Made only for who asks: thousands that wait do without one.
  get signal() {
    return context.signal;
  },
});

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
