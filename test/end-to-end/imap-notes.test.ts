import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Items, itemsOf } from '../support/groupware.ts';
import { type ImapServer, startImapServer, until } from '../support/imap-server.ts';

/** Notes that are mails in an IMAP mailbox, as Apple's programs keep them. */

let host: ImapServer;
beforeAll(async () => {
  host = await startImapServer({ imap: { folders: { notes: 'Notes' } } });
}, 60_000);
afterAll(async () => {
  expect(host.errors).toEqual([]);
  await host.close();
});

const Uuid = '0C8B7AD4-6A7E-4C1B-9A55-1F0D2B9E8A77';

/** A note with a picture in it, as an iPhone writes one. */
const AppleNote = [
  'Received: by mail.example.test; Mon, 2 Nov 2026 08:00:00 +0000',
  'From: Anna <anna@example.test>',
  'X-Uniform-Type-Identifier: com.apple.mail-note',
  'Content-Type: multipart/mixed; boundary="apple"',
  'Mime-Version: 1.0 (1.0)',
  'Date: Mon, 2 Nov 2026 09:00:00 +0100',
  'X-Mail-Created-Date: Sun, 1 Nov 2026 09:00:00 +0100',
  'Subject: =?utf-8?Q?Caf=C3=A9_list?=',
  `X-Universally-Unique-Identifier: ${Uuid}`,
  'Message-Id: <FIRST@example.test>',
  '',
  '--apple',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: 7bit',
  '',
  '<html><body><div>Caf&eacute; list</div><div>beans</div></body></html>',
  '--apple',
  'Content-Type: image/png; name="cup.png"',
  'Content-Disposition: attachment; filename="cup.png"',
  'Content-Transfer-Encoding: base64',
  '',
  'iVBORw0KGgoAAAANSUhEUg==',
  '--apple--',
  '',
].join('\r\n');

let users = 0;
const open = async (user: string, name = 'phone'): Promise<Items<'Notes'>> => {
  const client = await host.client(user, `${user}${name}`, { version: '14.1' });
  const notes = itemsOf(client, 'Notes');
  await notes.load({ options: [{ bodyPreferences: [{ type: 2 }] }] });
  return notes;
};
/** A user with one note of Apple's. */
const withNote = async () => {
  const user = `notes${++users}`;
  await host.elsewhere(user, async (client) => {
    await client.mailboxCreate('Notes');
    await client.append('Notes', AppleNote, ['\\Seen', '$Label1', 'Home', 'Pinned2']);
  });
  return { user, notes: await open(user) };
};

interface Stored {
  readonly source: string;
  readonly flags: readonly string[];
}
const stored = (user: string): Promise<Stored[]> =>
  host.elsewhere(user, async (client) => {
    const lock = await client.getMailboxLock('Notes');
    const all: Stored[] = [];
    for await (const { source, flags } of client.fetch('1:*', { source: true, flags: true }))
      all.push({ source: source?.toString('utf8') ?? '', flags: [...(flags ?? [])] });
    lock.release();
    return all;
  });
const field = ({ source }: Stored, name: string) => new RegExp(`^${name}: (.*)\\r$`, 'im').exec(source)?.[1];

describe('the mailbox of notes', () => {
  test('is the folder of notes, not one of mail, and is made where there is none', async () => {
    const client = await host.client(`notes${++users}`);
    const folders = client.mailbox.folders.all().filter(({ displayName }) => displayName === 'Notes');
    expect(folders).toMatchObject([{ type: 10, parentId: '0' }]);
  });

  test('has further ones below it, which phones make, too', async () => {
    const client = await host.client(`notes${++users}`);
    const parentId = client.folder('notes');
    const request = { syncKey: client.mailbox.folders.syncKey, parentId, displayName: 'Trips', type: 17 };
    const created = await client.device.command('FolderCreate', request);
    expect(created?.status).toBe(1);
    await client.folderSync();
    const paths = await host.elsewhere(client.user, async (other) => (await other.list()).map(({ path }) => path));
    expect(paths).toContain('Notes/Trips');
  });
});

