import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { AirSyncBase, Email, ItemOperations } from '../../protocol/code-pages/index.ts';
import type { ServerCommand, SyncRequestCollection } from '../../protocol/commands/sync.ts';
import type { TreeNode } from '../../protocol/schema/index.ts';
import { demoAccount } from '../../src/phone/demo-account.ts';
import { type PhoneCommandOptions, runPhone, terminalDeviceId } from '../../src/phone/terminal.ts';
import { add, element } from './samples.ts';
import { provisioning, type Script, type ScriptedServer, scriptedServer } from './scripted-server.ts';

/** A terminal of the test's own: what it says arrives as typed, what is printed is kept. */
class FakeTerminal {
  readonly input = new PassThrough();
  readonly stop = new AbortController();
  printed = '';
  #watchers: { readonly pattern: RegExp; readonly done: () => void }[] = [];
  readonly output = new Writable({
    write: (chunk, _encoding, done) => {
      this.printed += String(chunk);
      this.#watchers = this.#watchers.filter(({ pattern, done: found }) => !pattern.test(this.printed) || found());
      done();
    },
  });

  io(env: Record<string, string> = {}) {
    return { input: this.input, output: this.output, env, signal: this.stop.signal };
  }

  type(line: string): void {
    this.input.write(`${line}\n`);
  }

  /** Resolves once something was printed. */
  shows(pattern: RegExp): Promise<void> {
    if (pattern.test(this.printed)) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push({ pattern, done: resolve }));
  }
}

const folder = (serverId: string, displayName: string, type: number) => ({
  serverId,
  parentId: '0',
  displayName,
  type,
});
const picture = {
  tag: AirSyncBase.Attachments,
  children: [
    {
      tag: AirSyncBase.Attachment,
      children: [element(AirSyncBase.DisplayName, '../../plan.txt'), element(AirSyncBase.FileReference, 'ref1')],
    },
  ],
};
const mail = (serverId: string, subject: string, hour: string, ...more: TreeNode[]): ServerCommand => ({
  kind: 'add',
  serverId,
  applicationData: [
    element(Email.From, 'Bert <bert@example.org>'),
    element(Email.Subject, subject),
    element(Email.DateReceived, `2026-01-15T${hour}:00:00.000Z`),
    element(Email.Read, '0'),
    ...more,
  ],
});

/** A server with two mails; what the phone sends is kept, and Pings are held. */
class Office {
  readonly changes: SyncRequestCollection['commands'][] = [];

  readonly script: Script = {
    Provision: provisioning(),
    FolderSync: () => ({
      document: {
        status: 1,
        syncKey: '1',
        changes: { update: [], delete: [], add: [folder('1', 'Inbox', 2), folder('2', 'Bills', 12)] },
      },
    }),
    Sync: ({ body }) => ({
      document: {
        collections: { collection: (body?.collections?.collection ?? []).map((each) => this.#answer(each)) },
      },
    }),
    Ping: () => ({ held: true }),
    ItemOperations: ({ body }) => {
      const [asked] = body ?? [];
      const attachment = asked?.kind === 'fetch' && asked.fileReference === 'ref1';
      const text = {
        tag: AirSyncBase.Body,
        children: [element(AirSyncBase.Type, '1'), element(AirSyncBase.Data, 'The whole text')],
      };
      const properties = attachment ? [element(ItemOperations.Data, Buffer.from('plan').toString('base64'))] : [text];
      return {
        document: { status: 1, response: { move: [], emptyFolderContents: [], fetch: [{ status: 1, properties }] } },
      };
    },
    Settings: () => ({
      document: {
        status: 1,
        userInformation: { get: { accounts: [{ emailAddresses: { smtpAddresses: ['anna@example.org'] } }] } },
      },
    }),
    SendMail: () => ({}),
    SmartReply: () => ({}),
    SmartForward: () => ({}),
    Search: ({ body }) => {
      const asked = JSON.stringify(body?.store);
      const found = [element(Email.From, 'Bert <bert@example.org>'), element(Email.Subject, 'Old bill'), picture];
      const result = { class: 'Email', longId: 'Long1', collectionId: '2', properties: found };
      const nothing = { status: 1, result: [{}], total: 0 };
      const store = asked.includes('bill') ? { status: 1, result: [result], range: '0-0', total: 4 } : nothing;
      return { document: { status: 1, response: { store } } };
    },
  };

  #answer({ collectionId, syncKey, commands }: SyncRequestCollection) {
    if (commands !== undefined) this.changes.push(commands);
    const first = collectionId === '1' ? [mail('1:1', 'Older', '08', picture), mail('1:2', 'Newer', '09')] : [];
    return { collectionId, syncKey: String(Number(syncKey) + 1), status: 1, commands: syncKey === '1' ? first : [] };
  }
}

let data = '';
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'postrider-terminal-'));
});
afterAll(() => rm(data, { recursive: true }));

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const demoFile = async (url: string): Promise<string> => {
  const file = join(data, 'demo-accounts.json');
  const accounts = [
    { user: 'anna@demo.test', password: 'p1' },
    { user: 'bert@demo.test', password: 'p2' },
  ];
  await writeFile(file, JSON.stringify({ url, smtp: '127.0.0.1:1', accounts }));
  return file;
};

