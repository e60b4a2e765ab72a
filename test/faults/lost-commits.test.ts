import { describe, expect, test } from '@jest/globals';
import { IdSet } from '../../backends/contract/id-set.ts';
import { createFolder } from '../../src/phone/folder-commands.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { collectionDocument } from '../../src/sync/collection-state.ts';
import { firstGeneration, passedBetween } from '../../src/sync/generation.ts';
import { type Client, foldersOf, openInbox } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

const partition = partnershipPartition('anna@example.test', 'annaphone');

/** What happens while a device lives, and is lost to the store afterwards. */
const losing = async ({ inbox }: Client, life: () => Promise<void>): Promise<void> => {
  const name = collectionDocument(inbox);
  const before = (await host.state.load(partition, [name])).get(name)?.value ?? null;
  await life();
  await host.state.commit(partition, [{ name, value: before }]);
};

test('a mail that came, was told, and went in the commits that were lost does not stay on the device', async () => {
  const client = await openInbox(host, 'anna', ['kept']);
  const { inbox } = client;
  await losing(client, async () => {
    for (const subject of ['gone', 'stays']) await host.deliver('anna', message(subject));
    await client.catchUp(inbox);
    await client.store.remove(await client.storeFolder('inbox'), [itemOf(client, 'gone')], 'permanent');
  });
  await client.catchUp(inbox);
  expect(client.subjects(inbox)).toEqual(['kept', 'stays']);
  expect(client.mailbox.wipes).toBe(0);
  expect(client.mailbox.anomalies).toEqual([]);
  expect(await client.sync(inbox)).toBeUndefined();
});

const itemOf = (client: Client, subject: string): string => client.idOf(client.inbox, subject).split(':')[1] ?? '';

test('a folder that came in the commits that were lost is not there twice', async () => {
  const client = await openInbox(host, 'ben', []);
  const mine = partnershipPartition('ben@example.test', 'benphone');
  const before = (await host.state.load(mine, ['hierarchy'])).get('hierarchy')?.value ?? null;
  const place = { parentId: '0', displayName: 'Made here' };
  await createFolder(client.device, client.mailbox, place);
  await foldersOf(host, 'ben').create({ name: 'Made elsewhere', itemClass: 'Email' });
  await client.folderSync();
  await host.state.commit(mine, [{ name: 'hierarchy', value: before }]);
  await createFolder(client.device, client.mailbox, { ...place, displayName: 'Made later' });
  expect(await client.folderSync()).toBe(1);
  const names = client.mailbox.folders.all().map(({ displayName }) => displayName);
  expect(names.filter((name) => name.startsWith('Made')).sort()).toEqual(['Made elsewhere', 'Made here', 'Made later']);
  expect(client.mailbox.wipes).toBe(0);
});

describe('for a backend that cannot tell what is gone', () => {
  const generation = { ...firstGeneration(0, 0), held: IdSet.run('a', 1, 4), toAdd: IdSet.numbered('a', [5]) };
  const listed = (ids: IdSet) => passedBetween(generation, { ids, cursor: '', position: '' });

  test('whatever has a number between the newest then and the newest now, and is not there, may have come and gone', () => {
    expect(listed(IdSet.numbered('a', [1, 7, 9, 12])).equals(IdSet.numbered('a', [6, 8, 10, 11]))).toBe(true);
  });

  test('nothing came, or the numbers began anew: nothing may have', () => {
    expect(listed(IdSet.run('a', 1, 5)).isEmpty).toBe(true);
    expect(listed(IdSet.run('b', 1, 9)).isEmpty).toBe(true);
    expect(listed(IdSet.empty).isEmpty).toBe(true);
  });
});
