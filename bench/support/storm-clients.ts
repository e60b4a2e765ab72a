import { newTally, preparePhones, StormPhone, type StormTally } from '../../test/support/storm-phone.ts';
import { serveParent } from './process.ts';

/** Phones that want nothing but to wait, in a process of their own. */
interface Create {
  readonly url: string;
  readonly domain: string;
  readonly count: number;
}

const phones: StormPhone[] = [];
const tally: StormTally = newTally();

serveParent({
  create: async ({ url, domain, count }: Create) => {
    for (let i = 0; i < count; i++) {
      phones.push(new StormPhone({ url, user: `user${i}@${domain}`, deviceId: `storm${i}` }, tally));
    }
    await preparePhones(phones);
    return {};
  },
  wait: () => {
    for (const phone of phones) phone.wait();
    return {};
  },
  /** What the phones were told since the last report. */
  report: () => {
    const { answers, retryAfter, broken } = tally;
    const report = { answers: Object.fromEntries(answers), retryAfter: [...retryAfter], broken };
    answers.clear();
    retryAfter.length = 0;
    tally.broken = 0;
    return report;
  },
  stop: () => {
    for (const phone of phones) phone.stop();
    return {};
  },
});
