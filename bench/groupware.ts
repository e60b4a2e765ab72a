import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Abilities } from '../backends/contract/backend.ts';
import { LocalSettings, openLocal } from '../backends/local/backend.ts';
import { type DavCollection, DavProgram } from '../test/campaign/dav-program.ts';
import { freePorts } from '../test/servers/process.ts';
import { type Radicale, startRadicale } from '../test/servers/radicale.ts';
import { quietLog } from '../test/support/system.ts';
import { BenchPhone } from './support/bench-phone.ts';
import { firstSync } from './support/first-sync.ts';
import { calendarAt, cardAt, contactAt, eventAt } from './support/groupware-items.ts';
import type { ImapServerOptions } from './support/imap-server.ts';
import { cpuOf, quantile, startPart, starvedOf } from './support/process.ts';
import { Domain, print, printMachine, userOf } from './support/stage.ts';

/**
 * First Sync of contacts and of events, and a Sync after one of them was changed, on Radicale and on the local store.
 * Usage: `npm run bench groupware [items] [rounds] [radicale|local]`. PROFILE=file writes a CPU profile of the last first Sync of each.
 */
const count = Number(process.argv[2] ?? 5000);
const rounds = Number(process.argv[3] ?? 40);
const only = process.argv[4];
const { PROFILE } = process.env;

/** A small collection beside the large one: what a change costs must not depend on the size. */
const Sizes = [Math.ceil(count / 10), count];

/** Where the items lie, and how another program changes one of them. */
interface Store {
  readonly name: string;
  readonly url: string | undefined;
  readonly folder: string;
  /** Names that phones show. */
  readonly contacts: string;
  readonly events: string;
  /** Makes so many contacts and events of a user. */
  fill(user: string, items: number): Promise<void>;
  changeContact(user: string, round: number): Promise<void>;
  /** Asks the server for the change as Postrider does, without it; absent: there is no server. */
  alone?(user: string): Promise<void>;
  close(): Promise<void>;
}

const collectionOf = (user: string, name: string, kind: DavCollection['kind']): DavCollection => ({
  path: `/${user}/${name}/`,
  kind,
});

/** Files as Radicale keeps them. */
const writeCollection = (radicale: Radicale, path: string, props: object, texts: Iterable<[string, string]>): void => {
  const folder = join(radicale.storageFolder, 'collection-root', path);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.Radicale.props'), JSON.stringify(props));
  for (const [name, text] of texts) writeFileSync(join(folder, name), text);
  // Radicale runs as another user than whoever runs the bench.
  const { uid, gid } = statSync(radicale.storageFolder);
  const root = join(radicale.storageFolder, 'collection-root');
  for (const each of ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })])
    chownSync(join(root, each), uid, gid);
};

function* texts(items: number, make: (index: number) => string, ending: string): Generator<[string, string]> {
  for (let i = 0; i < items; i++) yield [`item-${i}${ending}`, make(i)];
}

const syncReport = (token = ''): string =>
  `<sync-collection xmlns="DAV:"><sync-token>${token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`;

const onRadicale = async (): Promise<Store> => {
  const tokens = new Map<string, string>();
  const radicale = await startRadicale({ users: Sizes.map((_, i) => userOf(i)) });
  return {
    name: 'Radicale',
    url: radicale.url,
    folder: mkdtempSync(join(tmpdir(), 'postrider-bench-')),
    contacts: 'Contacts',
    events: 'Calendar',
    fill: async (user, items) => {
      const book = { tag: 'VADDRESSBOOK', 'D:displayname': 'Contacts' };
      writeCollection(radicale, join(user, 'contacts'), book, texts(items, cardAt, '.vcf'));
      const calendar = {
        tag: 'VCALENDAR',
        'D:displayname': 'Calendar',
        'C:supported-calendar-component-set': 'VEVENT',
      };
      writeCollection(radicale, join(user, 'calendar'), calendar, texts(items, calendarAt, '.ics'));
      // Radicale reads all files once.
      const program = new DavProgram(radicale.url, user);
      const type = { 'content-type': 'application/xml' };
      for (const name of ['contacts', 'calendar'])
        await program.send('REPORT', `/${user}/${name}/`, syncReport(), type);
    },
    changeContact: async (user, round) => {
      const program = new DavProgram(radicale.url, user);
      const { path } = collectionOf(user, 'contacts', 'VCARD');
      await program.replace(`${path}item-7.vcf`, cardAt(7).replace('Engineer', `Engineer ${round}`));
    },
    alone: async (user) => {
      const program = new DavProgram(radicale.url, user);
      const answer = await program.send('REPORT', `/${user}/contacts/`, syncReport(tokens.get(user)), {
        'content-type': 'application/xml',
      });
      tokens.set(user, /<sync-token>(.*?)</.exec(answer)?.[1] ?? '');
    },
    close: () => radicale.stop(),
  };
};

