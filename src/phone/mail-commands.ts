import type { BodyPreference } from '../../protocol/classes/air-sync-base.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import {
  AttachmentPropertiesFields,
  type FetchResponse,
  type ItemOperation,
} from '../../protocol/commands/item-operations.ts';
import type { SettingsResponse } from '../../protocol/commands/settings.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { readTree, stringOf, type TreeNode } from '../../protocol/schema/index.ts';
import { decodeMultipart } from '../../protocol/types/multipart.ts';
import { can } from '../../protocol/versions.ts';
import { nodesOf } from './change-queue.ts';
import { type CallOptions, notEmpty, requireSuccess } from './channel.ts';
import type { Device } from './device.ts';
import { StatusFailure, UnusableAnswer } from './failures.ts';

/** How an item is fetched. */
export interface FetchWish {
  readonly bodyPreferences?: readonly BodyPreference[] | undefined;
  readonly mimeSupport?: number | undefined;
  /** First and last byte, `0-1023`. */
  readonly range?: string | undefined;
  /** Whether the data come beside the document instead of in it ([MS-ASCMD] 2.2.1.10.1). */
  readonly multipart?: boolean | undefined;
}

/** A fetched mail. With a multipart answer the body's data stand in `bytes`, else in the body. */
export interface FetchedMail {
  readonly email: Email;
  readonly bytes?: Uint8Array | undefined;
}

/** A fetched attachment. */
export interface FetchedAttachment {
  readonly contentType: string | undefined;
  readonly data: Uint8Array;
  /** The range that came, and the size of the whole. */
  readonly range?: string | undefined;
  readonly total?: number | undefined;
}

/** The properties of an answer to a Fetch, and the parts beside them. */
interface Fetched {
  readonly properties: readonly TreeNode[];
  /** Part 0 is the document. */
  readonly parts: readonly Uint8Array[];
}

/** Mail as it stands in an item's elements, read as the device reads everything. */
export const emailOf = (device: Device, nodes: readonly TreeNode[]): Email =>
  readTree(EmailFields, nodes, { version: device.version });

/** What names a mail: its place in a folder, or what a search called it. */
export type MailName = { readonly collectionId: string; readonly serverId: string } | { readonly longId: string };

/** Fetches a mail with ItemOperations ([MS-ASCMD] 2.2.1.10). */
export const fetchMail = async (
  device: Device,
  item: MailName,
  wish: FetchWish = {},
  call: CallOptions = {},
): Promise<FetchedMail> => {
  const { properties, parts } = await fetchOne(device, item, wish, call);
  const email = readTree(EmailFields, properties, device.channel.readOptions);
  const part = email.body?.part;
  return { email, bytes: part === undefined ? undefined : partAt(parts, part) };
};

/** Fetches an attachment with ItemOperations, whole or a range of it. */
export const fetchAttachment = async (
  device: Device,
  fileReference: string,
  wish: FetchWish = {},
  call: CallOptions = {},
): Promise<FetchedAttachment> => {
  const { properties, parts } = await fetchOne(device, { fileReference }, wish, call);
  const { contentType, range, total, data, part } = readTree(
    AttachmentPropertiesFields,
    properties,
    device.channel.readOptions,
  );
  const bytes = part === undefined ? Buffer.from(stringOf(data ?? ''), 'base64') : partAt(parts, part);
  return { contentType, range, total, data: bytes };
};

/** Fetches an attachment with GetAttachment, up to 12.1 ([MS-ASCMD] 2.2.1.7). */
export const getAttachment = async (
  device: Device,
  attachmentName: string,
  call: CallOptions = {},
): Promise<FetchedAttachment> => {
  const line = { ...call.line, attachmentName };
  return device.obeying(async () => {
    const request = await device.channel.prepare('GetAttachment', undefined, { ...call, line });
    const { headers, body } = await device.channel.exchangeRaw('GetAttachment', request);
    return { contentType: headers['content-type'], data: body };
  }, call);
};

const fetchOne = async (
  device: Device,
  what: Partial<Extract<ItemOperation, { kind: 'fetch' }>>,
  { bodyPreferences, mimeSupport, range, multipart }: FetchWish,
  call: CallOptions,
): Promise<Fetched> => {
  const options = { schema: [], bodyPreferences: bodyPreferences ?? [], mimeSupport, range };
  const operation: ItemOperation = { ...what, kind: 'fetch', store: 'Mailbox', options };
  const line = { ...call.line, acceptMultiPart: multipart === true };
  const { status, response, parts } = await itemOperations(device, [operation], { ...call, line });
  requireSuccess('ItemOperations', status);
  const [fetched] = response.response?.fetch ?? [];
  return { properties: propertiesOf(fetched), parts };
};

