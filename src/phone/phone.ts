import type { FolderSyncResponse } from '../../protocol/commands/folder-sync.ts';
import type { PingRequest, PingResponse } from '../../protocol/commands/ping.ts';
import type { ClientCommand, SyncRequest, SyncResponse } from '../../protocol/commands/sync.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import type { CallOptions } from './channel.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { PhoneItem } from './collection.ts';
import { HttpFailure, StatusFailure } from './failures.ts';
import { classOfFolder, type PhoneFolder, roleOfFolder } from './folder-tree.ts';
import { Heartbeat, type HeartbeatHabit } from './heartbeat.ts';
import { type AppliedCollection, Mailbox } from './mailbox.ts';
import { AndroidWish, type FolderWish, type SyncWait, syncRequestFor, type WishedCollection } from './sync-request.ts';
import { TransportError } from './transport-error.ts';

/** The commands of a device that a phone lives on. */
export interface SyncingDevice {
  readonly version: ProtocolVersion;
  /** Asks for versions and commands, and settles on a version. */
  negotiate(call?: CallOptions): Promise<void>;
  provision(call?: CallOptions): Promise<void>;
  folderSync(syncKey: string, call?: CallOptions): Promise<FolderSyncResponse>;
  /** `undefined`: the answer was empty, nothing changed. */
  sync(request: SyncRequest | undefined, call?: CallOptions): Promise<SyncResponse | undefined>;
  ping(request: PingRequest | undefined, call?: CallOptions): Promise<PingResponse>;
}

/** What happens to a phone, as it happens. */
export type PhoneEvent =
  | { readonly kind: 'provisioned' }
  | { readonly kind: 'folders' }
  | ({ readonly kind: 'synced' } & FolderChanges)
  /** `milliseconds` from the answer to the Ping until the mail is held. */
  | { readonly kind: 'newMail'; readonly collectionId: string; readonly item: PhoneItem; readonly milliseconds: number }
  | { readonly kind: 'waiting'; readonly seconds: number; readonly collectionIds: readonly string[] }
  | { readonly kind: 'woken'; readonly collectionIds: readonly string[] }
  | { readonly kind: 'backingOff'; readonly milliseconds: number; readonly error: Error };

/** What synchronising a folder brought. */
export interface FolderChanges {
  readonly collectionId: string;
  readonly added: readonly PhoneItem[];
  readonly changed: readonly PhoneItem[];
  readonly removed: readonly string[];
}

/** How a phone behaves. */
export interface PhoneOptions {
  /** What it wants of each folder; as Android unless told. */
  readonly wish?: FolderWish | undefined;
  /** Which folders it synchronises; all of mail that its version may unless told. */
  readonly folders?: ((folder: PhoneFolder, version: ProtocolVersion) => boolean) | undefined;
  readonly heartbeat?: HeartbeatHabit | undefined;
  readonly clock?: Clock | undefined;
  readonly onEvent?: ((event: PhoneEvent) => void) | undefined;
}

/** Milliseconds before the first new attempt after a failure; each further one waits twice as long. */
const FirstBackOff = 1_000;
/** Milliseconds that a phone waits at most, so that it is back soon after a long failure. */
const LongestBackOff = 300_000;
/** Full downloads of a folder within one synchronisation: more means that the server never accepts its own keys. */
const MostWipes = 3;

/** The mail folders a phone may synchronise; drafts go both ways or not at all ([MS-ASCMD] 2.2.3.27). */
const mailFolders = ({ type }: PhoneFolder, version: ProtocolVersion): boolean =>
  classOfFolder(type) === 'Email' &&
  roleOfFolder(type) !== 'outbox' &&
  (roleOfFolder(type) !== 'drafts' || can(version, 'drafts'));

