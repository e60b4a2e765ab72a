import { basename } from 'node:path';
import { expect } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { Body } from '../../protocol/classes/air-sync-base.ts';
import type { Email } from '../../protocol/classes/email.ts';
import { AirSyncBase, ItemOperations } from '../../protocol/code-pages/index.ts';
import type { FetchResponse } from '../../protocol/commands/item-operations.ts';
import type { SyncOptions } from '../../protocol/commands/sync.ts';
import { stringOf } from '../../protocol/schema/index.ts';
import { itemOperations } from '../../src/phone/mail-commands.ts';
import type { Client } from '../support/client.ts';
import type { CorpusMessage } from './messages.ts';

/** The forms of a body, asked for in every version. */
export const Forms: Readonly<Record<string, Partial<SyncOptions>>> = {
  text: { bodyPreferences: [{ type: 1 }] },
  HTML: { bodyPreferences: [{ type: 2 }] },
  MIME: { mimeSupport: 2, bodyPreferences: [{ type: 4 }] },
};

/** Of each version the form that is asked of Dovecot; the others are asked of the local store. */
export const FormOnDovecot = { '12.1': 'HTML', '14.1': 'MIME', '16.1': 'text' } as const;

/** What else devices ask for. */
export const Wishes: Readonly<Record<string, Partial<SyncOptions>>> = {
  'a piece and a preview': {
    bodyPreferences: [
      { type: 1, truncationSize: 100 },
      { type: 2, truncationSize: 100, preview: 200 },
    ],
  },
  'all or nothing': {
    bodyPreferences: [
      { type: 2, truncationSize: 300, allOrNone: true },
      { type: 1, truncationSize: 300 },
    ],
  },
  'S/MIME whole, the rest cut': { mimeSupport: 1, bodyPreferences: [{ type: 4 }, { type: 2, truncationSize: 500 }] },
  'a part beside the body': {
    bodyPreferences: [{ type: 1, truncationSize: 50 }],
    bodyPartPreference: { type: 2, truncationSize: 100, preview: 50 },
  },
};

/** Loads the Inbox as a device that has just been set up; gives its mails by ServerId. */
export const loadWith = async (
  client: Client,
  preference: Partial<SyncOptions>,
): Promise<ReadonlyMap<string, Email>> => {
  await client.load(client.inbox, { windowSize: 512, options: [{ filterType: 0, ...preference }] });
  return client.emails(client.inbox);
};

/** Bytes that do not come back as they were once they are text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const Uncountable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** What does not hold of a mail that holds of every one, whatever was asked for. */
export const faultsOf = (email: Email, { name, raw }: CorpusMessage): string[] => {
  const isCountable = !Uncountable.test(Buffer.from(raw).toString('latin1'));
  const bodies = isCountable ? [email.body, email.bodyPart].filter((body) => body !== undefined) : [];
  const miscounted = bodies.filter((body) => !isCounted(body));
  const unlisted = (email.attachments ?? []).filter(
    (one) => one.kind !== 'attachment' || !one.displayName || one.method === undefined,
  );
  const wrong: unknown[] = [...miscounted, ...unlisted];
  if (!/^(?:IPM|REPORT)\./.test(email.messageClass ?? '')) wrong.push(email.messageClass);
  return wrong.map((one) => `${name}: ${JSON.stringify(one)}`);
};

/** Whether EstimatedDataSize is that of a whole body, and no less than that of a cut one. */
const isCounted = ({ data, truncated, estimatedDataSize: told = 0 }: Omit<Body, 'type'>): boolean => {
  const text = stringOf((data ?? '') as string | Uint8Array);
  const size = Buffer.byteLength(text);
  return text.includes('\ufffd') || (truncated === true ? size <= told : size === told);
};

/** The class that a message must have, and a MeetingRequest if it is of a meeting. */
export const classFaultsOf = ({ messageClass = '', meetingRequest }: Email, message: CorpusMessage): string[] => {
  const { name, attachments } = message;
  const wanted = attachments === undefined ? messageClass : (message.messageClass ?? 'IPM.Note');
  const isMeeting = messageClass.startsWith('IPM.Schedule.Meeting');
  const isRight = messageClass === wanted && isMeeting === (meetingRequest !== undefined);
  return isRight
    ? []
    : [`${name}: ${messageClass}, not ${wanted}; has a MeetingRequest: ${meetingRequest !== undefined}`];
};

