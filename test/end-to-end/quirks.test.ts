import { describe, expect, test } from '@jest/globals';
import { SupportedVersions } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { toXml } from '../../protocol/wbxml/print.ts';
import { decodeTree } from '../../protocol/wbxml/tree.ts';
import { Client } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';

/** What docs/compatibility.md says of real clients, and no other test holds. */

const host = await serverForTests();

const Day = 86_400_000;

let users = 0;

/** A device with its Inbox loaded, and the bodies of all answers that it got. */
const openWatched = async (version: (typeof SupportedVersions)[number], subjects: readonly string[] = []) => {
  const user = `quirk${++users}`;
  await host.local.accounts.create(`${user}@example.test`, 'secret', user);
  for (const subject of subjects) await host.deliver(user, message(subject));
  const bodies: Uint8Array[] = [];
  const device = host.device(user, `${user}phone`, {
    version,
    onExchange: ({ response }) => void (response !== undefined && bodies.push(response.body)),
  });
  const client = new Client(host, user, device);
  await device.provision();
  await client.folderSync();
  await client.load(client.inbox);
  return { client, bodies };
};

const xmlOf = (body: Uint8Array): string => toXml(decodeTree(bytesSource(body)));

describe.each(SupportedVersions)('version %s', (version) => {
  test('every document begins with 03 01 6A 00, and none holds an empty Collections, Responses or Commands', async () => {
    const { client, bodies } = await openWatched(version, ['one', 'two']);
    const { inbox } = client;
    await client.sync(inbox, { commands: [client.change(client.idOf(inbox, 'one'), { read: true })] });
    await client.sync(inbox, { commands: [{ kind: 'delete', serverId: client.idOf(inbox, 'two') }] });
    await client.sync(inbox);
    const documents = bodies.filter(({ length }) => length > 0);
    expect(documents.length).toBeGreaterThan(5);
    for (const document of documents) {
      expect([...document.subarray(0, 4)]).toEqual([0x03, 0x01, 0x6a, 0x00]);
      expect(xmlOf(document)).not.toMatch(/<(?:\w+:)?(Collections|Responses|Commands)(?: [^>]*)?(?:\/>|><\/)/);
    }
    expect(bodies.at(-1)).toHaveLength(0);
  });
});

describe('Apple Mail', () => {
  test('one BodyPreference a type, the body by Sync Fetch: the answer is of one of the types asked for', async () => {
    const { client } = await openWatched('16.1', ['text']);
    const { inbox } = client;
    const answer = await client.sync(inbox, {
      getChanges: false,
      options: [{ bodyPreferences: [{ type: 1, truncationSize: 500 }, { type: 2 }, { type: 4 }], mimeSupport: 1 }],
      commands: [{ kind: 'fetch', serverId: client.idOf(inbox, 'text') }],
    });
    expect(answer?.responses).toMatchObject([{ kind: 'fetch', status: 1 }]);
    expect([1, 2, 4]).toContain(client.email(inbox, 'text').body?.type);
    expect(client.email(inbox, 'text').body?.data).toContain('Hello');
  });
});

describe('Options for SMS', () => {
  test.each([
    [
      'after those of mail',
      [
        { class: 'Email', filterType: 0 },
        { class: 'SMS', filterType: 5 },
      ],
    ],
    [
      'before those of mail',
      [
        { class: 'SMS', filterType: 5 },
        { class: 'Email', filterType: 0 },
      ],
    ],
  ])('%s change nothing about mail', async (_where, own) => {
    const { client } = await openWatched('14.1', ['new']);
    const raw = new TextEncoder().encode(message('old'));
    const received = new Date(Date.now() - 100 * Day);
    await host.local.importMail(`${client.user}@example.test`, [{ folder: { role: 'inbox' }, raw, received }]);
    const options = own.map((one) => ({ ...one, bodyPreferences: [{ type: 1 }] }));
    const answer = await client.sync(client.inbox, { options });
    expect(answer?.status ?? 1).toBe(1);
    expect(client.subjects(client.inbox)).toEqual(['new', 'old']);
  });
});
