/**
 * How fast messages are read from an IMAP server: `npm run bench imap-read`.
 *
 * IMAP_URL, IMAP_USER and IMAP_PASSWORD name an account on a test server. Its folder `Bench` is
 * filled with mixed messages the first time.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { MailRequest } from '../backends/contract/mail.ts';
import { imap } from '../backends/imap/backend.ts';
import { bytesSource } from '../protocol/wbxml/bytes.ts';

const {
  IMAP_URL = 'imap://127.0.0.1:143',
  IMAP_USER = 'bench',
  IMAP_PASSWORD = 'secret',
  MESSAGES = '2000',
} = process.env;
const count = Number(MESSAGES);
const ignore = () => undefined;

const html = (i: number, bytes: number): string =>
  `<html><head><style>p{margin:0}</style></head><body>${`<p>Paragraph of message ${i} with some <b>bold</b> text and a <a href="https://example.net/${i}">link</a>.</p>`.repeat(Math.ceil(bytes / 110))}</body></html>`;

const base64Lines = (text: string): string =>
  (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n');

const header = (i: number, type: string): string =>
  [
    `From: Sender ${i % 40} <sender${i % 40}@example.net>`,
    'To: Anna <anna@example.org>, Ben <ben@example.org>',
    `Subject: =?utf-8?Q?Message_${i}_f=C3=BCr_alle?=`,
    `Date: Mon, 02 Nov 2026 09:${String(i % 60).padStart(2, '0')}:00 +0100`,
    `Message-ID: <bench-${i}@example.net>`,
    `References: <bench-${i - 1}@example.net>`,
    'MIME-Version: 1.0',
    `Content-Type: ${type}`,
  ].join('\r\n');

const plain = (i: number): string =>
  `${header(i, 'text/plain; charset=utf-8')}\r\n\r\n${`Line of message ${i}.\r\n`.repeat(20 + (i % 100))}`;

const alternative = (i: number): string =>
  `${header(i, 'multipart/alternative; boundary="b"')}\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${'Text. '.repeat(100)}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${html(i, 2_000 + (i % 30) * 1_000)}\r\n--b--\r\n`;

const attached = (i: number): string =>
  `${header(i, 'multipart/mixed; boundary="m"')}\r\n\r\n--m\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(html(i, 8_000))}\r\n--m\r\nContent-Type: application/pdf; name="file.pdf"\r\nContent-Disposition: attachment; filename="file.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines('x'.repeat(100_000))}\r\n--m--\r\n`;

const kinds = [plain, alternative, alternative, attached];
const message = (i: number): Uint8Array => Buffer.from((kinds[i % kinds.length] ?? plain)(i));

const backend = imap.open(imap.settings.parse({ url: IMAP_URL }), {
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  now: Date.now,
  dataFolder: '/nonexistent',
});
const { folders, mail } = backend.account({ account: IMAP_USER, user: IMAP_USER, password: IMAP_PASSWORD });
if (folders === undefined || mail === undefined) throw new Error('no mail');

const existing = (await folders.list()).find(({ name }) => name === 'Bench');
const folder = existing?.id ?? (await folders.create({ name: 'Bench', itemClass: 'Email' }));
const present = (await mail.list(folder, undefined)).ids.size;
for (let i = present; i < count; i++) {
  await mail.append(folder, bytesSource(message(i)), {}, i.toString(16).padStart(64, '0'));
}

const request: MailRequest = { preferences: [{ type: 2, truncationSize: 32_768 }], mimeSupport: 0 };
for (let round = 1; round <= 4; round++) {
  const { ids } = await mail.list(folder, undefined);
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  let read = 0;
  let peak = 0;
  for await (const result of mail.read(folder, ids.newest(count), request)) {
    if (result.outcome === 'item') read++;
    if (read % 100 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `round ${round}: ${read} messages in ${seconds.toFixed(2)} s = ${Math.round(read / seconds)}/s, ` +
      `CPU ${((user + system) / 1e6).toFixed(2)} s, RSS at most ${Math.round(peak / 1_048_576)} MB`,
  );
  await wait(200);
}
await backend.close();
