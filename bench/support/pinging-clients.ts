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
  const first = await device.sync({ partial: false, collections: { collection: client.folders.map((id) => collection(id, '0')) } });
  let collections = first?.collections?.collection.map(({ collectionId = '', syncKey = '' }) => collection(collectionId, syncKey)) ?? [];
  for (;;) {
    const answer = await device.sync({ partial: false, collections: { collection: collections } });
    if (answer === undefined) return;
    const keys = new Map(answer.collections?.collection.map(({ collectionId, syncKey }) => [collectionId, syncKey]));
    collections = collections.map((one) => ({ ...one, syncKey: keys.get(one.collectionId) ?? one.syncKey }));
  }
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
      const folders = client.folders.map((id) => ({ id, class: 'Email' }));
      client.device.ping({ heartbeatInterval: heartbeat, folders }).then(
        ({ status }) => {
          client.answeredAt = Date.now();
          if (status !== 1 && status !== 2) client.failed = `Status ${status}`;
        },
        (error) => {
          client.failed = String(error);
        },
      );
      if (++begun % 100 === 0) await pause(20);
    }
  },
  answered: () => ({
    times: clients.flatMap(({ answeredAt }) => (answeredAt === undefined ? [] : [answeredAt])),
    accounts: clients.flatMap(({ answeredAt, account }) => (answeredAt === undefined ? [] : [{ account, at: answeredAt }])),
    failures: clients.flatMap(({ failed }) => (failed === undefined ? [] : [failed])),
  }),
  /** Waits again with the devices that were answered, after fetching what there is. */
  again: async ({ heartbeat }: { heartbeat: number }) => {
    for (const client of clients.filter(({ answeredAt }) => answeredAt !== undefined)) {
      await prepare(client);
      client.answeredAt = undefined;
      client.device
        .ping({ heartbeatInterval: heartbeat })
        .then(() => {
          client.answeredAt = Date.now();
        })
        .catch((error) => {
          client.failed = String(error);
        });
    }
  },
});
