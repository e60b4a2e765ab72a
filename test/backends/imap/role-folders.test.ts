import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Courier, startCourier } from '../../servers/courier.ts';
import { type Cyrus, startCyrus } from '../../servers/cyrus.ts';
import { stopAfterTests } from '../../servers/process.ts';
import { type ImapHarness, openImapHarness } from './harness.ts';

const keep = stopAfterTests();
const opened: ImapHarness[] = [];
let cyrus: Cyrus;
let courier: Courier;
let users = 0;

beforeAll(async () => {
  const bare = { 'xlist-drafts': '', 'xlist-sent': '', 'xlist-trash': '', autocreate_inbox_folders: '' };
  [cyrus, courier] = await Promise.all([keep(startCyrus({ settings: bare })), keep(startCourier({ subfolders: [] }))]);
}, 120_000);

afterAll(async () => {
  for (const harness of opened) await harness.close();
});

const open = async (port: number, settings: object = {}): Promise<ImapHarness> => {
  const harness = await openImapHarness({
    port,
    user: `roles${users++}`,
    settings: { watch: { mode: 'none' }, ...settings },
  });
  opened.push(harness);
  return harness;
};

const rolesOf = async ({ folders }: ImapHarness) =>
  Object.fromEntries((await folders.list()).map(({ role, name }) => [role, name]));

describe('an account without Trash, Sent and Drafts', () => {
  test('gets them, marked by their use where the server can, and subscribed', async () => {
    const harness = await open(cyrus.port);
    expect(await rolesOf(harness)).toEqual({ inbox: 'INBOX', trash: 'Trash', sent: 'Sent', drafts: 'Drafts' });
    const there = await harness.outside.list();
    const uses = there.map(({ path, specialUse, subscribed }) => [path, specialUse, subscribed]);
    expect(uses).toEqual(
      expect.arrayContaining([
        ['INBOX.Trash', '\\Trash', true],
        ['INBOX.Sent', '\\Sent', true],
        ['INBOX.Drafts', '\\Drafts', true],
      ]),
    );
  });

  test('gets them also from a server that knows no special use', async () => {
    const harness = await open(courier.port);
    expect(await rolesOf(harness)).toEqual({ inbox: 'INBOX', trash: 'Trash', sent: 'Sent', drafts: 'Drafts' });
  });

  test('gets them under the names of the settings', async () => {
    const harness = await open(cyrus.port, { folders: { roles: { sent: 'Gesendetes', trash: 'INBOX.Müll' } } });
    expect(await rolesOf(harness)).toMatchObject({ sent: 'Gesendetes', trash: 'Müll', drafts: 'Drafts' });
  });

  test('keeps what has a role by its name, and makes only what is missing', async () => {
    const harness = await open(courier.port);
    await harness.outside.mailboxCreate('INBOX.Papierkorb');
    expect(await rolesOf(harness)).toMatchObject({ trash: 'Papierkorb', sent: 'Sent' });
  });

  test('is left alone where the settings say so, and still gets a Trash when something is deleted', async () => {
    const harness = await open(cyrus.port, { folders: { create: false } });
    expect(await rolesOf(harness)).toEqual({ inbox: 'INBOX' });
    const id = await harness.deliver('INBOX', new TextEncoder().encode('Subject: x\r\n\r\nx\r\n'));
    await harness.mail.remove('INBOX', [id], 'trash');
    expect(await rolesOf(harness)).toEqual({ inbox: 'INBOX', trash: 'Trash' });
  });
});

test.each(['Courier', 'Cyrus'])(
  'subscribed folders only: a new one is subscribed, a hidden one that is wanted shown; %s',
  async (server) => {
    const { port } = server === 'Courier' ? courier : cyrus;
    const harness = await open(port, { folders: { subscribedOnly: true } });
    await harness.outside.mailboxCreate('INBOX.Hidden');
    await harness.outside.mailboxUnsubscribe('INBOX.Hidden');
    const names = async () => (await harness.folders.list()).map(({ name }) => name);
    expect(await names()).not.toContain('Hidden');
    await harness.folders.create({ name: 'Grüße', itemClass: 'Email' });
    await harness.folders.create({ name: 'Hidden', itemClass: 'Email' });
    expect(await names()).toEqual(expect.arrayContaining(['Grüße', 'Hidden']));
  },
);
