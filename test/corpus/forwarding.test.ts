import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MailStore } from '../../backends/contract/mail.ts';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { type ByteSource, bytesSource, readAll } from '../../protocol/wbxml/bytes.ts';
import { loadOriginal, readHeader } from '../../src/send/original.ts';
import { spoolsIn } from '../../src/spool.ts';
import { openClient, storeOf } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { isPackaged, referencesOf } from './checking.ts';
import { lostInForwards, Signature } from './forwarded.ts';
import { type CorpusMessage, corpusMessages } from './messages.ts';

const messages = corpusMessages();
let host: LocalServer;
let mail: MailStore;
let folder: string;
const ids = new Map<CorpusMessage, string>();

const put = async (raw: Uint8Array, name: string): Promise<string> =>
  (await mail.append(folder, bytesSource(raw), {}, name)).id;

beforeAll(async () => {
  host = await startLocalServer();
  mail = storeOf(host, 'anna');
  folder = await (await openClient(host, 'anna')).storeFolder('inbox');
  for (const message of messages) ids.set(message, await put(message.raw, message.name));
}, 60_000);

afterAll(() => host.close());

/** What a device of 14.1 sends, and what the server writes for one of 16.1. */
const own = bytesSource(Buffer.from('To: ben@example.test\r\nSubject: FW\r\n\r\nFor your information\r\n'));
const body = { form: 'html' as const, text: '<p>For your information</p>' };
const ways = [
  () => own,
  (header: Uint8Array) => mailComposer.forwardMessage(header, [{ email: 'ben@example.test' }], body),
];

/** The message that goes out, as SmartForward makes it. */
const forwarded = async (id: string, write: (header: Uint8Array) => ByteSource): Promise<Buffer> => {
  const { signal } = new AbortController();
  const scope = { mail, composer: mailComposer, openSpool: spoolsIn('/nonexistent', randomBytes), signal };
  const item = { folder, id };
  const header = await readHeader(scope, item);
  const written = write(header);
  const loaded = await loadOriginal(scope, item, header, mailComposer.textForms(written), 'forward');
  return Buffer.from(readAll(mailComposer.joinOriginal(written, loaded.original, 'seed')));
};

/** What a device is told of the attachments of a mail. */
const listedOf = async (id: string): Promise<readonly string[]> => {
  for await (const result of mail.read(folder, [id], { preferences: [], mimeSupport: 0 })) {
    if (result.outcome === 'item') return referencesOf(result.item);
  }
  return [];
};

/** Contents of the attachments that a device gets, without signatures. */
const contentsOf = async (id: string): Promise<string[]> => {
  const contents: string[] = [];
  for (const part of await listedOf(id)) {
    const { contentType, open } = await mail.attachment(folder, id, part);
    const pieces: Uint8Array[] = [];
    for await (const piece of open()) pieces.push(piece);
    if (!Signature.test(contentType)) contents.push(Buffer.concat(pieces).toString('latin1'));
  }
  return contents;
};

/** What other programs make of a damaged message differs: its forward shows a device what the message itself does. */
const lostToDevice = async (id: string, { name, raw }: CorpusMessage, forward: Buffer): Promise<readonly string[]> => {
  if (raw.length > 0 && forward.includes(Buffer.from(raw))) return [];
  const [before, after] = [await contentsOf(id), await contentsOf(await put(forward, `forward of ${name}`))];
  const text = forward.toString('latin1');
  // What is too deep to be looked into stands in the forward less deep, as it is.
  return before.filter((one) => !after.includes(one) && !text.includes(one)).map((one) => `${name}: ${one}`);
};

const isDamaged = (message: CorpusMessage): boolean => message.attachments === undefined && !isPackaged(message);

test('MS-ASCMD_R545 every message of the corpus, forwarded by 14.1 and 16.1, is there with all attachments, byte for byte', async () => {
  const lost: string[] = [];
  for (const [message, id] of ids) {
    const forwards: Buffer[] = [];
    for (const way of ways) forwards.push(await forwarded(id, way));
    lost.push(...(await lostInForwards(message, forwards)));
    if (isDamaged(message)) lost.push(...(await lostToDevice(id, message, forwards[0] as Buffer)));
  }
  expect(lost).toEqual([]);
}, 120_000);
