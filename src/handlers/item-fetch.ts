import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Attachment, MailRequest, MailStore } from '../../backends/contract/mail.ts';
import type { Body } from '../../protocol/classes/air-sync-base.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import {
  type AttachmentProperties,
  AttachmentPropertiesFields,
  type FetchOptions,
  type FetchResponse,
  type ItemOperation,
} from '../../protocol/commands/item-operations.ts';
import type { Fields } from '../../protocol/schema/describe.ts';
import { encodeTree } from '../../protocol/schema/write.ts';
import { GlobalStatus, ItemOperationsStatus } from '../../protocol/status.ts';
import type { Piece } from '../../protocol/wbxml/bytes.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { findFolder, type HierarchyState } from '../folders/hierarchy-state.ts';
import { parseLongId } from '../search/long-id.ts';
import { AbsentElements, type GroupwareClass } from '../sync/absent-elements.ts';
import { withFileReferences } from '../sync/email-port.ts';
import { withReferences } from '../sync/event-files.ts';
import { type GroupwareItem, groupwareStore, objectRequest } from '../sync/groupware-port.ts';
import { bodiesValid, bodyPartAllowed, mailRequestOf } from '../sync/options.ts';
import {
  type FileReference,
  type ItemReference,
  parseFileReference,
  parseServerId,
  serverIdOf,
} from '../sync/server-id.ts';
import { type CollectedAttachment, collectAttachment } from './attachment-content.ts';
import type { Context } from './context.ts';
import { type ByteRange, clipRange, formatRange, parseRange } from './range.ts';
import { type Services, syncScope } from './services.ts';

type Fetch = Extract<ItemOperation, { kind: 'fetch' }>;

/** What the Fetch operations of one request share. */
export interface FetchScope {
  readonly services: Services;
  readonly context: Context;
  readonly hierarchy: HierarchyState | undefined;
  readonly mail: MailStore | undefined;
  /** Parts of a multipart response; `undefined`: data stands inline. */
  readonly parts: Piece[] | undefined;
  /** Frees what the response holds open. */
  readonly closers: (() => Promise<void>)[];
}

/** One item that cannot be fetched fails alone; a backend that is down fails the request. */
export const fetchSafely = async (scope: FetchScope, operation: Fetch): Promise<FetchResponse> => {
  try {
    return await fetchOne(scope, operation);
  } catch (error) {
    if (!isBackendError(error) || isBackendError(error, 'unavailable', 'loginRefused')) throw error;
    const { fileReference } = operation;
    const status =
      fileReference === undefined ? ItemOperationsStatus.objectNotFound : ItemOperationsStatus.invalidAttachment;
    return { ...namesOf(operation), status };
  }
};

const namesOf = ({ collectionId, serverId, longId, linkId, fileReference }: Fetch) => ({
  collectionId,
  serverId,
  longId,
  linkId,
  fileReference,
});

const fetchOne = async (scope: FetchScope, operation: Fetch): Promise<FetchResponse> => {
  if (operation.store.toLowerCase() !== 'mailbox' || operation.linkId !== undefined) {
    return { ...namesOf(operation), status: ItemOperationsStatus.unknownStore };
  }
  if (operation.fileReference === undefined) return fetchItem(scope, operation);
  return optionsForItem(operation.options)
    ? { ...namesOf(operation), status: ItemOperationsStatus.protocolError }
    : fetchAttachment(scope, operation, operation.fileReference);
};

/** Options that say how an item is to look make no sense for an attachment ([MS-ASCMD] 2.2.3.125.3, R3547, R3573). */
const optionsForItem = (options: FetchOptions | undefined): boolean =>
  options !== undefined &&
  (options.schema.length > 0 || options.bodyPreferences.length > 0 || options.bodyPartPreference !== undefined);

