import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Email } from '../../protocol/classes/email.ts';
import { stringOf } from '../../protocol/schema/index.ts';
import type { Client } from '../support/client.ts';
import { type ImapServer, startImapServer } from '../support/imap-server.ts';
import { checkMail, differenceOf, Forms, fetchAll, loadWith, referencesOf } from './checking.ts';
import { type CorpusMessage, corpusMessages } from './messages.ts';

const messages = corpusMessages();
let host: ImapServer;
/** Messages by their UID. */
const byUid = new Map<string, CorpusMessage>();

/** A message as any server may hand it out: line ends and what follows the last one aside. */
const essence = (raw: Uint8Array): string =>
  Buffer.from(raw).toString('latin1').replace(/\r/g, '').replace(/\0/g, '\x80').trimEnd();

beforeAll(async () => {
  host = await startImapServer();
  await host.client('anna');
  await host.dropFiles(
    'anna',
    messages.map(({ raw }) => raw),
  );
  const byEssence = new Map(messages.map((message) => [essence(message.raw), message]));
  await host.elsewhere('anna', async (imap) => {
    const lock = await imap.getMailboxLock('INBOX');
    try {
      for await (const { uid, source } of imap.fetch('1:*', { uid: true, source: true })) {
        const message = byEssence.get(essence(source ?? Buffer.alloc(0)));
        if (message !== undefined) byUid.set(String(uid), message);
      }
    } finally {
      lock.release();
    }
  });
}, 120_000);

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

const messageOf = (serverId: string): CorpusMessage =>
  byUid.get(serverId.slice(serverId.lastIndexOf('.') + 1)) as CorpusMessage;

test('every message is there', () => {
  expect(byUid.size).toBe(messages.length);
});

describe.each([
  ['12.1', 'HTML'],
  ['14.1', 'MIME'],
  ['16.1', 'text'],
] as const)('version %s, asked for %s', (version, form) => {
  let client: Client;
  let mails: ReadonlyMap<string, Email>;
  const inAll = (): [CorpusMessage, Email][] => [...mails].map(([serverId, email]) => [messageOf(serverId), email]);

  beforeAll(async () => {
    client = await host.client('anna', `corpus${version.replace('.', '')}`, { version });
    mails = await loadWith(client, Forms[form] ?? {});
  }, 60_000);

  test('every message comes, as it should', () => {
    expect(mails.size).toBe(messages.length);
    for (const [message, email] of inAll()) {
      checkMail(email, message);
      const { name, text = '', messageClass, attachments } = message;
      if (form === 'text')
        expect([name, stringOf((email.body?.data ?? '') as string)]).toEqual([name, expect.stringContaining(text)]);
      if (attachments !== undefined) expect([name, email.messageClass]).toEqual([name, messageClass ?? 'IPM.Note']);
      expect([name, email.meetingRequest !== undefined]).toEqual([
        name,
        /^IPM\.Schedule/.test(email.messageClass ?? ''),
      ]);
    }
  });

  test('every attachment, byte for byte, and none is missing', async () => {
    // The form of the body makes no difference to attachments.
    if (form !== 'text') return expect(inAll().flatMap(([, email]) => referencesOf(email)).length).toBeGreaterThan(500);
    const contents = await fetchAll(
      client,
      inAll().flatMap(([, email]) => referencesOf(email)),
    );
    const differences: string[] = [];
    for (const [message, email] of inAll()) {
      const fetched = referencesOf(email).map((reference) => contents.get(reference) as Buffer);
      differences.push(...(await differenceOf(message, fetched)));
    }
    expect(differences).toEqual([]);
  }, 60_000);
});