/** FileReferences of a mail's attachments. */
export const referencesOf = ({ attachments = [] }: Email): string[] =>
  attachments.flatMap((one) => (one.kind === 'attachment' ? [one.fileReference] : []));

/** Attachments fetched at a time; the server takes 200. */
const FetchedAtOnce = 200;

/** Fetches attachments; gives their contents by FileReference. */
const fetchAll = async (client: Client, references: readonly string[]): Promise<ReadonlyMap<string, Buffer>> => {
  const contents = new Map<string, Buffer>();
  for (let i = 0; i < references.length; i += FetchedAtOnce) {
    const asked = references.slice(i, i + FetchedAtOnce);
    const operations = asked.map((fileReference) => ({ kind: 'fetch' as const, store: 'Mailbox', fileReference }));
    const { response } = await itemOperations(client.device, operations);
    for (const one of response.response?.fetch ?? []) contents.set(one.fileReference ?? '', contentOf(one));
  }
  return contents;
};

const contentOf = ({ status, fileReference, properties }: FetchResponse): Buffer => {
  expect([fileReference, status]).toEqual([fileReference, 1]);
  const nodes = properties !== undefined && 'length' in properties ? properties : [];
  const data = nodes.find(({ tag }) => tag === ItemOperations.Data)?.text ?? '';
  expect(nodes.some(({ tag }) => tag === AirSyncBase.ContentType)).toBe(true);
  return Buffer.from(data, 'base64');
};

/** Messages in which the other parser sees other attachments, and why ours are right. */
const Disputed: Readonly<Record<string, string>> = {
  'empty-ctype-bad-content.raw': 'a part without a usable type is text (RFC 2045, 5.2), to it a file',
  'msg_14.txt': 'a message without a usable type is text (RFC 2045, 5.2), to it a file',
  'epilogue-sample.raw': 'base64 that is none: what else stands there is passed over, it decodes that as well',
  'msg_15.txt': 'base64 that is none: what else stands there is passed over, it decodes that as well',
};

/** Bytes as text without line ends. */
export const withoutLineEnds = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\r\n]+/g, '');

/** Attachments as another parser finds them, without line ends: it turns those of text into LF. */
export const attachmentsElsewhere = async ({ name, raw }: CorpusMessage): Promise<readonly string[]> => {
  if (Disputed[basename(name)] !== undefined) return [];
  const { attachments } = await PostalMime.parse(raw, {
    forceRfc822Attachments: true,
    attachmentEncoding: 'arraybuffer',
  });
  return attachments.map(({ content }) => withoutLineEnds(Buffer.from(content as ArrayBuffer)));
};

/**
 * What of its attachments is not among those that were fetched, or the other way round; a generated message
 * must have exactly its own, a damaged one whatever can be made of it.
 */
const differenceOf = async (message: CorpusMessage, fetched: readonly Buffer[]): Promise<readonly string[]> => {
  const hexes = (all: readonly Uint8Array[]): string[] => all.map((one) => Buffer.from(one).toString('hex')).sort();
  if (message.attachments !== undefined) {
    const [ours, theirs] = [hexes(fetched), hexes(message.attachments)];
    return ours.join() === theirs.join() ? [] : [message.name];
  }
  if (!isPackaged(message)) return [];
  const ours = new Set(fetched.map(withoutLineEnds));
  return (await attachmentsElsewhere(message)).filter((one) => !ours.has(one)).map((one) => `${message.name}: ${one}`);
};

/** What {@link differenceOf} tells of all mails that a device holds, out of attachments that it fetches. */
export const differencesOf = async (
  client: Client,
  mails: readonly (readonly [CorpusMessage, Email])[],
): Promise<{ readonly fetched: number; readonly differences: readonly string[] }> => {
  const contents = await fetchAll(
    client,
    mails.flatMap(([, email]) => referencesOf(email)),
  );
  const differences: string[] = [];
  for (const [message, email] of mails) {
    const fetched = referencesOf(email).map((reference) => contents.get(reference) as Buffer);
    differences.push(...(await differenceOf(message, fetched)));
  }
  return { fetched: contents.size, differences };
};

/** Whether a message is one of a package on this machine. */
export const isPackaged = ({ name }: CorpusMessage): boolean => name.startsWith('usr/');
