import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Dovecot, startDovecot } from './dovecot.ts';
import { connectImap, deliverLmtp, elsewhere, plainMessage } from './mail.ts';
import { answers, makeFolder, stopAfterTests } from './process.ts';

const keep = stopAfterTests();
const anna = 'anna@example.org';

describe('Dovecot for any user', () => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    dovecot = await keep(startDovecot());
  }, 40_000);

  const countInbox = (): Promise<number | undefined> =>
    elsewhere(dovecot.port, anna, 'secret', async (client) => {
      const status = await client.status('INBOX', { messages: true });
      return status === false ? undefined : status.messages;
    });

  test('takes mail by LMTP and gives it by IMAP', async () => {
    const before = (await countInbox()) ?? 0;
    await deliverLmtp(dovecot.lmtpPort, anna, plainMessage('Hello'));
    expect(await countInbox()).toBe(before + 1);
  });

  test('offers what the backend stands on', async () => {
    const client = await connectImap(dovecot.port, anna, 'secret');
    const uses = (await client.list()).map(({ specialUse }) => specialUse);
    await client.logout();
    expect([...client.capabilities.keys()]).toEqual(
      expect.arrayContaining(['CONDSTORE', 'QRESYNC', 'NOTIFY', 'SPECIAL-USE', 'LIST-STATUS', 'MOVE', 'UIDPLUS']),
    );
    expect(uses).toEqual(expect.arrayContaining(['\\Drafts', '\\Sent', '\\Trash', '\\Junk', '\\Archive']));
  });

  test('refuses a wrong password', async () => {
    await expect(connectImap(dovecot.port, anna, 'wrong')).rejects.toMatchObject({ authenticationFailed: true });
  });

  test.each([
    ['STARTTLS', () => ({ port: dovecot.port, doSTARTTLS: true })],
    ['IMAPS', () => ({ port: dovecot.imapsPort, secure: true, doSTARTTLS: undefined })],
  ])('speaks TLS by %s with a certificate of its own CA', async (_, options) => {
    const tls = { ca: await readFile(dovecot.caFile), servername: 'localhost' };
    const client = await connectImap(0, anna, 'secret', { ...options(), tls } as object);
    expect(client.secureConnection).toBe(true);
    await client.logout();
  });

  test.each([
    ['name*master', () => ({ user: `${anna}*${dovecot.master.user}` })],
    ['authzid', () => ({ user: dovecot.master.user, authzid: anna })],
  ])('lets the master user in by %s', async (_, name) => {
    const auth = { ...name(), pass: dovecot.master.password, loginMethod: 'AUTH=PLAIN' };
    const client = await connectImap(dovecot.port, '', '', { auth });
    expect((await client.list()).length).toBeGreaterThan(5);
    await client.logout();
  });

  test('answers ManageSieve', async () => {
    const socket = connect(dovecot.sievePort, '127.0.0.1').setEncoding('utf8');
    const [greeting] = await once(socket, 'data');
    socket.destroy();
    expect(greeting).toContain('"SIEVE"');
  });

  test('keeps the mail through a crash and a restart on the same ports', async () => {
    await deliverLmtp(dovecot.lmtpPort, anna, plainMessage('Kept'));
    const before = await countInbox();
    await dovecot.kill('SIGKILL');
    expect(await answers(dovecot.port)).toBe(false);
    await dovecot.restart();
    expect(await countInbox()).toBe(before);
    await dovecot.restart();
    expect(await countInbox()).toBe(before);
  });
});

test('named users, mdbox, a connection limit and more configuration', async () => {
  const dovecot = await keep(
    startDovecot({
      users: { anna: 'a', ben: 'b' },
      storage: 'mdbox',
      connectionsPerUser: 1,
      extra: 'login_greeting = Hi.',
    }),
  );
  const first = await connectImap(dovecot.port, 'anna', 'a');
  expect(first.greeting).toContain('Hi.');
  await expect(connectImap(dovecot.port, 'anna', 'a')).rejects.toThrow();
  await expect(connectImap(dovecot.port, 'anna', 'b')).rejects.toMatchObject({ authenticationFailed: true });
  await (await connectImap(dovecot.port, 'ben', 'b')).logout();
  await first.logout();
  await expect(deliverLmtp(dovecot.lmtpPort, 'nobody', plainMessage('Lost'))).rejects.toThrow();
  await deliverLmtp(dovecot.lmtpPort, ['anna', 'ben'], plainMessage('Both'));
  expect(existsSync(join(dovecot.mailFolder, 'anna', 'mdbox'))).toBe(true);
}, 40_000);

/** Writes one line an event into the file named in the plugin's settings. */
const Script = `
local events = { 'MessageNew', 'MessageAppend', 'FlagsSet', 'FlagsClear', 'MessageExpunge', 'MailboxCreate' }
function dovecot_lua_notify_begin_txn(user) return { user = user } end
for _, event in ipairs(events) do
  _G['dovecot_lua_notify_event_' .. string.gsub(string.lower(string.gsub(event, '(%l)(%u)', '%1_%2')), ' ', '')] =
    function(ctx, e)
      local file = io.open(ctx.user:plugin_getenv('test_events'), 'a')
      file:write(ctx.user.username .. ' ' .. e.name .. ' ' .. e.mailbox .. '\\n')
      file:close()
    end
end
function dovecot_lua_notify_end_txn(ctx, success) require('socket') end
`;

test('pushes events through Lua, those of IMAP sessions too', async () => {
  const scripts = await keep({ folder: makeFolder('lua'), stop: async () => undefined });
  const pushScript = join(scripts.folder, 'push.lua');
  await writeFile(pushScript, Script);
  const dovecot = await keep(startDovecot({ pushScript, pluginSettings: { test_events: '%h/../../events' } }));
  await deliverLmtp(dovecot.lmtpPort, anna, plainMessage('Pushed'));
  await elsewhere(dovecot.port, anna, 'secret', async (client) => {
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('1:*', ['\\Seen']);
  });
  const events = (): Promise<string> => readFile(join(dovecot.folder, 'events'), 'utf8').catch(() => '');
  for (let i = 0; i < 100 && !(await events()).includes('Flags'); i++) await wait(20);
  expect(await events()).toContain(`${anna} MessageNew INBOX`);
  expect(await events()).toContain(`${anna} FlagsSet INBOX`);
}, 10_000);

test('leaves nothing', async () => {
  const dovecot = await startDovecot();
  await dovecot.stop();
  await dovecot.stop();
  expect(existsSync(dovecot.folder)).toBe(false);
  expect(await answers(dovecot.port)).toBe(false);
});
