import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import { positionsOf } from '../../backends/contract/positions.ts';
import type { PingResponse } from '../../protocol/commands/ping.ts';
import { PingStatus } from '../../protocol/status.ts';
import { hierarchyMoved } from '../folders/folder-sync.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import { found, type Look, type Looker, nothing } from '../push/waiter.ts';
import type { EndReason } from '../push/wake.ts';
import { peek } from '../sync/peek.ts';
import type { Context } from './context.ts';
import { folderScope, partitionOf, type Services, syncScope } from './services.ts';
import { learnFromEnd } from './wait-end.ts';
import { waitInRoom } from './waiting.ts';

/** What a Ping waits for. */
export interface PingWait {
  /** Folders with the positions that the device knows. */
  readonly folders: ReadonlyMap<FolderId, Position | undefined>;
  readonly seconds: number;
  /** The turn of this request. */
  readonly turn: number;
}

/** Waits for a Ping. Nothing but the waiter and its looker is kept meanwhile. */
export const waitForPing = (services: Services, context: Context, wait: PingWait): Promise<PingResponse> => {
  const since = context.clock.now();
  const request = {
    account: context.account.name,
    partition: partitionOf(context),
    folders: wait.folders,
    deadline: since + wait.seconds * 1000,
    turn: wait.turn,
  };
  const looker = new PingLooker(services, context, since);
  return waitInRoom(services, context, request, looker);
};

/** Finds out whether a wake is for this device, out of the stored state and the backend. */
class PingLooker implements Looker<PingResponse> {
  readonly #services: Services;
  readonly #context: Context;
  readonly #since: number;

  constructor(services: Services, context: Context, since: number) {
    this.#services = services;
    this.#context = context;
    this.#since = since;
  }

  async folder(id: FolderId, arrived: boolean): Promise<Look<PingResponse>> {
    const { state } = await loadHierarchy(this.#context.state, partitionOf(this.#context));
    const folder = state?.current.find((one) => one.folder === id);
    if (folder === undefined) return found({ status: PingStatus.folderSyncRequired });
    const changed = { status: PingStatus.changesOccurred, folders: [folder.collectionId] };
    if (arrived) return found(changed);
    try {
      const look = await peek(syncScope(this.#services, this.#context), folder);
      return look === undefined || look.news > 0 ? found(changed) : nothing(look.position);
    } catch (error) {
      if (isBackendError(error, 'notFound')) return found({ status: PingStatus.folderSyncRequired });
      throw error;
    }
  }

  async hierarchy(): Promise<PingResponse | undefined> {
    const moved = await hierarchyMoved(folderScope(this.#services, this.#context));
    return moved ? { status: PingStatus.folderSyncRequired } : undefined;
  }

  async positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>> {
    return positionsOf(this.#context.backend, folders);
  }

  async ended(reason: EndReason): Promise<PingResponse> {
    await learnFromEnd(this.#services, this.#context, reason, this.#since);
    return { status: PingStatus.heartbeatExpired };
  }

  rest(): void {
    this.#context.rest();
  }
}
