import { BackendError, isBackendError } from '../contract/errors.ts';
import { IdSet } from '../contract/id-set.ts';
import type { Cursor, ItemId } from '../contract/items.ts';
import type { ChangedObject, ObjectChanges } from '../contract/objects.ts';
import type { DavSession } from './account.ts';
import { type Multistatus, propertyText } from './client.ts';
import type { CollectionFolder } from './collections.ts';
import { positionIn, readCursor, type State, stateOf, writeCursor } from './cursors.ts';
import { statusIn } from './failures.ts';
import { idAt, isShared, objectsOf, readMark, revisionOf } from './listing.ts';
import type { DavResource } from './multistatus.ts';
import { escapeXml, xmlDocument } from './names.ts';
import { componentIn, readObjects } from './read.ts';

/** What happened in a folder since a cursor. Throws `cursorRefused`. */
export const changesSince = async (
  session: DavSession,
  folder: CollectionFolder,
  cursor: Cursor,
  signal?: AbortSignal,
): Promise<ObjectChanges> => {
  const state = readCursor(cursor);
  if (state.by === 'etags') return byComparison(session, folder, state, signal);
  if (session.settings.changesBy !== 'auto') throw new BackendError('cursorRefused', { detail: 'sync-tokens are off' });
  return bySyncCollection(session, folder, state.token, signal);
};

/** Without sync-collection: nothing where the ctag is the same, else all ETags are compared. */
const byComparison = async (
  session: DavSession,
  folder: CollectionFolder,
  before: Extract<State, { by: 'etags' }>,
  signal: AbortSignal | undefined,
): Promise<ObjectChanges> => {
  const mark = await readMark(session, folder, signal);
  const first = stateOf(mark, new Map());
  if (first.by === 'etags' && first.ctag !== '' && first.ctag === before.ctag) {
    return {
      changed: [],
      gone: { removed: IdSet.empty },
      cursor: writeCursor(before),
      position: positionIn(before),
    };
  }
  const objects = await objectsOf(session, folder, signal);
  const changed = [...objects].filter(([id, etag]) => !before.seen.has(id, etag));
  const state = stateOf(mark, objects);
  return {
    changed: changed.map(([id, etag]) => ({ id, revision: revisionOf(etag) })),
    gone: { present: IdSet.of(objects.keys()) },
    cursor: writeCursor(state),
    position: positionIn(state),
  };
};

/** Answers to one sync-collection at most: a server that always has more is never done. */
const PageLimit = 1_000;

/** Statuses with which servers refuse a sync-token they do not know, whether they say so or not. */
const isRefusedToken = (error: unknown): boolean =>
  isBackendError(error, 'cursorRefused', 'forbidden', 'conflict', 'rejected', 'unsupported', 'overQuota');

/** Xandikos breaks on tokens that it does not know: a server that works otherwise has refused this one. */
const isBrokenByToken = async (
  session: DavSession,
  folder: CollectionFolder,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<boolean> => statusIn(error) === 500 && (await readMark(session, folder, signal)).by === 'token';

/** RFC 6578: the server tells what changed since its token. */
const bySyncCollection = async (
  session: DavSession,
  folder: CollectionFolder,
  from: string,
  signal: AbortSignal | undefined,
): Promise<ObjectChanges> => {
  const found = new Map<ItemId, DavResource>();
  let token = from;
  for (let page = 1; ; page++) {
    const answer = await syncCollection(session, folder, token, signal);
    const isTruncated = collect(session, folder, answer, found);
    if (answer.syncToken === undefined || answer.syncToken === '') throw refusedCursor('it gives no sync-token');
    const isStuck = answer.syncToken === token || page >= PageLimit;
    token = answer.syncToken;
    if (!isTruncated) break;
    if (isStuck) throw refusedCursor('it does not get on');
  }
  const state: State = { by: 'token', token };
  const { changed, removed } = await sorted(session, folder, found, signal);
  return {
    changed,
    gone: { removed: IdSet.of(removed) },
    cursor: writeCursor(state),
    position: positionIn(state),
  };
};

const refusedCursor = (detail: string): BackendError =>
  new BackendError('cursorRefused', { detail: `sync-collection of this server cannot be used: ${detail}` });

const syncCollection = async (
  session: DavSession,
  folder: CollectionFolder,
  token: string,
  signal: AbortSignal | undefined,
): Promise<Multistatus> => {
  const body = xmlDocument(
    'D:sync-collection',
    `<D:sync-token>${escapeXml(token)}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/><D:getcontenttype/></D:prop>`,
  );
  const { url } = folder.collection;
  try {
    // The depth is said in the body (RFC 6578, 3.2).
    return await session.multistatus({ method: 'REPORT', url, body, depth: '0', otherwise: 'rejected', signal });
  } catch (error) {
    if (!isRefusedToken(error) && !(await isBrokenByToken(session, folder, error, signal))) throw error;
    throw new BackendError('cursorRefused', { detail: error instanceof Error ? error.message : '', cause: error });
  }
};

/** Takes over one answer; says whether the server has more to tell (507 for the collection itself). */
const collect = (
  session: DavSession,
  folder: CollectionFolder,
  { resources }: Multistatus,
  found: Map<ItemId, DavResource>,
): boolean => {
  let isTruncated = false;
  for (const resource of resources) {
    const id = idAt(session, folder, resource.href);
    if (id !== undefined) found.set(id, resource);
    else if (resource.status === 507) isTruncated = true;
  }
  return isTruncated;
};

interface Sorted {
  readonly changed: readonly ChangedObject[];
  readonly removed: readonly ItemId[];
}

/** Tells changed objects from removed ones; what the folder does not show counts as removed. */
const sorted = async (
  session: DavSession,
  folder: CollectionFolder,
  found: ReadonlyMap<ItemId, DavResource>,
  signal: AbortSignal | undefined,
): Promise<Sorted> => {
  const isThere = ({ status = 200, properties }: DavResource) => status < 300 && properties.has('D:getetag');
  const there = [...found].filter(([, resource]) => isThere(resource));
  const removed = [...found].filter(([, resource]) => !isThere(resource)).map(([id]) => id);
  const others = isShared(folder) ? await foreign(session, folder, there, signal) : new Set<ItemId>();
  const changed = there
    .filter(([id]) => !others.has(id))
    .map(([id, resource]) => ({ id, revision: revisionOf(propertyText(resource, 'D:getetag') ?? '') }));
  return { changed, removed: [...removed, ...others] };
};

/** Objects of other components: the content type tells, or else the object itself. */
const foreign = async (
  session: DavSession,
  folder: CollectionFolder,
  changed: readonly (readonly [ItemId, DavResource])[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<ItemId>> => {
  const others = new Set<ItemId>();
  const untold: ItemId[] = [];
  for (const [id, resource] of changed) {
    const told = /;\s*component="?(\w+)/i.exec(propertyText(resource, 'D:getcontenttype') ?? '')?.[1]?.toUpperCase();
    if (told === undefined) untold.push(id);
    else if (told !== folder.component) others.add(id);
  }
  for await (const read of readObjects(session, folder, untold, signal)) {
    if (read.outcome === 'item' && componentIn(read.text) !== folder.component) others.add(read.id);
  }
  return others;
};
