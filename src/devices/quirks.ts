import type { DeviceIdentity } from '../handlers/context.ts';
import type { MergedClass } from '../views/merged-view.ts';

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
  /** Classes of which the device takes one folder only: all folders of such a class are shown as that one. */
  readonly mergedClasses: readonly MergedClass[];
}

/** A kind of device: told by the DeviceType of its request line, or by its User-Agent. */
interface QuirkRow {
  readonly type?: RegExp;
  readonly userAgent?: RegExp;
  readonly quirks: Partial<Quirks>;
}

const OutlookForWindows: Partial<Quirks> = {
  keepsMovedItems: true,
  failsOnGoneCollections: true,
  mergedClasses: ['Contacts'],
};

/** One row a kind of device; a device has the quirks of all rows that it matches. */
const Table: readonly QuirkRow[] = [
  // Outlook 2013 and later, with an account of type "Exchange ActiveSync".
  { type: /^WindowsOutlook/i, quirks: OutlookForWindows },
  { userAgent: /^Outlook\/1\d\./, quirks: OutlookForWindows },
  { type: /^SAMSUNG/i, quirks: { mergedClasses: ['Contacts', 'Calendar', 'Tasks', 'Notes'] } },
  { userAgent: /^Android-Mail\//, quirks: { mergedClasses: ['Contacts', 'Tasks', 'Notes'] } },
  { type: /^i(?:Phone|Pad|Pod)/, quirks: { mergedClasses: ['Notes'] } },
];

/** A device that does as the specification says. */
export const NoQuirks: Quirks = { keepsMovedItems: false, failsOnGoneCollections: false, mergedClasses: [] };

/** Whether the folders of a class are shown as one: to devices that the table names, to all, to none. */
export const MergeRules = ['auto', 'always', 'never'] as const;
export type MergeRule = (typeof MergeRules)[number];

/** What the administrator says of it, by class; the table unless told. */
export type MergeRulesByClass = Readonly<Partial<Record<MergedClass, MergeRule | undefined>>>;

/** The quirks of a device. */
export const quirksOf = ({ type, userAgent = '' }: Pick<DeviceIdentity, 'type' | 'userAgent'>): Quirks =>
  Object.assign(
    { ...NoQuirks },
    ...Table.filter((row) => row.type?.test(type) || row.userAgent?.test(userAgent)).map(({ quirks }) => quirks),
  );

const Classes: readonly MergedClass[] = ['Contacts', 'Calendar', 'Tasks', 'Notes'];

/** The classes whose folders a device is shown as one. */
export const mergedClassesOf = (
  device: Pick<DeviceIdentity, 'type' | 'userAgent'>,
  rules: MergeRulesByClass = {},
): readonly MergedClass[] => {
  const { mergedClasses } = quirksOf(device);
  return Classes.filter((one) => {
    const rule = rules[one] ?? 'auto';
    return rule === 'auto' ? mergedClasses.includes(one) : rule === 'always';
  });
};
