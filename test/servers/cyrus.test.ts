import { existsSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { type Cyrus, CyrusPassword, startCyrus } from './cyrus.ts';
import { connectImap, elsewhere, plainMessage } from './mail.ts';
import { answers, stopAfterTests } from './process.ts';

const keep = stopAfterTests();
let cyrus: Cyrus;
beforeAll(async () => {
  cyrus = await keep(startCyrus());
}, 120_000);

test('is the server with object ids, whose folders lie below INBOX', async () => {
  const client = await connectImap(cyrus.port, 'anna', CyrusPassword);
  const paths = (await client.list()).map(({ path }) => path);
  await client.logout();
  for (const capability of ['QRESYNC', 'OBJECTID', 'MOVE', 'LIST-STATUS', 'CREATE-SPECIAL-USE', 'CATENATE']) {
    expect([capability, client.capabilities.has(capability)]).toEqual([capability, true]);
  }
  expect(client.capabilities.has('NOTIFY')).toBe(false);
  expect(paths.sort()).toEqual(['INBOX', 'INBOX.Drafts', 'INBOX.Sent', 'INBOX.Trash']);
});

test('refuses a wrong password', async () => {
  await expect(connectImap(cyrus.port, 'anna', 'wrong')).rejects.toMatchObject({ authenticationFailed: true });
});

test('tells an idling client what another one stored', async () => {
  const client = await connectImap(cyrus.port, 'ben', CyrusPassword);
  await client.mailboxOpen('INBOX');
  const told = new Promise<number>((resolve) => client.once('exists', ({ count }) => resolve(count)));
  const idle = client.idle();
  await elsewhere(cyrus.port, 'ben', CyrusPassword, (other) => other.append('INBOX', plainMessage('Hello'), []));
  expect(await told).toBe(1);
  await client.logout();
  await idle;
});

test('keeps the mail through a crash, and leaves nothing', async () => {
  const other = await startCyrus();
  const append = (): Promise<unknown> =>
    elsewhere(other.port, 'eva', CyrusPassword, (client) => client.append('INBOX', plainMessage('Kept'), []));
  await append();
  await other.kill();
  expect(await answers(other.port)).toBe(false);
  await other.restart();
  await append();
  const count = await elsewhere(other.port, 'eva', CyrusPassword, async (client) => {
    return (await client.mailboxOpen('INBOX')).exists;
  });
  expect(count).toBe(2);
  await other.stop();
  expect(existsSync(other.folder)).toBe(false);
  expect(await answers(other.port)).toBe(false);
}, 60_000);
