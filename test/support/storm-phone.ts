import { connect, type Socket } from 'node:net';
import type { Device } from '../../src/phone/device.ts';
import { bareDevice, type DeviceOwner } from './bare-device.ts';

/** What phones were told while they wanted to wait. */
export interface StormTally {
  /** Answers by HTTP status: `200`, `401`, `503`. */
  readonly answers: Map<string, number>;
  /** Seconds that Retry-After named. */
  readonly retryAfter: number[];
  /** Connections that could not be made or broke. */
  broken: number;
}

export const newTally = (): StormTally => ({ answers: new Map(), retryAfter: [], broken: 0 });

/** Milliseconds until a phone whose connection broke tries again, at most. */
const Reconnect = 1000;

/**
 * A phone that wants nothing but to wait, as phones do after a server went away: it connects until it
 * is let in, and comes again when Retry-After says so. Its Pings go over bare sockets, so that
 * thousands cost little.
 */
export class StormPhone {
  readonly #device: Device;
  readonly #tally: StormTally;
  #folders: string[] = [];
  #ping: Buffer | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(owner: DeviceOwner, tally: StormTally) {
    this.#tally = tally;
    this.#device = bareDevice(owner);
  }

  /** Brings the Inbox to where it can be waited for. */
  async prepare(): Promise<void> {
    const { changes } = await this.#device.folderSync('0');
    this.#folders = (changes?.add ?? []).filter(({ type }) => type === 2).map(({ serverId }) => serverId);
    const [collectionId = ''] = this.#folders;
    let syncKey = '0';
    for (;;) {
      const answer = await this.#device.sync({
        partial: false,
        collections: { collection: [{ collectionId, syncKey, options: [] }] },
      });
      const [collection] = answer?.collections?.collection ?? [];
      if (collection === undefined) break;
      syncKey = collection.syncKey ?? syncKey;
    }
    this.#ping = await this.#pingBytes();
    this.#device.close();
  }

  /** Waits, and goes on waiting whatever happens. */
  wait(): void {
    this.#timer = undefined;
    if (this.#stopped || this.#ping === undefined) return;
    const { port, hostname } = new URL(this.#device.channel.options.url);
    const socket = connect(Number(port), hostname);
    this.#socket = socket;
    socket.write(this.#ping);
    socket.once('data', (answer) => this.#answered(answer.toString('latin1')));
    socket.on('error', () => undefined);
    socket.once('close', () => this.#broken(socket));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #answered(answer: string): void {
    const status = answer.slice(9, 12);
    const { answers, retryAfter } = this.#tally;
    answers.set(status, (answers.get(status) ?? 0) + 1);
    const seconds = Number(/^retry-after: (\d+)/im.exec(answer)?.[1] ?? 0);
    if (status === '503') retryAfter.push(seconds);
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#later(seconds * 1000);
  }

  #broken(socket: Socket): void {
    if (this.#socket !== socket || this.#stopped) return;
    this.#tally.broken++;
    this.#later(Math.random() * Reconnect);
  }

  #later(milliseconds: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.wait(), milliseconds);
  }

  async #pingBytes(): Promise<Buffer> {
    const { channel } = this.#device;
    const folders = this.#folders.map((id) => ({ id, class: 'Email' }));
    const { query, headers, body } = await channel.prepare('Ping', { heartbeatInterval: 1800, folders });
    const { user, password, url } = channel.options;
    const content = Buffer.from(body ?? []);
    const lines = Object.entries({
      ...headers,
      Host: new URL(url).host,
      Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'Content-Length': String(content.length),
    }).map(([name, value]) => `${name}: ${value}`);
    const head = `POST /Microsoft-Server-ActiveSync?${query} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), content]);
  }
}

/** Prepares phones, some at a time. */
export const preparePhones = async (phones: readonly StormPhone[], atOnce = 8): Promise<void> => {
  const rest = [...phones];
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await next.prepare();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};
