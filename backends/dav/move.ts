import { BackendError, isBackendError } from '../contract/errors.ts';
import type { MovedItem } from '../contract/folders.ts';
import type { ItemId } from '../contract/items.ts';
import type { DavSession } from './account.ts';
import type { CollectionFolder } from './collections.ts';
import { digest } from './digest.ts';
import { revisionOf } from './listing.ts';
import { idOfSegment } from './object-names.ts';
import { readObjects } from './read.ts';
import { createObject, etagAt } from './write.ts';

/** One object that is to go to another folder. */
export interface Move {
  readonly item: ItemId;
  readonly url: URL;
  readonly from: CollectionFolder;
  readonly to: CollectionFolder;
}

/** Moves an object under its own name; `undefined`: it is not there. Throws `exists`, `rejected`, `forbidden`. */
export const moveObject = async (session: DavSession, move: Move): Promise<MovedItem | undefined> => {
  const { item, url, to } = move;
  const segment = url.pathname.split('/').at(-1) ?? '';
  const target = new URL(segment, to.collection.url);
  if (target.href === url.href) return { id: item, newId: item };
  try {
    const headers = { destination: target.href, overwrite: 'F' };
    const answer = await session.order({ method: 'MOVE', url, headers, repeatable: false, otherwise: 'rejected' });
    return movedTo(session, item, segment, answer.header('etag'));
  } catch (error) {
    if (isBackendError(error, 'notFound')) return movedBefore(session, move, target);
    // The name may be taken there, or the server does not move.
    if (isBackendError(error, 'conflict', 'unsupported', 'rejected', 'forbidden')) return copyAndRemove(session, move);
    throw error;
  }
};

const movedTo = (session: DavSession, id: ItemId, segment: string, etag: string | undefined): MovedItem => ({
  id,
  newId: idOfSegment(segment, session.flavour.extension),
  ...(etag === undefined ? {} : { revision: revisionOf(etag) }),
});

/** An earlier attempt, whose answer was lost, may have moved it. */
const movedBefore = async (session: DavSession, { item }: Move, target: URL): Promise<MovedItem | undefined> => {
  const etag = await etagAt(session, target);
  return etag === undefined ? undefined : movedTo(session, item, target.pathname.split('/').at(-1) ?? '', etag);
};

/** The copy has a name made of where it comes from, so that a repeated attempt finds it. */
const copyAndRemove = async (session: DavSession, { item, url, from, to }: Move): Promise<MovedItem | undefined> => {
  for await (const read of readObjects(session, from, [item])) {
    if (read.outcome === 'missing') return undefined;
    if (read.outcome === 'unreadable') throw new BackendError('rejected', { detail: read.reason });
    const name = Buffer.from(digest(`${url.href}\0${read.revision}`)).toString('hex');
    const copy = await createObject(session, to, read.text, name);
    await session.order({ method: 'DELETE', url, repeatable: true, otherwise: 'forbidden' });
    return { id: item, newId: copy.id, revision: copy.revision };
  }
  return undefined;
};
