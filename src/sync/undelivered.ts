import type { Partition, StateStore } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';

/**
 * Responses that a device never got: the socket closed before they were sent. The device's next
 * Ping answers at once for their collections, although nothing moved since.
 */
const DocumentName = 'undelivered';

/** Generations that were sent and not delivered, by CollectionId. */
type Undelivered = Readonly<Record<string, number>>;

/** Notes that the last response for some collections, at these generations, did not arrive. */
export const markUndelivered = async (
  store: StateStore,
  partition: Partition,
  told: ReadonlyMap<string, number>,
): Promise<void> => {
  if (told.size === 0) return;
  const marked = { ...(await loadUndelivered(store, partition)), ...Object.fromEntries(told) };
  await store.commit(partition, [{ name: DocumentName, value: packDocument(marked) }]);
};

/** Generations that did not arrive. One that is no longer the current one has been settled by a Sync since. */
export const loadUndelivered = async (store: StateStore, partition: Partition): Promise<Undelivered> => {
  const document = (await store.load(partition, [DocumentName])).get(DocumentName);
  return document === undefined ? {} : unpackDocument<Undelivered>(document.value).json;
};

/** Forgets them, once a Ping has told the device to fetch. */
export const clearUndelivered = async (store: StateStore, partition: Partition): Promise<void> => {
  await store.commit(partition, [{ name: DocumentName, value: null }]);
};
