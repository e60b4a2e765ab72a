import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { EventStore } from '../../backends/contract/groupware.ts';
import type { ItemId, Revision } from '../../backends/contract/items.ts';
import type { MeetingUser } from '../../backends/contract/meetings.ts';
import { type DeviceFolder, isUserFolder } from '../folders/hierarchy.ts';
import type { AccountIdentity } from '../handlers/context.ts';

/** An event as it is stored. */
export interface StoredEvent {
  readonly id: ItemId;
  /** iCalendar. */
  readonly text: string;
  readonly revision: Revision;
}

/** An event and the calendar that it is in. */
export interface FoundEvent extends StoredEvent {
  readonly folder: DeviceFolder;
}

/** Times that an edit is tried when other programs change the same event in the same moment. */
const Tries = 3;

/** The user as meetings name people. */
export const meetingUser = ({ address, aliases, name, displayName }: AccountIdentity): MeetingUser => {
  const addresses = [address, ...aliases, name].map((one) => one.trim().toLowerCase());
  return { addresses: [...new Set(addresses)].filter((one) => one.includes('@')), name: displayName };
};

/** The calendars of a device, the default one first. */
export const calendarsOf = (hierarchy: readonly DeviceFolder[]): readonly DeviceFolder[] => {
  const calendars = hierarchy.filter(({ itemClass }) => itemClass === 'Calendar');
  return [...calendars.filter((one) => !isUserFolder(one)), ...calendars.filter(isUserFolder)];
};

/** Reads an event; `undefined`: it is gone, or cannot be read. */
export const readEvent = async (
  { objects }: EventStore,
  folder: FolderId,
  id: ItemId,
): Promise<StoredEvent | undefined> => {
  for await (const read of objects.read(folder, [id])) if (read.outcome === 'item') return read;
  return undefined;
};

/** Finds an event by its UID in the user's own calendars, in the default one first. */
export const findEvent = async (
  events: EventStore,
  calendars: readonly DeviceFolder[],
  uid: string,
): Promise<FoundEvent | undefined> => {
  for (const folder of calendars) {
    // Somebody else's copy of the same meeting is not the user's to answer.
    if ((await events.isOwn?.(folder.folder)) === false) continue;
    const id = await events.find(folder.folder, uid);
    const event = id === undefined ? undefined : await readEvent(events, folder.folder, id);
    if (event !== undefined) return { ...event, folder };
  }
  return undefined;
};

/** Edits an event, again where somebody is quicker; whether it changed. Throws `notFound`, `conflict`. */
export const editEvent = async (
  events: EventStore,
  folder: FolderId,
  event: StoredEvent,
  edit: (text: string) => string,
): Promise<boolean> => {
  for (let attempt = 1, current: StoredEvent | undefined = event; current !== undefined; attempt++) {
    const edited = edit(current.text);
    if (edited === current.text) return false;
    try {
      await events.objects.replace(folder, current.id, edited, current.revision);
      return true;
    } catch (error) {
      if (attempt >= Tries || !isBackendError(error, 'conflict')) throw error;
    }
    current = await readEvent(events, folder, event.id);
  }
  return false;
};
