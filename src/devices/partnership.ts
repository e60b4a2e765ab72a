import type { DeviceInformation } from '../../protocol/commands/settings.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { DeviceIdentity } from '../handlers/context.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { StateUnavailable } from '../state/contract.ts';
import { packDocument, requireForm, unpackDocument } from '../state/document.ts';
import { partnershipPartition, partnershipPrefix } from '../state/partitions.ts';

/** A policy key that was handed out, and the policy that it stands for. */
export interface IssuedKey {
  /** Random, 1 to 2^32-1. */
  readonly key: number;
  /** Digest of the policy that the device was sent. */
  readonly policy: string;
}

/** An acknowledged key; `from` is the temporary key that was acknowledged for it, so that a repeat finds it. */
export interface PermanentKey extends IssuedKey {
  readonly from: number;
}

/** What a device is to delete: everything it holds, or only what belongs to the account. */
export type WipeKind = 'device' | 'account';

/** An order to wipe, and how far it went. Set by an administrator only. */
export interface WipeOrder {
  readonly kind: WipeKind;
  /** `sent`: the device was told; `failed`: it said that it could not, and is told again. */
  readonly state: 'requested' | 'sent' | 'failed' | 'done';
  /** Milliseconds since 1970 of the last change of `state`. */
  readonly at: number;
}

/** What is known of one device of one account. */
export interface Partnership {
  readonly deviceId: string;
  readonly deviceType: string;
  readonly userAgent?: string | undefined;
  /** Version of its last request. */
  readonly version: ProtocolVersion;
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  /** Milliseconds since 1970; true to {@link SeenStep}. */
  readonly lastSeen: number;
  readonly information?: DeviceInformation | undefined;
  /** Sent with the policy, not yet acknowledged: opens nothing but the acknowledgement. */
  readonly temporaryKey?: IssuedKey | undefined;
  readonly permanentKey?: PermanentKey | undefined;
  readonly wipe?: WipeOrder | undefined;
}

/** Longest value of DeviceInformation in characters, as the schema has it ([MS-ASCMD] 2.2.3.45). */
const MaxInformation = 1024;

/** What a device tells about itself, short enough to be kept. */
export const keptInformation = (information: DeviceInformation): DeviceInformation =>
  Object.fromEntries(
    Object.entries(information).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, MaxInformation) : value,
    ]),
  );

/** How exact `lastSeen` is, in milliseconds: a device that pings all day shall not write all day. */
export const SeenStep = 3_600_000;

/** Name of the partnership's document in its partition. */
const DocumentName = 'partnership';
/** The form that is written. */
const DocumentVersion = 1;
/** Commits that may meet another writer before the store counts as unusable. */
const MaxAttempts = 8;

/** The id that old clients send while they try out an account; nothing of it is stored. */
const ValidationDeviceId = 'validate';

/** Whether a device may have a partnership: not the id that only tries out an account. */
export const isStorable = (deviceId: string): boolean => deviceId.toLowerCase() !== ValidationDeviceId;

interface Stored {
  readonly partnership: Partnership | undefined;
  readonly revision: number;
}

const load = async (state: StateStore, partition: Partition): Promise<Stored> => {
  const document = (await state.load(partition, [DocumentName])).get(DocumentName);
  if (document === undefined) return { partnership: undefined, revision: 0 };
  const { json } = unpackDocument<{ v: number; partnership: Partnership }>(document.value);
  requireForm('partnership', json.v, DocumentVersion);
  return { partnership: json.partnership, revision: document.revision };
};

const save = (state: StateStore, partition: Partition, partnership: Partnership, expect: number): Promise<boolean> =>
  state.commit(partition, [{ name: DocumentName, value: packDocument({ v: DocumentVersion, partnership }), expect }]);

/** The partnership of a device; `undefined` when there is none. Throws StateUnavailable. */
export const loadPartnership = async (
  state: StateStore,
  account: string,
  deviceId: string,
): Promise<Partnership | undefined> => (await load(state, partnershipPartition(account, deviceId))).partnership;

/** What a request shows of its device. */
export interface Visit {
  readonly device: DeviceIdentity;
  readonly version: ProtocolVersion;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const begin = ({ device, version, now }: Visit): Partnership => ({
  deviceId: device.id,
  deviceType: device.type,
  userAgent: device.userAgent,
  version,
  firstSeen: now,
  lastSeen: now,
});

/** The partnership after a visit: the same object when nothing is worth writing. */
const visited = (partnership: Partnership, { device, version, now }: Visit): Partnership => {
  const userAgent = device.userAgent ?? partnership.userAgent;
  const same = partnership.version === version && partnership.userAgent === userAgent;
  if (same && now - partnership.lastSeen < SeenStep) return partnership;
  return { ...partnership, deviceType: device.type, userAgent, version, lastSeen: now };
};

/** The account has as many devices as it may have, and this one is not among them. */
export class TooManyDevices extends Error {
  constructor(account: string, limit: number) {
    super(`${account} has ${limit} devices, the most that are allowed`);
    this.name = 'TooManyDevices';
  }
}

/** Throws TooManyDevices when the account has no room for another device. */
const demandRoom = async (state: StateStore, account: string, limit: number): Promise<void> => {
  let count = 0;
  for await (const _ of state.partitions(partnershipPrefix(account))) {
    if (++count >= limit) throw new TooManyDevices(account, limit);
  }
};

/**
 * Changes a partnership, beginning it when there is none; whoever else writes meanwhile, both changes
 * last. `change` may be called again with newer state; returning the same object writes nothing.
 * Devices that only try out an account get an answer and leave no trace.
 *
 * @param limit Partnerships that the account may have: looked at only when one begins.
 * @throws StateUnavailable, TooManyDevices
 */
export const updatePartnership = async (
  state: StateStore,
  account: string,
  visit: Visit,
  change: (partnership: Partnership) => Partnership = (partnership) => partnership,
  limit = Number.POSITIVE_INFINITY,
): Promise<Partnership> => {
  if (!isStorable(visit.device.id)) return change(begin(visit));
  const partition = partnershipPartition(account, visit.device.id);
  for (let attempt = 0; attempt < MaxAttempts; attempt += 1) {
    const { partnership, revision } = await load(state, partition);
    if (partnership === undefined) await demandRoom(state, account, limit);
    const changed = change(partnership === undefined ? begin(visit) : visited(partnership, visit));
    if (changed === partnership) return changed;
    if (await save(state, partition, changed, revision)) return changed;
  }
  throw new StateUnavailable(`The partnership of ${visit.device.id} was changed ${MaxAttempts} times meanwhile`);
};
