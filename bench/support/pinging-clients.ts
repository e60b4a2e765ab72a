import { connect } from 'node:net';
import { Device } from '../../src/phone/device.ts';
import { pause, serveParent } from './process.ts';

/**
 * Devices that wait, in a process of their own: `prepare` brings each one to where it can wait,
 * `wait` holds a Ping each, `answered` tells how many got their answer and when.
 */
interface Client {
  readonly device: Device;
  readonly account: string;
  folders: string[];
  answeredAt: number | undefined;
  failed: string | undefined;
}

const clients: Client[] = [];

const prepare = async (client: Client): Promise<void> => {
  const { device } = client;
  const { changes } = await device.folderSync('0');
  const wanted = changes?.add.filter(({ type }) => type === 2 || type === 5) ?? [];
  client.folders = wanted.map(({ serverId }) => serverId);
  const first = await device.sync({
    partial: false,
    collections: { collection: client.folders.map((id) => collection(id, '0')) },
  });
  let collections =
    first?.collections?.collection.map(({ collectionId = '', syncKey = '' }) => collection(collectionId, syncKey)) ??
    [];
  for (;;) {
    const answer = await device.sync({ partial: false, collections: { collection: collections } });
    if (answer === undefined) return;
    const keys = new Map(answer.collections?.collection.map(({ collectionId, syncKey }) => [collectionId, syncKey]));
    collections = collections.map((one) => ({ ...one, syncKey: keys.get(one.collectionId) ?? one.syncKey }));
  }
};

/**
 * Holds a Ping on a bare socket, so that what is measured is the server and not this client; a
 * connection that the listener's queue had no room for is tried again, as devices do.
 */
const hold = async (client: Client, heartbeat: number, tries = 5): Promise<void> => {
  const folders = client.folders.map((id) => ({ id, class: 'Email' }));
  const { channel } = client.device;
  const { query, headers, body } = await channel.prepare('Ping', { heartbeatInterval: heartbeat, folders });
  const authorization = `Basic ${Buffer.from(`${channel.options.user}:${channel.options.password}`).toString('base64')}`;
  const all = { ...headers, Authorization: authorization, 'Content-Length': String(body?.length ?? 0) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const { host, port, hostname } = new URL(channel.options.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /Microsoft-Server-ActiveSync?${query} HTTP/1.1\r\nHost: ${host}\r\n${lines.join('\r\n')}\r\n\r\n`);
  if (body !== undefined) socket.write(body);
  socket.once('data', (answer) => {
    client.answeredAt = Date.now();
    client.failed = answer.subarray(0, 12).toString() === 'HTTP/1.1 200' ? undefined : answer.toString('latin1', 0, 80);
    socket.destroy();
  });
  socket.once('error', (error) => {
    client.failed = String(error);
    if (tries > 0) setTimeout(() => void hold(client, heartbeat, tries - 1), 1000);
  });
};

const collection = (collectionId: string, syncKey: string) => ({
  collectionId,
  syncKey,
  options: syncKey === '0' ? [{ filterType: 0, bodyPreferences: [] }] : [],
});

const eachAtATime = async (parallel: number, work: (client: Client) => Promise<void>): Promise<void> => {
  const rest = [...clients];
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
};

serveParent({
  create: ({ url, from, to, domain }: { url: string; from: number; to: number; domain: string }) => {
    for (let i = from; i < to; i++) {
      const account = `user${i}@${domain}`;
      const device = new Device({
        url,
        user: account,
        password: 'secret',
        deviceId: `bench${i}`,
        version: '16.1',
        trust: { insecure: true },
      });
      clients.push({ device, account, folders: [], answeredAt: undefined, failed: undefined });
    }
  },
  prepare: ({ parallel }: { parallel: number }) => eachAtATime(parallel, prepare),
  wait: async ({ heartbeat }: { heartbeat: number }) => {
    let begun = 0;
    for (const client of clients) {
      client.answeredAt = undefined;
      client.failed = undefined;
      await hold(client, heartbeat);
      if (++begun % 50 === 0) await pause(50);
    }
  },
  answered: () => ({
    times: clients.flatMap(({ answeredAt }) => (answeredAt === undefined ? [] : [answeredAt])),
    accounts: clients.flatMap(({ answeredAt, account }) =>
      answeredAt === undefined ? [] : [{ account, at: answeredAt }],
    ),
    failures: clients.flatMap(({ failed }) => (failed === undefined ? [] : [failed])),
  }),
});
