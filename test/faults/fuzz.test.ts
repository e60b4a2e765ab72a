import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { HttpFailure } from '../../src/phone/failures.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { Chance } from '../support/chance.ts';
import { type Client, openClient, openInbox } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

let host: LocalServer;

beforeAll(async () => {
  host = await startLocalServer();
});

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

const Requests = 2000;

/** What a request may be answered with; 501 and 503 are specified, any other 5xx is a bug. */
const Proper = new Set([200, 400, 401, 403, 413, 449, 501, 503]);

interface Sample {
  readonly name: CommandName;
  readonly client: Client;
  readonly body: Uint8Array;
}

/** Real bodies of every command that takes one. */
const samples = async (client: Client, spare: Client): Promise<Sample[]> => {
  const { inbox } = client;
  const id = client.idOf(inbox, 'one');
  const { syncKey } = client.mailbox.collection(inbox);
  const bodyPreferences = [{ type: 1, truncationSize: 100, allOrNone: true, preview: 10 }];
  const options = [{ filterType: 3, bodyPreferences, mimeSupport: 1, mimeTruncation: 4, conflict: 1 }];
  const flag = { status: 2, flagType: 'x', dueDate: new Date(0), reminderSet: true };
  const commands = [
    client.change(id, { read: true, flag, categories: ['a', 'b'] }),
    { kind: 'fetch' as const, serverId: id },
    { kind: 'add' as const, clientId: 'c', applicationData: [] },
  ];
  const mime = Buffer.from('To: anna@example.test\r\nSubject: fuzz\r\n\r\nx');
  const fetch = { kind: 'fetch' as const, store: 'Mailbox' };
  const make = async (
    who: Client,
    name: CommandName,
    request: Parameters<Client['device']['channel']['prepare']>[1],
  ) => {
    const { body } = await who.device.channel.prepare(name, request as never);
    return { name, client: who, body: body ?? new Uint8Array() };
  };
  return Promise.all([
    make(client, 'Sync', client.request({ [inbox]: { windowSize: 5, options, commands } }, { windowSize: 9 })),
    make(client, 'Sync', client.request({ [inbox]: { syncKey: '0' }, [client.folder('trash')]: { syncKey: '0' } })),
    make(client, 'Sync', client.request({ [inbox]: { getChanges: true } }, { heartbeatInterval: 60 })),
    make(client, 'Ping', { heartbeatInterval: 60, folders: [{ id: inbox, class: 'Email' }] }),
    make(client, 'FolderSync', { syncKey: client.mailbox.folders.syncKey }),
    make(client, 'GetItemEstimate', { collections: [{ collectionId: inbox, syncKey, options: [{ filterType: 3 }] }] }),
    make(client, 'ItemOperations', [
      { ...fetch, serverId: id, collectionId: inbox, options: { schema: [], bodyPreferences, range: '0-5' } },
      { ...fetch, fileReference: `${id}:2` },
      { kind: 'emptyFolderContents', collectionId: inbox },
    ]),
    make(client, 'SendMail', { clientId: 'fuzz', saveInSentItems: true, mime }),
    make(client, 'Settings', {
      userInformation: { get: true },
      oof: { set: { oofState: 1, oofMessages: [{ enabled: true, replyMessage: 'x', bodyType: 'TEXT' }] } },
    }),
    make(spare, 'Provision', {
      deviceInformation: { set: { model: 'x', os: 'y' } },
      policies: [{ policyType: 'MS-EAS-Provisioning-WBXML', policyKey: '7', status: 1 }],
    }),
  ]);
};

/** One to four changes of bytes: another value, a flipped bit, bytes left out, doubled, or put in. */
const mutated = (chance: Chance, body: Uint8Array): Uint8Array => {
  let bytes = [...body];
  for (let changes = 1 + chance.below(4); changes > 0; changes--) {
    const at = chance.below(Math.max(1, bytes.length));
    const length = 1 + chance.below(8);
    const ways = [
      () => bytes.with(at % bytes.length, chance.below(256)),
      () => bytes.with(at % bytes.length, (bytes[at] ?? 0) ^ (1 << chance.below(8))),
      () => bytes.toSpliced(at, length),
      () => bytes.toSpliced(at, 0, ...bytes.slice(at, at + length)),
      () => bytes.toSpliced(at, 0, ...Array.from({ length }, () => chance.below(256))),
    ];
    bytes = bytes.length === 0 ? bytes : (chance.one(ways)?.() ?? bytes);
  }
  return Uint8Array.from(bytes);
};

/** HTTP status of a request; one that is held is given up. */
const statusOf = async ({ name, client }: Sample, body: Uint8Array): Promise<number> => {
  const controller = new AbortController();
  const giveUp = setInterval(() => host.server.waiting() > 0 && controller.abort(), 10);
  const { channel } = client.device;
  try {
    const request = channel.prepareRaw(name, body, ContentTypes.wbxml, { signal: controller.signal, timeout: 3000 });
    const answer = await channel.exchangeRaw(name, request);
    if (answer.body.length > 0 && answer.headers['content-type'] === ContentTypes.wbxml)
      channel.read(name, answer.body);
    return 200;
  } catch (error) {
    if (error instanceof HttpFailure) return error.status;
    if (error instanceof TransportError && error.failure === 'aborted') return 200;
    throw error;
  } finally {
    clearInterval(giveUp);
  }
};

test('mutated requests of every command get a proper status, an answer of the right form, and leave no bug', async () => {
  const client = await openInbox(host, 'anna', ['one', 'two']);
  const spare = await openClient(host, 'anna', '16.1', 'spare');
  const all = await samples(client, spare);
  const chance = new Chance(20_261_123);
  for (let i = 0; i < Requests; i++) {
    const sample = all[i % all.length] as Sample;
    const body = mutated(chance, sample.body);
    const status = await statusOf(sample, body);
    if (!Proper.has(status)) throw new Error(`${sample.name} ${Buffer.from(body).toString('hex')}: HTTP ${status}`);
    if (host.errors.length > 0)
      throw new Error(`${sample.name} ${Buffer.from(body).toString('hex')}: ${host.errors[0]}`);
  }
  const after = await openClient(host, 'anna', '16.1', 'after');
  await after.load(after.inbox);
  expect(after.subjects(after.inbox)).toEqual(expect.arrayContaining(['one', 'two']));
}, 60_000);
