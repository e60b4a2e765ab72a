import { BackendError, isBackendError } from '../contract/errors.ts';
import type { IdempotencyName, ItemId, Revision } from '../contract/items.ts';
import type { DavSession } from './account.ts';
import { propertyText } from './client.ts';
import type { CollectionFolder } from './collections.ts';
import { digest } from './digest.ts';
import { findByUid, uidOf } from './find.ts';
import type { HttpAnswer } from './http.ts';
import { addressesOf, forgetTag, rememberedTag, rememberTag, revisionOf } from './listing.ts';
import { propfind } from './names.ts';
import { idOfSegment } from './object-names.ts';
import { componentIn, readObjects } from './read.ts';

/** An object to be stored in place of another. */
export interface Replacement {
  readonly id: ItemId;
  readonly text: string;
  readonly expected: Revision;
}

/** Hex digits of an idempotency name that make a file name: 128 bits, and an id that tells it. */
const NameLength = 32;

/** The file name of a new object: the same name leads to the same object again. */
const segmentOf = (name: IdempotencyName, extension: string): string => `${name.slice(0, NameLength)}${extension}`;

/** Stores a new object, or finds the one of the same name. */
export const createObject = async (
  session: DavSession,
  folder: CollectionFolder,
  text: string,
  name: IdempotencyName,
): Promise<{ readonly id: ItemId; readonly revision: Revision }> => {
  const { extension } = session.flavour;
  const segment = segmentOf(name, extension);
  const id = idOfSegment(segment, extension);
  const url = new URL(segment, folder.collection.url);
  checkComponent(folder, text);
  await refuseTwin(session, folder, { id, text, name });
  try {
    const answer = await put(session, url, text, { 'if-none-match': '*' });
    return { id, revision: await revisionAfter(session, folder, { id, text }, answer) };
  } catch (error) {
    // 412: there is one of this name. Not every server looks at that before all else.
    if (!isBackendError(error, 'conflict', 'exists', 'rejected', 'forbidden')) throw error;
    const etag = await etagAt(session, url);
    if (etag !== undefined) return { id, revision: revisionOf(etag) };
    throw isBackendError(error, 'conflict')
      ? new BackendError('rejected', { detail: error.message, cause: error })
      : error;
  }
};

/** Not every server looks at what it is given, and none knows what the folder shows of its collection. */
const checkComponent = ({ component }: CollectionFolder, text: string): void => {
  if (componentIn(text) !== component) throw new BackendError('rejected', { detail: `it is no ${component}` });
};

/**
 * Not every server minds two objects of one UID. A UID that is made of the idempotency name is
 * nobody else's: most new objects need no look.
 */
const refuseTwin = async (
  session: DavSession,
  folder: CollectionFolder,
  { id, text, name }: { readonly id: ItemId; readonly text: string; readonly name: IdempotencyName },
): Promise<void> => {
  const uid = uidOf(text);
  if (uid === undefined || uid.toLowerCase().includes(name.slice(0, NameLength))) return;
  const twin = await findByUid(session, folder, uid);
  if (twin !== undefined && twin !== id) throw new BackendError('exists', { detail: 'another object of this UID' });
};

/** Replaces an object that is still as `expected`. */
export const replaceObject = async (
  session: DavSession,
  folder: CollectionFolder,
  { id, text, expected }: Replacement,
): Promise<{ readonly revision: Revision }> => {
  const url = (await addressesOf(session, folder, [id])).get(id);
  if (url === undefined) throw new BackendError('notFound', { detail: 'no such object' });
  const remembered = rememberedTag(session, folder, id);
  const isFresh = remembered !== undefined && revisionOf(remembered) === expected;
  const etag = isFresh ? remembered : await etagAt(session, url);
  if (etag === undefined) throw new BackendError('notFound', { detail: 'no such object' });
  checkComponent(folder, text);
  if (revisionOf(etag) !== expected) return refusedUnlessSame(session, folder, { id, text, expected });
  try {
    const answer = await put(session, url, text, { 'if-match': strong(etag) });
    return { revision: await revisionAfter(session, folder, { id, text }, answer) };
  } catch (error) {
    forgetTag(session, folder, id);
    if (!isBackendError(error, 'conflict', 'notFound')) throw error;
    return refusedUnlessSame(session, folder, { id, text, expected });
  }
};

/** The same replacement may have been made before, and its answer lost. */
const refusedUnlessSame = async (
  session: DavSession,
  folder: CollectionFolder,
  { id, text }: Replacement,
): Promise<{ readonly revision: Revision }> => {
  const stored = await readBack(session, folder, id);
  if (stored === undefined) throw new BackendError('notFound', { detail: 'no such object' });
  if (sameText(stored.text, text)) return { revision: stored.revision };
  throw new BackendError('conflict', { detail: 'it was changed by another program' });
};

/** If-Match compares strong ETags only (RFC 9110, 13.1.1), also where a proxy has marked one as weak. */
const strong = (etag: string): string => etag.replace(/^W\//, '');

const put = (
  session: DavSession,
  url: URL,
  body: string,
  condition: Readonly<Record<string, string>>,
): Promise<HttpAnswer> => {
  const headers = { 'content-type': session.flavour.contentType, ...condition };
  return session.order({ method: 'PUT', url, body, headers, repeatable: true, otherwise: 'rejected' });
};

/**
 * The revision of what was just stored. A server that keeps another text than it was given tells no
 * strong ETag (RFC 4791, 5.3.4), so the object is read back: where it is another text, the answer is
 * a revision that it does not have, and so the device is sent what the server made of it.
 */
const revisionAfter = async (
  session: DavSession,
  folder: CollectionFolder,
  { id, text }: { readonly id: ItemId; readonly text: string },
  answer: HttpAnswer,
): Promise<Revision> => {
  const etag = answer.header('etag');
  if (etag !== undefined && !etag.startsWith('W/')) {
    rememberTag(session, folder, id, etag);
    return revisionOf(etag);
  }
  const stored = await readBack(session, folder, id);
  return stored !== undefined && sameText(stored.text, text) ? stored.revision : digest(text);
};

const readBack = async (
  session: DavSession,
  folder: CollectionFolder,
  id: ItemId,
): Promise<{ readonly text: string; readonly revision: Revision } | undefined> => {
  for await (const read of readObjects(session, folder, [id])) if (read.outcome === 'item') return read;
  return undefined;
};

/** The same content lines, however they are folded and in whichever order. */
const sameText = (one: string, other: string): boolean => linesOf(one) === linesOf(other);

const linesOf = (text: string): string =>
  text
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .sort()
    .join('\n');

/** The ETag of a resource now; `undefined`: there is none. */
export const etagAt = async (session: DavSession, url: URL): Promise<string | undefined> => {
  try {
    const body = propfind(['D:getetag']);
    const { resources } = await session.multistatus({ method: 'PROPFIND', url, body, depth: '0' });
    const found = resources.find(({ status = 200 }) => status < 300);
    return found === undefined ? undefined : propertyText(found, 'D:getetag');
  } catch (error) {
    if (isBackendError(error, 'notFound')) return undefined;
    throw error;
  }
};