const onLocal = async (): Promise<Store> => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-bench-'));
  const local = openLocal(LocalSettings.parse({}), { log: quietLog(), now: Date.now, dataFolder: folder });
  const storesOf = (user: string): Abilities => local.account({ account: user, user, password: 'secret' });
  const seen = { preferences: [], form: 'instants' as const };
  const folderOf = async (user: string, itemClass: string): Promise<string> =>
    (await storesOf(user).folders?.list())?.find((one) => one.itemClass === itemClass)?.id ?? '';
  const made = new Map<string, string>();
  return {
    name: 'local store',
    url: undefined,
    folder,
    contacts: 'Contacts',
    events: 'Calendar',
    fill: async (user, items) => {
      await local.accounts.create(user, 'secret');
      const { contacts, events } = storesOf(user);
      const [book, calendar] = [await folderOf(user, 'Contacts'), await folderOf(user, 'Calendar')];
      for (let i = 0; i < items; i++) {
        const patch = { cleared: [], seen };
        const card = await contacts?.create(book, { ...patch, set: contactAt(i) }, `contact${i}`);
        await events?.create(calendar, { ...patch, set: eventAt(i) }, `event${i}`);
        if (i === 7) made.set(user, card?.id ?? '');
      }
    },
    changeContact: async (user, round) => {
      const patch = { set: { jobTitle: `Engineer ${round}` }, cleared: [], seen };
      await storesOf(user).contacts?.update(await folderOf(user, 'Contacts'), made.get(user) ?? '', patch);
    },
    close: () => local.close(),
  };
};

/** A phone that knows its folders: those of a server that is slow to answer at first come with a later FolderSync. */
const openPhone = async (url: string, user: string, deviceId: string, store: Store): Promise<BenchPhone> => {
  const phone = new BenchPhone({ url, user, deviceId });
  do await phone.folderSync();
  while (!phone.folders.has(store.contacts) || !phone.folders.has(store.events));
  return phone;
};

const of = (values: readonly number[], share: number): string => quantile(values, share).toFixed(1);

/** First Syncs of a user who has all of it. */
const measureFirst = async (store: Store, url: string, server: Awaited<ReturnType<typeof startPart>>) => {
  const user = userOf(1);
  for (let device = 0; device < 3; device++) {
    const phone = await openPhone(url, user, `phone${device}`, store);
    for (const [what, folder] of [
      ['contacts', store.contacts],
      ['events', store.events],
    ] as const) {
      const isProfiled = PROFILE !== undefined && device === 2;
      if (isProfiled) await server.ask({ kind: 'profileStart' });
      await server.ask({ kind: 'delayStart' });
      const [cpu, starved] = [cpuOf(server.pid), starvedOf(server.pid)];
      const { seconds } = await firstSync(phone, phone.idOf(folder), 100, false, 1);
      const [used, without] = [cpuOf(server.pid) - cpu, starvedOf(server.pid) - starved];
      const delay = await server.ask<{ p999: number; max: number }>({ kind: 'delayStop' });
      if (isProfiled) await server.ask({ kind: 'profileStop', file: `${PROFILE}.${what}` });
      const name = `${store.name}: first Sync of ${count} ${what}, device ${device + 1}`;
      print(
        name,
        `${(count / seconds).toFixed(0)} items/s, CPU ${((used / count) * 1e3).toFixed(2)} ms an item`,
        'at least 1,000',
      );
      print(
        '  event-loop delay: 99.9 %, longest',
        `${delay.p999.toFixed(1)}, ${delay.max.toFixed(1)} ms`,
        '99.9 % under 50 ms',
      );
      print('  ready to run, and no CPU to be had', `${without.toFixed(1)} s of ${seconds.toFixed(1)} s`);
    }
    phone.close();
  }
};

const measureDelta = async (store: Store, url: string, user: string, items: number): Promise<void> => {
  const phone = await openPhone(url, user, 'delta', store);
  const id = phone.idOf(store.contacts);
  await firstSync(phone, id, 512, false, 1);
  const ours: number[] = [];
  const quietOnes: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds + 5; round++) {
    await store.changeContact(user, round);
    const { collection, milliseconds } = await phone.sync(id, 100, undefined);
    if (collection?.commands?.length !== 1) throw new Error(`${collection?.commands?.length} commands instead of one`);
    const { milliseconds: nothing } = await phone.sync(id, 100, undefined);
    const begun = performance.now();
    await store.alone?.(user);
    theirs.push(performance.now() - begun);
    if (round < 5) continue;
    ours.push(milliseconds);
    quietOnes.push(nothing);
  }
  print(
    `${store.name}: one change in ${items}: median, 95 %`,
    `${of(ours, 0.5)}, ${of(ours, 0.95)} ms`,
    'the same in any collection',
  );
  print('  nothing new: median, 95 %', `${of(quietOnes, 0.5)}, ${of(quietOnes, 0.95)} ms`);
  if (store.alone !== undefined)
    print('  its answer to sync-collection alone', `${of(theirs, 0.5)}, ${of(theirs, 0.95)} ms`);
  phone.close();
};

const measure = async (store: Store): Promise<void> => {
  for (const [i, items] of Sizes.entries()) await store.fill(userOf(i), items);
  const { port } = await freePorts('port');
  const { url: groupware, folder } = store;
  const plan: ImapServerOptions = { imapPort: 1, port, folder, domain: Domain, groupware: { url: groupware } };
  const server = await startPart(import.meta.url, './support/imap-server', [JSON.stringify(plan)]);
  const { url } = await server.ask<{ url: string }>({ kind: 'address' });
  await measureFirst(store, url, server);
  for (const [i, items] of Sizes.entries()) await measureDelta(store, url, userOf(i), items);
  const { errors } = await server.ask<{ errors: string[] }>({ kind: 'collect' });
  if (errors.length > 0) console.log(`errors    ${errors.length}, for instance ${errors[0]}`);
  server.kill('SIGTERM');
  await server.ended();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
};

printMachine();
if (only !== 'local') await measure(await onRadicale());
if (only !== 'radicale') await measure(await onLocal());
