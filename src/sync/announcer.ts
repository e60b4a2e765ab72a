import type { BeforeChange } from '../../backends/contract/groupware.ts';
import type { IdempotencyName, ItemId } from '../../backends/contract/items.ts';

/**
 * Tells the people of meetings what a device of 16.0 or later did to the events of one calendar ([MS-ASCMD] 3.1.5.5,
 * R7478). Every method throws `unavailable` when the mail cannot go out now: then the device repeats the request, and
 * what was not sent is sent then.
 */
export interface Announcer {
  /** Tells what an earlier request had still to tell; before commands of a device. */
  prepare(): Promise<void>;
  /** A meeting was made under a name. */
  added(id: ItemId, name: IdempotencyName): Promise<void>;
  /** Has an event changed. */
  changing<Result>(id: ItemId, work: (first: BeforeChange) => Promise<Result>): Promise<Result>;
  /** Has events removed. */
  removing(ids: readonly ItemId[], work: () => Promise<void>): Promise<void>;
}
