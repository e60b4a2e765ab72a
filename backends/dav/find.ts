import { isBackendError } from '../contract/errors.ts';
import type { ItemId } from '../contract/items.ts';
import type { DavSession } from './account.ts';
import type { Multistatus } from './client.ts';
import type { CollectionFolder } from './collections.ts';
import { statusIn } from './failures.ts';
import { idAt, objectsOf } from './listing.ts';
import { nativeText, readObjects } from './read.ts';

/** The UID of an object: the first in it, for all its components share one; `undefined`: it has none. */
export const uidOf = (text: string): string | undefined => {
  const unfolded = text.replace(/\r?\n[ \t]/g, '');
  return /^(?:[A-Za-z0-9-]+\.)?UID(?:;[^:\r\n]*)?:(.*?)\s*$/im.exec(unfolded)?.[1];
};

/**
 * The object of a UID. The server's filter is a search for part of the text at best, so what it finds
 * is compared; where it refuses to search, all objects are.
 */
export const findByUid = async (
  session: DavSession,
  folder: CollectionFolder,
  uid: string,
  signal?: AbortSignal,
): Promise<ItemId | undefined> => {
  const { flavour } = session;
  const body = flavour.uidQuery(uid, folder.component);
  const { url } = folder.collection;
  let answer: Multistatus;
  try {
    answer = await session.multistatus({ method: 'REPORT', url, body, depth: '1', otherwise: 'rejected', signal });
  } catch (error) {
    // Xandikos breaks on a question for contacts.
    const isRefused = isBackendError(error, 'forbidden', 'rejected', 'unsupported', 'conflict');
    if (!isRefused && statusIn(error) !== 500) throw error;
    return searchAll(session, folder, uid, signal);
  }
  for (const resource of answer.resources) {
    const text = resource.properties.get(flavour.dataProperty)?.text;
    const id = idAt(session, folder, resource.href);
    if (id !== undefined && text !== undefined && uidOf(nativeText(text)) === uid) return id;
  }
  return undefined;
};

const searchAll = async (
  session: DavSession,
  folder: CollectionFolder,
  uid: string,
  signal: AbortSignal | undefined,
): Promise<ItemId | undefined> => {
  const ids = [...(await objectsOf(session, folder, signal)).keys()];
  for await (const read of readObjects(session, folder, ids, signal)) {
    if (read.outcome === 'item' && uidOf(read.text) === uid) return read.id;
  }
  return undefined;
};
