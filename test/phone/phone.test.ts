import { afterEach, describe, expect, test } from '@jest/globals';
import { Email } from '../../protocol/code-pages/index.ts';
import type { PingRequest, PingResponse } from '../../protocol/commands/ping.ts';
import type { ServerCommand, SyncRequestCollection, SyncResponseCollection } from '../../protocol/commands/sync.ts';
import { SchemaError } from '../../protocol/schema/index.ts';
import type { DeviceOptions } from '../../src/phone/channel.ts';
import { Device } from '../../src/phone/device.ts';
import { HttpFailure, StatusFailure, WipeOrdered } from '../../src/phone/failures.ts';
import { Phone, type PhoneEvent, type PhoneOptions } from '../../src/phone/phone.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { add, change, element } from './samples.ts';
import { provisioning, type ReadRequest, type Script, type ScriptedServer, scriptedServer } from './scripted-server.ts';

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const Folders = [
  { serverId: '1', parentId: '0', displayName: 'Inbox', type: 2 },
  { serverId: '2', parentId: '0', displayName: 'Drafts', type: 3 },
  { serverId: '3', parentId: '0', displayName: 'Sent', type: 5 },
  { serverId: '4', parentId: '0', displayName: 'Outbox', type: 6 },
  { serverId: '5', parentId: '0', displayName: 'Calendar', type: 8 },
];
const hierarchy = (syncKey: string, added = Folders) => ({
  status: 1,
  syncKey,
  changes: { count: added.length, update: [], delete: [], add: added },
});

type Answered = Partial<SyncResponseCollection> | undefined;

/** Answers each collection: key 0 begins, later keys count up with nothing new, unless `special` knows better. */
const syncing = (
  special: (collection: SyncRequestCollection, round: number) => Answered = () => undefined,
): NonNullable<Script['Sync']> => {
  let round = 0;
  return ({ body }) => {
    round++;
    const collection = (body?.collections?.collection ?? []).map((each) => ({
      collectionId: each.collectionId,
      syncKey: String(Number(each.syncKey) + 1),
      status: 1,
      ...special(each, round),
    }));
    return { document: { collections: { collection } } };
  };
};

interface Lab {
  readonly phone: Phone;
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly events: readonly PhoneEvent[];
  readonly abort: AbortController;
}

const lab = async (script: Script, options: PhoneOptions = {}, device: Partial<DeviceOptions> = {}): Promise<Lab> => {
  const clock = new FakeClock();
  const events: PhoneEvent[] = [];
  const abort = new AbortController();
  const server = await scriptedServer({
    Provision: provisioning(),
    FolderSync: () => ({ document: hierarchy('1') }),
    Sync: syncing(),
    ...script,
  });
  const connected = new Device({ url: server.url, user: 'anna', password: 'x', deviceId: 'Phone1', ...device });
  const onEvent = (event: PhoneEvent): void => {
    events.push(event);
    options.onEvent?.(event);
  };
  const phone = new Phone(connected, { clock, ...options, onEvent });
  opened.push(server, connected);
  return { phone, server, clock, events, abort };
};

/** Answers the Pings of a running phone in turn, and ends its life at the last. */
const pings = (
  abort: () => void,
  ...answers: PingResponse[]
): { script: Script; asked: (PingRequest | undefined)[] } => {
  const asked: (PingRequest | undefined)[] = [];
  const left = [...answers];
  const Ping = ({ body }: ReadRequest<'Ping'>) => {
    asked.push(body);
    const document = left.shift();
    if (document !== undefined) return { document };
    abort();
    return { document: { status: 1 } };
  };
  return { script: { Ping }, asked };
};

/** Runs a phone through the given answers to its Pings. */
const live = async (script: Script, answers: PingResponse[], options?: PhoneOptions) => {
  const abort = new AbortController();
  const { script: Ping, asked } = pings(() => abort.abort(), ...answers);
  const lived = await lab({ ...script, ...Ping }, options);
  lived.clock.skipFrom(1);
  await lived.phone.run(abort.signal);
  return { ...lived, asked, commands: lived.server.requests.map(({ line }) => line.command) };
};

