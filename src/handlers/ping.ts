import { PingRequest, PingResponse } from '../../protocol/commands/ping.ts';
import { PingStatus } from '../../protocol/status.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { findFolder, loadHierarchy } from '../folders/hierarchy-state.ts';
import { nearestAllowed, rangeOf } from '../push/heartbeat.ts';
import { loadPing, type PingState, writePing } from '../push/heartbeats.ts';
import { type CollectionMark, collectionDocument, readMark } from '../sync/collection-state.ts';
import type { SyncScope } from '../sync/sync.ts';
import { clearUndelivered, loadUndelivered } from '../sync/undelivered.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { waitForPing } from './ping-wait.ts';
import { type Services, syncScope } from './services.ts';

/** Folders that one Ping may watch: more than any mailbox shows on a phone, few enough to compare. */
const MaxPingFolders = 300;

/** Seconds of waiting for a device that never named a heartbeat. */
const StandardHeartbeatSeconds = 480;

/** Ping ([MS-ASCMD] 2.2.1.13). */
export const pingCommand = (services: Services): Command<PingRequest, PingResponse> => ({
  name: 'Ping',
  request: PingRequest,
  response: PingResponse,
  bodyOptional: true,
  needsPolicyKey: () => false,
  handle: (context, request) => ping(services, context, request).then(asDocument),
  failure: (status) => ({ status }),
});

const asDocument = (value: PingResponse): Answer<PingResponse> => ({ kind: 'document', value });

const ping = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<PingRequest>,
): Promise<PingResponse> => {
  const scope = syncScope(services, context);
  const turn = services.room.supersede(scope.partition);
  const state = await parameters(services, scope, body);
  const refusal = refusalOf(services, state);
  if (refusal !== undefined) return refusal;
  const watched = await watchedFolders(scope, state.collections ?? []);
  if ('status' in watched) return watched;
  const changed = await changedAlready(scope, watched);
  if (changed.length > 0) return changedResponse(changed);
  return waitForPing(services, context, {
    folders: new Map(watched.map(({ folder, mark }) => [folder.folder, mark.position])),
    seconds: state.heartbeat ?? StandardHeartbeatSeconds,
    turn,
  });
};

/** Parameters of the request, completed by those of the last one, and stored when they are new. */
const parameters = async (services: Services, scope: SyncScope, body: PingRequest | undefined): Promise<PingState> => {
  const stored = await loadPing(scope.store, scope.partition);
  const state: PingState = {
    heartbeat: body?.heartbeatInterval ?? stored.heartbeat,
    collections: body?.folders?.length ? body.folders.map(({ id }) => id) : stored.collections,
    history: services.deaths.returning(scope.partition, stored.history),
  };
  const valid = (state.collections?.length ?? 0) <= MaxPingFolders;
  if (valid && JSON.stringify(state) !== JSON.stringify(stored)) {
    await scope.store.commit(scope.partition, [writePing(state)]);
  }
  return state;
};

const refusalOf = ({ heartbeats }: Services, state: PingState): PingResponse | undefined => {
  if (state.collections === undefined || state.collections.length === 0) {
    return { status: PingStatus.parametersMissing };
  }
  if (state.collections.length > MaxPingFolders) {
    return { status: PingStatus.tooManyFolders, maxFolders: MaxPingFolders };
  }
  const range = rangeOf(state.history, heartbeats);
  const nearest = state.heartbeat === undefined ? undefined : nearestAllowed(state.heartbeat, range);
  return nearest === undefined ? undefined : { status: PingStatus.heartbeatOutOfRange, heartbeatInterval: nearest };
};

/** A folder of the Ping: what the device calls it, and what it last got of it. */
interface Watched {
  readonly folder: DeviceFolder;
  readonly mark: CollectionMark;
}

/**
 * The folders of a Ping. One that the hierarchy no longer has needs a FolderSync (Status 7); one
 * that was never synchronised has something to fetch by definition and is answered at once.
 */
const watchedFolders = async (
  scope: SyncScope,
  collectionIds: readonly string[],
): Promise<readonly Watched[] | PingResponse> => {
  const { state } = await loadHierarchy(scope.store, scope.partition);
  const folders = collectionIds.map((id) => findFolder(state, id));
  if (!allKnown(folders)) return { status: PingStatus.folderSyncRequired };
  const documents = await scope.store.load(scope.partition, collectionIds.map(collectionDocument));
  const missing: string[] = [];
  const watched: Watched[] = [];
  for (const folder of folders) {
    const document = documents.get(collectionDocument(folder.collectionId));
    if (document === undefined) missing.push(folder.collectionId);
    else watched.push({ folder, mark: readMark(document.value) });
  }
  return missing.length > 0 ? changedResponse(missing) : watched;
};

const allKnown = (folders: readonly (DeviceFolder | undefined)[]): folders is readonly DeviceFolder[] =>
  !folders.includes(undefined);

const changedResponse = (collectionIds: readonly string[]): PingResponse => ({
  status: PingStatus.changesOccurred,
  folders: [...collectionIds],
});

/** Collections with something left over from the last window, or whose last response never arrived. */
const changedAlready = async (scope: SyncScope, watched: readonly Watched[]): Promise<string[]> => {
  const undelivered = await loadUndelivered(scope.store, scope.partition);
  const lost = watched.filter(({ folder, mark }) => undelivered[folder.collectionId] === mark.generation);
  if (Object.keys(undelivered).length > 0) await clearUndelivered(scope.store, scope.partition);
  const pending = watched.filter(({ mark }) => mark.pending);
  return [...new Set([...lost, ...pending].map(({ folder }) => folder.collectionId))];
};
