import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StateStore } from '../../src/state/contract.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { foldersOf, openClient } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

/** What becomes of phones when the store has lost something, whatever its kind. */
export const lostState = (name: string, openState: () => Promise<StateStore>): void => {
  describe(name, () => {
    let host: LocalServer;
    let state: StateStore;

    beforeEach(async () => {
      state = await openState();
      host = await startLocalServer({ state });
    });

    afterEach(async () => {
      await host.close();
      await state.close();
      expect(host.errors).toEqual([]);
    });

    const partition = partnershipPartition('anna@example.test', 'annaphone');

    test('a hierarchy of which the store knows nothing any more begins anew: Status 9', async () => {
      const client = await openClient(host, 'anna');
      await host.state.commit(partition, [{ name: 'hierarchy', value: null }]);
      expect(await client.folderSync()).toBe(9);
      expect(await client.folderSync()).toBe(1);
      expect(client.mailbox.folders.byRole('inbox')).toBeDefined();
    });

    test('after a restored backup no CollectionId comes to mean another folder', async () => {
      const client = await openClient(host, 'anna');
      const backup = (await host.state.load(partition, ['hierarchy'])).get('hierarchy')?.value ?? null;
      const store = foldersOf(host, 'anna');
      const first = await store.create({ name: 'First', itemClass: 'Email' });
      await client.folderSync();
      const given = client.mailbox.folders.all().find(({ displayName }) => displayName === 'First')?.serverId;
      await store.remove(first);
      await store.create({ name: 'Second', itemClass: 'Email' });
      await host.state.commit(partition, [{ name: 'hierarchy', value: backup }]);
      expect(await client.folderSync()).toBe(1);
      const second = client.mailbox.folders.all().find(({ displayName }) => displayName === 'Second')?.serverId;
      expect(second).toBeDefined();
      expect(second).not.toBe(given);
    });
  });
};
