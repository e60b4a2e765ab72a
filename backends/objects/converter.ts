import type { ObjectRequest } from '../contract/groupware.ts';

/** How native objects of one kind become items of one class, and back. Pure: made of backends/convert. */
export interface ObjectConverter<Item, Patch> {
  /** What a device sees. Throws what the conversion throws; `undefined`: the text is no object of this kind. */
  read(text: string, request: ObjectRequest): Item | undefined;
  /**
   * The instant that FilterType compares, in seconds since 1970, `Infinity` for what never ends. Absent: items of
   * this class are never too old.
   */
  at?(text: string): number;
  /** The text with a patch applied; the same text where it changes nothing. Throws BackendError `rejected`. */
  patch(text: string, patch: Patch): string;
  /** A new object. `name` is where its UID comes from, if the patch brings none. Throws BackendError `rejected`. */
  make(patch: Patch, name: string): string;
}
