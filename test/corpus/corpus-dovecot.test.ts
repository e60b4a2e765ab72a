import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Email } from '../../protocol/classes/email.ts';
import { stringOf } from '../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { Client } from '../support/client.ts';
import { type ImapServer, startImapServer } from '../support/imap-server.ts';
import { classFaultsOf, differencesOf, FormOnDovecot, Forms, faultsOf, loadWith, referencesOf } from './checking.ts';
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

describe.each(Object.entries(FormOnDovecot) as [ProtocolVersion, string][])(
  'version %s, asked for %s',
  (version, form) => {
    let client: Client;
    let mails: ReadonlyMap<string, Email>;
    const inAll = (): [CorpusMessage, Email][] => [...mails].map(([serverId, email]) => [messageOf(serverId), email]);

    beforeAll(async () => {
      client = await host.client('anna', `corpus${version.replace('.', '')}`, { version });
      mails = await loadWith(client, Forms[form] ?? {});
    }, 60_000);

    test('every message comes, as it should', () => {
      expect(mails.size).toBe(messages.length);
      const faults = inAll().flatMap(([message, email]) => {
        const hasText = form !== 'text' || stringOf((email.body?.data ?? '') as string).includes(message.text ?? '');
        const ownText = hasText ? [] : [`${message.name}: not its text`];
        return [...faultsOf(email, message), ...classFaultsOf(email, message), ...ownText];
      });
      expect(faults).toEqual([]);
    });

    test('every attachment, byte for byte, and none is missing', async () => {
      // The form of the body makes no difference to attachments.
      if (form !== 'text')
        return expect(inAll().flatMap(([, email]) => referencesOf(email)).length).toBeGreaterThan(500);
      expect((await differencesOf(client, inAll())).differences).toEqual([]);
    }, 60_000);
  },
);
