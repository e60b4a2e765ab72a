import { tmpdir } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Backend, Login } from '../backends/contract/backend.ts';
import type { MailComposer } from '../backends/contract/composer.ts';
import { type Authenticator, type AuthOptions, createAuthenticator } from './auth/authenticator.ts';
import { BoundedMap } from './auth/bounded-map.ts';
import { createDeviceGate } from './devices/gate.ts';
import type { SlowingStep } from './devices/loop-guard.ts';
import { LoopWatch } from './devices/loop-watch.ts';
import type { Policy } from './devices/policy.ts';
import { type MergeRulesByClass, mergedClassesOf } from './devices/quirks.ts';
import type { AnyCommand } from './handlers/command.ts';
import type { Clock, Log, RandomBytes } from './handlers/context.ts';
import { findCommand } from './handlers/find.ts';
import { folderCreateCommand } from './handlers/folder-create.ts';
import { folderDeleteCommand } from './handlers/folder-delete.ts';
import { folderSyncCommand } from './handlers/folder-sync.ts';
import { folderUpdateCommand } from './handlers/folder-update.ts';
import { getAttachmentCommand } from './handlers/get-attachment.ts';
import { getItemEstimateCommand } from './handlers/get-item-estimate.ts';
import { itemOperationsCommand } from './handlers/item-operations.ts';
import { KeptAttachments } from './handlers/kept-attachments.ts';
import { meetingResponseCommand } from './handlers/meeting-response.ts';
import { moveItemsCommand } from './handlers/move-items.ts';
import { pingCommand } from './handlers/ping.ts';
import { provisionCommand } from './handlers/provision.ts';
import { searchCommand } from './handlers/search.ts';
import { sendMailCommand } from './handlers/send-mail.ts';
import type { Services } from './handlers/services.ts';
import { settingsCommand } from './handlers/settings.ts';
import { smartForwardCommand } from './handlers/smart-forward.ts';
import { smartReplyCommand } from './handlers/smart-reply.ts';
import { syncCommand } from './handlers/sync.ts';
import type { RequestFacts } from './http/active-sync.ts';
import type { HttpOptions } from './http/options.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { Cluster } from './push/cluster.ts';
import { type HeartbeatRange, StandardHeartbeat } from './push/heartbeat.ts';
import { WaitDeaths } from './push/heartbeats.ts';
import { type ChangeHub, LocalHub } from './push/hub.ts';
import { WaitingRoom } from './push/waiting-room.ts';
import { Watchers } from './push/watchers.ts';
import { release } from './release.ts';
import type { FromPolicy } from './send/sender.ts';
import { spoolsIn } from './spool.ts';
import type { StateStore } from './state/contract.ts';
import { KeyedMutex } from './sync/keyed-mutex.ts';
import { loadSecret } from './sync/secret.ts';
import { SyncKeys } from './sync/sync-key.ts';
import { MaxStuck } from './sync/troubles.ts';
import { MergedViews } from './views/merged-view.ts';

/** A backend that proves passwords, as the account's front door. */
export type AccountBackend = Backend & Required<Pick<Backend, 'prove'>>;

/** All that a server is made of. Nothing here knows a concrete backend or store. */
export interface ServerParts {
  readonly http: HttpOptions;
  readonly auth: AuthOptions;
  readonly policy: Policy;
  readonly backend: AccountBackend;
  readonly state: StateStore;
  /** Understands and makes messages. */
  readonly composer: MailComposer;
  /** What becomes of a mail whose From is none of the user's addresses; it is rewritten unless told. */
  readonly fromPolicy?: FromPolicy | undefined;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  /** Heartbeats allowed; what the specification allows unless told. */
  readonly heartbeats?: HeartbeatRange | undefined;
  /** Devices that an account may have; as many as Exchange allows unless told. */
  readonly devicesPerAccount?: number | undefined;
  /** Which devices are shown the folders of a class as one; those that are known to need it unless told. */
  readonly mergedFolders?: MergeRulesByClass | undefined;
  /** How devices are slowed that repeat themselves; the usual steps unless told. */
  readonly slowing?: readonly SlowingStep[] | undefined;
  /** Release of Postrider, for what is tried again with the next one; this one's unless told. */
  readonly release?: string | undefined;
  /** Folder for what is too large for memory; the system's one for temporary files unless told. */
  readonly spoolFolder?: string | undefined;
  /** Carries news between those who see changes and those who wait; one of this process unless given. */
  readonly hub?: ChangeHub | undefined;
  /** This server as a node among others; alone unless given. */
  readonly cluster?: Cluster | undefined;
  /** Further routes on the phones' listener: Autodiscover, webhooks. */
  routes?(app: FastifyInstance, server: ServerCore): void;
  /** Called once for each request that was answered. */
  served?(facts: RequestFacts): void;
}

