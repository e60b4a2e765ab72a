import { isBackendError } from '../../backends/contract/errors.ts';
import type { MailRequest, MailStore } from '../../backends/contract/mail.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import {
  AttachmentPropertiesFields,
  type FetchResponse,
  type ItemOperation,
  ItemOperationsRequest,
  ItemOperationsResponse,
} from '../../protocol/commands/item-operations.ts';
import { encodeTree } from '../../protocol/schema/write.ts';
import { ItemOperationsStatus } from '../../protocol/status.ts';
import type { Piece } from '../../protocol/wbxml/bytes.ts';
import { findFolder, type HierarchyState, loadHierarchy } from '../folders/hierarchy-state.ts';
import { withFileReferences } from '../sync/email-port.ts';
import { mailRequestOf } from '../sync/options.ts';
import { type ItemReference, parseFileReference, parseServerId } from '../sync/server-id.ts';
import { readAttachment } from './attachment-content.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { formatRange, parseRange } from './range.ts';
import { partitionOf, type Services, syncScope } from './services.ts';

/** Operations in one request at most: a device fetches a screenful, not a mailbox. */
const MaxOperations = 200;

type Fetch = Extract<ItemOperation, { kind: 'fetch' }>;

/** ItemOperations ([MS-ASCMD] 2.2.1.10). */
export const itemOperationsCommand = (services: Services): Command<ItemOperationsRequest, ItemOperationsResponse> => ({
  name: 'ItemOperations',
  request: ItemOperationsRequest,
  response: ItemOperationsResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => itemOperations(services, context, request),
  failure: (status) => ({ status }),
});

/** What the operations of one request share. */
interface Scope {
  readonly services: Services;
  readonly context: Context;
  readonly hierarchy: HierarchyState | undefined;
  readonly mail: MailStore | undefined;
  /** Parts of a multipart response; `undefined`: data stands inline. */
  readonly parts: Piece[] | undefined;
  /** Frees what the response holds open. */
  readonly closers: (() => Promise<void>)[];
}

const itemOperations = async (
  services: Services,
  context: Context,
  { body, parameters }: CommandRequest<ItemOperationsRequest>,
): Promise<Answer<ItemOperationsResponse>> => {
  const operations = body ?? [];
  if (operations.length === 0 || operations.length > MaxOperations) {
    return { kind: 'document', value: { status: ItemOperationsStatus.protocolError } };
  }
  const scope: Scope = {
    services,
    context,
    hierarchy: (await loadHierarchy(context.state, partitionOf(context))).state,
    mail: context.backend.mail,
    parts: parameters.acceptMultiPart ? [] : undefined,
    closers: [],
  };
  const onSent = (): void => {
    for (const close of scope.closers) close().catch(() => {});
  };
  try {
    const value = await answerAll(scope, operations);
    const { parts } = scope;
    return parts === undefined ? { kind: 'document', value, onSent } : { kind: 'multipart', value, parts, onSent };
  } catch (error) {
    onSent();
    throw error;
  }
};

type Response = NonNullable<ItemOperationsResponse['response']>;

const answerAll = async (scope: Scope, operations: ItemOperationsRequest): Promise<ItemOperationsResponse> => {
  const fetch: FetchResponse[] = [];
  for (const operation of operations) if (operation.kind === 'fetch') fetch.push(await fetchSafely(scope, operation));
  return { status: ItemOperationsStatus.success, response: { ...refusedOperations(operations), fetch } };
};

/** What this server does not do for a device is refused operation by operation, with the device's own names. */
const refusedOperations = (operations: ItemOperationsRequest): Omit<Response, 'fetch'> => ({
  move: operations.flatMap((one) =>
    one.kind === 'move' ? [{ status: ItemOperationsStatus.accessDenied, conversationId: one.conversationId }] : [],
  ),
  emptyFolderContents: operations.flatMap((one) =>
    one.kind === 'emptyFolderContents'
      ? [{ status: ItemOperationsStatus.accessDenied, collectionId: one.collectionId }]
      : [],
  ),
});