describe('a note of an iPhone', () => {
  test('is shown with its title, text, categories and date', async () => {
    const { notes } = await withNote();
    const { subject, messageClass, categories, body, lastModifiedDate } = notes.only();
    expect({ subject, messageClass }).toEqual({ subject: 'Café list', messageClass: 'IPM.StickyNote' });
    expect([...(categories ?? [])].sort()).toEqual(['Home', 'Pinned2']);
    expect(String(body?.data)).toContain('beans');
    expect(Math.abs(Date.now() - (lastModifiedDate?.getTime() ?? 0))).toBeLessThan(600_000);
  });

  test('keeps everything but its text when a phone edits that: UUID, fields, files, keywords', async () => {
    const { user, notes } = await withNote();
    const [id, note] = [notes.onlyId(), notes.only()];
    const html = '<html><body><div>Café list</div><div>beans, milk</div></body></html>';
    const change = { subject: note.subject, categories: note.categories, body: { type: 2, data: html } };
    const answer = await notes.sync({ commands: [notes.change(id, change)] });
    expect(answer?.commands?.map(({ kind }) => kind)).toEqual(['delete', 'add']);
    expect(String(notes.only().body?.data)).toContain('beans, milk');
    const [mail, ...more] = await stored(user);
    if (mail === undefined) throw new Error('the note is gone');
    expect(more).toEqual([]);
    expect(field(mail, 'X-Universally-Unique-Identifier')).toBe(Uuid);
    expect(field(mail, 'X-Uniform-Type-Identifier')).toBe('com.apple.mail-note');
    expect(field(mail, 'X-Mail-Created-Date')).toBe('Sun, 1 Nov 2026 09:00:00 +0100');
    expect(field(mail, 'Date')).not.toBe('Mon, 2 Nov 2026 09:00:00 +0100');
    expect(field(mail, 'Message-ID')).not.toContain('FIRST');
    expect(mail.source).toContain('iVBORw0KGgoAAAANSUhEUg==');
    expect([...mail.flags].sort()).toEqual(['$Label1', 'Home', 'Pinned2', '\\Seen']);
    expect(notes.client.mailbox.anomalies).toEqual([]);
  });

  test('stays the same mail when its categories change alone', async () => {
    const { user, notes } = await withNote();
    const [id, { subject, body }] = [notes.onlyId(), notes.only()];
    await notes.sync({ commands: [notes.change(id, { subject, body, categories: ['Work'] })] });
    const [mail] = await stored(user);
    expect([...(mail?.flags ?? [])].sort()).toEqual(['$Label1', 'Work', '\\Seen']);
    expect(mail?.source).toBe(AppleNote);
    expect(notes.onlyId()).toBe(id);
  });

  test('is changed once when the answer to what was stored got lost', async () => {
    const { user, notes } = await withNote();
    const [id, { subject, categories }] = [notes.onlyId(), notes.only()];
    host.relay.cutOn(/^APPEND/);
    const commands = [notes.change(id, { subject, categories, body: { type: 1, data: 'only tea' } })];
    await until(() =>
      notes.sync({ commands }).then(
        () => true,
        () => false,
      ),
    );
    expect(String(notes.only().body?.data)).toContain('only tea');
    const [mail, ...more] = await stored(user);
    expect(more).toEqual([]);
    expect(field(mail as Stored, 'X-Universally-Unique-Identifier')).toBe(Uuid);
  });
});

test('a note of a phone is one that Apple shows, and reaches another phone that waits', async () => {
  const user = `notes${++users}`;
  const [one, other] = [await open(user), await open(user, 'tablet')];
  const waiting = other.client.device.ping({
    heartbeatInterval: 60,
    folders: [{ id: other.collectionId, class: 'Notes' }],
  });
  await until(() => host.server.waiting() === 1);
  await one.sync({ commands: [one.add({ categories: ['Home'], body: { type: 1, data: 'Title\r\n\r\n  text' } })] });
  expect(await waiting).toMatchObject({ status: 2, folders: [other.collectionId] });
  await other.sync({ options: [{ bodyPreferences: [{ type: 1 }] }] });
  expect(other.only()).toMatchObject({ subject: 'Title', categories: ['Home'] });
  expect(other.only().body?.data).toBe('Title\r\n\r\n  text');
  const [mail] = await stored(user);
  if (mail === undefined) throw new Error('there is no note');
  expect(field(mail, 'X-Uniform-Type-Identifier')).toBe('com.apple.mail-note');
  expect(field(mail, 'X-Universally-Unique-Identifier')).toMatch(
    /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}$/,
  );
  await other.sync({ commands: [{ kind: 'delete', serverId: other.onlyId() }] });
  await one.sync();
  expect([one.all().size, (await stored(user)).length]).toEqual([0, 0]);
});
