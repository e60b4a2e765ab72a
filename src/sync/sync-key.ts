import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * SyncKeys. A key names a generation of what a device holds and proves that this server made it
 * for this partnership and collection, so that a forged or foreign key is told from an old one
 * even when the state behind it was lost.
 *
 * Form: `<chain>.<generation>.<mac>`, where chain and generation are base 36 and mac is 96 bits in
 * base64url: at most 40 characters of the 64 that [MS-ASCMD] 2.2.3.181.4 allows.
 */
export interface SyncKey {
  /**
   * One life of a collection on a device, from SyncKey 0 to the next SyncKey 0: the second since
   * 1970 at which it began, raised where two would be equal, so that a later life has a higher number.
   */
  readonly chain: number;
  /** Number of the generation within the chain, from 1. */
  readonly generation: number;
}

/** The key that starts anew ([MS-ASCMD] 2.2.3.181.4). */
export const InitialSyncKey = '0';

/** Bytes of the MAC: 96 bits cannot be guessed, and keep the key short. */
const MacBytes = 12;

const KeyForm = /^([0-9a-z]{1,9})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{16})$/;

/** What a key is bound to: the partnership and the collection. */
export type KeyScope = readonly [partition: string, collection: string];

/** Makes and reads the SyncKeys of one server or cluster. */
export class SyncKeys {
  readonly #secret: Uint8Array;

  /** @param secret at least 32 random bytes, the same on every node and after every restart */
  constructor(secret: Uint8Array) {
    if (secret.length < 32) throw new RangeError('SyncKeys: the secret must have at least 32 bytes');
    this.#secret = secret;
  }

  /** The text of a key. */
  format(scope: KeyScope, { chain, generation }: SyncKey): string {
    const body = `${chain.toString(36)}.${generation.toString(36)}`;
    return `${body}.${this.#mac(scope, body).toString('base64url')}`;
  }

  /** The key behind a text; `undefined` when this server never made it for this scope. */
  parse(scope: KeyScope, text: string): SyncKey | undefined {
    const match = KeyForm.exec(text);
    if (match === null) return undefined;
    const [, chain = '', generation = '', mac = ''] = match;
    const proof = Buffer.from(mac, 'base64url');
    if (!timingSafeEqual(proof, this.#mac(scope, `${chain}.${generation}`))) return undefined;
    return { chain: Number.parseInt(chain, 36), generation: Number.parseInt(generation, 36) };
  }

  #mac(scope: KeyScope, body: string): Buffer {
    const hmac = createHmac('sha256', this.#secret);
    return hmac
      .update(JSON.stringify([...scope, body]))
      .digest()
      .subarray(0, MacBytes);
  }
}