/** One item that cannot be fetched fails alone; a backend that is down fails the request. */
const fetchSafely = async (scope: Scope, operation: Fetch): Promise<FetchResponse> => {
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

const fetchOne = async (scope: Scope, operation: Fetch): Promise<FetchResponse> => {
  if (operation.store.toLowerCase() !== 'mailbox' || operation.linkId !== undefined) {
    return { ...namesOf(operation), status: ItemOperationsStatus.unknownStore };
  }
  return operation.fileReference === undefined
    ? fetchItem(scope, operation)
    : fetchAttachment(scope, operation, operation.fileReference);
};

const fetchItem = async (scope: Scope, operation: Fetch): Promise<FetchResponse> => {
  const { serverId = '', collectionId } = operation;
  const reference = parseServerId(serverId);
  const folder = reference === undefined ? undefined : findFolder(scope.hierarchy, reference.collectionId);
  const consistent = collectionId === undefined || collectionId === reference?.collectionId;
  if (reference === undefined || folder === undefined || scope.mail === undefined || !consistent) {
    return { ...namesOf(operation), status: ItemOperationsStatus.objectNotFound };
  }
  const email = await readEmail(scope, scope.mail, folder.folder, reference, requestOf(operation));
  if (email === undefined) return { ...namesOf(operation), status: ItemOperationsStatus.objectNotFound };
  const { version } = scope.context;
  return {
    status: ItemOperationsStatus.success,
    collectionId: reference.collectionId,
    serverId,
    class: folder.itemClass,
    properties: encodeTree(EmailFields, inParts(scope, withFileReferences(email, serverId)), version),
  };
};

/** A device that names no body preference gets HTML, or text where there is none. */
const requestOf = ({ options }: Fetch): MailRequest => {
  const request = options === undefined ? undefined : mailRequestOf(options);
  if (request === undefined || (request.preferences.length === 0 && request.mimeSupport === 0)) {
    return { ...request, preferences: [{ type: 2 }, { type: 1 }], mimeSupport: request?.mimeSupport ?? 0 };
  }
  return request;
};

const readEmail = async (
  { services, context }: Scope,
  mail: MailStore,
  folder: string,
  { itemId }: ItemReference,
  request: MailRequest,
): Promise<Email | undefined> => {
  for await (const result of mail.read(folder, [itemId], request, context.signal)) {
    if (result.outcome !== 'item') return undefined;
    const flag = await syncScope(services, context).followUps.complete(folder, itemId, result.item.flag);
    return flag === undefined ? result.item : { ...result.item, flag };
  }
  return undefined;
};

/** In a multipart response the body goes into a part of its own ([MS-ASCMD] 2.2.3.130). */
const inParts = ({ parts }: Scope, email: Email): Email => {
  const { body } = email;
  if (parts === undefined || body?.data === undefined) return email;
  const { data, ...rest } = body;
  parts.push(typeof data === 'string' ? new TextEncoder().encode(data) : data);
  return { ...email, body: { ...rest, part: parts.length } };
};

const fetchAttachment = async (scope: Scope, operation: Fetch, fileReference: string): Promise<FetchResponse> => {
  const failed = (status: number): FetchResponse => ({ fileReference, status });
  const reference = parseFileReference(fileReference);
  const folder = reference === undefined ? undefined : findFolder(scope.hierarchy, reference.collectionId);
  if (reference === undefined || folder === undefined || scope.mail === undefined) {
    return failed(ItemOperationsStatus.invalidAttachment);
  }
  const rangeText = operation.options?.range;
  const wanted = rangeText === undefined ? undefined : parseRange(rangeText);
  if (rangeText !== undefined && wanted === undefined) return failed(ItemOperationsStatus.invalidRange);
  const { signal, version } = scope.context;
  const attachment = await scope.mail.attachment(folder.folder, reference.itemId, reference.part, signal);
  const form = scope.parts === undefined ? 'base64' : 'bytes';
  const read = await readAttachment(attachment, wanted, form, scope.services.openSpool);
  if (read === undefined) return failed(ItemOperationsStatus.invalidRange);
  scope.closers.push(read.close);
  scope.parts?.push(read.content);
  const content = scope.parts === undefined ? { data: read.content } : { part: scope.parts.length };
  // Range and Total only when asked for: some devices fail on a Range that they did not ask for.
  const extent = read.range === undefined ? {} : { range: formatRange(read.range), total: read.total };
  return {
    status: ItemOperationsStatus.success,
    fileReference,
    properties: encodeTree(
      AttachmentPropertiesFields,
      { contentType: attachment.contentType, ...extent, ...content },
      version,
    ),
  };
};
