import { rm } from 'node:fs/promises';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { canRunPostfix, type Postfix, startPostfix } from '../servers/postfix.ts';
import { makeFolder } from '../servers/process.ts';
import { Domain } from './names.ts';
import { Nodes } from './nodes.ts';
import { startWeatherRelay, type WeatherRelay } from './relay.ts';
import { type StatePlace, stateInFiles, stateOnRedis } from './state-place.ts';

/** Where the nodes keep their state. */
export type StoreKind = 'sqlite' | 'redis' | 'cluster';

/** How many nodes there are: `cluster` is two on one Redis. */
const NodeCounts: Readonly<Record<StoreKind, number>> = { sqlite: 1, redis: 1, cluster: 2 };

/** Deferred mail is tried again at once, so that rest is soon. */
const EagerQueue = 'queue_run_delay = 1s\nminimal_backoff_time = 1s\nmaximal_backoff_time = 2s\n';

/** The servers of a campaign, with a way between each two of them. */
export interface Stage {
  readonly store: StoreKind;
  readonly dovecot: Dovecot;
  readonly postfix: Postfix | undefined;
  readonly nodes: Nodes;
  readonly state: StatePlace;
  /** Between phones and nodes. */
  readonly front: WeatherRelay;
  /** Between nodes and Dovecot. */
  readonly imap: WeatherRelay;
  /** Between nodes and Postfix. */
  readonly smtp: WeatherRelay;
  /** Between nodes and Redis. */
  readonly redis: WeatherRelay;
  close(): Promise<void>;
}

/** Starts everything on loopback. */
export const setStage = async (store: StoreKind): Promise<Stage> => {
  const folder = makeFolder('campaign');
  // Of a killed Dovecot a Maildir keeps a lock file for two minutes, an sdbox none.
  const dovecot = await startDovecot({ storage: 'sdbox' });
  const { saslPort, lmtpPort } = dovecot;
  const postfix = canRunPostfix()
    ? await startPostfix({ saslPort, lmtpPort, domains: [Domain], extra: EagerQueue })
    : undefined;
  const imap = await startWeatherRelay(() => dovecot.port);
  const smtp = await startWeatherRelay(() => postfix?.port);
  const state = store === 'sqlite' ? await stateInFiles(folder) : await stateOnRedis(folder);
  const redis = await startWeatherRelay(() => state.redis?.port);
  const redisUrl = state.redis && `redis://127.0.0.1:${redis.port}`;
  const plan = { imapPort: imap.port, smtpPort: smtp.port, folder: state.folder, redisUrl };
  const nodes = await Nodes.start(Array.from({ length: NodeCounts[store] }, () => plan));
  const front = await startWeatherRelay(nodes.nextPort);
  const close = async (): Promise<void> => {
    await nodes.close();
    // The relays last: what is waited for here does not keep this process alive by itself.
    await Promise.all([dovecot.stop(), postfix?.stop()]);
    await state.remove();
    await Promise.all([front, imap, smtp, redis].map((relay) => relay.close()));
    await rm(folder, { recursive: true, force: true });
  };
  return { store, dovecot, postfix, nodes, state, front, imap, smtp, redis, close };
};
