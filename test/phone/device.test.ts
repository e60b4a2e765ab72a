import { afterEach, describe, expect, test } from '@jest/globals';
import { AirSync, Email, FolderHierarchy } from '../../protocol/code-pages/index.ts';
import type { Tag } from '../../protocol/code-pages/tag.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { SchemaError, type TreeNode } from '../../protocol/schema/index.ts';
import { encodeTreeDocument } from '../../protocol/wbxml/tree.ts';
import type { DeviceExchange, DeviceOptions } from '../../src/phone/channel.ts';
import { Device } from '../../src/phone/device.ts';
import { HttpFailure, UnusableAnswer, WipeOrdered } from '../../src/phone/failures.ts';
import { acknowledgeWipe } from '../../src/phone/provisioning.ts';
import { element } from './samples.ts';
import {
  bytesOf,
  OfferHeaders,
  provisioning,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from './scripted-server.ts';

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const start = async (
  script: Script,
  options: Partial<DeviceOptions> = {},
  offer?: Record<string, string>,
): Promise<{ server: ScriptedServer; device: Device }> => {
  const server = await scriptedServer(script, offer);
  const device = new Device({ url: server.url, user: 'anna', password: 'secret', deviceId: 'Phone1', ...options });
  opened.push(server, device);
  return { server, device };
};

const folders = { status: 1, syncKey: '1', changes: { count: 0, update: [], delete: [], add: [] } };
const container = (tag: Tag, ...children: TreeNode[]): TreeNode => ({ tag, children });
/** An answer out of bare elements, in an order of the test's choice. */
const bare = (root: TreeNode) => ({
  headers: { 'Content-Type': ContentTypes.wbxml },
  bytes: bytesOf(encodeTreeDocument(root)),
});

describe('negotiation', () => {
  test('takes the newest version that both know', async () => {
    const { device } = await start(
      {},
      {},
      { ...OfferHeaders, 'MS-ASProtocolVersions': '2.5,12.0,12.1,14.0,14.1,17.0' },
    );
    await device.negotiate();
    expect(device.version).toBe('14.1');
    expect(device.offer?.commands).toEqual(['Sync', 'Ping', 'FolderSync']);
  });

  test('keeps a version that was asked for', async () => {
    const { device } = await start({}, { version: '12.1' });
    await device.negotiate();
    expect(device.version).toBe('12.1');
  });

  test.each(['MS-ASProtocolVersions', 'MS-ASProtocolCommands'])(
    'refuses a server without %s, as phones do',
    async (name) => {
      const { device } = await start({}, {}, { ...OfferHeaders, [name]: '' });
      await expect(device.negotiate()).rejects.toThrow(UnusableAnswer);
    },
  );

  test('refuses a server that knows none of its versions', async () => {
    const { device } = await start({}, {}, { ...OfferHeaders, 'MS-ASProtocolVersions': '2.5' });
    await expect(device.negotiate()).rejects.toThrow('no version in common: 2.5');
  });
});

describe('the request line', () => {
  test.each(['plain', 'base64'] as const)('%s names the same device, version and key', async (queryStyle) => {
    const script: Script = { Provision: provisioning(), FolderSync: () => ({ document: folders }) };
    const { server, device } = await start(script, { queryStyle, version: '14.1', deviceType: 'Test' });
    await device.provision();
    await device.folderSync('0');
    const line = server.requests.at(-1)?.line;
    expect(line).toMatchObject({
      command: 'FolderSync',
      deviceId: 'Phone1',
      deviceType: 'Test',
      version: '14.1',
      user: 'anna',
      policyKey: 222,
    });
  });

  test('Ping carries no policy key, as Android sends it', async () => {
    const { server, device } = await start({ Provision: provisioning(), Ping: () => ({ document: { status: 1 } }) });
    await device.provision();
    await device.ping({ heartbeatInterval: 60, folders: [{ id: '1' }] });
    expect(server.requests.at(-1)?.line.policyKey).toBeUndefined();
  });
});

describe('provisioning', () => {
  test('takes two phases, with DeviceInformation in the first from 14.1 on (MS-ASPROV_R534)', async () => {
    const { server, device } = await start({ Provision: provisioning() }, { version: '14.1' });
    await device.provision();
    expect(device.policyKey).toBe(222);
    expect(server.requests.map(({ line }) => line.policyKey)).toEqual([0, 111]);
    const [first, second] = server.requests.map(({ body }) => body);
    expect(first).toMatchObject({
      deviceInformation: { set: {} },
      policies: [{ policyType: 'MS-EAS-Provisioning-WBXML' }],
    });
    expect(second).toMatchObject({ policies: [{ policyKey: '111', status: 1 }] });
  });

  test.each(['12.1', '14.0'] as const)(
    'in %s DeviceInformation follows by Settings, with the new key',
    async (version) => {
      const script: Script = {
        Provision: provisioning(),
        Settings: () => ({ document: { status: 1, deviceInformation: { status: 1 } } }),
      };
      const { server, device } = await start(script, { version });
      await device.provision();
      expect(server.requests.map(({ line }) => [line.command, line.policyKey])).toEqual([
        ['Provision', 0],
        ['Provision', 111],
        ['Settings', 222],
      ]);
    },
  );

  test('without a policy (Status 2) there is no key and no acknowledgement (MS-ASPROV_R379)', async () => {
    const policies = [{ policyType: 'MS-EAS-Provisioning-WBXML', status: 2 }];
    const { server, device } = await start({ Provision: () => ({ document: { status: 1, policies } }) });
    await device.provision();
    expect([device.policyKey, server.requests.length]).toEqual([0, 1]);
  });

  test.each([
    ['a policy of Status 3', { status: 1, policies: [{ policyType: 'x', status: 3 }] }, 'Status 3'],
    ['a Status 2 of the whole', { status: 2 }, 'Status 2'],
    [
      'a key that is no number',
      { status: 1, policies: [{ policyType: 'x', status: 1, policyKey: 'abc' }] },
      'no policy key',
    ],
  ])('%s is a failure', async (_, document, message) => {
    const { device } = await start({ Provision: () => ({ document }) });
    await expect(device.provision()).rejects.toThrow(message);
    expect(device.policyKey).toBe(0);
  });

  test('a wipe is reported, and acknowledged when asked', async () => {
    const { server, device } = await start({ Provision: () => ({ document: { status: 1, remoteWipe: true } }) });
    const ordered = await device.provision().catch((error: unknown) => error);
    expect(ordered).toBeInstanceOf(WipeOrdered);
    await acknowledgeWipe(device.channel, ordered as WipeOrdered);
    expect(server.requests.at(-1)?.body).toEqual({ remoteWipe: { status: 1 } });
  });

  test.each([
    ['HTTP 449', '12.1', { status: 449 }],
    ['Status 142', '14.1', { document: { status: 142 } }],
    ['Status 143', '16.0', { document: { status: 143 } }],
    ['Status 144', '16.1', { document: { status: 144 } }],
  ] as const)('%s: the device provisions and repeats the command', async (_, version, refusal) => {
    const script: Script = {
      Provision: provisioning(),
      Settings: () => ({ document: { status: 1 } }),
      FolderSync: ({ line }) => (line.policyKey === 222 ? { document: folders } : refusal),
    };
    const { server, device } = await start(script, { version });
    expect((await device.folderSync('0')).syncKey).toBe('1');
    expect(device.provisionings).toBe(1);
    expect(server.requests.at(-1)?.line).toMatchObject({ command: 'FolderSync', policyKey: 222 });
  });

  test('a server that is never content is asked twice, not for ever', async () => {
    const { device } = await start({ Provision: provisioning(), FolderSync: () => ({ document: { status: 142 } }) });
    expect((await device.folderSync('0')).status).toBe(142);
    expect(device.provisionings).toBe(1);
  });
});

describe('answers', () => {
  const misplaced = container(
    FolderHierarchy.FolderSync,
    element(FolderHierarchy.SyncKey, '1'),
    element(FolderHierarchy.Status, '1'),
  );

  test('an element out of its place fails, unless the device is told to be lenient', async () => {
    const script: Script = { FolderSync: () => bare(misplaced) };
    const { device, server } = await start(script);
    await expect(device.folderSync('0')).rejects.toThrow(SchemaError);
    const lenient = new Device({ url: server.url, user: 'a', password: 'b', deviceId: 'Phone2', strict: false });
    opened.push(lenient);
    expect(await lenient.folderSync('0')).toMatchObject({ status: 1, syncKey: '1' });
  });

  const syncOf = (...data: TreeNode[]): TreeNode =>
    container(
      AirSync.Sync,
      container(
        AirSync.Collections,
        container(
          AirSync.Collection,
          element(AirSync.SyncKey, '2'),
          element(AirSync.CollectionId, '1'),
          element(AirSync.Status, '1'),
          container(
            AirSync.Commands,
            container(AirSync.Add, element(AirSync.ServerId, '1:1'), container(AirSync.ApplicationData, ...data)),
          ),
        ),
      ),
    );
  const request = { collections: { collection: [{ syncKey: '1', collectionId: '1', options: [] }] } };

  test('an item with an element of another class or out of order fails', async () => {
    const [subject, from] = [element(Email.Subject, 'Hello'), element(Email.From, 'a@b')];
    const items = [
      [from, subject],
      [subject, from],
      [from, element(AirSync.SyncKey, '1')],
    ];
    const { device } = await start({ Sync: () => bare(syncOf(...(items.shift() ?? []))) });
    const first = await device.sync(request);
    expect(first?.collections?.collection[0]?.commands?.[0]).toMatchObject({ kind: 'add', serverId: '1:1' });
    await expect(device.sync(request)).rejects.toThrow(SchemaError);
    await expect(device.sync(request)).rejects.toThrow(SchemaError);
  });

  test('an empty Sync means that nothing changed; nothing else may be empty', async () => {
    const { device } = await start({ Sync: () => ({}), Ping: () => ({}), FolderSync: () => ({}) });
    expect(await device.sync(request)).toBeUndefined();
    await expect(device.ping(undefined)).rejects.toThrow('Ping: the answer is empty');
    await expect(device.folderSync('0')).rejects.toThrow(UnusableAnswer);
  });

  test('a body of another type is no answer, such as the page of a hotel', async () => {
    const page = { headers: { 'Content-Type': 'text/html' }, bytes: Buffer.from('<html>') };
    const { device } = await start({ FolderSync: () => page });
    await expect(device.folderSync('0')).rejects.toThrow('Content-Type text/html');
  });

  test('another HTTP code than 200 is a failure with its facts', async () => {
    const { device } = await start({ FolderSync: () => ({ status: 503, headers: { 'Retry-After': '30' } }) });
    const error = await device.folderSync('0').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HttpFailure);
    expect(error).toMatchObject({ status: 503, retryAfter: 30, isFinal: false });
  });

  test('a request without a body has none, and no Content-Type', async () => {
    const { device, server } = await start({ Ping: () => ({ document: { status: 3 } }) });
    await device.ping(undefined);
    expect(server.seen.at(-1)?.body.length).toBe(0);
    expect(server.seen.at(-1)?.headers['content-type']).toBeUndefined();
  });
});

describe('a lost answer', () => {
  test('the request is repeated byte for byte', async () => {
    const exchanges: DeviceExchange[] = [];
    const { device, server } = await start(
      { FolderSync: () => ({ document: folders }) },
      { onExchange: (exchange) => exchanges.push(exchange) },
    );
    await expect(device.folderSync('0', { cut: { responseBytes: 0 } })).rejects.toThrow('Cut');
    expect(await device.channel.repeat()).toMatchObject({ syncKey: '1' });
    const [lost, repeated] = server.seen;
    expect(repeated?.body).toEqual(lost?.body);
    expect(repeated?.url).toEqual(lost?.url);
    expect(exchanges.map(({ command, error, response }) => [command, error?.failure, response?.status])).toEqual([
      ['FolderSync', 'broken', undefined],
      ['FolderSync', undefined, 200],
    ]);
  });

  test('there is nothing to repeat before the first request', async () => {
    const { device } = await start({});
    expect(() => device.channel.repeat()).toThrow('no request');
  });
});
