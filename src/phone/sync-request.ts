import type { BodyPreference } from '../../protocol/classes/air-sync-base.ts';
import type { SyncOptions, SyncRequest, SyncRequestCollection } from '../../protocol/commands/sync.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import type { SentCollection } from './collection.ts';

/** What a phone wants of its folders. */
export interface FolderWish {
  /** Age of the mail wanted: 0 all, 1 a day … 5 a month ([MS-ASCMD] 2.2.3.68.2). */
  readonly filterType?: number | undefined;
  /** Items in one answer ([MS-ASCMD] 2.2.3.199). */
  readonly windowSize?: number | undefined;
  readonly bodyPreferences?: readonly BodyPreference[] | undefined;
  readonly mimeSupport?: number | undefined;
  readonly mimeTruncation?: number | undefined;
  /** 0: the phone wins, 1: the server wins ([MS-ASCMD] 2.2.3.35). */
  readonly conflict?: number | undefined;
  readonly deletesAsMoves?: boolean | undefined;
  readonly getChanges?: boolean | undefined;
}

/** What Android asks for: a window of ten, a week of mail, HTML bodies. */
export const AndroidWish: FolderWish = {
  filterType: 3,
  windowSize: 10,
  bodyPreferences: [{ type: 2, truncationSize: 200_000 }],
  deletesAsMoves: true,
};

/** A collection to ask for. */
export interface WishedCollection extends SentCollection {
  /** Said in the request up to 12.1 only. */
  readonly itemClass: string;
}

/** How long a Sync may wait for changes: minutes, or seconds from 14.0 on. */
export type SyncWait = { readonly wait: number } | { readonly heartbeatInterval: number };

/** The Sync request for some collections. With SyncKey 0 a phone says neither Options nor changes. */
export const syncRequestFor = (
  version: ProtocolVersion,
  collections: readonly WishedCollection[],
  wish: FolderWish,
  wait?: SyncWait,
): SyncRequest => ({
  collections: { collection: collections.map((each) => collectionRequest(version, each, wish)) },
  ...wait,
});

const collectionRequest = (
  version: ProtocolVersion,
  { itemClass, syncKey, collectionId, commands }: WishedCollection,
  wish: FolderWish,
): SyncRequestCollection => ({
  class: can(version, 'classInCollection') ? itemClass : undefined,
  syncKey,
  collectionId,
  ...(syncKey === '0' ? { options: [] } : continued(wishOf(itemClass, wish))),
  commands: commands?.length ? commands : undefined,
});

/** Ages and MIME are of mail; what is wished of mail is asked for as plain text of anything else. */
const wishOf = (itemClass: string, wish: FolderWish): FolderWish => {
  if (itemClass === 'Email') return wish;
  const { windowSize, conflict, getChanges, bodyPreferences } = wish;
  const texts = bodyPreferences?.map(({ truncationSize }) => ({ type: 1, truncationSize }));
  return { filterType: 0, windowSize, conflict, getChanges, bodyPreferences: texts?.slice(0, 1) };
};

const continued = (
  wish: FolderWish,
): Pick<SyncRequestCollection, 'options' | 'windowSize' | 'getChanges' | 'deletesAsMoves'> => ({
  deletesAsMoves: wish.deletesAsMoves,
  getChanges: wish.getChanges,
  windowSize: wish.windowSize,
  options: optionsOf(wish),
});

const optionsOf = ({
  filterType,
  bodyPreferences,
  mimeSupport,
  mimeTruncation,
  conflict,
}: FolderWish): readonly SyncOptions[] => {
  const scalars = { filterType, mimeSupport, mimeTruncation, conflict };
  const says = bodyPreferences !== undefined || Object.values(scalars).some((value) => value !== undefined);
  return says ? [{ ...scalars, bodyPreferences: bodyPreferences ?? [] }] : [];
};
