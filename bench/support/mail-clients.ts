import { EmailFields } from '../../protocol/classes/email.ts';
import { readTree } from '../../protocol/schema/index.ts';
import { BenchPhone, HeaderOptions } from './bench-phone.ts';
import { now } from './line-client.ts';
import { pause, serveParent } from './process.ts';

/**
 * Phones that wait and fetch as phones do, in a process of their own: each answer to a Ping is
 * followed by a Sync of the folders that it names, and another Ping.
 */
interface Got {
  readonly subject: string;
  /** When the answer to the Ping was there; of a mail that came with an earlier Sync, that Sync's. */
  readonly at: number;
}

interface Create {
  readonly url: string;
  readonly domain: string;
  readonly from: number;
  readonly to: number;
  /** Folders to synchronise and wait for. */
  readonly folders: readonly string[];
  readonly heartbeat: number;
}

const phones: BenchPhone[] = [];
let got: Got[] = [];
let failures: string[] = [];
let plan: Pick<Create, 'folders' | 'heartbeat'> = { folders: [], heartbeat: 600 };
let stopped = false;

const prepare = async (phone: BenchPhone): Promise<void> => {
  await phone.folderSync();
  for (const folder of plan.folders) await phone.load(phone.idOf(folder), 100, HeaderOptions);
};

const fetchNew = async (phone: BenchPhone, id: string, at: number): Promise<void> => {
  for (let more = true; more; ) {
    const { collection } = await phone.sync(id, 100, HeaderOptions);
    for (const command of collection?.commands ?? []) {
      if (command.kind !== 'add') continue;
      const nodes = command.applicationData;
      const { subject = '' } = 'pieces' in nodes ? {} : readTree(EmailFields, nodes);
      got.push({ subject, at });
    }
    more = collection?.moreAvailable === true;
  }
};

const live = async (phone: BenchPhone): Promise<void> => {
  const ids = plan.folders.map((folder) => phone.idOf(folder));
  while (!stopped) {
    const { status, folders, at } = await phone.ping(ids, plan.heartbeat);
    if (stopped) return;
    if (status !== 1 && status !== 2) throw new Error(`Ping Status ${status}`);
    for (const id of folders) await fetchNew(phone, id, at);
  }
};

serveParent({
  create: ({ url, domain, from, to, folders, heartbeat }: Create) => {
    plan = { folders, heartbeat };
    for (let i = from; i < to; i++) {
      phones.push(new BenchPhone({ url, user: `user${i}@${domain}`, deviceId: `bench${i}` }));
    }
  },
  prepare: async ({ parallel }: { parallel: number }) => {
    const rest = [...phones];
    const worker = async (): Promise<void> => {
      for (let phone = rest.shift(); phone !== undefined; phone = rest.shift()) {
        await prepare(phone).catch((error) => failures.push(`prepare: ${error}`));
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    return { failures };
  },
  live: async () => {
    let begun = 0;
    for (const phone of phones) {
      live(phone).catch((error) => failures.push(`${phone.user}: ${error}`));
      if (++begun % 20 === 0) await pause(50);
    }
  },
  report: () => {
    const report = { got, failures, now: now() };
    got = [];
    failures = [];
    return report;
  },
  stop: () => {
    stopped = true;
    for (const phone of phones) phone.close();
  },
});
