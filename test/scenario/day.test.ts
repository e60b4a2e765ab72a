import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchMail, sendMail } from '../../src/phone/mail-commands.ts';
import { canRunPostfix } from '../servers/postfix.ts';
import { type Client, emailNodes } from '../support/client.ts';
import { type ImapServer, startImapServer, until, type WatchMode } from '../support/imap-server.ts';
import { message } from '../support/local-server.ts';

const Modes: readonly WatchMode[] = ['webhook', 'notify', 'idle'];

describe.each(Modes)('a day of a phone before Dovecot and Postfix, woken by %s', (watch) => {
  let host: ImapServer;
  let phone: Client;

  beforeAll(async () => {
    host = await startImapServer({ watch, postfix: canRunPostfix() });
  }, 30_000);

  afterAll(async () => {
    await host?.close();
    expect(host.errors).toEqual([]);
  });

  const pinging = ({ device }: Client, folder: string) =>
    device.ping({ heartbeatInterval: 60, folders: [{ id: folder, class: 'Email' }] });

  test('adds the account, sees folders and mail', async () => {
    await host.deliver('anna', message('There before'));
    phone = await host.client('anna');
    expect(['inbox', 'drafts', 'sent', 'trash'].map((role) => phone.mailbox.folders.byRole(role)?.displayName)).toEqual(
      ['INBOX', 'Drafts', 'Sent', 'Trash'],
    );
    await phone.load(phone.inbox);
    expect(phone.subjects(phone.inbox)).toEqual(['There before']);
  });

  test('is woken by a delivery and by a flag set elsewhere', async () => {
    const waiting = pinging(phone, phone.inbox);
    await until(() => host.server.waiting() === 1);
    await until(() => watch === 'webhook' || host.relay.commands.some((command) => command === 'IDLE'));
    await host.deliver('anna', message('News'));
    expect(await waiting).toEqual({ status: 2, folders: [phone.inbox] });
    await phone.sync(phone.inbox);
    expect(phone.subjects(phone.inbox)).toEqual(['News', 'There before']);
    const again = pinging(phone, phone.inbox);
    await until(() => host.server.waiting() === 1);
    await host.elsewhere('anna', async (client) => {
      await client.mailboxOpen('INBOX');
      await client.messageFlagsAdd({ header: { subject: 'News' } }, ['\\Seen']);
    });
    expect(await again).toEqual({ status: 2, folders: [phone.inbox] });
    await phone.sync(phone.inbox);
    expect(phone.email(phone.inbox, 'News').read).toBe(true);
  });

  test('a watched connection is held where there is no webhook, and none where there is', async () => {
    const waiting = pinging(phone, phone.inbox);
    await until(() => host.server.waiting() === 1);
    expect(host.server.watched()).toBe(watch === 'webhook' ? 0 : 1);
    await host.deliver('anna', message('For both'));
    await waiting;
  });

  test('reads, marks and deletes: IMAP has it all, what was deleted lies in the Trash', async () => {
    const { inbox } = phone;
    await phone.catchUp(inbox);
    const id = phone.idOf(inbox, 'News');
    const { email } = await fetchMail(
      phone.device,
      { collectionId: inbox, serverId: id },
      { bodyPreferences: [{ type: 1 }] },
    );
    expect(email.body?.data).toBeDefined();
    const collection = phone.mailbox.collection(inbox);
    collection.change(id, emailNodes({ flag: { status: 2, flagType: 'Flag for follow up' } }));
    collection.change(phone.idOf(inbox, 'For both'), emailNodes({ read: true }));
    collection.delete(phone.idOf(inbox, 'There before'));
    const answer = await phone.sync(inbox, { commands: collection.takeCommands() });
    expect(answer).toMatchObject({ status: 1 });
    expect(answer?.responses).toBeUndefined();
    await host.elsewhere('anna', async (client) => {
      await client.mailboxOpen('INBOX');
      expect(await client.search({ flagged: true })).toHaveLength(1);
      expect(await client.search({ seen: true })).toHaveLength(2);
      expect(await client.search({ all: true })).toHaveLength(2);
      await client.mailboxOpen('Trash');
      expect(await client.search({ header: { subject: 'There before' } })).toHaveLength(1);
    });
    expect(host.relay.commands.filter((command) => /^UID MOVE/.test(command))).toHaveLength(1);
    expect(host.relay.commands.filter((command) => /^(EXPUNGE|CLOSE)/.test(command))).toEqual([]);
  });

  (canRunPostfix() ? test : test.skip)('sends: it arrives once, a copy lies in Sent, both phones hear', async () => {
    const other = await host.client('anna', 'second');
    const sent = (client: Client): string => client.folder('sent');
    await other.load(other.inbox);
    for (const each of [phone, other]) await each.load(sent(each));
    const waiting = [pinging(phone, phone.inbox), pinging(other, other.inbox)];
    await until(() => host.server.waiting() === 2);
    const mime = Buffer.from(message('To myself').replace('Carl <carl@', 'Anna <anna@'));
    await sendMail(phone.device, mime, { clientId: 'one', saveInSentItems: true });
    await sendMail(phone.device, mime, { clientId: 'one', saveInSentItems: true }).catch(({ status }) =>
      expect(status).toBe(118),
    );
    for (const each of waiting) expect(await each).toMatchObject({ status: 2 });
    for (const each of [phone, other]) {
      await each.catchUp(each.inbox);
      await each.catchUp(sent(each));
      expect(each.subjects(each.inbox)).toEqual(['For both', 'News', 'To myself']);
      expect(each.subjects(sent(each))).toEqual(['To myself']);
      expect(each.mailbox.anomalies).toEqual([]);
      expect(each.mailbox.wipes).toBe(0);
    }
  });

  test('what one phone does wakes the other phone of the account, not itself', async () => {
    const other = await host.client('anna', 'third');
    await other.load(other.inbox);
    const waiting = pinging(other, other.inbox);
    await until(() => host.server.waiting() === 1);
    const id = phone.idOf(phone.inbox, 'News');
    await phone.sync(phone.inbox, { commands: [phone.change(id, { read: false })] });
    expect(await waiting).toEqual({ status: 2, folders: [other.inbox] });
    await other.sync(other.inbox);
    expect(other.email(other.inbox, 'News').read).toBe(false);
    const quiet = pinging(phone, phone.inbox);
    await until(() => host.server.waiting() === 1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(host.server.waiting()).toBe(1);
    await host.deliver('anna', message('Last'));
    expect(await quiet).toMatchObject({ status: 2 });
  });
});
