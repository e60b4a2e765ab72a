import type { ItemId } from '../contract/items.ts';
import { digest } from './digest.ts';

/**
 * Ids of objects out of their file names. A plain name with the usual ending, such as the UUIDs that
 * nearly all programs choose, is its own id, so that an id leads back to its object without asking.
 *
 * | file name                | id                         |
 * | ------------------------ | -------------------------- |
 * | `0f3c….ics`              | `0f3c…`                    |
 * | `0f3c…`, `0f3c….ical`    | `-n0f3c…`, `-n0f3c….ical`  |
 * | long, or with others     | `-h` and a digest          |
 */
const Other = '-n';
const Digest = '-h';

/** Characters that an ItemId may have. */
const plain = /^[A-Za-z0-9._-]{1,40}$/;

/** A name as it is written in an address, decoded; as it is where it is no percent-encoded UTF-8. */
const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

/**
 * The id of an object.
 *
 * @param segment last part of its address, percent-encoded
 * @param extension usual ending of such names, with its dot
 */
export const idOfSegment = (segment: string, extension: string): ItemId => {
  const name = decoded(segment);
  const stem = name.endsWith(extension) ? name.slice(0, -extension.length) : undefined;
  if (stem !== undefined && plain.test(stem) && !stem.startsWith('-')) return stem;
  const other = `${Other}${name}`;
  return plain.test(other) ? other : `${Digest}${digest(name)}`;
};

/**
 * The last part of an object's address; `undefined` for an id that does not tell it (see
 * {@link isDigested}), or that no object can have: an id never leads out of its folder.
 */
export const segmentOfId = (id: ItemId, extension: string): string | undefined => {
  if (!plain.test(id)) return undefined;
  if (!id.startsWith('-')) return `${id}${extension}`;
  const name = id.slice(Other.length);
  return id.startsWith(Other) && name !== '' && !/^\.+$/.test(name) ? name : undefined;
};

/** Whether the address of this object is known from a listing only. */
export const isDigested = (id: ItemId): boolean => id.startsWith(Digest);
