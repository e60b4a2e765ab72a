import { afterEach, describe, expect, test } from '@jest/globals';
import type { PingResponse } from '../../protocol/commands/ping.ts';
import { Device } from '../../src/phone/device.ts';
import { type ProbeLine, probeServer } from '../../src/phone/probe.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { provisioning, type Script, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const inbox = { serverId: '1', parentId: '0', displayName: 'Inbox', type: 2 };
const base: Script = {
  Provision: provisioning(),
  FolderSync: () => ({ document: { status: 1, syncKey: '1', changes: { update: [], delete: [], add: [inbox] } } }),
  Sync: ({ body }) => ({
    document: {
      collections: {
        collection: (body?.collections?.collection ?? []).map(({ collectionId, syncKey }) => ({
          collectionId,
          syncKey: `${syncKey}1`,
          status: 1,
        })),
      },
    },
  }),
};

/** Probes a server whose Pings end as told: what is answered, after how many seconds. */
const probe = async (
  ping: (seconds: number) => readonly [answer: ScriptedAnswer<'Ping'>, after: number],
  script: Script = {},
): Promise<readonly ProbeLine[]> => {
  const clock = new FakeClock();
  const Ping: Script['Ping'] = ({ body }) => {
    const [answer, after] = ping(body?.heartbeatInterval ?? 0);
    clock.move(after * 1000);
    return answer;
  };
  const server = await scriptedServer({ ...base, Ping, ...script });
  const device = new Device({ url: server.url, user: 'anna', password: 'x', deviceId: 'Probe1' });
  opened.push(server, device);
  const seen: ProbeLine[] = [];
  const lines = await probeServer(device, { clock, onLine: (line) => seen.push(line) });
  expect(seen).toEqual(lines);
  return lines;
};

const quiet = (document: PingResponse): ScriptedAnswer<'Ping'> => ({ document });
const short = (lines: readonly ProbeLine[]): readonly string[] =>
  lines.map(({ ok, what }) => `${ok ? 'ok' : 'no'} ${what}`);
const begun = ['ok OPTIONS', 'ok Provision', 'ok FolderSync'];

describe('probeServer', () => {
  test('says that Pings of 1, 5, 15 and 29 minutes survive', async () => {
    const lines = await probe((seconds) => [quiet({ status: 1 }), seconds]);
    expect(short(lines)).toEqual([
      ...begun,
      'ok Ping of 1 minute',
      'ok Ping of 5 minutes',
      'ok Ping of 15 minutes',
      'ok Ping of 29 minutes',
    ]);
  });

  test('finds the proxy that cuts, and says what to do', async () => {
    const lines = await probe((seconds) => (seconds > 300 ? [{ status: 504 }, 305] : [quiet({ status: 1 }), seconds]));
    expect(short(lines).slice(3)).toEqual(['ok Ping of 1 minute', 'ok Ping of 5 minutes', 'no Ping of 15 minutes']);
    expect(lines.at(-1)?.meaning).toMatch(/answered HTTP 504 after 5\.1 minutes.*Raise the read timeout/);
  });

  test('a server that ends Pings early is told from one that keeps them', async () => {
    const lines = await probe(() => [quiet({ status: 1 }), 45]);
    expect(lines.at(-1)).toMatchObject({ ok: false, meaning: expect.stringContaining('ended it after 45 s') });
  });

  test('a limit of the server (Status 5) is named and harmless', async () => {
    const lines = await probe((seconds) =>
      seconds > 60 ? [quiet({ status: 5, heartbeatInterval: 60 }), 0] : [quiet({ status: 1 }), 60],
    );
    expect(lines.at(-1)?.meaning).toContain('the server allows 1 minute at most');
  });

  test('mail that comes meanwhile begins the Ping anew', async () => {
    let woken = 0;
    const lines = await probe((seconds) =>
      woken++ === 0 ? [quiet({ status: 2, folders: ['1'] }), 3] : [quiet({ status: 1 }), seconds],
    );
    expect(lines.every((line) => line.ok)).toBe(true);
    expect(woken).toBe(5);
  });

  test.each([
    [
      'a wrong password',
      { Provision: () => ({ status: 401 }) },
      'Provision',
      /refuses this user or password.*Authorization/,
    ],
    [
      'a path that is not passed on',
      { FolderSync: () => ({ status: 404 }) },
      'FolderSync',
      /pass \/Microsoft-Server-ActiveSync on/,
    ],
  ] as const)('%s ends it with advice', async (_, script, what, meaning) => {
    const lines = await probe(() => [quiet({ status: 1 }), 0], script);
    expect(lines.at(-1)).toMatchObject({ ok: false, what, meaning: expect.stringMatching(meaning) });
  });

  test('a server that is not there is a line, not a crash', async () => {
    const device = new Device({ url: 'http://127.0.0.1:1', user: 'a', password: 'b', deviceId: 'Probe1' });
    opened.push(device);
    const lines = await probeServer(device);
    expect(lines).toMatchObject([
      { ok: false, what: 'OPTIONS', meaning: expect.stringContaining('nothing listens there') },
    ]);
  });
});
