import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccountPart } from '../../backends/account/compose.ts';
import type { Backend, BackendContext, Login } from '../../backends/contract/backend.ts';
import { caldav } from '../../backends/dav/backend.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { type Cyrus, CyrusPassword, startCyrus } from '../servers/cyrus.ts';
import { canRunPostfix } from '../servers/postfix.ts';
import { type Radicale, startRadicale } from '../servers/radicale.ts';
import { addressOf, type ImapServer, startImapServer, until } from '../support/imap-server.ts';
import { answers, inDays, invited, meeting, Person } from '../support/meeting-people.ts';

/**
 * People who meet, with phones of both generations, before real servers: Postfix delivers to Dovecot, and the
 * calendars lie on Radicale, which sends nothing by itself, and on Cyrus, with its scheduling and without.
 */

const Stores = ['radicale', 'silent', 'scheduling'] as const;
type Store = (typeof Stores)[number];
const Names = ['o', 'p', 'q'] as const;

const userOf = (store: Store, name: string): string => `${name}${store}`;
const users = Stores.flatMap((store) => Names.map((name) => userOf(store, name)));
const local = (account: string): string => account.slice(0, account.indexOf('@'));

let host: ImapServer;
let radicale: Radicale;
let cyruses: Readonly<Record<'silent' | 'scheduling', Cyrus>>;

/** Has Cyrus make a mailbox, without which it shows no calendars. */
const logIn = (user: string, { port }: Cyrus): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`1 LOGIN ${user} ${CyrusPassword}\r\n2 LOGOUT\r\n`));
    socket.on('data', () => undefined);
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });

/** Each user's calendars are where the name says. */
const calendarsAt = (urls: Readonly<Record<Store, string>>, context: BackendContext): AccountPart => {
  const open = (url: string): Backend => caldav.open(caldav.settings.parse({ url, components: ['VEVENT'] }), context);
  const backends = Stores.map((store) => [store, open(urls[store])] as const);
  const backendOf = (account: string): Backend => {
    const found = backends.find(([store]) => local(account).endsWith(store));
    if (found === undefined) throw new Error(`nobody knows where the calendars of ${account} are`);
    return found[1];
  };
  return {
    name: 'calendars',
    login: (login: Login) => ({ ...login, user: local(login.account) }),
    backend: {
      account: (login) => backendOf(login.account).account(login),
      forget: (account) => backendOf(account).forget(account),
      check: async () => [],
      close: async () => void (await Promise.all(backends.map(([, backend]) => backend.close()))),
    },
  };
};

const startServers = async (): Promise<void> => {
  const address = { calendar_user_address_set: 'example.test' };
  const off = { ...address, caldav_allowscheduling: 'off' };
  const [dav, silent, scheduling] = await Promise.all([
    startRadicale({ users }),
    startCyrus({ dav: true, settings: off }),
    startCyrus({ dav: true, settings: address }),
  ]);
  radicale = dav;
  cyruses = { silent, scheduling };
  for (const store of ['silent', 'scheduling'] as const) {
    await Promise.all(Names.map((name) => logIn(userOf(store, name), cyruses[store])));
  }
  const davUrl = ({ davPort }: Cyrus): string => `http://127.0.0.1:${davPort}/`;
  const urls = { radicale: dav.url, silent: davUrl(silent), scheduling: davUrl(scheduling) };
  host = await startImapServer({
    postfix: { recipients: users.map(addressOf) },
    more: (context) => [calendarsAt(urls, context)],
  });
};

const person = async (store: Store, name: (typeof Names)[number], version: ProtocolVersion, device = version) => {
  const user = userOf(store, name);
  return new Person(await host.client(user, `${user}${device.replace('.', '')}`, { version }), addressOf(user)).load();
};

/** Mails that a person, or the server in the person's name, gave to Postfix. */
const sent = async ({ address }: Person): Promise<number> =>
  (await host.postfix?.mailLog())
    ?.split('\n')
    .filter((line) => line.includes('queue active') && line.includes(`from=<${address}>`)).length ?? 0;

const sentBy = (...people: readonly Person[]): Promise<number[]> => Promise.all(people.map(sent));

/** Waits for a calendar to hold what it shall. */
const see = (who: Person, what: () => boolean): Promise<void> =>
  until(async () => {
    await who.refresh();
    return what();
  }, 60_000);

/** What a phone up to 14.1 does with an answer of its user: it tells the server, and then mails the organizer itself. */
const answerAs14 = async (who: Person, organizer: Person, requestId: string, subject: string): Promise<string> => {
  const result = await who.answer({ requestId, userResponse: 1 });
  expect(result).toMatchObject({ status: 1, calendarId: expect.any(String) });
  await who.refresh();
  const { uid = '', startTime, endTime } = who.event(subject) ?? {};
  const lines = who.lines(uid, { subject, startTime, endTime }, []).filter((line) => !line.startsWith('ORGANIZER'));
  const people = [`ORGANIZER:mailto:${organizer.address}`, `ATTENDEE;PARTSTAT=ACCEPTED:mailto:${who.address}`];
  await who.mail('REPLY', [organizer.address], [...lines, ...people], `Accepted: ${subject}`);
  return uid;
};