const fetchItem = async (scope: FetchScope, operation: Fetch): Promise<FetchResponse> => {
  const failed = (status: number): FetchResponse => ({ ...namesOf(operation), status });
  const { options } = operation;
  if (options !== undefined && !bodiesValid(options)) return failed(ItemOperationsStatus.protocolError);
  if (options !== undefined && !bodyPartAllowed(options)) {
    return failed(GlobalStatus.bodyPartPreferenceTypeNotSupported);
  }
  const reference = itemOf(operation);
  const folder = reference === undefined ? undefined : findFolder(scope.hierarchy, reference.collectionId);
  if (reference === undefined || folder === undefined) return failed(ItemOperationsStatus.objectNotFound);
  const read = await readItem(scope, folder, reference, operation);
  if (typeof read === 'number') return failed(read);
  const { fields, item } = read;
  const names = operation.longId === undefined ? referenceNames(reference) : { longId: operation.longId };
  return {
    status: ItemOperationsStatus.success,
    ...names,
    class: folder.itemClass,
    properties: encodeTree(fields, wantedOf(fields, inParts(scope, item), options), scope.context.version),
  };
};

/** An item and the table of its class. */
interface Fetched {
  readonly fields: Fields;
  readonly item: GroupwareItem;
}

/** An item of whatever class, or the Status that says why there is none. */
const readItem = async (
  scope: FetchScope,
  { folder, itemClass }: DeviceFolder,
  reference: ItemReference,
  operation: Fetch,
): Promise<Fetched | number> => {
  if (itemClass !== 'Email') return readGroupware(scope, { folder, itemClass }, reference, operation);
  if (scope.mail === undefined) return ItemOperationsStatus.objectNotFound;
  const read = await readEmail(scope, scope.mail, folder, reference, requestOf(operation));
  if (typeof read === 'number') return read;
  const serverId = serverIdOf(reference.collectionId, reference.itemId);
  return { fields: EmailFields, item: withFileReferences(read, serverId) };
};

/** A contact, an event, a task or a note, or the Status that says why there is none. */
const readGroupware = async (
  { context }: FetchScope,
  { folder, itemClass }: { readonly folder: FolderId; readonly itemClass: GroupwareClass },
  { collectionId, itemId }: ItemReference,
  { options }: Fetch,
): Promise<Fetched | number> => {
  const store = groupwareStore(context.backend, itemClass);
  if (store === undefined) return ItemOperationsStatus.objectNotFound;
  const mail = mailRequestOf(options ?? { bodyPreferences: [] });
  for await (const result of store.read(folder, [itemId], objectRequest({ mail }, context.version), context.signal)) {
    if (result.outcome === 'unreadable') return ItemOperationsStatus.conversionFailed;
    if (result.outcome !== 'item') break;
    const item = withReferences(result.item, serverIdOf(collectionId, itemId));
    return { fields: AbsentElements[itemClass].fields, item };
  }
  return ItemOperationsStatus.objectNotFound;
};

/** The item that is asked for, by its LongId or by its ServerId, which has to lie in the CollectionId if there is one. */
const itemOf = ({ longId, serverId, collectionId }: Fetch): ItemReference | undefined => {
  const reference = longId === undefined ? parseServerId(serverId ?? '') : parseLongId(longId);
  return collectionId === undefined || collectionId === reference?.collectionId ? reference : undefined;
};

const referenceNames = ({ collectionId, itemId }: ItemReference) => ({
  collectionId,
  serverId: serverIdOf(collectionId, itemId),
});

/** With a Schema only the top-level properties that it names; without one, all ([MS-ASCMD] 2.2.3.158, R3879). */
const wantedOf = (fields: Fields, item: GroupwareItem, options: FetchOptions | undefined): GroupwareItem => {
  const schema = (options?.schema ?? []).flatMap((nodes) => ('length' in nodes ? nodes : []));
  if (schema.length === 0) return item;
  const wanted = new Set(schema.map(({ tag }) => tag));
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, { tag }]) => (wanted.has(tag) ? [[name, item[name]]] : [])),
  );
};

/**
 * A device that says nothing of bodies gets HTML, or text where there is none; one that asks for a part of it gets
 * that alone ([MS-ASCON] 3.2.5.7, R245, R247).
 */
const requestOf = ({ options }: Fetch): MailRequest => {
  const request = mailRequestOf(options ?? { bodyPreferences: [] });
  const saysNothing = request.preferences.length === 0 && request.mimeSupport === 0 && request.bodyPart === undefined;
  return saysNothing ? { ...request, preferences: [{ type: 2 }, { type: 1 }] } : request;
};