/** What further routes may use. */
export interface ServerCore {
  readonly authenticator: Authenticator;
  readonly hub: ChangeHub;
}

/** A server ready to listen. */
export interface Server extends ServerCore {
  readonly http: HttpServer;
  /** Devices that wait now. */
  readonly waiting: () => number;
  /** Accounts that are watched now. */
  readonly watched: () => number;
  /** Devices that are slowed now, for they repeat themselves. */
  readonly slowed: () => number;
  /** Answers the waiting, finishes what is in hand, closes the watches. The backend and the store stay open. */
  close(): Promise<void>;
}

/** The commands that the server speaks, in the order that OPTIONS lists them. */
const commandsOf = (services: Services, policy: Policy): ReadonlyMap<string, AnyCommand> => {
  const commands: AnyCommand[] = [
    syncCommand(services),
    sendMailCommand(services),
    smartForwardCommand(services),
    smartReplyCommand(services),
    getAttachmentCommand(services),
    folderSyncCommand(services),
    folderCreateCommand(services),
    folderDeleteCommand(services),
    folderUpdateCommand(services),
    moveItemsCommand(services),
    getItemEstimateCommand(services),
    meetingResponseCommand(services),
    searchCommand(services),
    settingsCommand(),
    pingCommand(services),
    itemOperationsCommand(services),
    provisionCommand({ policy }),
    findCommand(services),
  ];
  return new Map(commands.map((command) => [command.name, command]));
};

/** Puts a server together out of its parts. */
export const createServer = async (parts: ServerParts): Promise<Server> => {
  const { backend, clock, log, random, state } = parts;
  const { cluster } = parts;
  const hub = cluster?.hub ?? parts.hub ?? new LocalHub();
  const watchers = new Watchers({ hub, clock, log, leases: cluster?.leases });
  const services: Services = {
    keys: new SyncKeys(await loadSecret(state, random)),
    locks: cluster?.locks ?? new KeyedMutex(),
    hub,
    room: new WaitingRoom({ hub, watchers, clock, turns: cluster?.turns }),
    watchers,
    deaths: cluster?.deaths ?? new WaitDeaths(),
    stuck: new BoundedMap(MaxStuck),
    release: parts.release ?? release,
    heartbeats: parts.heartbeats ?? StandardHeartbeat,
    composer: parts.composer,
    fromPolicy: parts.fromPolicy ?? 'rewrite',
    openSpool: spoolsIn(parts.spoolFolder ?? tmpdir(), random),
    keptAttachments: new KeptAttachments(clock),
  };
  const forget = async (account: string): Promise<void> => {
    await Promise.all([services.watchers.forget(account), backend.forget(account)]);
  };
  const prover = { prove: (login: Login) => backend.prove(login), forget };
  const authenticator = createAuthenticator(parts.auth, prover, clock, random);
  const core: ServerCore = { authenticator, hub };
  const views = new MergedViews(() => clock.now());
  const loops = new LoopWatch({ state, clock, log, steps: parts.slowing });
  const http = createHttpServer(parts.http, {
    commands: commandsOf(services, parts.policy),
    authenticator,
    gate: createDeviceGate(parts.policy, parts.devicesPerAccount),
    loops,
    abilities: (login, device) =>
      views.view(backend.account(login), login.account, mergedClassesOf(device, parts.mergedFolders)),
    ambient: { state, clock, random, log },
    openSpool: services.openSpool,
    routes: (app) => parts.routes?.(app, core),
    beforeClose: async () => services.room.close(),
    served: (facts) => parts.served?.(facts),
  });
  return {
    ...core,
    http,
    waiting: () => services.room.size,
    watched: () => services.watchers.size,
    slowed: () => loops.slowed,
    close: async () => {
      // Other nodes watch before the phones of this one come to them.
      await cluster?.leave();
      services.room.close();
      // All who wait are answered before the first connection is closed, which costs as much as an answer.
      await new Promise((resolve) => setImmediate(resolve));
      await http.close();
      await services.keptAttachments.close();
      await services.watchers.close();
    },
  };
};