describe('synchronising a folder', () => {
  const ready = async (script: Script, device?: Partial<DeviceOptions>): Promise<Lab> => {
    const made = await lab(script, { wish: { windowSize: 2, filterType: 3, bodyPreferences: [{ type: 1 }] } }, device);
    await made.phone.folderSync();
    return made;
  };

  const collectionsOf = (server: ScriptedServer) =>
    server.requests.flatMap(({ line, body }) =>
      line.command === 'Sync'
        ? ((body as { collections?: { collection: readonly SyncRequestCollection[] } }).collections?.collection ?? [])
        : [],
    );

  test('begins with key 0 and goes on until nothing is left', async () => {
    const windows: readonly (readonly ServerCommand[])[] = [[add('1:1', 'a'), add('1:2', 'b')], [add('1:3', 'c')]];
    const Sync = syncing(({ syncKey }) => ({
      commands: windows[Number(syncKey) - 1],
      moreAvailable: syncKey === '1' || undefined,
    }));
    const { phone, server } = await ready({ Sync });
    const changes = await phone.syncFolder('1');
    expect(changes.added.map((item) => item.serverId)).toEqual(['1:1', '1:2', '1:3']);
    expect(
      collectionsOf(server).map(({ syncKey, windowSize, options }) => [syncKey, windowSize, options.length]),
    ).toEqual([
      ['0', undefined, 0],
      ['1', 2, 1],
      ['2', 2, 1],
    ]);
    expect(phone.mailbox.anomalies).toEqual([]);
  });

  test.each([
    ['12.1', 'Email'],
    ['14.0', undefined],
  ] as const)('in %s the Class of the collection is %s', async (version, itemClass) => {
    const { phone, server } = await ready({}, { version });
    await phone.syncFolder('1');
    expect(collectionsOf(server).map((each) => each.class)).toEqual([itemClass, itemClass]);
  });

  test('many folders go in the same requests', async () => {
    const { phone, server } = await ready({});
    await phone.syncFolders(['1', '3']);
    expect(collectionsOf(server).map((each) => each.collectionId)).toEqual(['1', '3', '1', '3']);
    expect(server.requests.filter(({ line }) => line.command === 'Sync').length).toBe(2);
  });

  test('changes made here go out, and again with the same key after a lost answer', async () => {
    let lose = false;
    const inner = syncing((_, round) => (round === 2 ? { commands: [add('1:1', 'a')] } : undefined));
    const { phone, server } = await ready({ Sync: (request) => (lose ? { status: 503 } : inner(request)) });
    await phone.syncFolder('1');
    phone.mailbox.collection('1').change('1:1', [element(Email.Read, '1')]);
    lose = true;
    await expect(phone.syncFolder('1')).rejects.toThrow(HttpFailure);
    lose = false;
    await phone.syncFolder('1');
    const [first, second] = collectionsOf(server).filter((each) => each.commands !== undefined);
    expect(second).toEqual(first);
    expect(phone.mailbox.collection('1').pending).toBe(0);
  });

  test('Status 3 begins anew, but not for ever', async () => {
    const once = await ready({
      Sync: syncing((_, round) => (round === 2 ? { status: 3, syncKey: undefined } : undefined)),
    });
    await once.phone.syncFolder('1');
    expect(once.phone.mailbox.collection('1')).toMatchObject({ syncKey: '2', wipes: 1 });
    const always = await ready({ Sync: syncing(() => ({ status: 3, syncKey: undefined })) });
    await expect(always.phone.syncFolder('1')).rejects.toThrow('again and again');
  });

  test.each([4, 5, 16])('Status %d is a failure', async (status) => {
    const { phone } = await ready({ Sync: syncing(() => ({ status })) });
    await expect(phone.syncFolder('1')).rejects.toThrow(`Status ${status}`);
  });

  test('an empty answer ends it', async () => {
    const inner = syncing();
    const { phone, server } = await ready({ Sync: (request) => (server.requests.length > 3 ? {} : inner(request)) });
    await phone.syncFolder('1');
    await phone.syncFolder('1');
    expect(phone.mailbox.collection('1').syncKey).toBe('2');
  });

  test('MoreAvailable without anything is written down, and not asked for again for ever', async () => {
    const { phone, server } = await ready({ Sync: syncing(() => ({ moreAvailable: true })) });
    await phone.syncFolder('1');
    expect(phone.mailbox.anomalies.map((anomaly) => anomaly.kind)).toEqual(['emptyWindow', 'emptyWindow']);
    expect(collectionsOf(server).map((each) => each.syncKey)).toEqual(['0', '1']);
  });

  test('a Fetch completes the item, and says no GetChanges', async () => {
    const Sync = syncing(({ commands }, round) => {
      if (round === 2) return { commands: [add('1:1', 'cut')] };
      const fetched = {
        kind: 'fetch',
        serverId: '1:1',
        status: 1,
        applicationData: [element(Email.Subject, 'whole')],
      } as const;
      return commands === undefined ? undefined : { responses: [fetched] };
    });
    const { phone, server } = await ready({ Sync });
    await phone.syncFolder('1');
    const item = await phone.fetchItem('1', '1:1', { bodyPreferences: [{ type: 4 }] });
    expect(item.fields).toContainEqual(element(Email.Subject, 'whole'));
    expect(collectionsOf(server).at(-1)).toMatchObject({
      getChanges: false,
      commands: [{ kind: 'fetch', serverId: '1:1' }],
    });
  });

  test('a Fetch that fails says its Status', async () => {
    const refused = { kind: 'fetch', serverId: '1:9', status: 8 } as const;
    const { phone } = await ready({
      Sync: syncing(({ commands }) => (commands ? { responses: [refused] } : undefined)),
    });
    await phone.syncFolder('1');
    await expect(phone.fetchItem('1', '1:9', {})).rejects.toThrow('Status 8');
  });

  test('two users of the phone at once: one Sync after the other', async () => {
    const { phone, server } = await ready({});
    await Promise.all([phone.syncFolder('1'), phone.syncFolder('1')]);
    expect(collectionsOf(server).map((each) => each.syncKey)).toEqual(['0', '1', '2']);
    expect(phone.mailbox.anomalies).toEqual([]);
  });
});