/** A mail, or the Status that says why there is none. */
const readEmail = async (
  { services, context }: FetchScope,
  mail: MailStore,
  folder: string,
  { itemId }: ItemReference,
  request: MailRequest,
): Promise<Email | number> => {
  for await (const result of mail.read(folder, [itemId], request, context.signal)) {
    if (result.outcome === 'unreadable') return ItemOperationsStatus.conversionFailed;
    if (result.outcome === 'missing') break;
    return syncScope(services, context).followUps.complete(folder, itemId, result.item);
  }
  return ItemOperationsStatus.objectNotFound;
};

/** In a multipart response the body goes into a part of its own ([MS-ASCMD] 2.2.3.130). */
const inParts = ({ parts }: FetchScope, item: GroupwareItem): GroupwareItem => {
  const body = item.body as Body | undefined;
  if (parts === undefined || body?.data === undefined) return item;
  const { data, ...rest } = body;
  parts.push(typeof data === 'string' ? new TextEncoder().encode(data) : data);
  return { ...item, body: { ...rest, part: parts.length } };
};

/** A file of a mail or an event; `undefined`: items of this class have none. */
const openAttachment = async (
  { context, mail }: FetchScope,
  { folder, itemClass }: DeviceFolder,
  { itemId, part }: FileReference,
): Promise<Attachment | undefined> => {
  if (itemClass === 'Email') return mail?.attachment(folder, itemId, part, context.signal);
  return itemClass === 'Calendar'
    ? context.backend.events?.attachment?.(folder, itemId, part, context.signal)
    : undefined;
};

const fetchAttachment = async (scope: FetchScope, operation: Fetch, fileReference: string): Promise<FetchResponse> => {
  const failed = (status: number): FetchResponse => ({ fileReference, status });
  const reference = parseFileReference(fileReference);
  const folder = reference === undefined ? undefined : findFolder(scope.hierarchy, reference.collectionId);
  if (reference === undefined || folder === undefined) return failed(ItemOperationsStatus.invalidAttachment);
  const rangeText = operation.options?.range;
  const wanted = rangeText === undefined ? undefined : parseRange(rangeText);
  if (rangeText !== undefined && wanted === undefined) return failed(ItemOperationsStatus.invalidRange);
  const collected = await collect(scope, folder, reference, wanted !== undefined);
  if (collected === undefined) return failed(ItemOperationsStatus.invalidAttachment);
  const range = wanted === undefined ? undefined : clipRange(wanted, collected.total);
  if (wanted !== undefined && range === undefined) return failed(ItemOperationsStatus.invalidRange);
  const properties = encodeTree(
    AttachmentPropertiesFields,
    attachmentProperties(scope, collected, range),
    scope.context.version,
  );
  return { status: ItemOperationsStatus.success, fileReference, properties };
};

/** An attachment with its length; one that is read in ranges is kept for the next of them. */
const collect = async (
  scope: FetchScope,
  folder: DeviceFolder,
  reference: FileReference,
  isRange: boolean,
): Promise<CollectedAttachment | undefined> => {
  const { keptAttachments, openSpool } = scope.services;
  const read = async (): Promise<CollectedAttachment | undefined> => {
    const attachment = await openAttachment(scope, folder, reference);
    return attachment === undefined ? undefined : collectAttachment(attachment, openSpool);
  };
  const name = JSON.stringify([scope.context.account.name, folder.folder, reference.itemId, reference.part]);
  const collected = isRange ? await keptAttachments.borrow(name, read) : await read();
  if (collected !== undefined) scope.closers.push(() => collected.close());
  return collected;
};

/** Range and Total only when asked for: some devices fail on a Range that they did not ask for. */
const attachmentProperties = (
  { parts }: FetchScope,
  collected: CollectedAttachment,
  range: ByteRange | undefined,
): AttachmentProperties => {
  const { contentType, total } = collected;
  const extent = range === undefined ? {} : { range: formatRange(range), total };
  if (parts === undefined) return { contentType, ...extent, data: collected.content(range, 'base64') };
  parts.push(collected.content(range, 'bytes'));
  return { contentType, ...extent, part: parts.length };
};
