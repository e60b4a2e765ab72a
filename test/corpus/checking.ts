import { basename } from 'node:path';
import { expect } from '@jest/globals';
import PostalMime from 'postal-mime';
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

/** What holds of every mail, whatever was asked for. */
export const checkMail = (email: Email, { name, raw }: CorpusMessage): void => {
  const isCountable = !Uncountable.test(Buffer.from(raw).toString('latin1'));
  for (const body of [email.body, email.bodyPart]) {
    const data = stringOf((body?.data ?? '') as string | Uint8Array);
    if (body === undefined || data.includes('\ufffd') || !isCountable) continue;
    const size = Buffer.byteLength(data);
    if (body.truncated !== true) expect([name, size]).toEqual([name, body.estimatedDataSize]);
    else expect([name, size <= (body.estimatedDataSize ?? 0)]).toEqual([name, true]);
  }
  for (const one of email.attachments ?? []) {
    expect(one).toMatchObject({
      kind: 'attachment',
      displayName: expect.stringMatching(/./),
      method: expect.any(Number),
    });
  }
  expect(email.messageClass).toMatch(/^(?:IPM|REPORT)\./);
};

/** FileReferences of a mail's attachments. */
export const referencesOf = ({ attachments = [] }: Email): string[] =>
  attachments.flatMap((one) => (one.kind === 'attachment' ? [one.fileReference] : []));

/** Attachments fetched at a time; the server takes 200. */
const FetchedAtOnce = 200;

/** Fetches attachments; gives their contents by FileReference. */
export const fetchAll = async (client: Client, references: readonly string[]): Promise<ReadonlyMap<string, Buffer>> => {
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
export const differenceOf = async (message: CorpusMessage, fetched: readonly Buffer[]): Promise<readonly string[]> => {
  const hexes = (all: readonly Uint8Array[]): string[] => all.map((one) => Buffer.from(one).toString('hex')).sort();
  if (message.attachments !== undefined) {
    const [ours, theirs] = [hexes(fetched), hexes(message.attachments)];
    return ours.join() === theirs.join() ? [] : [message.name];
  }
  if (!isPackaged(message)) return [];
  const ours = new Set(fetched.map(withoutLineEnds));
  return (await attachmentsElsewhere(message)).filter((one) => !ours.has(one)).map((one) => `${message.name}: ${one}`);
};

/** Whether a message is one of a package on this machine. */
export const isPackaged = ({ name }: CorpusMessage): boolean => name.startsWith('usr/');