(canRunPostfix() ? describe : describe.skip)('meetings', () => {
  beforeAll(startServers, 120_000);
  afterAll(async () => {
    await host?.close();
    await Promise.all([radicale?.stop(), cyruses?.silent.stop(), cyruses?.scheduling.stop()]);
    expect(host.errors).toEqual([]);
  }, 60_000);

  /** Somebody invites two others, who answer, each as their phone does. */
  const inviteAndAnswer = async (store: Store) => {
    const [o, p, q] = [
      await person(store, 'o', '16.1'),
      await person(store, 'p', '14.1'),
      await person(store, 'q', '16.1'),
    ];
    const serverId = await o.tell(o.events.add(meeting('Plan', 3, [p.address, q.address])));
    await answerAs14(p, o, await p.receive('Plan'), 'Plan');
    const tentative = { requestId: await q.receive('Plan'), userResponse: 2, sendResponse: {} };
    expect(await q.answer(tentative)).toMatchObject({ status: 1 });
    expect(await q.answer(tentative)).toMatchObject({ status: 1 });
    await o.receive('Accepted: Plan');
    await o.receive('Tentative: Plan');
    await o.refresh();
    const [pName, qName] = [local(p.address), local(q.address)];
    expect(o.statuses('Plan')).toEqual({ [pName]: answers.accepted, [qName]: answers.tentative });
    expect([await sentBy(o, p, q), p.subjects(), q.subjects()]).toEqual([[1, 1, 1], [], ['Plan']]);
    return { o, p, q, serverId };
  };

  test('on Cyrus without its scheduling each mail goes out once, from the phone up to 14.1, else from the server', async () => {
    const { o, p } = await inviteAndAnswer('silent');
    for (const who of [o, p]) expect(who.event('Plan')?.startTime).toEqual(inDays(3));
  }, 60_000);

  test('so on Radicale, also when the meeting is moved, somebody is not to come, and when it is cancelled', async () => {
    const { o, p, q, serverId } = await inviteAndAnswer('radicale');
    const later = { startTime: inDays(4), endTime: new Date(inDays(4).getTime() + 1_800_000) };
    await o.tell(o.events.change(serverId, later));
    for (const who of [p, q]) {
      await who.receive('Plan');
      await see(who, () => who.event('Plan')?.startTime?.getTime() === inDays(4).getTime());
      expect(who.event('Plan')).toMatchObject({ responseType: 5, meetingStatus: 3 });
    }
    await o.tell(o.events.change(serverId, { attendees: [invited(p.address)] }));
    await q.receive('Canceled: Plan');
    await see(q, () => q.event('Plan')?.meetingStatus === 7);
    expect(p.event('Plan')?.meetingStatus).toBe(3);
    await o.tell({ kind: 'delete', serverId });
    await p.receive('Canceled: Plan');
    await see(p, () => p.event('Plan')?.meetingStatus === 7);
    expect(await sentBy(o, p, q)).toEqual([4, 1, 1]);
    expect([o.subjects(), p.subjects()]).toEqual([
      ['Accepted: Plan', 'Tentative: Plan'],
      ['Canceled: Plan', 'Plan'],
    ]);
  }, 60_000);

  test('on a server that schedules nobody mails anything, phones of any version included', async () => {
    const store = 'scheduling';
    const [o, p, q] = [
      await person(store, 'o', '16.1'),
      await person(store, 'p', '14.1'),
      await person(store, 'q', '16.1'),
    ];
    const serverId = await o.tell(o.events.add(meeting('Plan', 3, [p.address, q.address])));
    for (const who of [p, q]) await see(who, () => who.event('Plan') !== undefined);
    expect(p.event('Plan')).toMatchObject({ responseType: 5, meetingStatus: 3 });
    await answerAs14(p, o, p.eventId('Plan'), 'Plan');
    const declined = { requestId: q.eventId('Plan'), userResponse: 3, sendResponse: {} };
    expect(await q.answer(declined)).toEqual({ requestId: declined.requestId, status: 1 });
    await see(o, () => o.statuses('Plan')[local(q.address)] === answers.declined);
    expect(o.statuses('Plan')[local(p.address)]).toBe(answers.accepted);
    await o.tell(o.events.change(serverId, { startTime: inDays(4), endTime: inDays(5) }));
    await see(p, () => p.event('Plan')?.startTime?.getTime() === inDays(4).getTime());
    await o.tell({ kind: 'delete', serverId });
    await see(p, () => p.event('Plan')?.meetingStatus === 7);

    const own = { ...meeting('Mine', 5, [o.address]), uid: 'mine-of-p', meetingStatus: 1, dtStamp: inDays(0) };
    const ownId = await p.tell(p.events.add(own));
    await p.mail('REQUEST', [o.address], p.lines('mine-of-p', own, [o.address]), 'Mine');
    await see(o, () => o.event('Mine') !== undefined);
    expect(await o.answer({ requestId: o.eventId('Mine'), userResponse: 1, sendResponse: {} })).toMatchObject({
      status: 1,
    });
    await see(p, () => p.statuses('Mine')[local(o.address)] === answers.accepted);
    await p.tell({ kind: 'delete', serverId: ownId });
    await p.mail('CANCEL', [o.address], p.lines('mine-of-p', own, [o.address]), 'Canceled: Mine');
    await see(o, () => o.event('Mine')?.meetingStatus === 7);
    expect(await sentBy(o, p, q)).toEqual([0, 0, 0]);
    for (const who of [o, p, q]) expect(who.subjects()).toEqual([]);
  }, 60_000);
});
