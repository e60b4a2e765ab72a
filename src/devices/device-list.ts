import type { StateStore } from '../state/contract.ts';
import { parsePartnership, partnershipPartition, partnershipPrefix } from '../state/partitions.ts';
import { readSetAside, type SetAside, SetAsideDocument, writeSetAside } from '../sync/set-aside.ts';
import { loadSlowed, type Slowed } from './loop-watch.ts';
import { loadPartnership, type Partnership } from './partnership.ts';

/** A device of an account. */
export interface DeviceName {
  readonly account: string;
  readonly deviceId: string;
}

/** Which devices are meant. */
export interface DeviceFilter {
  readonly account?: string | undefined;
  readonly deviceId?: string | undefined;
}

/** What an administrator sees of a device. */
export interface DeviceFacts extends DeviceName {
  readonly partnership: Partnership;
  /** Absent: it is not slowed. */
  readonly slowed: Slowed | undefined;
  /** Items that it could not be given whole. */
  readonly problems: number;
}

/** An item that a device could not be given whole. */
export interface DeviceProblem extends DeviceName, SetAside {
  readonly collectionId: string;
  /** Id of the item in its folder. */
  readonly item: string;
}

/** The devices of an account, or of all. Throws StateUnavailable. */
async function* devicesOf(state: StateStore, { account, deviceId }: DeviceFilter): AsyncIterable<DeviceName> {
  for await (const partition of state.partitions(partnershipPrefix(account))) {
    const name = parsePartnership(partition);
    if (name !== undefined && (deviceId === undefined || name.deviceId === deviceId)) yield name;
  }
}

/** What is known of devices. Reads only, so a server may run on the store meanwhile. Throws StateUnavailable. */
export async function* listDevices(state: StateStore, filter: DeviceFilter, now: number): AsyncIterable<DeviceFacts> {
  for await (const name of devicesOf(state, filter)) {
    const partition = partnershipPartition(name.account, name.deviceId);
    const partnership = await loadPartnership(state, name.account, name.deviceId);
    if (partnership === undefined) continue;
    const slowed = await loadSlowed(state, partition, now);
    const document = (await state.load(partition, [SetAsideDocument])).get(SetAsideDocument);
    const problems = Object.values(readSetAside(document)).flatMap((items) => Object.keys(items)).length;
    yield { ...name, partnership, slowed, problems };
  }
}

/** What devices could not be given whole, by device, the latest first. Throws StateUnavailable. */
export async function* listProblems(state: StateStore, filter: DeviceFilter): AsyncIterable<DeviceProblem> {
  for await (const name of devicesOf(state, filter)) {
    const partition = partnershipPartition(name.account, name.deviceId);
    const document = (await state.load(partition, [SetAsideDocument])).get(SetAsideDocument);
    const problems = Object.entries(readSetAside(document)).flatMap(([collectionId, items]) =>
      Object.entries(items).map(([item, one]) => ({ ...name, collectionId, item, ...one })),
    );
    yield* problems.sort((a, b) => b.since - a.since);
  }
}

/** How often a change is tried when the server writes at the same time. */
const Tries = 8;

/** What another release would do: has all that a device could not be given tried again with its next Sync. */
export const retryProblems = async (state: StateStore, { account, deviceId }: DeviceName): Promise<number> => {
  const partition = partnershipPartition(account, deviceId);
  for (let tries = 0; tries < Tries; tries++) {
    const document = (await state.load(partition, [SetAsideDocument])).get(SetAsideDocument);
    if (document === undefined) return 0;
    const list = Object.entries(readSetAside(document)).map(([collectionId, items]) => {
      const again = Object.entries(items).map(([id, item]) => [id, { ...item, release: '' }] as const);
      return [collectionId, Object.fromEntries(again)] as const;
    });
    const write = writeSetAside(Object.fromEntries(list), document);
    if (await state.commit(partition, [write])) return list.flatMap(([, items]) => Object.keys(items)).length;
  }
  throw new Error(`The list of ${deviceId} was changed ${Tries} times meanwhile: try again`);
};

/** Whether an order to wipe the device has not been carried out yet. */
export const hasPendingWipe = ({ wipe }: Partnership): boolean => wipe !== undefined && wipe.state !== 'done';

/** Removes a partnership with all its state: if the device comes again, it starts over. Throws StateUnavailable. */
export const removeDevice = (state: StateStore, { account, deviceId }: DeviceName): Promise<void> =>
  state.drop(partnershipPartition(account, deviceId));
