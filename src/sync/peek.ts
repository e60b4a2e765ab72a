import type { Position } from '../../backends/contract/items.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { lookForChanges } from './collection.ts';
import { type CollectionState, collectionDocument, decodeCollection, writeCollection } from './collection-state.ts';
import { type Generation, hasWork, workCount } from './generation.ts';
import { portOf, type SyncScope } from './sync.ts';

/** What a device would get if it synchronised a collection now. */
export interface Peek {
  /** Commands waiting for the device; 0: nothing. */
  readonly count: number;
  /** Those of them that are worth a wake: mail that only grew too old waits for the next Sync. */
  readonly news: number;
  /** The folder's position at this look; a device is woken when it moves on from here. */
  readonly position: Position | undefined;
}

/**
 * Looks whether a device has anything to fetch, as Ping and GetItemEstimate must know. Where the
 * folder moved but nothing is to be told (an echo of what this device did), how far was read is
 * stored under the same key, so that the next look starts from there.
 *
 * `undefined`: the device never synchronised the collection. Throws BackendError `notFound` when the
 * folder is gone.
 */
export const peek = async (scope: SyncScope, folder: DeviceFolder, filterType?: number): Promise<Peek | undefined> => {
  const name = collectionDocument(folder.collectionId);
  const document = (await scope.store.load(scope.partition, [name])).get(name);
  const port = portOf(scope, folder);
  if (document === undefined || port === undefined) return undefined;
  const state = decodeCollection(document.value);
  const looked = await lookForChanges(
    { port, now: scope.now },
    folder.itemClass,
    filterType ?? state.options.filterType,
    {
      generation: state.current,
      uncertain: false,
    },
  );
  if (filterType === undefined && quietlyMoved(state, looked)) {
    const write = writeCollection(folder.collectionId, { ...state, current: looked }, document);
    await scope.store.commit(scope.partition, [write]);
  }
  const count = workCount(looked);
  return { count, news: count - looked.toSoftDelete.size, position: looked.position };
};

const quietlyMoved = ({ current }: CollectionState, looked: Generation): boolean =>
  !hasWork(looked) && !hasWork(current) && current.cursor !== looked.cursor;
