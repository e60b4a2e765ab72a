import type { Email } from '../../protocol/classes/email.ts';
import { AirSync } from '../../protocol/code-pages/index.ts';
import type { SyncRequest, SyncResponse } from '../../protocol/commands/sync.ts';
import { AllVersions, inSpan, type ProtocolVersion } from '../../protocol/versions.ts';
import { describeAnomaly } from '../../src/phone/anomaly.ts';
import type { CallOptions } from '../../src/phone/channel.ts';
import { Device } from '../../src/phone/device.ts';
import { HttpFailure, StatusFailure } from '../../src/phone/failures.ts';
import { classOfFolder } from '../../src/phone/folder-tree.ts';
import { emailOf, sendMail } from '../../src/phone/mail-commands.ts';
import { Phone, type PhoneOptions, type SyncingDevice } from '../../src/phone/phone.ts';
import type { Cut } from '../../src/phone/transport.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { DovecotPassword } from '../servers/dovecot.ts';
import { addressOf } from './names.ts';
import { pause } from './relay.ts';
import type { Trace } from './trace.ts';
import { Wire } from './wire.ts';

/** What a server may say that cannot serve just now, by command: the phone comes again. */
const Excuses: Readonly<Record<string, readonly number[]>> = {
  // [MS-ASCMD] 2.2.3.177.17: server error, a wait that is too long for the way, retry.
  Sync: [5, 14, 16],
  // [MS-ASCMD] 2.2.3.177.4: server error.
  FolderSync: [6],
  // [MS-ASCMD] 2.2.3.177.10: the item or the folder is gone meanwhile, the move failed, an item is locked.
  MoveItems: [1, 2, 5, 7],
  // [MS-ASCMD] 2.2.3.177.2: a folder of this name is there, the parent is gone, server error.
  FolderCreate: [2, 5, 6],
  // [MS-ASCMD] 2.2.3.177.5: the same, the folder is gone, or Dovecot refuses what somebody else is renaming, too.
  FolderUpdate: [2, 4, 5, 6, 10],
};

/** Whether a failure is what troubles of servers and networks may look like. */
export const isExcused = (error: unknown): boolean => {
  if (error instanceof TransportError) return true;
  if (error instanceof HttpFailure) return error.status === 503;
  return error instanceof StatusFailure && (Excuses[error.command]?.includes(error.status) ?? false);
};

/** After a loss what a phone may hold is deleted, whether it does or not. */
const Guesses: readonly string[] = ['deleteOfUnknownItem', 'deleteOfUnknownFolder'];

/** Status 118 MessagePreviouslySent: an earlier attempt did it ([MS-ASCMD] 2.2.2). */
const unlessSentBefore = (error: unknown): void => {
  if (!(error instanceof StatusFailure) || error.status !== 118) throw error;
};

/** A mail that a phone has to send. */
export interface OutgoingMail {
  readonly subject: string;
  readonly mime: Uint8Array;
  /** Attempts that failed: after each nobody can know whether it was sent. */
  failures: number;
  isAccepted: boolean;
}

/** A request that waits on the server. */
interface Held {
  readonly end: AbortController;
  readonly done: Promise<void>;
}

/** Who a phone is. */
export interface WitnessOptions {
  readonly url: string;
  readonly user: string;
  /** Among the phones of the user. */
  readonly number: number;
  readonly version: ProtocolVersion;
  /** Called for each Change that it sends. */
  readonly onChange: (witness: Witness, serverId: string) => void;
  readonly trace?: Trace | undefined;
  /** Folders that it synchronises; those of mail unless told. */
  readonly folders?: PhoneOptions['folders'];
  /** Whether items may come back under the same id. */
  readonly idsReturn?: boolean;
}

/** A phone that counts what it is told, and never forgives what a correct server does not do. */
export class Witness {
  readonly user: string;
  readonly name: string;
  readonly device: Device;
  readonly phone: Phone;
  readonly wire: Wire;
  readonly outbox: OutgoingMail[] = [];
  /** Answers that no trouble excuses. */
  readonly outrages: string[] = [];
  #held: Held | undefined;
  #cut: Cut | undefined;
  /** Seconds that a Ping may last. */
  #heartbeat = 60;
  /** Folders in which a Ping said that there is something. */
  #woken: readonly string[] = [];