/** Starts a phone against an office, with the demo's accounts. */
const start = async (options: Partial<PhoneCommandOptions> = {}, script: Script = {}) => {
  const office = new Office();
  const terminal = new FakeTerminal();
  const server = await scriptedServer({ ...office.script, ...script });
  servers.push(server);
  const ended = runPhone({ demoFile: await demoFile(server.url), ...options }, terminal.io());
  return { office, terminal, server, ended };
};

describe('--once', () => {
  test('prints folders and the Inbox, the newest mail first, and leaves', async () => {
    const { terminal, ended } = await start({ once: true });
    expect(await ended).toBe(0);
    expect(terminal.printed).toMatch(
      /Provisioned: version 16\.1, policy key 222\n {2}Inbox {2}\(inbox\)\n {2}Bills\nInbox: 2 mails, 2 unread\n/,
    );
    expect(terminal.printed).toMatch(/ 1 \* .*Newer.*\n {3}2 \* @ .*Older/);
    expect(terminal.printed).not.toContain('\u001b');
  });

  test('--json prints one event a line', async () => {
    const { terminal, ended } = await start({ once: true, json: true });
    expect(await ended).toBe(0);
    const events = terminal.printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map((each) => each.event)).toEqual(['connecting', 'provisioned', 'folders', 'inbox']);
    expect(events.at(-1).mails.map((each: { subject: string }) => each.subject)).toEqual(['Newer', 'Older']);
    expect(terminal.printed).not.toContain('p1');
  });

  test('a refused password is said in words, and is an error', async () => {
    const { terminal, ended } = await start({ once: true }, { Provision: () => ({ status: 401 }) });
    expect(await ended).toBe(1);
    expect(terminal.printed).toContain('the server refuses this user or password');
  });
});

describe('accounts', () => {
  test('the demo is found by its file, its accounts by name', async () => {
    const file = await demoFile('http://demo');
    expect(await demoAccount(file)).toEqual({ url: 'http://demo', user: 'anna@demo.test', password: 'p1' });
    expect((await demoAccount(file, 'bert')).password).toBe('p2');
    await expect(demoAccount(file, 'carl')).rejects.toThrow('it has anna@demo.test, bert@demo.test');
    await expect(demoAccount(join(data, 'none.json'))).rejects.toThrow('run `npm start` first');
  });

  test('another server needs a user; the password comes from the environment or is asked for unseen', async () => {
    const { server } = await start({ once: true });
    const options = { url: server.url, demoFile: '', once: true };
    const nameless = new FakeTerminal();
    expect(await runPhone(options, nameless.io())).toBe(1);
    expect(nameless.printed).toContain('--user');
    const given = new FakeTerminal();
    expect(await runPhone({ ...options, user: 'u' }, given.io({ POSTRIDER_PASSWORD: 'fromEnv' }))).toBe(0);
    const asked = new FakeTerminal();
    const ended = runPhone({ ...options, user: 'u' }, asked.io());
    asked.type('typed');
    expect(await ended).toBe(0);
    expect(asked.printed).toContain('Password of u: ');
    expect(asked.printed).not.toContain('typed');
    const sent = server.seen.map(({ headers }) =>
      Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(),
    );
    expect(sent).toEqual(expect.arrayContaining(['u:fromEnv', 'u:typed']));
  });

  test('a terminal is the same device at each start', () => {
    expect(terminalDeviceId('anna', 'host')).toMatch(/^PRT[0-9A-F]{24}$/);
    expect(terminalDeviceId('anna', 'host')).not.toBe(terminalDeviceId('bert', 'host'));
  });
});

