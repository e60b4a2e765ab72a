import { type Part, pause, startPart } from './process.ts';
import { Domain, print, type Stage } from './stage.ts';

/** Phones of accounts, one each, that live in processes of their own. */
export interface Phones {
  /** Asks all processes the same. */
  all<T>(message: object): Promise<T[]>;
  stop(): Promise<void>;
}

/** What phones have to tell. */
export interface Report {
  readonly got: readonly { readonly subject: string; readonly at: number }[];
  readonly failures: readonly string[];
}

/** Makes the phones of so many accounts and brings each to where it can wait. */
export const preparePhones = async (
  url: string,
  accounts: number,
  folders: readonly string[],
  processes = 1,
  domain = Domain,
): Promise<Phones> => {
  const parts: Part[] = [];
  const each = Math.ceil(accounts / processes);
  for (let from = 0; from < accounts; from += each) {
    const part = await startPart(import.meta.url, './mail-clients');
    const to = Math.min(accounts, from + each);
    await part.ask({ kind: 'create', url, domain, from, to, folders, heartbeat: 1800 });
    parts.push(part);
  }
  const all = <T>(message: object): Promise<T[]> => Promise.all(parts.map((part) => part.ask<T>(message)));
  const begun = Date.now();
  const failed = (await all<{ failures: string[] }>({ kind: 'prepare', parallel: 8 })).flatMap(
    ({ failures }) => failures,
  );
  print('accounts prepared', `${accounts} in ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  if (failed.length > 0) throw new Error(`${failed.length} accounts failed, for instance ${failed[0]}`);
  const stop = async (): Promise<void> => {
    await all({ kind: 'stop' });
    for (const part of parts) part.kill('SIGKILL');
  };
  return { all, stop };
};

/** Lets the phones wait, and returns when all of them do. */
export const allWait = async (server: Stage['server'], phones: Phones, accounts: number): Promise<void> => {
  await phones.all({ kind: 'live' });
  const count = async (): Promise<number> => (await server.ask<{ waiting: number }>({ kind: 'collect' })).waiting;
  for (let tries = 0; (await count()) < accounts; tries++) {
    if (tries > 120)
      throw new Error(
        `only ${await count()} of ${accounts} wait: ${JSON.stringify(await phones.all({ kind: 'report' })).slice(0, 500)}`,
      );
    await pause(500);
  }
};
