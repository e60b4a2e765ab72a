import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { IdSet } from '../../backends/contract/id-set.ts';
import { writeHierarchy } from '../../src/folders/hierarchy-state.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { collectionDocument, decodeCollection, writeCollection } from '../../src/sync/collection-state.ts';
import { firstGeneration, type Generation, hasWork } from '../../src/sync/generation.ts';
import { DefaultOptions } from '../../src/sync/options.ts';
import { tellAgain } from '../../src/sync/tell-again.ts';

let state: StateStore;
beforeEach(() => {
  state = openSqliteState(':memory:');
});
afterEach(() => state.close());

const holding = (...ids: string[]): Generation => ({ ...firstGeneration(0, 0), held: IdSet.of(ids) });

/** A device that knows `inbox` under a CollectionId of its own, and holds mails of it. */
const device = async (name: string, collectionId: string, current: Generation, previous?: Generation) => {
  const partition = partnershipPartition('anna', name);
  const folder = { collectionId, parentId: '0', name: 'Inbox', type: 2, folder: 'inbox', itemClass: 'Email' as const };
  const hierarchy = { chain: 1, generation: 1, current: [folder], previous: undefined, nextId: 9 };
  const collection = { chain: 1, folder: 'inbox', options: DefaultOptions, current, previous, journals: {} };
  await state.commit(partition, [writeHierarchy(hierarchy, 0), writeCollection(collectionId, collection, undefined)]);
  return partition;
};

const loaded = async (partition: string, collectionId: string) => {
  const document = (await state.load(partition, [collectionDocument(collectionId)])).get(
    collectionDocument(collectionId),
  );
  if (document === undefined) throw new Error('no collection');
  return { ...decodeCollection(document.value), revision: document.revision };
};

const mail = { folder: 'inbox', id: '1.1' };

test('every device that holds the mail is told of it by its next Sync, whichever key it presents', async () => {
  const one = await device('one', '1', holding('1.1', '1.2'), holding('1.1'));
  const two = await device('two', '5', holding('1.1'), holding());
  await tellAgain(state, 'anna', mail);
  for (const [partition, id, before] of [
    [one, '1', true],
    [two, '5', false],
  ] as const) {
    const { current, previous } = await loaded(partition, id);
    expect([...current.toChange]).toEqual(['1.1']);
    expect(previous !== undefined && hasWork(previous)).toBe(before);
  }
});

test('a device that does not hold it, that knows it already, or that made the change, is left alone', async () => {
  const without = await device('without', '1', holding('1.2'));
  const knowing = await device('knowing', '1', { ...holding('1.1'), toChange: IdSet.of(['1.1']) });
  const maker = await device('maker', '1', holding('1.1'));
  await state.commit(partnershipPartition('anna', 'new'), [{ name: 'record', value: new Uint8Array(1) }]);
  await tellAgain(state, 'anna', mail, maker);
  for (const partition of [without, knowing, maker]) expect((await loaded(partition, '1')).revision).toBe(1);
  await tellAgain(state, 'ben', mail);
  expect((await loaded(maker, '1')).revision).toBe(1);
});
