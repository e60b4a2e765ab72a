import type { Partition } from './contract.ts';

/**
 * Names of partitions: `account/<account>` and `partnership/<account>/<device>`. Every UTF-16 unit
 * outside `A-Z a-z 0-9 @ . _ -` is written as `%` and four hex digits, so that no two pairs of names
 * share a partition whatever characters they hold, and a name fits into a Redis hash tag.
 */
const escapeText = (text: string): string =>
  text.replace(/[^A-Za-z0-9@._-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const unescapeText = (text: string): string =>
  text.replace(/%([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** The partition of what belongs to an account whatever device asks. */
export const accountPartition = (account: string): Partition => `account/${escapeText(account)}`;

/** The partition of a partnership: one device of one account. */
export const partnershipPartition = (account: string, deviceId: string): Partition =>
  `${partnershipPrefix(account)}${escapeText(deviceId)}`;

/** What the names of all partnerships of an account begin with; without an account, of all accounts. */
export const partnershipPrefix = (account?: string): string =>
  account === undefined ? 'partnership/' : `partnership/${escapeText(account)}/`;

/** Account and device of a partnership's partition; `undefined` for any other name. */
export const parsePartnership = (partition: Partition): { account: string; deviceId: string } | undefined => {
  const [kind, account, deviceId, rest] = partition.split('/');
  if (kind !== 'partnership' || account === undefined || deviceId === undefined || rest !== undefined) return undefined;
  return { account: unescapeText(account), deviceId: unescapeText(deviceId) };
};
