import type { Abilities } from '../contract/backend.ts';
import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId, ItemClass } from '../contract/folders.ts';

/** The store of each class but mail. */
export const GroupwareStores = {
  Contacts: 'contacts',
  Calendar: 'events',
  Tasks: 'tasks',
  Notes: 'notes',
} as const satisfies Record<Exclude<ItemClass, 'Email'>, keyof Abilities>;

/** Name of a store of such a class. */
export type GroupwareName = (typeof GroupwareStores)[keyof typeof GroupwareStores];

/** Names of all of them. */
export const GroupwareNames: readonly GroupwareName[] = Object.values(GroupwareStores);

/**
 * One backend as a part of an account. Folders of the leading part, which has the mail, keep the ids that it
 * gives them; those of another part have its name in front, so that they never clash.
 */
export interface Part {
  /** Empty: the leading part. */
  readonly prefix: string;
  readonly abilities: Abilities;
}

/** What stands before the ids of a part: no leading part gives ids that begin with `@`. */
export const prefixOf = (name: string): string => `@${encodeURIComponent(name)}/`;

/** The id of a part's folder within the account. */
export const outerId = ({ prefix }: Part, id: FolderId): FolderId => prefix + id;

/** A folder within its part. */
export interface Place {
  readonly part: Part;
  readonly id: FolderId;
}

/** The part that a folder belongs to; `undefined`: to one that there is no more. */
export const findPlace = (parts: readonly Part[], folder: FolderId): Place | undefined => {
  const end = folder.startsWith('@') ? folder.indexOf('/') + 1 : 0;
  const part = parts.find(({ prefix }) => prefix === folder.slice(0, end));
  return part === undefined ? undefined : { part, id: folder.slice(end) };
};

/** The part that a folder belongs to. Throws `notFound`. */
export const placeOf = (parts: readonly Part[], folder: FolderId): Place => {
  const place = findPlace(parts, folder);
  if (place === undefined) throw new BackendError('notFound', { detail: 'no such folder' });
  return place;
};

/** Folders by the part that they belong to; those of none are left out. */
export const byPart = (
  parts: readonly Part[],
  folders: readonly FolderId[],
): readonly { readonly part: Part; readonly ids: readonly FolderId[] }[] =>
  parts.flatMap((part) => {
    const ids = folders.flatMap((folder) => {
      const place = findPlace(parts, folder);
      return place?.part === part ? [place.id] : [];
    });
    return ids.length === 0 ? [] : [{ part, ids }];
  });

/**
 * Whether a failure means that a part cannot be used now. A password that one server refuses, after another
 * one proved it, is its own trouble: it must neither ask the user for a password nor take the mail down.
 */
export const isAway = (error: unknown): boolean => isBackendError(error, 'unavailable', 'loginRefused');

/** A failure as the account has it: that another part refuses the password is no reason to ask the user for one. */
const calmed = ({ prefix }: Part, error: unknown): unknown =>
  prefix !== '' && isBackendError(error, 'loginRefused')
    ? new BackendError('unavailable', { detail: error.message, cause: error })
    : error;

/** Has a part work. */
export const inPart = async <Result>(part: Part, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    throw calmed(part, error);
  }
};

/** Has a part give one result after the other. */
export async function* eachInPart<Result>(part: Part, work: () => AsyncIterable<Result>): AsyncIterable<Result> {
  try {
    yield* work();
  } catch (error) {
    throw calmed(part, error);
  }
}

/**
 * Milliseconds that the account waits for a part beside the leading one: devices show nothing before they have
 * the hierarchy, and give up at 30 s. One that takes longer counts as away.
 */
export const PartTime = 8_000;

/** The result of a part's work; throws `unavailable` when it takes longer than that. */
export const within = async <Result>(milliseconds: number, work: Promise<Result>): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new BackendError('unavailable', { detail: 'too slow' })), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
