import { BenchPhone, HeaderOptions } from './bench-phone.ts';
import { serveParent } from './process.ts';

/** Phones of accounts, one each, in a process of their own. */
const phones: BenchPhone[] = [];
let answers: { user: number; at: number }[] = [];
let failures: string[] = [];
let stopped = false;
let first = 0;

const eachAtATime = async (parallel: number, work: (phone: BenchPhone) => Promise<unknown>): Promise<void> => {
  const rest = [...phones];
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift())
      await work(next).catch((error) => failures.push(String(error)));
  };
  await Promise.all(Array.from({ length: parallel }, worker));
};

/** Waits again and again; every answer is noted. */
const live = async (phone: BenchPhone, user: number): Promise<void> => {
  while (!stopped) {
    const { status, at } = await phone.ping([phone.idOf('INBOX')], 1800);
    if (status === 2) answers.push({ user, at });
  }
};

serveParent({
  create: ({ urls, domain, from, to }: { urls: readonly string[]; domain: string; from: number; to: number }) => {
    first = from;
    for (let i = from; i < to; i++) {
      const url = urls[i % urls.length] ?? '';
      phones.push(new BenchPhone({ url, user: `user${i}@${domain}`, deviceId: `bench${i}` }));
    }
  },
  prepare: async ({ parallel }: { parallel: number }) => {
    await eachAtATime(parallel, async (phone) => {
      await phone.folderSync();
      await phone.load(phone.idOf('INBOX'), 100, HeaderOptions);
    });
    return { failures };
  },
  live: () => {
    for (const [i, phone] of phones.entries())
      live(phone, first + i).catch((error) => {
        if (!stopped) failures.push(String(error));
      });
  },
  /** One Sync each. */
  sync: async ({ parallel }: { parallel: number }) => {
    const begun = performance.now();
    let items = 0;
    await eachAtATime(parallel, async (phone) => {
      const { collection } = await phone.sync(phone.idOf('INBOX'), 100, HeaderOptions);
      items += collection?.commands?.length ?? 0;
    });
    return { milliseconds: performance.now() - begun, items, failures };
  },
  report: () => {
    const report = { answers, failures };
    [answers, failures] = [[], []];
    return report;
  },
  stop: () => {
    stopped = true;
    for (const phone of phones) phone.close();
  },
});
