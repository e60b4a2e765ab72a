import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpFailure } from '../../src/phone/failures.ts';
import { sendMail } from '../../src/phone/mail-commands.ts';
import type { Phone } from '../../src/phone/phone.ts';
import { connectImap } from '../servers/mail.ts';
import { canRunPostfix } from '../servers/postfix.ts';
import type { Client } from '../support/client.ts';
import { marksOnPhone, marksOnServer } from '../support/imap-mailbox.ts';
import {
  addressOf,
  hastyClock,
  type ImapServer,
  type ImapServerOptions,
  startImapServer,
  until,
  type WatchMode,
} from '../support/imap-server.ts';
import { message } from '../support/local-server.ts';

let host: ImapServer;

/** Starts the server of a block with its first test, so that no two of them run at a time. */
const startHost = (options: ImapServerOptions): void => {
  beforeEach(async () => {
    host ??= await startImapServer(options);
  }, 30_000);

  afterAll(async () => {
    const { errors } = host;
    await host.close();
    host = undefined as never;
    expect(errors).toEqual([]);
  });
};

const lives: { stop: AbortController; life: Promise<void> }[] = [];

const live = (phone: Phone): Phone => {
  const stop = new AbortController();
  lives.push({ stop, life: phone.run(stop.signal) });
  return phone;
};

afterEach(async () => {
  for (const { stop } of lives) stop.abort();
  await Promise.all(lives.splice(0).map(({ life }) => life));
});

/**
 * Messages in sdbox: of a killed Dovecot a Maildir keeps a lock file for two minutes, in which
 * nobody gets at it.
 */
const unlocked = { storage: 'sdbox' } as const;

/** What is left when a request is refused because the mail server is down. */
const refusal = async (request: Promise<unknown>): Promise<unknown> =>
  request.then(
    (answer) => answer,
    (error: unknown) => (error instanceof HttpFailure ? [error.status, error.retryAfter] : error),
  );

/** 503 with the seconds after which to come again: a phone waits, and holds on to what it has. */
const wait = [503, expect.any(Number)];

const onServer = (user: string): Promise<string[]> => host.elsewhere(user, (client) => marksOnServer(client, 'INBOX'));

/** A mail server tries again what a Dovecot that was just killed refuses. */
const delivered = (user: string, mail: string): Promise<boolean> =>
  host.deliver(user, mail).then(
    () => true,
    () => false,
  );

const inboxOf = (phone: Phone): string => phone.mailbox.folders.byRole('inbox')?.serverId ?? '';

const hold = ({ device, inbox }: Client) =>
  device.ping({ heartbeatInterval: 120, folders: [{ id: inbox, class: 'Email' }] });

