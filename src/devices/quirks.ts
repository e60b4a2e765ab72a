import type { DeviceIdentity } from '../handlers/context.ts';

/**
 * What kinds of devices do that no request of theirs shows, so that the server has to know it. Whatever
 * can be told from a request, or is right for all, is no quirk and not here. Each has its test, which
 * docs/compatibility.md names.
 */
export interface Quirks {
  /**
   * After MoveItems the device shows the item in its new folder by itself, and shows it twice when the
   * next Sync adds it there: the item counts as held once the answer was delivered, and is told as a Change.
   */
  readonly keepsMovedItems: boolean;
  /** Sync Status 8 and 12 for a collection that is gone end the device's Sync: it is left out instead. */
  readonly failsOnGoneCollections: boolean;
}

/** A kind of device: told by the DeviceType of its request line, or by its User-Agent. */
interface QuirkRow {
  readonly type?: RegExp;
  readonly userAgent?: RegExp;
  readonly quirks: Partial<Quirks>;
}

/** One row a kind of device; a device has the quirks of all rows that it matches. */
const Table: readonly QuirkRow[] = [
  // Outlook 2013 and later, with an account of type "Exchange ActiveSync".
  { type: /^WindowsOutlook/i, quirks: { keepsMovedItems: true, failsOnGoneCollections: true } },
  { userAgent: /^Outlook\/1\d\./, quirks: { keepsMovedItems: true, failsOnGoneCollections: true } },
];

/** A device that does as the specification says. */
export const NoQuirks: Quirks = { keepsMovedItems: false, failsOnGoneCollections: false };

/** The quirks of a device. */
export const quirksOf = ({ type, userAgent = '' }: Pick<DeviceIdentity, 'type' | 'userAgent'>): Quirks =>
  Object.assign(
    { ...NoQuirks },
    ...Table.filter((row) => row.type?.test(type) || row.userAgent?.test(userAgent)).map(({ quirks }) => quirks),
  );