/** A whole phone: a device, its memory, and how it behaves. */
export class Phone {
  readonly device: SyncingDevice;
  readonly mailbox = new Mailbox();
  readonly heartbeat: Heartbeat;
  readonly #options: PhoneOptions;
  readonly #clock: Clock;
  readonly #stale = new Set<string>();
  #hierarchyStale = true;
  #provisioned = false;
  #mostFolders = Number.POSITIVE_INFINITY;
  /** The work under way: a device sends one Sync at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #heldPing: AbortController | undefined;
  #wokenAt: number | undefined;
  #failures = 0;

  constructor(device: SyncingDevice, options: PhoneOptions = {}) {
    this.device = device;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.heartbeat = new Heartbeat(options.heartbeat);
  }

  /** Folders that this phone synchronises. */
  get watched(): readonly PhoneFolder[] {
    const wanted = this.#options.folders ?? mailFolders;
    return this.mailbox.folders.all().filter((folder) => wanted(folder, this.device.version));
  }

  /** Settles the version and provisions, as a phone does when the account is added. */
  provision(signal?: AbortSignal): Promise<void> {
    return this.#alone(async () => {
      await this.device.negotiate({ signal });
      await this.device.provision({ signal });
      this.#provisioned = true;
      this.#emit({ kind: 'provisioned' });
    });
  }

  /** Brings the hierarchy up to date; new folders of interest are synchronised next. */
  folderSync(signal?: AbortSignal): Promise<void> {
    return this.#alone(async () => {
      const refused = await this.#folderSyncOnce(signal);
      // Status 9: the key is lost, begin anew.
      const status = refused === 9 ? await this.#folderSyncOnce(signal) : refused;
      if (status !== 1) throw new StatusFailure('FolderSync', status);
      this.#hierarchyStale = false;
      for (const { serverId } of this.watched) {
        if (this.mailbox.collection(serverId).syncKey === '0') this.#stale.add(serverId);
      }
      this.#emit({ kind: 'folders' });
    });
  }

  /** Synchronises one folder until it is up to date in both directions. */
  async syncFolder(collectionId: string, wish?: FolderWish, signal?: AbortSignal): Promise<FolderChanges> {
    const [changes] = await this.syncFolders([collectionId], wish, signal);
    return changes ?? { collectionId, added: [], changed: [], removed: [] };
  }

  /** Synchronises folders, all in the same requests, until they are up to date in both directions. */
  syncFolders(ids: readonly string[], wish?: FolderWish, signal?: AbortSignal): Promise<readonly FolderChanges[]> {
    return this.#alone(async () => {
      const changes = new Map(
        ids.map((id) => [id, { added: [] as PhoneItem[], changed: [] as PhoneItem[], removed: [] as string[] }]),
      );
      const wipes = this.mailbox.wipes;
      for (let remaining = ids; remaining.length > 0; ) {
        const { applied, sent } = await this.#syncRound(remaining, wish, { signal });
        for (const each of applied) collect(changes.get(each.collectionId), each);
        if (this.mailbox.wipes - wipes > MostWipes) throw new StatusFailure('Sync', 3, 'again and again');
        remaining = this.#unfinished(sent, applied);
      }
      for (const id of ids) this.#stale.delete(id);
      return [...changes].map(([collectionId, each]) => this.#finish({ collectionId, ...each }));
    });
  }

  /** Does other commands of the device, alone: no Sync, FolderSync or Ping is under way meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#alone(work);
  }

  /** Sends one Sync request, which may wait on the server, and applies its answer. */
  syncOnce(
    ids: readonly string[],
    wish?: FolderWish,
    wait?: SyncWait,
    signal?: AbortSignal,
  ): Promise<readonly AppliedCollection[]> {
    return this.#alone(async () => (await this.#syncRound(ids, wish, { wait, signal })).applied);
  }

  /** Fetches one item whole with a Sync, as iOS does ([MS-ASCMD] 2.2.3.67.2), and holds what came. */
  fetchItem(collectionId: string, serverId: string, wish: FolderWish, signal?: AbortSignal): Promise<PhoneItem> {
    return this.#alone(async () => {
      const fetch = { kind: 'fetch', serverId } as const;
      const { applied } = await this.#syncRound(
        [collectionId],
        { ...wish, getChanges: false },
        { signal, extra: [fetch] },
      );
      const [refused] = applied.flatMap((each) => each.refused);
      if (refused !== undefined) throw new StatusFailure('Sync', refused.status, 'the Fetch has');
      const item = this.mailbox.collection(collectionId).item(serverId);
      if (item === undefined) throw new StatusFailure('Sync', 8, 'the Fetch has');
      return item;
    });
  }

  /**
   * Lives: provisions, fetches the folders and their content, holds a Ping, and does what its
   * answers ask for, until `signal` aborts.
   * @throws HttpFailure or StatusFailure when asking again would be useless, as after 401.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#step(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  /** The next thing to do, one at a time. */
  async #step(signal: AbortSignal): Promise<void> {
    if (!this.#provisioned) return this.provision(signal);
    if (this.#hierarchyStale) return this.folderSync(signal);
    const stale = [...this.#stale].filter((id) => this.mailbox.folders.get(id) !== undefined);
    if (stale.length === 0) return this.#hold(signal);
    await this.syncFolders(stale, undefined, signal);
    this.#stale.clear();
    this.#wokenAt = undefined;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof Error) || isBug(error)) throw error;
    if ((error instanceof HttpFailure || error instanceof StatusFailure) && error.isFinal) throw error;
    const asked = error instanceof HttpFailure ? error.retryAfter : undefined;
    const milliseconds =
      asked === undefined ? Math.min(LongestBackOff, FirstBackOff * 2 ** this.#failures) : asked * 1000;
    this.#failures++;
    this.#emit({ kind: 'backingOff', milliseconds, error });
    await sleep(this.#clock, milliseconds, signal);
  }

  async #hold(signal: AbortSignal): Promise<void> {
    // Work may have been added while the work before it was waited for.
    for (let done: unknown; done !== this.#turn; ) {
      done = this.#turn;
      await done;
    }
    const held = new AbortController();
    this.#heldPing = held;
    const collectionIds = this.watched.map((folder) => folder.serverId).slice(0, this.#mostFolders);
    const { seconds } = this.heartbeat;
    this.#emit({ kind: 'waiting', seconds, collectionIds });
    try {
      const request = { heartbeatInterval: seconds, folders: collectionIds.map((id) => this.#pinged(id)) };
      const response = await this.device.ping(request, { signal: AbortSignal.any([signal, held.signal]) });
      this.#obey(response);
    } catch (error) {
      // Given up for a Sync of the user's: no failure.
      if (held.signal.aborted && !signal.aborted) return;
      if (error instanceof TransportError && error.failure !== 'unreachable') this.heartbeat.lost();
      throw error;
    } finally {
      this.#heldPing = undefined;
    }
  }

  #pinged(id: string): { id: string; class: string } {
    return { id, class: this.#classOf(id) };
  }

  /** Does what the answer to a Ping asks for ([MS-ASCMD] 2.2.3.177.11). */
  #obey({ status, folders, heartbeatInterval, maxFolders }: PingResponse): void {
    const actions: Readonly<Record<number, () => void>> = {
      1: () => this.heartbeat.quiet(),
      2: () => this.#wake(folders ?? []),
      5: () => this.heartbeat.limit(heartbeatInterval ?? this.heartbeat.seconds),
      6: () => {
        this.#mostFolders = maxFolders ?? this.#mostFolders;
      },
      7: () => {
        this.#hierarchyStale = true;
      },
    };
    const action = actions[status];
    if (action === undefined) throw new StatusFailure('Ping', status);
    action();
  }

  #wake(collectionIds: readonly string[]): void {
    this.#wokenAt = this.#clock.now();
    for (const id of collectionIds) this.#stale.add(id);
    this.#emit({ kind: 'woken', collectionIds });
  }

  async #folderSyncOnce(signal: AbortSignal | undefined): Promise<number> {
    const response = await this.device.folderSync(this.mailbox.folders.syncKey, { signal });
    this.mailbox.applyHierarchy(response);
    return response.status;
  }

  async #syncRound(ids: readonly string[], wish: FolderWish | undefined, { wait, signal, extra }: RoundOptions) {
    const wanted = wish ?? this.#options.wish ?? AndroidWish;
    const sent = ids.map((id) => this.#wished(id, wanted, extra));
    const request = syncRequestFor(this.device.version, sent, wanted, wait);
    const response = await this.device.sync(request, { signal });
    if (response?.status !== undefined && response.status !== 1) throw new StatusFailure('Sync', response.status);
    const applied = this.mailbox.applySync(response, sent);
    for (const each of applied) this.#announce(each);
    for (const { status } of applied) {
      if (status === 8 || status === 12) this.#hierarchyStale = true;
      else if (status !== 1 && status !== 3) throw new StatusFailure('Sync', status);
    }
    return { applied, sent };
  }

  #wished(collectionId: string, wish: FolderWish, extra: readonly ClientCommand[] = []): WishedCollection {
    const collection = this.mailbox.collection(collectionId);
    return {
      collectionId,
      itemClass: this.#classOf(collectionId),
      syncKey: collection.syncKey,
      windowSize: wish.windowSize,
      commands: [...collection.takeCommands(), ...extra],
    };
  }

  #classOf(collectionId: string): string {
    return classOfFolder(this.mailbox.folders.get(collectionId)?.type ?? 0) ?? 'Email';
  }

  /** Collections that need another round: more to come, just begun or begun anew, or with changes to send. */
  #unfinished(sent: readonly WishedCollection[], applied: readonly AppliedCollection[]): readonly string[] {
    const unfinished = applied.filter((answer) => {
      const request = sent.find((each) => each.collectionId === answer.collectionId);
      const pending = this.mailbox.collection(answer.collectionId).pending > 0;
      const more = answer.moreAvailable && broughtAnything(answer, request);
      return answer.status === 3 || (answer.status === 1 && (more || pending || request?.syncKey === '0'));
    });
    return unfinished.map((each) => each.collectionId);
  }

  #finish(changes: FolderChanges): FolderChanges {
    this.#emit({ kind: 'synced', ...changes });
    return changes;
  }

  /** What came because a Ping woke the phone is new mail. */
  #announce({ collectionId, added }: AppliedCollection): void {
    if (this.#wokenAt === undefined || !this.#stale.has(collectionId)) return;
    if (this.#classOf(collectionId) !== 'Email') return;
    const milliseconds = this.#clock.now() - this.#wokenAt;
    for (const item of added) this.#emit({ kind: 'newMail', collectionId, item, milliseconds });
  }

  /** Runs `work` when all earlier work is done; a held Ping gives way to it. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#heldPing?.abort();
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #emit(event: PhoneEvent): void {
    this.#options.onEvent?.(event);
  }
}

interface RoundOptions {
  readonly wait?: SyncWait | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Commands of this one request. */
  readonly extra?: readonly ClientCommand[];
}

/** A window without anything in it is an anomaly; asking on would never end. */
const broughtAnything = (
  { added, changed, removed }: AppliedCollection,
  request: WishedCollection | undefined,
): boolean => added.length + changed.length + removed.length + (request?.commands?.length ?? 0) > 0;

const collect = (
  changes: { added: PhoneItem[]; changed: PhoneItem[]; removed: string[] } | undefined,
  applied: AppliedCollection,
): void => {
  changes?.added.push(...applied.added);
  changes?.changed.push(...applied.changed);
  changes?.removed.push(...applied.removed);
};

/** Whether an error is none that servers and networks cause. */
const isBug = (error: Error): boolean =>
  !(error instanceof HttpFailure || error instanceof StatusFailure || error instanceof TransportError);
