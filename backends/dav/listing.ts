import { BackendError } from '../contract/errors.ts';
import type { ItemId, Revision } from '../contract/items.ts';
import type { DavSession } from './account.ts';
import { propertyText } from './client.ts';
import { type CollectionFolder, type Mark, MarkProperties, markOf, pathOf } from './collections.ts';
import { digest } from './digest.ts';
import { calendarQuery } from './flavours.ts';
import type { DavResource } from './multistatus.ts';
import { propfind } from './names.ts';
import { idOfSegment, isDigested, segmentOfId } from './object-names.ts';
import { child } from './xml.ts';

/** Objects of a folder by id, with their ETags. */
export type Objects = ReadonlyMap<ItemId, string>;

/**
 * A revision out of an ETag. Proxies that compress mark ETags as weak, or put an ending to them:
 * that is not another object.
 */
export const revisionOf = (etag: string): Revision =>
  digest(etag.replace(/^W\//, '').replace(/[-;](gzip|br|deflate)"$/, '"'));

const memoryKey = ({ collection }: CollectionFolder, id: ItemId): string => `${collection.path}\0${id}`;

/** An object at an address in a folder; `undefined` for what is no object of it. */
const objectAt = (
  session: DavSession,
  folder: CollectionFolder,
  href: string,
): { readonly id: ItemId; readonly segment: string } | undefined => {
  const { collection } = folder;
  const url = session.client.address(href, collection.url);
  const segment = url?.pathname.split('/').at(-1) ?? '';
  if (url === undefined || segment === '' || pathOf(new URL('.', url)) !== collection.path) return undefined;
  const id = idOfSegment(segment, session.flavour.extension);
  if (isDigested(id)) session.account.segments.set(memoryKey(folder, id), segment);
  return { id, segment };
};

/** The id of an object at an address in a folder; `undefined` for what is no object of it. */
export const idAt = (session: DavSession, folder: CollectionFolder, href: string): ItemId | undefined =>
  objectAt(session, folder, href)?.id;

/** Addresses of objects. Ids that do not tell theirs, and are not remembered, are looked up by one listing. */
export const addressesOf = async (
  session: DavSession,
  folder: CollectionFolder,
  ids: readonly ItemId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<ItemId, URL>> => {
  const { flavour, account } = session;
  const segment = (id: ItemId) => segmentOfId(id, flavour.extension) ?? account.segments.get(memoryKey(folder, id));
  const found = new Map<ItemId, URL>();
  const add = (id: ItemId, part: string | undefined): void => {
    if (part !== undefined) found.set(id, new URL(part, folder.collection.url));
  };
  for (const id of ids) add(id, segment(id));
  const unknown = new Set(ids.filter((id) => !found.has(id) && isDigested(id)));
  if (unknown.size === 0) return found;
  const onSegment = (id: ItemId, part: string) => unknown.has(id) && add(id, part);
  await objectsOf(session, folder, signal, onSegment);
  return found;
};

/** Remembers the ETag of an object, for whoever is about to replace it. */
export const rememberTag = (session: DavSession, folder: CollectionFolder, id: ItemId, etag: string): void =>
  session.account.tags.set(memoryKey(folder, id), etag);

/** The ETag of an object as it was last seen. */
export const rememberedTag = (session: DavSession, folder: CollectionFolder, id: ItemId): string | undefined =>
  session.account.tags.get(memoryKey(folder, id));

/** Forgets the ETag of an object that is to be looked at again. */
export const forgetTag = (session: DavSession, folder: CollectionFolder, id: ItemId): void =>
  session.account.tags.delete(memoryKey(folder, id));

/** Whether a folder shows only some of the objects of its collection. */
export const isShared = ({ collection }: CollectionFolder): boolean => collection.components.length > 1;

/** The objects of a folder. Throws `notFound` when it is gone. */
export const objectsOf = async (
  session: DavSession,
  folder: CollectionFolder,
  signal?: AbortSignal,
  onSegment: (id: ItemId, segment: string) => unknown = () => undefined,
): Promise<Objects> => {
  const { url } = folder.collection;
  const { resources } = await session.multistatus(
    isShared(folder)
      ? { method: 'REPORT', url, body: calendarQuery('<D:getetag/>', folder.component), depth: '1', signal }
      : { method: 'PROPFIND', url, body: propfind(['D:getetag', 'D:resourcetype']), depth: '1', signal },
  );
  const objects = new Map<ItemId, string>();
  for (const resource of resources) {
    const object = isObject(resource) ? objectAt(session, folder, resource.href) : undefined;
    if (object === undefined) continue;
    objects.set(object.id, propertyText(resource, 'D:getetag') ?? '');
    onSegment(object.id, object.segment);
  }
  return objects;
};

/**
 * The objects of a calendar that are not over before an instant (RFC 4791, 9.9). Repeated ones are
 * asked for by themselves: servers that look only so far for their last occurrence leave some out.
 */
export const objectsSince = async (
  session: DavSession,
  folder: CollectionFolder,
  since: Date,
  signal: AbortSignal | undefined,
): Promise<Objects> => {
  const start = `${since.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const { url } = folder.collection;
  const answers = await Promise.all(
    [`<C:time-range start="${start}"/>`, '<C:prop-filter name="RRULE"/>'].map((filter) => {
      const body = calendarQuery('<D:getetag/>', folder.component, filter);
      return session.multistatus({ method: 'REPORT', url, body, depth: '1', signal });
    }),
  );
  const found = answers.flatMap(({ resources }) => resources.filter(isObject));
  return new Map(
    found.flatMap((resource) => {
      const id = idAt(session, folder, resource.href);
      return id === undefined ? [] : [[id, propertyText(resource, 'D:getetag') ?? ''] as const];
    }),
  );
};

const isObject = ({ status = 200, properties }: DavResource): boolean =>
  status < 300 && child(properties.get('D:resourcetype'), 'D:collection') === undefined;

/** How far a folder has got now. Throws `notFound` when it is gone. */
export const readMark = async (
  session: DavSession,
  { collection: { url } }: CollectionFolder,
  signal?: AbortSignal,
): Promise<Mark> => {
  const body = propfind(MarkProperties);
  const { resources } = await session.multistatus({ method: 'PROPFIND', url, body, depth: '0', signal });
  const [resource] = resources;
  if (resource === undefined || (resource.status ?? 200) >= 400)
    throw new BackendError('notFound', { detail: 'folder' });
  return markOf(resource, session.settings.changesBy);
};
