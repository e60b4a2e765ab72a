import { createHash } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../backends/contract/backend.ts';
import type { StoredStretch } from '../../../backends/contract/mail.ts';
import { collect } from '../../../backends/contract/test-kit/harness.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { type Cyrus, startCyrus } from '../../servers/cyrus.ts';
import { elsewhere } from '../../servers/mail.ts';
import { stopAfterTests } from '../../servers/process.ts';
import { loginOf, openImap } from './harness.ts';
import { type Relay, startRelay } from './relay.ts';
import { type Script, startScript } from './scripted-server.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const name = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The account's mail through a port; `folder` is that of the given role. */
const open = (port: number, user: string) => {
  const backend: Backend = openImap(port, { timeoutSeconds: 20 });
  closers.push(() => backend.close());
  const { mail, folders } = backend.account(loginOf(user));
  if (mail === undefined || folders === undefined) throw new Error('an ability is missing');
  return { mail, folders };
};

const keep = stopAfterTests();
let cyrus: Cyrus;
beforeAll(async () => {
  cyrus = await keep(startCyrus());
}, 120_000);

describe('on Cyrus', () => {
  const body = Buffer.from('QUJD'.repeat(19), 'latin1');
  const attachment = Buffer.concat(Array.from({ length: 4_000 }, () => Buffer.concat([body, Buffer.from('\r\n')])));
  const original = Buffer.concat([
    Buffer.from(
      'Subject: o\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    ),
    attachment,
    Buffer.from('\r\n--b--\r\n'),
  ]);

  const stage = async (user: string) => {
    const relay: Relay = await startRelay(cyrus.port);
    closers.push(() => relay.close());
    const { mail, folders } = open(relay.port, user);
    const all = await folders.list();
    const [inbox, sent] = ['inbox', 'sent'].map((role) => all.find((folder) => folder.role === role)?.id ?? '') as [
      string,
      string,
    ];
    const { id } = await mail.append(inbox, bytesSource(original), {}, name('original'));
    const start = Buffer.from('Subject: copy\r\nMessage-ID: <copy@x>\r\n\r\nbefore\r\n');
    const copy = Buffer.concat([start, attachment, Buffer.from('\r\nafter\r\n')]);
    const stretches: StoredStretch[] = [
      { start: start.length, length: attachment.length, folder: inbox, id, part: '2' },
    ];
    return { relay, mail, inbox, sent, id, copy, stretches };
  };

  test('a copy takes from the store what is there, byte for byte, and once', async () => {
    const { relay, mail, sent, copy, stretches } = await stage('anna');
    const stored = await mail.append(sent, bytesSource(copy), { read: true, stretches }, name('copy'));
    expect(relay.commands.filter((command) => /^APPEND .*CATENATE/.test(command))).toHaveLength(1);
    expect(Buffer.from(await collect((await mail.message(sent, stored.id)).open())).equals(copy)).toBe(true);
    const again = open(cyrus.port, 'anna');
    expect(await again.mail.append(sent, bytesSource(copy), { read: true, stretches }, name('copy'))).toEqual(stored);
    const count = await elsewhere(
      cyrus.port,
      'anna',
      'secret',
      async (client) => (await client.mailboxOpen('INBOX.Sent')).exists,
    );
    expect(count).toBe(1);
  }, 60_000);

  test('when the original is gone the whole message is sent', async () => {
    const { relay, mail, inbox, sent, id, copy, stretches } = await stage('ben');
    await mail.remove(inbox, [id], 'permanent');
    const stored = await mail.append(sent, bytesSource(copy), { stretches }, name('copy'));
    expect(Buffer.from(await collect((await mail.message(sent, stored.id)).open())).equals(copy)).toBe(true);
    expect(relay.commands.filter((command) => /^APPEND/.test(command)).length).toBeGreaterThanOrEqual(2);
  }, 60_000);

  test('what stands in odd places, or is small, is sent', async () => {
    const { relay, mail, sent, copy, stretches } = await stage('eva');
    const [stretch] = stretches as [StoredStretch];
    const odd: StoredStretch[][] = [
      [{ ...stretch, length: 100 }],
      [{ ...stretch, part: 'TEXT' }],
      [{ ...stretch, folder: 'unknown' }],
      [stretch, stretch],
    ];
    for (const [i, each] of odd.entries()) {
      const message = Buffer.concat([Buffer.from(`X-${i}: y\r\n`), copy]);
      const moved = each.map((one) => ({ ...one, start: one.start + 6 }));
      const { id } = await mail.append(sent, bytesSource(message), { stretches: moved }, name(`odd ${i}`));
      expect(Buffer.from(await collect((await mail.message(sent, id)).open())).equals(message)).toBe(true);
    }
    expect(relay.commands.filter((command) => /CATENATE/.test(command))).toEqual([]);
  }, 60_000);
});

test('the URL names mailbox, UIDVALIDITY, UID and section; nothing that is not plain is put into one', async () => {
  const script: Script = [
    [/^LIST/, '* LIST () "/" INBOX\n* LIST () "/" "a&b"\n* LIST () "/" "x y"\nOK'],
    [/^SELECT/, '* OK [UIDVALIDITY 9] ok\n* OK [UIDNEXT 3] ok\nOK [READ-WRITE] ok'],
    [/^UID SEARCH/, '* SEARCH\nOK'],
    [/^APPEND/, 'OK [APPENDUID 9 3] done'],
    [/^UID FETCH/, '* 1 FETCH (UID 3 FLAGS ())\nOK'],
  ];
  const server = await startScript(script, 'LITERAL+ UIDPLUS CATENATE');
  closers.unshift(() => server.close());
  const { mail, folders } = open(server.port, 'anna');
  const all = await folders.list();
  const folder = (path: string): string => all.find((each) => each.name === path)?.id ?? '';
  const message = Buffer.alloc(100_000, 'a line of text\r\n');
  const append = (of: string, as: string) =>
    mail.append(
      'INBOX',
      bytesSource(message),
      { stretches: [{ start: 16, length: 99_000, folder: of, id: '9.7', part: '1.2' }] },
      name(as),
    );
  await append(folder('x y'), 'one');
  expect(server.heard.find((line) => line.startsWith('APPEND'))).toMatch(
    /^APPEND "INBOX" \(\) CATENATE \(TEXT \{16\+?\}/,
  );
  expect(server.heard.join('\n')).toContain('URL "/x%20y;UIDVALIDITY=9/;UID=7/;SECTION=1.2" TEXT {984');
  await append(folder('a&b'), 'two');
  expect(server.heard.filter((line) => line.includes('CATENATE'))).toHaveLength(1);
});