describe('commands', () => {
  const live = async (...lines: string[]) => {
    const started = await start();
    await started.terminal.shows(/New mail appears here/);
    for (const line of lines) started.terminal.type(line);
    return started;
  };

  test('read shows the whole text and marks the mail as read', async () => {
    const { terminal, office, ended } = await live('read 1', 'quit');
    expect(await ended).toBe(0);
    expect(terminal.printed).toMatch(/Subject: Newer\n\nThe whole text\n/);
    expect(office.changes.flat()).toMatchObject([
      { kind: 'change', serverId: '1:2', applicationData: [{ text: '1' }] },
    ]);
  });

  test('search finds mails of all folders; each is read and its attachments saved by the number shown', async () => {
    const target = join(data, 'found.txt');
    const { terminal, server, ended } = await live(
      'search',
      'search from:bert bill',
      'read ?1',
      `save ?1 @1 ${target}`,
      'read ?2',
      'search nowhere',
      'quit',
    );
    expect(await ended).toBe(0);
    expect(terminal.printed).toMatch(/Search for what\?/);
    expect(terminal.printed).toMatch(/Found 4 mails\n {2}\?1 \* @ Bert +Old bill.*\n.*and 3 more/);
    expect(terminal.printed).toMatch(/Subject: Old bill\n\nThe whole text\n/);
    expect(terminal.printed).toMatch(/There is no mail \?2/);
    expect(terminal.printed).toMatch(/Found 0 mails/);
    expect(await readFile(target, 'utf8')).toBe('plan');
    const fetched = server.requests.filter(({ line }) => line.command === 'ItemOperations').map(({ body }) => body);
    expect(JSON.stringify(fetched[0])).toContain('Long1');
  });

  test('flag, unseen and delete reach the server', async () => {
    const { terminal, office, ended } = await live('flag 2', 'seen 2', 'unseen 2', 'delete 1', 'list', 'quit');
    expect(await ended).toBe(0);
    expect(office.changes.flat().map((each) => each && [each.kind, 'serverId' in each && each.serverId])).toEqual([
      ['change', '1:1'],
      ['change', '1:1'],
      ['change', '1:1'],
      ['delete', '1:2'],
    ]);
    expect(terminal.printed).toMatch(/Deleted mail 1\nInbox: 1 mails, 1 unread\n {3}1 \*!@/);
  });

  test('save writes an attachment, never to a path that a stranger chose, never over a file', async () => {
    const target = join(data, 'saved.txt');
    const { terminal, ended } = await live(`save 2 @1 ${target}`, `save 2 @1 ${target}`, 'save 2 @9', 'quit');
    expect(await ended).toBe(0);
    expect(await readFile(target, 'utf8')).toBe('plan');
    expect(terminal.printed).toMatch(/Saved .*saved\.txt \(4 bytes\)\n.*EEXIST.*\n.*has no attachment @9/);
  });

  test('send asks for what a mail needs and sends MIME from the own address', async () => {
    const { terminal, server, ended } = await live('send', 'bert@example.org', 'Grüße', 'Hello', 'Bert', '.', 'quit');
    expect(await ended).toBe(0);
    expect(terminal.printed).toContain('Sent to bert@example.org');
    const body = server.requests.find(({ line }) => line.command === 'SendMail')?.seen.body ?? new Uint8Array(0);
    const text = Buffer.from(body).toString('latin1');
    expect(text).toMatch(/From: anna@example\.org\r\n/);
    expect(text).toMatch(/To: bert@example\.org\r\n/);
    expect(text).toMatch(/Subject: =\?UTF-8\?/);
    expect(text).toContain('Hello\r\nBert');
  });

  test('reply and forward leave the original to the server', async () => {
    const { terminal, server, ended } = await live(
      ...['reply 1', 'Thanks', '.'],
      ...['reply 2 all', 'To all', '.'],
      ...['forward 1', 'carl@example.org', 'See', '.'],
      ...['forward 1', '', 'reply 9', 'quit'],
    );
    expect(await ended).toBe(0);
    expect(terminal.printed).toMatch(/Answered Bert <bert@example.org>[\s\S]*Forwarded to carl@example.org/);
    expect(terminal.printed).toMatch(/needs somebody to go to[\s\S]*no mail 9/);
    const sent = server.requests.filter(({ line }) => /^Smart/.test(line.command));
    expect(sent.map(({ line }) => line.command)).toEqual(['SmartReply', 'SmartReply', 'SmartForward']);
    const [first = '', , third = ''] = sent.map(({ seen }) => Buffer.from(seen.body).toString('latin1'));
    expect(first).toMatch(/1:2[\s\S]*To: Bert <bert@example\.org>\r\nSubject: Re: Newer\r\n[\s\S]*Thanks/);
    expect(third).toMatch(/To: carl@example\.org\r\nSubject: Fwd: Newer\r\n[\s\S]*See/);
  });

  test('open goes to another folder; folders, help and mistakes are answered', async () => {
    const { terminal, ended } = await live(
      'folders',
      'open bills',
      'open nowhere',
      'read 7',
      'read',
      'dance',
      'help',
      'quit',
    );
    expect(await ended).toBe(0);
    expect(terminal.printed).toContain('Bills: 0 mails');
    for (const text of ['no folder nowhere', 'no mail 7', 'Which mail?', 'no command dance', 'delete N']) {
      expect(terminal.printed).toContain(text);
    }
  });

  test('the end of the input ends the phone, and so does Ctrl-C', async () => {
    const first = await live();
    first.terminal.input.end();
    expect(await first.ended).toBe(0);
    const second = await live();
    second.terminal.stop.abort();
    expect(await second.ended).toBe(0);
  });
});

