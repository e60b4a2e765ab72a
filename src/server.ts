import { tmpdir } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Backend, Login } from '../backends/contract/backend.ts';
import { type Authenticator, type AuthOptions, createAuthenticator } from './auth/authenticator.ts';
import { createDeviceGate } from './devices/gate.ts';
import type { Policy } from './devices/policy.ts';
import type { AnyCommand } from './handlers/command.ts';
import type { Clock, Log, RandomBytes } from './handlers/context.ts';
import { folderSyncCommand } from './handlers/folder-sync.ts';
import { getAttachmentCommand } from './handlers/get-attachment.ts';
import { getItemEstimateCommand } from './handlers/get-item-estimate.ts';
import { itemOperationsCommand } from './handlers/item-operations.ts';
import { pingCommand } from './handlers/ping.ts';
import { provisionCommand } from './handlers/provision.ts';
import { sendMailCommand } from './handlers/send-mail.ts';
import type { Services } from './handlers/services.ts';
import { settingsCommand } from './handlers/settings.ts';
import { syncCommand } from './handlers/sync.ts';
import type { RequestFacts } from './http/active-sync.ts';
import type { HttpOptions } from './http/options.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { type HeartbeatRange, StandardHeartbeat } from './push/heartbeat.ts';
import { WaitDeaths } from './push/heartbeats.ts';
import { type ChangeHub, LocalHub } from './push/hub.ts';
import { WaitingRoom } from './push/waiting-room.ts';
import { Watchers } from './push/watchers.ts';
import type { ReadOutgoing } from './send/send-once.ts';
import { spoolsIn } from './spool.ts';
import type { StateStore } from './state/contract.ts';
import { KeyedMutex } from './sync/keyed-mutex.ts';
import { loadSecret } from './sync/secret.ts';
import { SyncKeys } from './sync/sync-key.ts';

/** A backend that proves passwords, as the account's front door. */
export type AccountBackend = Backend & Required<Pick<Backend, 'prove'>>;

/** All that a server is made of. Nothing here knows a concrete backend or store. */
export interface ServerParts {
  readonly http: HttpOptions;
  readonly auth: AuthOptions;
  readonly policy: Policy;
  readonly backend: AccountBackend;
  readonly state: StateStore;
  readonly readOutgoing: ReadOutgoing;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  /** Heartbeats allowed; what the specification allows unless told. */
  readonly heartbeats?: HeartbeatRange | undefined;
  /** Folder for what is too large for memory; the system's one for temporary files unless told. */
  readonly spoolFolder?: string | undefined;
  /** Carries news between those who see changes and those who wait; one of this process unless given. */
  readonly hub?: ChangeHub | undefined;
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
  /** Answers the waiting, finishes what is in hand, closes the watches. The backend and the store stay open. */
  close(): Promise<void>;
}

/** The commands that the server speaks, in the order that OPTIONS lists them. */
const commandsOf = (services: Services, policy: Policy): ReadonlyMap<string, AnyCommand> => {
  const commands: AnyCommand[] = [
    syncCommand(services),
    sendMailCommand(services),
    getAttachmentCommand(services),
    folderSyncCommand(services),
    getItemEstimateCommand(services),
    settingsCommand(),
    pingCommand(services),
    itemOperationsCommand(services),
    provisionCommand({ policy }),
  ];
  return new Map(commands.map((command) => [command.name, command]));
};

/** Puts a server together out of its parts. */
export const createServer = async (parts: ServerParts): Promise<Server> => {
  const { backend, clock, log, random, state } = parts;
  const hub = parts.hub ?? new LocalHub();
  const watchers = new Watchers({ hub, clock, log });
  const services: Services = {
    keys: new SyncKeys(await loadSecret(state, random)),
    locks: new KeyedMutex(),
    hub,
    room: new WaitingRoom({ hub, watchers, clock }),
    watchers,
    deaths: new WaitDeaths(),
    heartbeats: parts.heartbeats ?? StandardHeartbeat,
    readOutgoing: parts.readOutgoing,
    openSpool: spoolsIn(parts.spoolFolder ?? tmpdir(), random),
  };
  const forget = async (account: string): Promise<void> => {
    await Promise.all([services.watchers.forget(account), backend.forget(account)]);
  };
  const prover = { prove: (login: Login) => backend.prove(login), forget };
  const authenticator = createAuthenticator(parts.auth, prover, clock, random);
  const core: ServerCore = { authenticator, hub };
  const http = createHttpServer(parts.http, {
    commands: commandsOf(services, parts.policy),
    authenticator,
    gate: createDeviceGate(parts.policy),
    abilities: (login) => backend.account(login),
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
    close: async () => {
      services.room.close();
      // All who wait are answered before the first connection is closed, which costs as much as an answer.
      await new Promise((resolve) => setImmediate(resolve));
      await http.close();
      await services.watchers.close();
    },
  };
};
