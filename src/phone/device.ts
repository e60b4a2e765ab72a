import type { FolderSyncResponse } from '../../protocol/commands/folder-sync.ts';
import type { PingRequest, PingResponse } from '../../protocol/commands/ping.ts';
import type { SyncRequest, SyncResponse } from '../../protocol/commands/sync.ts';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { Headers } from '../../protocol/http/headers.ts';
import { readTree } from '../../protocol/schema/index.ts';
import { type ProtocolVersion, SupportedVersions } from '../../protocol/versions.ts';
import { nodesOf } from './change-queue.ts';
import {
  type CallOptions,
  Channel,
  type DeviceOptions,
  newestOf,
  notEmpty,
  type RequestOf,
  type ResponseOf,
} from './channel.ts';
import { classFieldsOf } from './class-fields.ts';
import { HttpFailure, UnusableAnswer } from './failures.ts';
import { provisionDevice } from './provisioning.ts';
import type { HttpResponse } from './transport.ts';

/** What a server offers ([MS-ASHTTP] 2.2.4). */
export interface Offer {
  readonly versions: readonly string[];
  readonly commands: readonly string[];
}

/** Milliseconds that a phone waits beyond the heartbeat before it gives a Ping up for lost. */
const HeartbeatGrace = 15_000;
/** Status values that send a device back to Provision ([MS-ASPROV] 3.1.5.1). */
const ProvisionStatuses = new Set([140, 141, 142, 143, 144]);

/** An ActiveSync device: it speaks every command, provisions when told to, and checks every answer. */
export class Device {
  /** The bytes below: for requests that are out of the ordinary. */
  readonly channel: Channel;
  /** How often the device provisioned. */
  provisionings = 0;
  #offer: Offer | undefined;

  constructor(options: DeviceOptions) {
    this.channel = new Channel(options);
  }

  get version(): ProtocolVersion {
    return this.channel.version;
  }

  get policyKey(): number {
    return this.channel.policyKey;
  }

  /** What the server offered; `undefined` before {@link askOptions}. */
  get offer(): Offer | undefined {
    return this.#offer;
  }

  /** Closes kept connections. */
  close(): void {
    this.channel.close();
  }

  /**
   * OPTIONS: asks what the server speaks ([MS-ASHTTP] 2.2.3).
   * @throws HttpFailure
   * @throws UnusableAnswer when a header is missing without which phones refuse the server
   */
  async askOptions(call: CallOptions = {}): Promise<Offer> {
    const response = await this.channel.sendOptions(call);
    if (response.status !== 200) throw new HttpFailure('OPTIONS', response.status, response.headers);
    const versions = listOf(response, Headers.protocolVersions);
    const commands = listOf(response, Headers.protocolCommands);
    this.#offer = { versions, commands };
    return this.#offer;
  }

  /** Settles on the version to speak: the wanted one, or the newest that both know. */
  async negotiate(call?: CallOptions): Promise<void> {
    const wanted = this.channel.options.version;
    const { versions } = await this.askOptions(call);
    if (wanted !== undefined && wanted !== 'newest') return;
    const common = SupportedVersions.filter((version) => versions.includes(version));
    if (common.length === 0) throw new UnusableAnswer('OPTIONS', `no version in common: ${versions.join(', ')}`);
    this.channel.version = newestOf(common);
  }

  /**
   * Gets the policy and acknowledges it, in two phases ([MS-ASPROV] 3.1.5.1).
   * @throws WipeOrdered when the server orders a wipe
   */
  async provision(call: CallOptions = {}): Promise<void> {
    this.provisionings++;
    this.channel.policyKey = await provisionDevice(this.channel, call);
  }

  /**
   * Sends a command and reads the answer. `undefined` for the request: no body; `undefined` as
   * the answer: it was empty. As phones do, a demand to provision is obeyed once.
   * @throws TransportError when no answer came
   * @throws HttpFailure when the answer is not HTTP 200
   * @throws WbxmlError or SchemaError when the answer is not what the command describes
   */
  async command<Name extends CommandName>(
    name: Name,
    request: RequestOf<Name> | undefined,
    call: CallOptions = {},
  ): Promise<ResponseOf<Name> | undefined> {
    return this.obeying(() => this.channel.ask(name, request, call), call);
  }

  /** Does `work`, and when the server demands it, provisions and does it again, once. */
  async obeying<T>(work: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    try {
      const result = await work();
      if (!ProvisionStatuses.has(statusOf(result) ?? 0)) return result;
    } catch (error) {
      if (!(error instanceof HttpFailure) || error.status !== 449) throw error;
    }
    await this.provision({ signal });
    return work();
  }

  /** FolderSync; SyncKey 0 asks for the whole hierarchy. */
  async folderSync(syncKey: string, call?: CallOptions): Promise<FolderSyncResponse> {
    return notEmpty('FolderSync', await this.command('FolderSync', { syncKey }, call));
  }

  /** Sync; `undefined` as the answer: nothing changed. The items are checked by the table of their class. */
  async sync(request: SyncRequest | undefined, call: CallOptions = {}): Promise<SyncResponse | undefined> {
    const response = await this.command('Sync', request, { ...call, timeout: call.timeout ?? patienceFor(request) });
    for (const collection of response?.collections?.collection ?? []) {
      for (const command of collection.commands ?? []) {
        if ('applicationData' in command) this.#check(command.class ?? collection.class, command.applicationData);
      }
    }
    return response;
  }

  /** Ping; the device waits for as long as it asks the server to. */
  async ping(
    request: PingRequest | undefined,
    call: CallOptions & { readonly heartbeat?: number } = {},
  ): Promise<PingResponse> {
    const seconds = request?.heartbeatInterval ?? call.heartbeat;
    const timeout = call.timeout ?? (seconds === undefined ? undefined : seconds * 1000 + HeartbeatGrace);
    return notEmpty('Ping', await this.command('Ping', request, { ...call, timeout }));
  }

  #check(itemClass: string | undefined, data: Parameters<typeof nodesOf>[0]): void {
    const nodes = nodesOf(data);
    readTree(classFieldsOf(itemClass, nodes), nodes, this.channel.readOptions);
  }
}

const listOf = ({ headers }: HttpResponse, name: string): readonly string[] => {
  const value = headers[name];
  if (typeof value !== 'string' || value === '') {
    throw new UnusableAnswer('OPTIONS', `the header ${name} is missing: this is not an ActiveSync server`);
  }
  return value.split(',').map((each) => each.trim());
};

/** The Status of a whole answer, where its command has one. */
const statusOf = (response: unknown): number | undefined => {
  if (typeof response !== 'object' || response === null || !('status' in response)) return undefined;
  return typeof response.status === 'number' ? response.status : undefined;
};

/** Milliseconds to wait for a Sync that may wait itself. */
const patienceFor = (request: SyncRequest | undefined): number | undefined => {
  const seconds = request?.heartbeatInterval ?? (request?.wait ?? 0) * 60;
  return seconds === 0 ? undefined : seconds * 1000 + HeartbeatGrace;
};