describe('new mail', () => {
  test('appears by itself with its time, and has a number to read it by', async () => {
    let pings = 0;
    let answered = 0;
    const Sync: Script['Sync'] = ({ body }) => {
      const collection = (body?.collections?.collection ?? []).map(({ collectionId, syncKey }) => {
        const commands = syncKey === '2' && ++answered === 1 ? [add('1:9', 'Fresh')] : [];
        return { collectionId, syncKey: String(Number(syncKey) + 1), status: 1, commands };
      });
      return { document: { collections: { collection } } };
    };
    const Ping: Script['Ping'] = () => (++pings === 1 ? { document: { status: 2, folders: ['1'] } } : { held: true });
    const { terminal, ended } = await start({}, { Sync, Ping });
    await terminal.shows(/New mail 1: .*Fresh \(shown \d+ ms after the push\)/);
    terminal.type('read 1');
    await terminal.shows(/The whole text/);
    terminal.type('quit');
    expect(await ended).toBe(0);
  });

  test('with --json the end of the input does not end the waiting; the signal does', async () => {
    let pings = 0;
    const Ping: Script['Ping'] = () => (++pings === 1 ? { document: { status: 1 } } : { held: true });
    const { terminal, ended } = await start({ json: true }, { Ping });
    terminal.input.end();
    await terminal.shows(/"event":"waiting","seconds":780/);
    terminal.stop.abort();
    expect(await ended).toBe(0);
  });

  test('trouble on the way is said with the time of the next attempt', async () => {
    const Ping: Script['Ping'] = () => ({ status: 503, headers: { 'Retry-After': '90' } });
    const { terminal, ended } = await start({}, { Ping });
    await terminal.shows(/HTTP 503: .* Trying again in 90 s/);
    terminal.stop.abort();
    expect(await ended).toBe(0);
  });
});
