import type { RandomBytes } from '../handlers/context.ts';
import type { StateStore } from '../state/contract.ts';

/** Bytes of the secret behind SyncKeys. */
const SecretLength = 32;

const Partition = 'server';
const DocumentName = 'sync-key-secret';

/**
 * The secret behind SyncKeys. It lives in the state store, so that every node has the same one and
 * a restored backup still knows the keys that devices hold; it is made at the first start.
 */
export const loadSecret = async (store: StateStore, random: RandomBytes): Promise<Uint8Array> => {
  for (;;) {
    const stored = (await store.load(Partition, [DocumentName])).get(DocumentName);
    if (stored !== undefined) return stored.value;
    // Two nodes may start at once: the first secret stored is the one that both use.
    await store.commit(Partition, [{ name: DocumentName, value: random(SecretLength), expect: 0 }]);
  }
};