describe('life', () => {
  test('provisions, fetches folders and mail, then holds a Ping on what it synchronised', async () => {
    const { commands, asked, events } = await live({}, []);
    expect(commands).toEqual(['Provision', 'Provision', 'FolderSync', 'Sync', 'Sync', 'Ping']);
    expect(asked).toEqual([{ heartbeatInterval: 480, folders: ['1', '2', '3'].map((id) => ({ id, class: 'Email' })) }]);
    expect(events.map((event) => event.kind)).toEqual([
      'provisioned',
      'folders',
      'synced',
      'synced',
      'synced',
      'waiting',
    ]);
  });

  test('before 16.0 drafts are left alone (MS-ASCMD_R5916)', async () => {
    const { phone } = await lab({}, {}, { version: '14.1' });
    await phone.folderSync();
    expect(phone.watched.map((folder) => folder.displayName)).toEqual(['Inbox', 'Sent']);
  });

  test('Status 2 fetches the named folders and tells of new mail with its time', async () => {
    const news = add('1:7', 'New!');
    const Sync = syncing(({ collectionId, syncKey }) =>
      collectionId === '1' && syncKey === '2' ? { commands: [news] } : undefined,
    );
    const { commands, events, phone } = await live({ Sync }, [{ status: 2, folders: ['1'] }]);
    expect(commands.slice(-3)).toEqual(['Ping', 'Sync', 'Ping']);
    const mail = events.find((event) => event.kind === 'newMail');
    expect(mail).toMatchObject({ collectionId: '1', item: { serverId: '1:7' }, milliseconds: 0 });
    expect(phone.mailbox.collection('1').size).toBe(1);
  });

  test('mail of the first synchronisation and changes are not new mail', async () => {
    const Sync = syncing(({ collectionId, syncKey }) => {
      if (collectionId !== '1') return undefined;
      if (syncKey === '1') return { commands: [add('1:1', 'Old')] };
      return syncKey === '2' ? { commands: [change('1:1', element(Email.Read, '1'))] } : undefined;
    });
    const { events } = await live({ Sync }, [{ status: 2, folders: ['1'] }]);
    expect(events.filter((event) => event.kind === 'newMail')).toEqual([]);
  });

  test('Status 1 lengthens the heartbeat, 5 obeys the limit and stays under it', async () => {
    const { asked } = await live({}, [{ status: 1 }, { status: 5, heartbeatInterval: 600 }, { status: 1 }]);
    expect(asked.map((each) => each?.heartbeatInterval)).toEqual([480, 780, 600, 600]);
  });

  test('Status 6 watches fewer folders', async () => {
    const { asked } = await live({}, [{ status: 6, maxFolders: 1 }]);
    expect(asked.map((each) => each?.folders?.length)).toEqual([3, 1]);
  });

  test('Status 7 fetches the hierarchy and synchronises new folders', async () => {
    const more = { serverId: '9', parentId: '0', displayName: 'New', type: 12 };
    const FolderSync: Script['FolderSync'] = ({ body }) => ({
      document: body?.syncKey === '0' ? hierarchy('1') : hierarchy('2', [more]),
    });
    const { asked, commands } = await live({ FolderSync }, [{ status: 7 }]);
    expect(commands.slice(-5)).toEqual(['Ping', 'FolderSync', 'Sync', 'Sync', 'Ping']);
    expect(asked.at(-1)?.folders?.map((folder) => folder.id)).toContain('9');
  });

  test('Sync Status 12 fetches the hierarchy', async () => {
    const Sync = syncing((_, round) => (round === 3 ? { status: 12, syncKey: undefined } : undefined));
    const { commands } = await live({ Sync }, [{ status: 2, folders: ['1'] }]);
    expect(commands.slice(-4)).toEqual(['Ping', 'Sync', 'FolderSync', 'Ping']);
  });

  test('503 waits as long as the server asks', async () => {
    let busy = 1;
    const FolderSync: Script['FolderSync'] = () =>
      busy-- > 0 ? { status: 503, headers: { 'Retry-After': '77' } } : { document: hierarchy('1') };
    const { events } = await live({ FolderSync }, []);
    expect(events.filter((event) => event.kind === 'backingOff').map((event) => event.milliseconds)).toEqual([77_000]);
  });

  test('without being told it waits twice as long each time, and starts small after a success', async () => {
    let busy = 3;
    const FolderSync: Script['FolderSync'] = () => (busy-- > 0 ? { status: 500 } : { document: hierarchy('1') });
    const { events } = await live({ FolderSync }, [{ status: 8 }]);
    const waits = events.filter((event) => event.kind === 'backingOff').map((event) => event.milliseconds);
    expect(waits).toEqual([1_000, 2_000, 4_000, 1_000]);
  });

  test.each([
    [401, HttpFailure],
    [403, HttpFailure],
  ])('HTTP %d ends it: asking again would only hurt', async (status, kind) => {
    const { phone, abort, server } = await lab({ FolderSync: () => ({ status }) });
    await expect(phone.run(abort.signal)).rejects.toThrow(kind);
    expect(server.requests.filter(({ line }) => line.command === 'FolderSync').length).toBe(1);
  });

  test('Status 129, this device is not allowed, ends it', async () => {
    const { phone, abort } = await lab({ FolderSync: () => ({ document: { status: 129 } }) });
    await expect(phone.run(abort.signal)).rejects.toThrow(StatusFailure);
  });

  test('a wipe empties nothing behind the back of the owner: it ends life with an error', async () => {
    const { phone, abort } = await lab({ Provision: () => ({ document: { status: 1, remoteWipe: true } }) });
    await expect(phone.run(abort.signal)).rejects.toThrow(WipeOrdered);
  });

  test('an answer that breaks the schema is never hidden behind a new attempt', async () => {
    const { phone, abort } = await lab({
      Ping: () => ({
        bytes: Buffer.from('03016a00450a01', 'hex'),
        headers: { 'Content-Type': 'application/vnd.ms-sync.wbxml' },
      }),
    });
    await expect(phone.run(abort.signal)).rejects.toThrow(SchemaError);
  });

  test('a demand to provision in the middle of life is obeyed', async () => {
    let demanded = false;
    const inner = syncing();
    const Sync: Script['Sync'] = (request) => {
      if (demanded) return inner(request);
      demanded = true;
      return { document: { status: 144 } };
    };
    const { commands, phone } = await live({ Sync }, []);
    expect(commands).toEqual([
      'Provision',
      'Provision',
      'FolderSync',
      'Sync',
      'Provision',
      'Provision',
      'Sync',
      'Sync',
      'Ping',
    ]);
    expect(phone.mailbox.wipes).toBe(0);
  });

  test('a held Ping gives way to a Sync of the user, and is held again', async () => {
    const abort = new AbortController();
    let held = 0;
    let sync: Promise<unknown> | undefined;
    const onEvent = ({ kind }: PhoneEvent): void => {
      if (kind !== 'waiting') return;
      held++;
      setImmediate(() => {
        if (held === 1) sync = made.phone.syncFolder('1');
        else abort.abort();
      });
    };
    const made = await lab({ Ping: () => ({ held: true }) }, { onEvent });
    await made.phone.run(abort.signal);
    await sync;
    expect(held).toBe(2);
    expect(made.events.filter((event) => event.kind === 'backingOff')).toEqual([]);
  });
});
