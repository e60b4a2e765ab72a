import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Email } from '../../protocol/classes/email.ts';
import { stringOf } from '../../protocol/schema/index.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { type Client, openClient, storeOf } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import {
  classFaultsOf,
  differencesOf,
  FormOnDovecot,
  Forms,
  faultsOf,
  isPackaged,
  loadWith,
  Wishes,
} from './checking.ts';
import { type CorpusMessage, corpusMessages } from './messages.ts';

const messages = corpusMessages();
let host: LocalServer;
/** Messages by the end of their ServerId. */
const byItem = new Map<string, CorpusMessage>();

beforeAll(async () => {
  host = await startLocalServer();
  const store = storeOf(host, 'anna');
  const inbox = await (await openClient(host, 'anna')).storeFolder('inbox');
  for (const message of messages) {
    const { id } = await store.append(inbox, bytesSource(message.raw), {}, message.name);
    byItem.set(id, message);
  }
}, 60_000);

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

const messageOf = (serverId: string): CorpusMessage =>
  byItem.get(serverId.slice(serverId.indexOf(':') + 1)) as CorpusMessage;

test('there are a thousand messages and more, packaged ones among them', () => {
  expect(messages.length).toBeGreaterThanOrEqual(1_000);
  expect(new Set(messages.map(({ name }) => name)).size).toBe(messages.length);
  expect(messages.filter(isPackaged).length).toBeGreaterThan(100);
});

let content: { client: Client; mails: ReadonlyMap<string, Email> } | undefined;

// The wishes beyond the form are the same in all versions: one of them asks for them.
describe.each([
  { version: '12.1', wishes: {} },
  { version: '14.1', wishes: Wishes },
  { version: '16.1', wishes: {} },
] as const)('version $version', ({ version, wishes }) => {
  let client: Client;
  beforeAll(async () => {
    client = await openClient(host, 'anna', version, `corpus${version.replace('.', '')}`);
  });

  const { [FormOnDovecot[version]]: _, ...forms } = Forms;
  const asked: typeof Wishes = { ...wishes, ...forms };
  test.each(Object.keys(asked).reverse())(
    'every message comes, as it should: %s',
    async (name) => {
      const mails = await loadWith(client, asked[name] ?? {});
      expect(mails.size).toBe(messages.length);
      expect([...mails].flatMap(([serverId, email]) => faultsOf(email, messageOf(serverId)))).toEqual([]);
      if (name === 'text') content = { client, mails };
    },
    60_000,
  );
});

describe('what is in them', () => {
  const inAll = (): [CorpusMessage, Email][] =>
    [...(content?.mails ?? [])].map(([serverId, email]) => [messageOf(serverId), email]);

  test('the text, whatever its charset', () => {
    const wrong = inAll().filter(([{ text = '' }, { body }]) => !stringOf((body?.data ?? '') as string).includes(text));
    expect(wrong.map(([{ name, text }, { body }]) => [name, text, body?.data])).toEqual([]);
    expect(inAll()).toHaveLength(messages.length);
  });

  test('the class, and of a meeting its MeetingRequest', () => {
    expect(inAll().flatMap(([message, email]) => classFaultsOf(email, message))).toEqual([]);
  });

  test('every attachment, byte for byte, and none is missing', async () => {
    if (content === undefined) throw new Error('nothing was loaded');
    const { differences, fetched } = await differencesOf(content.client, inAll());
    expect(differences).toEqual([]);
    expect(fetched).toBeGreaterThan(500);
  }, 60_000);
});
