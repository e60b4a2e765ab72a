import type { MoveItemsResponse } from '../../protocol/commands/move-items.ts';
import { type CallOptions, notEmpty, requireSuccess } from './channel.ts';
import type { Device } from './device.ts';
import { StatusFailure, UnusableAnswer } from './failures.ts';
import type { Mailbox } from './mailbox.ts';

/** Type of a folder of mail that a user made ([MS-ASCMD] 2.2.3.186.2). */
const UserMailFolder = 12;

/** Success of MoveItems ([MS-ASCMD] 2.2.3.177.10). */
const Moved = 3;

/** Where a folder shall be, and what it shall be called. */
export interface FolderPlace {
  /** `0`: at the top. */
  readonly parentId: string;
  readonly displayName: string;
}

/** Makes a folder ([MS-ASCMD] 2.2.1.3) and holds it; gives its ServerId. */
export const createFolder = async (
  device: Device,
  { folders }: Mailbox,
  place: FolderPlace,
  call: CallOptions = {},
): Promise<string> => {
  const request = { syncKey: folders.syncKey, ...place, type: UserMailFolder };
  const { status, syncKey, serverId } = notEmpty('FolderCreate', await device.command('FolderCreate', request, call));
  requireSuccess('FolderCreate', status);
  if (syncKey === undefined || serverId === undefined) throw unusable('FolderCreate');
  folders.edited(syncKey, { serverId, ...place, type: UserMailFolder });
  return serverId;
};

/** Renames or moves a folder ([MS-ASCMD] 2.2.1.6). */
export const updateFolder = async (
  device: Device,
  { folders }: Mailbox,
  serverId: string,
  place: FolderPlace,
  call: CallOptions = {},
): Promise<void> => {
  const request = { syncKey: folders.syncKey, serverId, ...place };
  const { status, syncKey } = notEmpty('FolderUpdate', await device.command('FolderUpdate', request, call));
  requireSuccess('FolderUpdate', status);
  if (syncKey === undefined) throw unusable('FolderUpdate');
  folders.edited(syncKey, { serverId, ...place, type: folders.get(serverId)?.type ?? UserMailFolder });
};

/** Removes a folder with what is in it ([MS-ASCMD] 2.2.1.4). */
export const deleteFolder = async (
  device: Device,
  { folders }: Mailbox,
  serverId: string,
  call: CallOptions = {},
): Promise<void> => {
  const request = { syncKey: folders.syncKey, serverId };
  const { status, syncKey } = notEmpty('FolderDelete', await device.command('FolderDelete', request, call));
  requireSuccess('FolderDelete', status);
  if (syncKey === undefined) throw unusable('FolderDelete');
  folders.removed(syncKey, serverId);
};

/** One item and where it shall go. */
export interface ItemMove {
  readonly srcMsgId: string;
  readonly srcFldId: string;
  readonly dstFldId: string;
}

/** Moves items ([MS-ASCMD] 2.2.1.12); one answer a move, each with a Status of its own. */
export const moveItems = async (
  device: Device,
  moves: readonly ItemMove[],
  call: CallOptions = {},
): Promise<MoveItemsResponse['response']> => {
  const move = moves.map(({ dstFldId, ...source }) => ({ ...source, dstFldId: [dstFldId] }));
  const { status, response } = notEmpty('MoveItems', await device.command('MoveItems', { move }, call));
  if (status !== undefined) throw new StatusFailure('MoveItems', status);
  return response;
};

/** Moves one item; gives its new ServerId where the server tells it. */
export const moveItem = async (device: Device, move: ItemMove, call: CallOptions = {}): Promise<string | undefined> => {
  const [answer] = await moveItems(device, [move], call);
  if (answer?.status !== Moved) throw new StatusFailure('MoveItems', answer?.status ?? 0);
  return answer.dstMsgId;
};

const unusable = (command: 'FolderCreate' | 'FolderUpdate' | 'FolderDelete'): UnusableAnswer =>
  new UnusableAnswer(command, 'success comes without a SyncKey, or without the ServerId of what was made');
