import { AirSync } from '../../protocol/code-pages/index.ts';
import type { ClientCommand, SyncOptions } from '../../protocol/commands/sync.ts';
import {
  type CollectionOutcome,
  type CollectionRequest,
  syncCollection,
  type TroubleOutcome,
} from '../../src/sync/collection.ts';
import { type CollectionState, decodeCollection, encodeCollection } from '../../src/sync/collection-state.ts';
import { SyncKeys } from '../../src/sync/sync-key.ts';
import { contentOf, type ModelFolder } from './model-folder.ts';

/** What may befall a request. */
export type Fate =
  /** The response arrives. */
  | 'arrives'
  /** All is committed, and the response is lost. */
  | 'response lost'
  /** The server dies after the backend was written to, before the commit. */
  | 'killed before commit';

const Keys = new SyncKeys(new Uint8Array(32).fill(7));

/** A device that synchronises one model folder, and the stored state of its partnership. */
export class ModelDevice {
  readonly held = new Map<string, string>();
  readonly anomalies: string[] = [];
  now = 1_790_000_000_000;
  syncKey = '0';
  statuses: number[] = [];
  filterType = 0;
  windowSize = 3;
  budgetCommands = 512;
  stored: Uint8Array | undefined;
  /** What is remembered of a collection that does not get on. */
  trouble: TroubleOutcome = { stuck: undefined, setAside: {} };
  release = '1.0.0';
  /** Whether the server knows which responses did not arrive; a proxy in between hides it. */
  knowsLost = true;
  /** Contents that this device never gets over: a response with one of them arrives, and leads to nothing. */
  chokesOn: (content: string) => boolean = () => false;
  #lost = false;
  readonly #folder: ModelFolder;
  readonly #collectionId: string;

  constructor(folder: ModelFolder, collectionId = '5') {
    this.#folder = folder;
    this.#collectionId = collectionId;
  }

  get state(): CollectionState | undefined {
    return this.stored === undefined ? undefined : decodeCollection(this.stored);
  }

  /** One request and what becomes of it. */
  async sync(
    fate: Fate = 'arrives',
    commands: readonly ClientCommand[] = [],
    getChanges?: boolean,
  ): Promise<CollectionOutcome> {
    const outcome = await syncCollection(
      {
        keys: Keys,
        partition: 'p',
        port: this.#folder,
        now: () => this.now,
        budget: this.#budget(),
        trouble: {
          ...this.trouble,
          release: this.release,
          wasLost: async () => this.knowsLost && this.#lost,
          failed: (stuck) => {
            this.trouble = { ...this.trouble, stuck };
          },
        },
      },
      this.#request(commands, getChanges),
      this.state,
    );
    if (fate === 'killed before commit') return outcome;
    if (outcome.state !== undefined) this.stored = encodeCollection(outcome.state);
    this.trouble = outcome.trouble ?? this.trouble;
    this.#lost = fate === 'response lost';
    if (fate === 'arrives' && !this.#chokes(outcome)) this.#apply(outcome, commands);
    return outcome;
  }

  /** Synchronises until nothing is left. */
  async settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      const { tell, moreAvailable, commands } = await this.sync();
      if (moreAvailable && commands.length === 0) this.anomalies.push('MoreAvailable with an empty window');
      if (!tell && !moreAvailable) return;
    }
    this.anomalies.push('never settles');
  }

  #chokes({ commands }: CollectionOutcome): boolean {
    return commands.some((command) => command.kind === 'add' && this.chokesOn(contentOf(command.applicationData)));
  }

  #budget() {
    const size = this.trouble.stuck?.size ?? Number.POSITIVE_INFINITY;
    const commands = Math.min(this.budgetCommands, size);
    return { commands, bytes: 1_000_000, deadline: Number.POSITIVE_INFINITY, single: size === 1 };
  }

  #request(commands: readonly ClientCommand[], getChanges: boolean | undefined): CollectionRequest {
    const options: SyncOptions[] = [{ bodyPreferences: [], filterType: this.filterType }];
    return {
      collectionId: this.#collectionId,
      folder: 'folder',
      itemClass: 'Email',
      syncKey: this.syncKey,
      getChanges,
      deletesAsMoves: true,
      windowSize: this.windowSize,
      options,
      commands,
    };
  }

  #apply(outcome: CollectionOutcome, sent: readonly ClientCommand[]): void {
    this.statuses.push(outcome.status);
    if (outcome.status === 3) {
      this.held.clear();
      this.syncKey = '0';
      return;
    }
    if (!outcome.tell) return;
    this.syncKey = outcome.syncKey;
    this.#applyOwn(outcome, sent);
    for (const command of outcome.commands) {
      const { serverId } = command;
      if (command.kind === 'add') this.#add(serverId, contentOf(command.applicationData));
      else if (!this.held.has(serverId)) this.anomalies.push(`${command.kind} of ${serverId}, which is not held`);
      else if (command.kind === 'change') this.held.set(serverId, contentOf(command.applicationData));
      else this.held.delete(serverId);
    }
  }

  /** The device's own changes count once the server has answered them. */
  #applyOwn(outcome: CollectionOutcome, sent: readonly ClientCommand[]): void {
    const failed = new Set(
      outcome.responses.flatMap((r) => (r.status === 1 || !('serverId' in r) ? [] : [r.serverId])),
    );
    for (const command of sent) {
      if (command.kind === 'add') {
        const answer = outcome.responses.find((r) => r.kind === 'add' && r.clientId === command.clientId);
        if (answer?.serverId !== undefined) this.held.set(answer.serverId, contentOfCommand(command));
      } else if (!failed.has(command.serverId)) {
        if (command.kind === 'delete') this.held.delete(command.serverId);
        if (command.kind === 'change') this.held.set(command.serverId, contentOfCommand(command));
      }
    }
  }

  #add(serverId: string, content: string): void {
    if (this.held.has(serverId)) this.anomalies.push(`Add of ${serverId}, which is held`);
    this.held.set(serverId, content);
  }
}

/** What a device holds, by the ids of the folder. */
export const view = (device: ModelDevice): Map<string, string> =>
  new Map([...device.held].map(([serverId, content]) => [serverId.slice(serverId.indexOf(':') + 1), content]));

/** A device that holds all of a folder. */
export const settled = async (folder: ModelFolder): Promise<ModelDevice> => {
  const device = new ModelDevice(folder);
  await device.settle();
  return device;
};

const contentOfCommand = (command: ClientCommand): string => {
  const data = 'applicationData' in command ? command.applicationData : undefined;
  return data !== undefined && 'length' in data ? (data[0]?.text ?? '') : '';
};

/** A device's Change of an item to a content. */
export const changeTo = (serverId: string, content: string): ClientCommand => ({
  kind: 'change',
  serverId,
  send: false,
  applicationData: [{ tag: AirSync.Class, children: [], text: content }],
});

/** A device's Delete of an item. */
export const deleteOf = (serverId: string): ClientCommand => ({ kind: 'delete', serverId });

/** A device's Add of an item. */
export const addOf = (clientId: string, content: string): ClientCommand => ({
  kind: 'add',
  clientId,
  send: false,
  applicationData: [{ tag: AirSync.Class, children: [], text: content }],
});
