import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { type Courier, CourierPassword, startCourier } from './courier.ts';
import { connectImap, elsewhere, plainMessage } from './mail.ts';
import { answers, run, stopAfterTests } from './process.ts';

const keep = stopAfterTests();
let courier: Courier;
beforeAll(async () => {
  courier = await keep(startCourier());
}, 120_000);

test('is the server that has next to nothing', async () => {
  const client = await connectImap(courier.port, 'anna', CourierPassword);
  const paths = (await client.list()).map(({ path }) => path);
  await client.logout();
  expect(client.capabilities.has('UIDPLUS')).toBe(true);
  for (const missing of ['CONDSTORE', 'QRESYNC', 'MOVE', 'LIST-STATUS', 'SPECIAL-USE', 'NOTIFY']) {
    expect(client.capabilities.has(missing)).toBe(false);
  }
  expect(paths).toEqual(expect.arrayContaining(['INBOX', 'INBOX.Drafts', 'INBOX.Sent', 'INBOX.Trash']));
});

test('refuses a wrong password', async () => {
  await expect(connectImap(courier.port, 'anna', 'wrong')).rejects.toMatchObject({ authenticationFailed: true });
});

test('tells an idling client what another one stored', async () => {
  const client = await connectImap(courier.port, 'ben', CourierPassword);
  await client.mailboxOpen('INBOX');
  const told = new Promise<number>((resolve) => client.once('exists', ({ count }) => resolve(count)));
  const idle = client.idle();
  await elsewhere(courier.port, 'ben', CourierPassword, (other) => other.append('INBOX', plainMessage('Hello'), []));
  expect(await told).toBe(1);
  await client.logout();
  await idle;
});

test('keeps the mail through a crash', async () => {
  const append = (): Promise<unknown> =>
    elsewhere(courier.port, 'eva', CourierPassword, (client) => client.append('INBOX', plainMessage('Kept'), []));
  await append();
  await courier.kill();
  expect(await answers(courier.port)).toBe(false);
  await courier.restart();
  await append();
  const count = await elsewhere(courier.port, 'eva', CourierPassword, async (client) => {
    return (await client.mailboxOpen('INBOX')).exists;
  });
  expect(count).toBe(2);
});

const groupsAlive = async (groups: string): Promise<string[]> => {
  const alive = (await run('ps', ['-eo', 'pgid=,stat=']))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([group, state]) => (state?.startsWith('Z') ? [] : [group]));
  return groups.split('\n').filter((group) => group !== '' && alive.includes(group));
};

test('leaves nothing', async () => {
  const other = await startCourier();
  await (await connectImap(other.port, 'anna', CourierPassword)).logout();
  const groups = await readFile(join(other.folder, 'groups'), 'utf8');
  await other.stop();
  expect(existsSync(other.folder)).toBe(false);
  expect(await groupsAlive(groups)).toEqual([]);
  expect(await answers(other.port)).toBe(false);
}, 30_000);