describe.each<WatchMode>(['webhook', 'notify', 'idle'])(
  'Dovecot is killed and started again, watched by %s',
  (watch) => {
    startHost({ watch, dovecot: unlocked });

    test('a waiting phone stays waiting, and a mail delivered as soon as Dovecot is back wakes it', async () => {
      const phone = await host.client('anna');
      await phone.load(phone.inbox);
      for (const subject of ['first', 'second', 'third']) {
        const held = hold(phone);
        let answered = false;
        void held.finally(() => {
          answered = true;
        });
        await until(() => host.server.waiting() === 1);
        await host.dovecot.kill();
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(answered).toBe(false);
        await host.dovecot.restart();
        await host.deliver('anna', message(subject));
        expect(await held).toEqual({ status: 2, folders: [phone.inbox] });
        await phone.catchUp(phone.inbox);
        expect(phone.subjects(phone.inbox)).toContain(subject);
      }
      expect(phone.mailbox.anomalies).toEqual([]);
      expect(phone.mailbox.wipes).toBe(0);
    }, 30_000);

    test('a Sync that waits on the server stays waiting, too', async () => {
      const phone = await host.client('carl');
      await phone.load(phone.inbox);
      const held = phone.sync(phone.inbox, {}, { heartbeatInterval: 120 });
      await until(() => host.server.waiting() === 1);
      await host.dovecot.kill();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(host.server.waiting()).toBe(1);
      await host.dovecot.restart();
      await host.deliver('carl', message('to the held Sync'));
      expect(await held).toMatchObject({ status: 1 });
      expect(phone.subjects(phone.inbox)).toEqual(['to the held Sync']);
      expect(phone.mailbox.anomalies).toEqual([]);
    }, 30_000);

    test('whoever asks while it is down is told to wait, and finds everything afterwards', async () => {
      await host.deliver('ben', message('kept'));
      const phone = await host.client('ben');
      await phone.load(phone.inbox);
      const folders = phone.mailbox.folders.all().length;
      await host.dovecot.kill();
      const stranger = host.device('ben', 'stranger');
      const { device, inbox } = phone;
      const change = phone.change(phone.idOf(inbox, 'kept'), { read: true });
      expect(await refusal(stranger.askOptions())).toEqual(expect.objectContaining({ versions: expect.any(Array) }));
      expect(await refusal(phone.folderSync())).toEqual(wait);
      expect(await refusal(phone.sync(inbox))).toEqual(wait);
      expect(await refusal(phone.sync(inbox, { commands: [change] }))).toEqual(wait);
      expect(await refusal(phone.sync(phone.folder('trash'), { syncKey: '0' }))).not.toMatchObject({ status: 3 });
      expect(await refusal(host.device('newcomer', 'newcomer').askOptions())).toEqual(wait);
      expect(await refusal(host.device('ben', 'wrong', { password: 'wrong' }).askOptions())).toEqual(wait);
      expect(device.policyKey).toBeGreaterThan(0);
      await host.dovecot.restart();
      expect(await phone.folderSync()).toBe(1);
      await phone.sync(inbox, { commands: [change] });
      await phone.catchUp(inbox);
      expect(phone.mailbox.folders.all()).toHaveLength(folders);
      expect(phone.subjects(inbox)).toEqual(['kept']);
      expect(await onServer('ben')).toEqual(['kept read']);
      expect(phone.mailbox.anomalies).toEqual([]);
      expect(phone.mailbox.wipes).toBe(0);
    }, 30_000);

    test('phones that live through four kills hold exactly their mailboxes', async () => {
      const users = ['dora', 'emil', 'fred'];
      const phones = users.map((user) => live(host.phone(user, `${user}phone`, { clock: hastyClock })));
      for (let round = 0; round < 4; round++) {
        for (const user of users) await until(() => delivered(user, message(`round ${round}`)));
        await host.dovecot.kill();
        await host.dovecot.restart();
        for (const user of users) {
          const client = await connectImap(host.dovecot.port, addressOf(user), 'secret');
          await client.mailboxOpen('INBOX');
          await client.messageFlagsAdd('*', ['\\Flagged']);
          await client.logout();
        }
      }
      for (const [i, phone] of phones.entries()) {
        const expected = await onServer(users[i] ?? '');
        expect(expected.length).toBeGreaterThanOrEqual(4);
        const isSame = () => marksOnPhone(phone.mailbox, inboxOf(phone)).join() === expected.join();
        await until(isSame, 20_000);
        expect(phone.mailbox.anomalies).toEqual([]);
        expect(phone.mailbox.wipes).toBe(0);
      }
      expect(host.served.filter(({ http }) => ![200, 503].includes(http))).toEqual([]);
    }, 60_000);
  },
);

describe('Dovecot stands still without closing anything', () => {
  startHost({ imap: { timeoutSeconds: 2 } });

  test('requests are answered with 503 once it takes too long; waiting phones hear of all that came meanwhile', async () => {
    const phone = await host.client('anna');
    await phone.load(phone.inbox);
    const held = hold(phone);
    await until(() => host.relay.commands.includes('IDLE'));
    host.relay.freeze();
    const other = await refusal(host.device('anna', 'other').channel.ask('FolderSync', { syncKey: '0' }));
    expect(other).toMatchObject({ status: 142 });
    await host.deliver('anna', message('while it stood'));
    const second = host.device('ben', 'second');
    expect(await refusal(second.askOptions())).toEqual(wait);
    host.relay.cut();
    host.relay.thaw();
    expect(await held).toEqual({ status: 2, folders: [phone.inbox] });
    await phone.catchUp(phone.inbox);
    expect(phone.subjects(phone.inbox)).toEqual(['while it stood']);
  }, 60_000);
});

(canRunPostfix() ? describe : describe.skip)('Postfix is killed and started again', () => {
  startHost({ postfix: true });

  test('what is sent meanwhile is refused for now, and sent once when it is sent again', async () => {
    const phone = await host.client('anna');
    await phone.load(phone.inbox);
    const mime = Buffer.from(message('patience'));
    const send = (clientId: string) => refusal(sendMail(phone.device, mime, { clientId, saveInSentItems: true }));
    await host.postfix?.kill();
    const refused = await send('first');
    // 120 MailSubmissionFailed would make some phones give up; 503 makes them wait.
    expect(refused).toEqual(wait);
    await host.postfix?.restart();
    expect(await send('first')).toBeUndefined();
    await until(async () => (await onServer('anna')).length > 0);
    await phone.catchUp(phone.inbox);
    expect(phone.subjects(phone.inbox)).toEqual(['patience']);
    const sent = await host.elsewhere('anna', (client) => marksOnServer(client, 'Sent'));
    expect(sent).toEqual(['patience read']);
  }, 30_000);
});