  constructor({ url, user, number, version, onChange, trace, folders, idsReturn }: WitnessOptions) {
    this.user = user;
    this.name = `${user}/${number}`;
    const deviceId = `${user}phone${number}`;
    this.device = new Device({
      url,
      user: addressOf(user),
      password: DovecotPassword,
      deviceId,
      version,
      onExchange: (exchange) => trace?.(this.name, exchange),
    });
    const wish = { windowSize: 7, filterType: 0, bodyPreferences: [{ type: 1, truncationSize: 200 }] };
    this.wire = new Wire((serverId) => onChange(this, serverId), idsReturn);
    this.phone = new Phone(this.#watching(), { wish: { ...wish, deletesAsMoves: true }, folders });
  }

  /** The next request meets this. */
  enterTunnel(cut: Cut | undefined): void {
    this.#cut = cut;
  }

  /** Does something that may fail for the troubles of the campaign, and must not fail for anything else. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isExcused(error))
        this.outrages.push(`${this.name}: ${error instanceof Error ? error.stack : String(error)}`);
      return false;
    } finally {
      this.#cut = undefined;
    }
  }

  /** Synchronises the hierarchy and all folders, and sends what is to be sent. */
  async synchronise(): Promise<boolean> {
    const folders = await this.attempt(() => this.phone.folderSync());
    const items = await this.attempt(() => this.phone.syncFolders(this.phone.watched.map(({ serverId }) => serverId)));
    return folders && items && (await this.flushOutbox());
  }

  /** Sends what is to be sent; `true`: everything was accepted. */
  async flushOutbox(): Promise<boolean> {
    for (const mail of this.outbox) {
      if (mail.isAccepted) continue;
      const cut = this.#cut;
      mail.isAccepted = await this.attempt(async () => {
        const wish = { clientId: mail.subject, saveInSentItems: true };
        await sendMail(this.device, mail.mime, wish, { cut }).catch(unlessSentBefore);
      });
      if (!mail.isAccepted) mail.failures++;
    }
    return this.outbox.every(({ isAccepted }) => isAccepted);
  }

  /** Holds a Ping over all folders until something else is done with the phone. */
  ping(): void {
    this.#hold(async (signal) => {
      const folders = this.#loaded.map((id) => ({ id, class: this.#classOf(id) }));
      const heartbeatInterval = this.#heartbeat;
      const answer = await this.device.ping({ heartbeatInterval, folders }, { signal });
      if (answer.status === 5) this.#heartbeat = answer.heartbeatInterval ?? heartbeatInterval;
      else if (answer.status === 2) this.#woken = answer.folders ?? [];
      else if (answer.status === 7) await this.phone.folderSync(signal);
      else if (answer.status !== 1) throw new StatusFailure('Ping', answer.status);
    });
  }

  /** Holds a Sync over all folders until something else is done with the phone. */
  hang(): void {
    const inSeconds = inSpan(this.device.version, AirSync.HeartbeatInterval.versions ?? AllVersions);
    const wait = inSeconds ? { heartbeatInterval: 60 } : { wait: 1 };
    this.#hold((signal) => this.phone.syncOnce(this.#loaded, undefined, wait, signal));
  }

  /** Ends what is held, as a phone does whose user takes it up; fetches what it was woken for. */
  async takeUp(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    held?.end.abort();
    await held?.done;
    const woken = this.#woken.filter((id) => this.phone.mailbox.folders.get(id) !== undefined);
    this.#woken = [];
    if (woken.length > 0) await this.attempt(() => this.phone.syncFolders(woken));
  }

  /** Resolves with the folders of which a held Ping tells; the Ping is repeated when its time is over. */
  async wake(signal: AbortSignal): Promise<readonly string[]> {
    while (!signal.aborted && this.#woken.length === 0) {
      this.ping();
      await this.#held?.done;
      await pause(20);
    }
    return this.#woken;
  }

  /** Whether a request waits on the server, or is about to. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  email(collectionId: string, serverId: string): Email | undefined {
    const item = this.phone.mailbox.collection(collectionId).item(serverId);
    return item === undefined ? undefined : emailOf(this.device, item.fields);
  }

  /** What the phone noticed that must not be, in words. */
  complaints(): readonly string[] {
    const anomalies = this.phone.mailbox.anomalies
      .filter(({ kind }) => this.wire.losses.length === 0 || !Guesses.includes(kind))
      .map((anomaly) => `${this.name}: ${describeAnomaly(anomaly)}`);
    return [...anomalies, ...this.wire.complaints.map((each) => `${this.name}: ${each}`), ...this.outrages];
  }

  close(): void {
    this.#held?.end.abort();
    this.device.close();
  }

  get #loaded(): readonly string[] {
    const { mailbox } = this.phone;
    return this.phone.watched.map(({ serverId }) => serverId).filter((id) => mailbox.collection(id).syncKey !== '0');
  }

  #classOf(collectionId: string): string {
    return classOfFolder(this.phone.mailbox.folders.get(collectionId)?.type ?? 0) ?? 'Email';
  }

  #hold(work: (signal: AbortSignal) => Promise<unknown>): void {
    if (this.#loaded.length === 0) return;
    const end = new AbortController();
    const done = this.attempt(() => work(end.signal)).then(() => undefined);
    this.#held = { end, done };
  }

  /** The device, in a tunnel now and then, with every answer noted. */
  #watching(): SyncingDevice {
    const { device } = this;
    const through = (call: CallOptions = {}): CallOptions => {
      const cut = this.#cut;
      this.#cut = undefined;
      return { ...call, cut };
    };
    const sync = async (request: SyncRequest | undefined, call?: CallOptions): Promise<SyncResponse | undefined> => {
      this.wire.asking(request);
      const response = await device.sync(request, through(call));
      this.wire.told(request, response);
      return response;
    };
    return {
      get version(): ProtocolVersion {
        return device.version;
      },
      negotiate: (call) => device.negotiate(call),
      provision: (call) => device.provision(call),
      folderSync: (syncKey, call) => device.folderSync(syncKey, through(call)),
      sync,
      ping: (request, call) => device.ping(request, call),
    };
  }
}
