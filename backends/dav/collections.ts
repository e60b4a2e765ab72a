import type { Folder, FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { ObjectKind } from '../contract/objects.ts';
import { hrefIn, type Multistatus, propertyText } from './client.ts';
import { digest } from './digest.ts';
import { withSlash } from './discovery.ts';
import { ClassOf, type CollectionRole, type Flavour, UsualNames } from './flavours.ts';
import type { DavResource } from './multistatus.ts';
import type { DavSettings } from './settings.ts';
import { child } from './xml.ts';

/** How far a collection has got: its sync-token, its ctag, or nothing that tells. */
export type Mark =
  | { readonly by: 'token'; readonly value: string }
  | { readonly by: 'ctag'; readonly value: string }
  | { readonly by: 'etags' };

/** A collection of objects as its home lists it. */
export interface Collection {
  readonly url: URL;
  /** Its address without the server, decoded: what it is known by. */
  readonly path: string;
  readonly name: string;
  readonly components: readonly ObjectKind[];
  readonly isWritable: boolean;
  /** Whether the server says that it belongs to somebody else, who shares it. */
  readonly isForeign: boolean;
  readonly mark: Mark;
  /** Whether the server says that new events without a place of their own belong here (RFC 6638, 9.2). */
  readonly isPreferred: boolean;
}

/** A folder, and the collection behind it; a collection with several kinds of objects is a folder of each. */
export interface CollectionFolder extends Folder {
  readonly role: CollectionRole;
  readonly component: ObjectKind;
  readonly collection: Collection;
}

/** Properties that tell how far a collection has got. */
export const MarkProperties = ['D:sync-token', 'CS:getctag'];

/** Properties of collections, as a home is asked for them. */
export const CollectionProperties = [
  'D:resourcetype',
  'D:displayname',
  'D:current-user-privilege-set',
  'D:owner',
  'C:supported-calendar-component-set',
  'C:schedule-default-calendar-URL',
  ...MarkProperties,
];

/** The mark that is to be gone by. */
export const markOf = (resource: DavResource, by: DavSettings['changesBy']): Mark => {
  const token = by === 'auto' ? propertyText(resource, 'D:sync-token') : undefined;
  if (token !== undefined) return { by: 'token', value: token };
  const ctag = by === 'etags' ? undefined : propertyText(resource, 'CS:getctag');
  return ctag === undefined ? { by: 'etags' } : { by: 'ctag', value: ctag };
};

/** A mark as a position; `undefined`: only the objects can tell. */
export const positionOf = (mark: Mark): Position | undefined => (mark.by === 'etags' ? undefined : digest(mark.value));

/** The path of an address in one form, however it is encoded: decoded, but for slashes within names. */
export const pathOf = ({ pathname }: URL): string => {
  try {
    const parts = pathname.split('/').map((part) => decodeURIComponent(part).replaceAll('/', '%2F'));
    return parts.join('/');
  } catch {
    return pathname;
  }
};

const Writing = ['D:write', 'D:all', 'D:write-content', 'D:bind'];

/** A server that tells no privileges has none to withhold. */
const isWritable = ({ properties }: DavResource): boolean => {
  const set = properties.get('D:current-user-privilege-set');
  if (set === undefined || set.children.length === 0) return true;
  return set.children.some((privilege) => privilege.children.some(({ name }) => Writing.includes(name)));
};

/** What a look at homes needs to know. */
export interface CollectionOptions {
  readonly flavour: Flavour;
  readonly settings: Pick<DavSettings, 'components' | 'changesBy' | 'leaveOut' | 'default'>;
  /** An address that the server told, or `undefined` where it must not be used. */
  readonly address: (href: string, base: URL) => URL | undefined;
  /** The user's principal, where it is known. */
  readonly principal?: URL | undefined;
}

/** The collections that a home lists. */
export const collectionsIn = (answer: Multistatus, options: CollectionOptions): Collection[] => {
  const { flavour, settings, address } = options;
  const preferred = answer.resources.map((one) => hrefIn(one, 'C:schedule-default-calendar-URL')).filter(isThere);
  const preferredPaths = preferred
    .map((href) => address(href, answer.url))
    .filter(isThere)
    .map(slashedPath);
  return answer.resources.flatMap((resource) => {
    const url = address(resource.href, answer.url);
    if (url === undefined || child(resource.properties.get('D:resourcetype'), flavour.resourceType) === undefined) {
      return [];
    }
    const path = slashedPath(url);
    const collection: Collection = {
      url: withSlash(url),
      path,
      name: propertyText(resource, 'D:displayname') ?? lastPart(path),
      components: flavour.componentsOf(resource),
      isWritable: isWritable(resource),
      isForeign: isForeign(resource, answer.url, options),
      mark: markOf(resource, settings.changesBy),
      isPreferred: preferredPaths.includes(path),
    };
    return isLeftOut(collection, settings.leaveOut) ? [] : [collection];
  });
};

/** Where owner or user is not told, the collection is the user's. */
const isForeign = (resource: DavResource, base: URL, { principal, address }: CollectionOptions): boolean => {
  const href = hrefIn(resource, 'D:owner');
  const owner = href === undefined ? undefined : address(href, base);
  return owner !== undefined && principal !== undefined && slashedPath(owner) !== slashedPath(principal);
};

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

const slashedPath = (url: URL): string => pathOf(withSlash(url));

const lastPart = (path: string): string => path.split('/').filter(Boolean).at(-1) ?? path;

const isLeftOut = ({ name, path }: Collection, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const expression = new RegExp(`^${parts.join('.*')}/?$`, 's');
    return expression.test(name) || expression.test(path);
  });

/** The id of a collection's folder: the collection's place, which a rename leaves as it is. */
export const folderIdOf = (component: ObjectKind, path: string): FolderId => `${component}.${digest(path)}`;

/** The folders of collections, for each kind of objects that is served. */
export const foldersOf = (
  collections: readonly Collection[],
  components: readonly ObjectKind[],
  wanted: string | undefined,
): CollectionFolder[] =>
  components.flatMap((component) => {
    const suitable = collections.filter((one) => one.components.includes(component));
    const main = defaultOf(suitable, component, wanted);
    return suitable.map((collection) => ({
      id: folderIdOf(component, collection.path),
      name: collection.name,
      role: collection === main ? ('default' as const) : ('user' as const),
      itemClass: ClassOf[component],
      selectable: true,
      component,
      collection,
    }));
  });

/** The main one: as configured, as the server says, by its usual name, else the first by its path. */
const defaultOf = (
  collections: readonly Collection[],
  component: ObjectKind,
  wanted: string | undefined,
): Collection | undefined => {
  const usual = UsualNames[component];
  const rank = (one: Collection): number => {
    if (wanted !== undefined && (one.name === wanted || one.path === wanted || one.path === `${wanted}/`)) return -2;
    if (one.isPreferred) return -1;
    const place = usual.indexOf(lastPart(one.path).toLowerCase());
    return (place < 0 ? usual.length : place) + (one.isWritable ? 0 : usual.length + 1);
  };
  const ranked = collections.map((one) => ({ one, rank: rank(one) }));
  ranked.sort((a, b) => a.rank - b.rank || (a.one.path < b.one.path ? -1 : 1));
  return ranked[0]?.one;
};
