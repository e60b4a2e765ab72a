/**
 * What a watched IMAP account costs: `npm run bench imap-watch`.
 *
 * IMAP_URL and IMAP_PASSWORD name a test server where any user exists; ACCOUNTS how many are watched
 * (the server must allow as many connections), WATCH_MODE one of auto, notify, idle, poll.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Watcher, WatchListener } from '../backends/contract/watch.ts';
import { imap } from '../backends/imap/backend.ts';

const {
  IMAP_URL = 'imap://127.0.0.1:143',
  IMAP_PASSWORD = 'secret',
  ACCOUNTS = '200',
  WATCH_MODE = 'auto',
} = process.env;
const AtOnce = 10;
const ignore = () => undefined;
const watchers: Watcher[] = [];
let lost = 0;
const listener: WatchListener = { moved: ignore, hierarchyChanged: ignore, lost: () => void lost++ };

const backend = imap.open(imap.settings.parse({ url: IMAP_URL, watch: { mode: WATCH_MODE } }), {
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  now: Date.now,
  dataFolder: '/nonexistent',
});

const watch = async (name: string): Promise<void> => {
  const { watch: ability } = backend.account({ account: name, user: name, password: IMAP_PASSWORD });
  const watcher = await ability?.open(['INBOX'], listener);
  if (watcher !== undefined) watchers.push(watcher);
};

const memory = async (): Promise<{ rss: number; heap: number }> => {
  await wait(500);
  globalThis.gc?.();
  await wait(500);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
};

// The first ones load and compile what all use.
for (let i = 0; i < 20; i++) await watch(`warm${i}`);
const before = await memory();
const count = Number(ACCOUNTS);
for (let i = 0; i < count; i += AtOnce) {
  await Promise.all(Array.from({ length: Math.min(AtOnce, count - i) }, (_, k) => watch(`watch${i + k}`)));
}
const after = await memory();
const perAccount = (key: 'rss' | 'heap') => ((after[key] - before[key]) / count / 1_024).toFixed(1);
console.log(
  `${count} accounts watched (${WATCH_MODE}): ${perAccount('rss')} kB RSS, ${perAccount('heap')} kB heap each, ${lost} lost`,
);
await Promise.all(watchers.map((watcher) => watcher.close()));
await backend.close();
