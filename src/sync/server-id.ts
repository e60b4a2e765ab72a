import type { ItemId } from '../../backends/contract/items.ts';

/**
 * ServerIds and FileReferences. A ServerId is `<CollectionId>:<ItemId>`: it names the folder for
 * this device and the item in its epoch, and means nothing outside the account that it is used in,
 * because both parts are looked up in the asking account's own folders. A FileReference is
 * `<ServerId>:<part>`.
 */
export interface ItemReference {
  readonly collectionId: string;
  readonly itemId: ItemId;
}

/** An attachment of an item. */
export interface FileReference extends ItemReference {
  readonly part: string;
}

/** An ItemId; a folder that shows several as one puts eight characters in front. With all that it has at most 58, of 64. */
const ItemForm = /^([0-9]{1,9}):([A-Za-z0-9._-]{1,48})$/;
const FileForm = /^([0-9]{1,9}:[A-Za-z0-9._-]{1,48}):([A-Za-z0-9._-]{1,40})$/;

/** The ServerId of an item. */
export const serverIdOf = (collectionId: string, itemId: ItemId): string => `${collectionId}:${itemId}`;

/** What a ServerId names; `undefined` when it is none. */
export const parseServerId = (text: string): ItemReference | undefined => {
  const match = ItemForm.exec(text);
  return match === null ? undefined : { collectionId: match[1] as string, itemId: match[2] as string };
};

/** The FileReference of an attachment. */
export const fileReferenceOf = (serverId: string, part: string): string => `${serverId}:${part}`;

/** What a FileReference names; `undefined` when it is none. */
export const parseFileReference = (text: string): FileReference | undefined => {
  const match = FileForm.exec(text);
  const item = match === null ? undefined : parseServerId(match[1] as string);
  return item === undefined ? undefined : { ...item, part: match?.[2] as string };
};
