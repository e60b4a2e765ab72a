import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between the backend and a server: counts what is said, and breaks connections. */
export interface Relay {
  readonly port: number;
  /** Commands sent to the server, without tags: `UID FETCH 1:5 (UID FLAGS)`. Logins are left out. */
  readonly commands: string[];
  /** Bytes that came from the server. */
  readonly received: number;
  /** Connections open now. */
  readonly open: number;
  /** Connections that were ever opened. */
  readonly opened: number;
  /** Breaks all connections as a crash does. */
  cut(): void;
  /** Breaks the connection in place of the server's answer to the next command that matches. */
  cutOn(pattern: RegExp): void;
  /** Has something done before the next command that matches is passed on. */
  before(pattern: RegExp, act: () => Promise<unknown>): void;
  /** Passes nothing on any more, in either direction, without closing. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

const Setup = /^(CAPABILITY|LOGIN|AUTHENTICATE|ID|ENABLE|NAMESPACE|LOGOUT)\b/;

/** Starts a relay to a port of this machine. */
export const startRelay = async (target: number): Promise<Relay> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  const commands: string[] = [];
  let [received, opened] = [0, 0];
  let isFrozen = false;
  let fatal: RegExp | undefined;
  let awaited: { readonly pattern: RegExp; readonly act: () => Promise<unknown> } | undefined;
  const doomed = new WeakSet<readonly [Socket, Socket]>();

  const cut = (pair: readonly [Socket, Socket]) => {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  const note = (bytes: Buffer, pair: readonly [Socket, Socket]) => {
    for (const line of bytes.toString('latin1').split('\r\n')) {
      const command = /^[0-9A-F]+ ([A-Z].*)$/.exec(line)?.[1];
      if (command === undefined || Setup.test(command)) continue;
      commands.push(command);
      if (fatal?.test(command)) {
        fatal = undefined;
        doomed.add(pair);
      }
    }
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    opened++;
    client.on('data', (bytes) => {
      if (isFrozen) return;
      note(bytes, pair);
      if (awaited === undefined || !awaited.pattern.test(commands.at(-1) ?? '')) return void upstream.write(bytes);
      const { act } = awaited;
      awaited = undefined;
      client.pause();
      void act().finally(() => {
        upstream.write(bytes);
        client.resume();
      });
    });
    upstream.on('data', (bytes) => {
      if (isFrozen) return;
      if (doomed.has(pair)) return cut(pair);
      received += bytes.length;
      if (!client.destroyed) client.write(bytes);
    });
    for (const socket of pair) socket.on('error', () => cut(pair)).on('close', () => cut(pair));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    get received() {
      return received;
    },
    get open() {
      return pairs.size;
    },
    get opened() {
      return opened;
    },
    cut: () => {
      for (const pair of [...pairs]) cut(pair);
    },
    cutOn: (pattern) => {
      fatal = pattern;
    },
    before: (pattern, act) => {
      awaited = { pattern, act };
    },
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
    },
    close: async () => {
      for (const pair of [...pairs]) cut(pair);
      server.close();
      await once(server, 'close');
    },
  };
};
