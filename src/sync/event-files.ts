import type { Abilities } from '../../backends/contract/backend.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import type { GroupwareItem } from './groupware-port.ts';
import { fileReferenceOf, parseFileReference } from './server-id.ts';

/** Files of events and of their occurrences, from 16.0 on: what they are called here, by the store, and by a device. */

type Files = NonNullable<CalendarEvent['attachments']>;

/** Names that a device gave to files that it added, by what the store calls them. */
type ClientIds = ReadonlyMap<string, string>;

/** The same by item. */
export type AddedFiles = Map<ItemId, ClientIds>;

const mapFiles = (item: GroupwareItem, map: (file: Files[number]) => Files[number]): GroupwareItem => {
  const attachments = item.attachments as Files | undefined;
  return attachments === undefined ? item : { ...item, attachments: attachments.map(map) };
};

/** An item whose files, also those of its occurrences, are named as this device has to ask for them, and as it named them. */
export const withReferences = (item: GroupwareItem, serverId: string, clientIds?: ClientIds): GroupwareItem => {
  const exceptions = item.exceptions as readonly GroupwareItem[] | undefined;
  const named = (file: Files[number]): Files[number] => {
    if (file.kind !== 'attachment') return file;
    const clientId = clientIds?.get(file.fileReference) ?? file.clientId;
    return { ...file, fileReference: fileReferenceOf(serverId, file.fileReference), clientId };
  };
  const outer = (one: GroupwareItem) => mapFiles(one, named);
  return exceptions === undefined ? outer(item) : { ...outer(item), exceptions: exceptions.map(outer) };
};

/** What a device sent, with its files named as the store does; a name that is none of ours names nothing. */
export const withOwnReferences = (item: GroupwareItem): GroupwareItem =>
  mapFiles(item, (file) =>
    'fileReference' in file ? { ...file, fileReference: parseFileReference(file.fileReference)?.part ?? '' } : file,
  );

/** The files that a device adds with an item, also to its occurrences, by what the store will call them. */
export const addedFiles = (item: GroupwareItem, { events }: Abilities): ClientIds => {
  const exceptions = (item.exceptions as readonly GroupwareItem[] | undefined) ?? [];
  const files = [item, ...exceptions].flatMap((one) => (one.attachments as Files | undefined) ?? []);
  return new Map(
    files.flatMap((file) => {
      const reference = file.kind === 'add' ? events?.referenceOf?.(file) : undefined;
      return file.kind === 'add' && reference !== undefined ? [[reference, file.clientId]] : [];
    }),
  );
};

/** What a device is told of the files that it added (MS-ASAIRS_R1082, R1367); `undefined`: it added none. */
export const addedAnswer = (clientIds: ClientIds, serverId: string): GroupwareItem | undefined => {
  if (clientIds.size === 0) return undefined;
  const attachments = [...clientIds].map(([part, clientId]) => ({
    kind: 'attachment' as const,
    clientId,
    fileReference: fileReferenceOf(serverId, part),
  }));
  return { attachments };
};