const propertiesOf = (fetched: FetchResponse | undefined): readonly TreeNode[] => {
  if (fetched === undefined) throw new UnusableAnswer('ItemOperations', 'the Fetch is not answered');
  if (fetched.status !== 1) throw new StatusFailure('ItemOperations', fetched.status, 'the Fetch has');
  return nodesOf(fetched.properties);
};

/** ItemOperations, with the parts of a multipart answer. */
export const itemOperations = (device: Device, operations: readonly ItemOperation[], call: CallOptions = {}) =>
  device.obeying(async () => {
    const request = await device.channel.prepare('ItemOperations', operations, call);
    const { headers, body } = await device.channel.exchangeRaw('ItemOperations', request);
    const parts = headers['content-type']?.startsWith(ContentTypes.multipart) ? decodeMultipart(body) : [body];
    const response = device.channel.read('ItemOperations', partAt(parts, 0));
    return { status: response.status, response, parts };
  }, call);

const partAt = (parts: readonly Uint8Array[], index: number): Uint8Array => {
  const part = parts[index];
  if (part === undefined) throw new UnusableAnswer('ItemOperations', `the answer has no part ${index}`);
  return part;
};

/** How a mail is sent. */
export interface SendWish {
  readonly saveInSentItems?: boolean | undefined;
  /** Names the mail, so that the same one is not sent twice ([MS-ASCMD] 2.2.3.30.5). */
  readonly clientId: string;
  /** As `message/rfc822` even where the version has WBXML for it, as some clients do. */
  readonly raw?: boolean | undefined;
}

/** Sends a whole message; success is an empty answer ([MS-ASCMD] 2.2.1.17). */
export const sendMail = async (
  device: Device,
  mime: Uint8Array,
  { saveInSentItems, clientId, raw }: SendWish,
  call: CallOptions = {},
): Promise<void> => {
  if (raw || !can(device.version, 'composeMail')) {
    return sendRaw(device, 'SendMail', mime, saveInSentItems === true, call);
  }
  const request = { clientId, saveInSentItems: saveInSentItems || undefined, mime };
  const response = await device.command('SendMail', request, call);
  if (response !== undefined) throw new StatusFailure('SendMail', response.status ?? 0);
};

const sendRaw = async (
  device: Device,
  command: 'SendMail' | 'SmartReply' | 'SmartForward',
  mime: Uint8Array,
  saveInSent: boolean,
  call: CallOptions,
): Promise<void> => {
  const line = { ...call.line, saveInSent };
  const response = await device.obeying(() => {
    const request = device.channel.prepareRaw(command, mime, ContentTypes.mime, { ...call, line });
    return device.channel.exchange(command, request);
  }, call);
  if (response !== undefined) throw new StatusFailure(command, response.status ?? 0);
};

/** How a mail is answered or forwarded. */
export interface SmartWish extends SendWish {
  /** The mail that is meant: by folder and item, or by LongId. */
  readonly source: {
    readonly folderId?: string | undefined;
    readonly itemId?: string | undefined;
    readonly longId?: string | undefined;
    readonly instanceId?: Date | undefined;
  };
  /** The message holds the original already ([MS-ASCMD] 2.2.3.148). */
  readonly replaceMime?: boolean | undefined;
}

/** Answers or forwards a mail; the server adds the original ([MS-ASCMD] 2.2.1.19, 2.2.1.20). */
export const smartSend = async (
  device: Device,
  command: 'SmartReply' | 'SmartForward',
  mime: Uint8Array,
  { source, saveInSentItems, replaceMime, clientId, raw }: SmartWish,
  call: CallOptions = {},
): Promise<void> => {
  if (raw || !can(device.version, 'composeMail')) {
    const { folderId: collectionId, itemId, longId } = source;
    const line = { ...call.line, collectionId, itemId, longId };
    return sendRaw(device, command, mime, saveInSentItems === true, { ...call, line });
  }
  const wishes = { saveInSentItems: saveInSentItems || undefined, replaceMime: replaceMime || undefined };
  const response = await device.command(command, { clientId, source, ...wishes, mime }, call);
  if (response !== undefined) throw new StatusFailure(command, response.status ?? 0);
};

/** Addresses that the user may send from, the primary one first ([MS-ASCMD] 2.2.1.18). */
export const ownAddresses = async (device: Device, call: CallOptions = {}): Promise<readonly string[]> => {
  const answer = notEmpty('Settings', await device.command('Settings', { userInformation: { get: true } }, call));
  requireSuccess('Settings', answer.status);
  const addresses = addressesOf(answer);
  const { primarySmtpAddress: primary, smtpAddresses = [] } = addresses ?? {};
  return primary === undefined ? smtpAddresses : [primary, ...smtpAddresses.filter((each) => each !== primary)];
};

const addressesOf = ({ userInformation }: SettingsResponse) =>
  userInformation?.get?.emailAddresses ?? userInformation?.get?.accounts?.[0]?.emailAddresses;
