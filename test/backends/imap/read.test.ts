import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ItemId, ReadResult } from '../../../backends/contract/items.ts';
import type { MailRequest } from '../../../backends/contract/mail.ts';
import type { Email } from '../../../protocol/classes/email.ts';
import { plainMessage } from '../../servers/mail.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import type { ImapHarness } from './harness.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench();
}, 40_000);
afterAll(() => bench.stop());

const html: MailRequest = { preferences: [{ type: 2, truncationSize: 32_768 }], mimeSupport: 0 };
const preview: MailRequest = { preferences: [{ type: 1, truncationSize: 500 }], mimeSupport: 0 };

const readAll = async (account: ImapHarness, ids: readonly ItemId[], request = html): Promise<ReadResult<Email>[]> => {
  const results: ReadResult<Email>[] = [];
  for await (const result of account.mail.read('INBOX', ids, request)) results.push(result);
  return results;
};
const itemOf = (result: ReadResult<Email> | undefined): Email => {
  if (result?.outcome !== 'item') throw new Error(`it is ${result?.outcome}`);
  return result.item;
};
const textOf = (email: Email): string => String(email.body?.data ?? '');

const multipart = (subject: string, attachmentBytes: number): Buffer =>
  Buffer.from(
    [
      `Subject: ${subject}`,
      'From: a@example.net',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="x"',
      '',
      '--x',
      'Content-Type: text/html; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<p>Gr=FC=DFe</p>',
      '--x',
      'Content-Type: application/octet-stream; name=big.bin',
      'Content-Disposition: attachment; filename=big.bin',
      'Content-Transfer-Encoding: base64',
      '',
      ...(Buffer.alloc(attachmentBytes, 'x')
        .toString('base64')
        .match(/.{1,76}/g) ?? []),
      '--x--',
      '',
    ].join('\r\n'),
  );

describe('reading', () => {
  test('fetches the parts that are shown and never an attachment', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', multipart('big', 3_000_000));
    const before = account.relay.received;
    const email = itemOf((await readAll(account, [id]))[0]);
    expect(textOf(email)).toContain('Grüße');
    expect(email.attachments).toHaveLength(1);
    expect(account.relay.received - before).toBeLessThan(8_000);
  });

  test('for a preview fetches only the beginning of a long text', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', Buffer.from(plainMessage('long', 'Line.\r\n'.repeat(200_000))));
    const before = account.relay.received;
    const email = itemOf((await readAll(account, [id], preview))[0]);
    expect(email.body?.truncated).toBe(true);
    expect(account.relay.received - before).toBeLessThan(30_000);
  });

  test('marks nothing as read: every fetch peeks', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', multipart('peek', 1_000));
    await readAll(account, [id]);
    await readAll(account, [id], { preferences: [{ type: 4 }], mimeSupport: 2 });
    for await (const _ of (await account.mail.attachment('INBOX', id, '2')).open());
    for await (const _ of (await account.mail.message('INBOX', id)).open());
    expect(itemOf((await readAll(account, [id]))[0]).read).toBe(false);
    const bodies = account.relay.commands.filter((command) => command.includes('BODY'));
    expect(bodies.length).toBeGreaterThan(0);
    for (const command of bodies) expect(command.replaceAll('BODY.PEEK[', '')).not.toContain('BODY[');
  });

  test('costs commands by the batch, not by the message: those of one shape are read together', async () => {
    const account = await bench.account({ limits: { readBatch: 100 } });
    const ids: ItemId[] = [];
    for (let i = 0; i < 60; i++) {
      ids.push(await account.deliver('INBOX', i % 2 ? multipart(`m${i}`, 100) : Buffer.from(plainMessage(`p${i}`))));
    }
    const before = account.relay.commands.length;
    const results = await readAll(account, ids);
    expect(results.map(({ id }) => id)).toEqual(ids);
    // SELECT, one FETCH for what all have, and one for the text of each of the two shapes (both in part 1).
    expect(account.relay.commands.length - before).toBeLessThanOrEqual(4);
  });

  test('lets others use the event loop between conversions', async () => {
    const account = await bench.account();
    const raw = Buffer.from(
      `Subject: large\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${'<p>Text &amp; <b>more</b></p>\r\n'.repeat(8_000)}`,
    );
    const ids: ItemId[] = [];
    for (let i = 0; i < 30; i++) ids.push(await account.deliver('INBOX', raw));
    const roundsAt: number[] = [];
    let [rounds, done] = [0, false];
    const count = () => {
      rounds++;
      if (!done) setImmediate(count);
    };
    const plain: MailRequest = { preferences: [{ type: 1, truncationSize: 500_000 }], mimeSupport: 0 };
    let first = true;
    for await (const result of account.mail.read('INBOX', ids, plain)) {
      expect(result.outcome).toBe('item');
      if (first) setImmediate(count);
      first = false;
      roundsAt.push(rounds);
    }
    done = true;
    // All of them are there when the first one is given: without turns no round would pass in between.
    expect(rounds).toBeGreaterThan(2);
    expect(new Set(roundsAt).size).toBeGreaterThan(2);
  }, 20_000);

  test('of flags alone fetches no content', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', multipart('flags', 100));
    const before = account.relay.commands.length;
    await readAll(account, [id], { preferences: [], mimeSupport: 0, flagsOnly: true });
    expect(account.relay.commands.slice(before).join(' ')).not.toMatch(/BODY|SIZE/);
  });

  test('gives each id once and in order, those gone or foreign as missing, across batches', async () => {
    const account = await bench.account({ limits: { readBatch: 3 } });
    const ids: ItemId[] = [];
    for (let i = 0; i < 10; i++) ids.push(await account.deliver('INBOX', Buffer.from(plainMessage(`m${i}`))));
    await account.expunge('INBOX', [ids[4] as ItemId]);
    const asked = [...ids, 'zz.1', 'rubbish'].reverse();
    const results = await readAll(account, asked);
    expect(results.map(({ id }) => id)).toEqual(asked);
    const missing = results.filter(({ outcome }) => outcome === 'missing').map(({ id }) => id);
    expect(missing).toEqual(['rubbish', 'zz.1', ids[4]]);
  });

  test('sees a message that came after the connection had selected the mailbox', async () => {
    const account = await bench.account();
    await account.mail.list('INBOX', undefined);
    const id = await account.deliver('INBOX', Buffer.from(plainMessage('just now')));
    expect(itemOf((await readAll(account, [id]))[0]).subject).toBe('just now');
  });

  test('stopped early by the reader leaves the connection in order', async () => {
    const account = await bench.account({ limits: { readBatch: 2 } });
    const ids: ItemId[] = [];
    for (let i = 0; i < 8; i++) ids.push(await account.deliver('INBOX', Buffer.from(plainMessage(`m${i}`))));
    for await (const { id } of account.mail.read('INBOX', ids, html)) {
      expect(id).toBe(ids[0]);
      break;
    }
    expect(await readAll(account, ids)).toHaveLength(8);
  });

  test('stops when it is aborted', async () => {
    const account = await bench.account({ limits: { readBatch: 1 } });
    const ids = [await account.deliver('INBOX', Buffer.from(plainMessage('a'))), 'x.1', 'x.2'];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of account.mail.read('INBOX', ids, html, abort.signal)) abort.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('messages that are hardly ones', () => {
  test.each([
    ['without a header', 'no header at all'],
    ['empty', '\r\n'],
    [
      'an endless nesting',
      Array.from({ length: 60 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(''),
    ],
    ['a broken charset', 'Content-Type: text/plain; charset=x-none\r\n\r\nt\xe4xt'],
    ['8 bit in its header', 'Subject: gr\xfc\xdfe\r\n\r\ntext'],
    ['quotes and parentheses in parameters', 'Content-Type: text/plain; name="a\\"b)(c"\r\n\r\ntext'],
  ])('%s: served beside the others', async (_, raw) => {
    const account = await bench.account();
    const ids = [
      await account.deliver('INBOX', Buffer.from(plainMessage('before'))),
      await account.deliver('INBOX', Buffer.from(raw, 'latin1')),
      await account.deliver('INBOX', Buffer.from(plainMessage('after'))),
    ];
    const results = await readAll(account, ids);
    expect(results.map(({ outcome }) => outcome)).toEqual(['item', 'item', 'item']);
    expect(itemOf(results[2]).subject).toBe('after');
  });

  test('a message whose reading makes the server hang up is told apart; the others are read', async () => {
    const account = await bench.account();
    const ids = [];
    for (const name of ['one', 'two', 'three'])
      ids.push(await account.deliver('INBOX', Buffer.from(plainMessage(name))));
    const bad = ids[1]?.split('.')[1];
    // Each command that names the bad message ends its connection, as a crash in the server does.
    const again = () => account.relay.cutOn(new RegExp(`^UID FETCH (1:3|${bad}) `));
    again();
    const timer = setInterval(again, 1);
    const results = await readAll(account, ids);
    clearInterval(timer);
    expect(results.map(({ outcome }) => outcome)).toEqual(['item', 'unreadable', 'item']);
  }, 30_000);
});

describe('large messages', () => {
  test('an attachment of 50 MB is streamed in flat memory and comes out whole', async () => {
    const account = await bench.account();
    const size = 50 * 1_048_576;
    const id = await account.deliver('INBOX', multipart('huge', size));
    const attachment = await account.mail.attachment('INBOX', id, '2');
    const start = process.memoryUsage().rss;
    let [total, peak, wrong] = [0, 0, 0];
    for await (const chunk of attachment.open()) {
      total += chunk.length;
      if (chunk.some((byte) => byte !== 0x78)) wrong++;
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect([total, wrong]).toEqual([size, 0]);
    expect(peak - start).toBeLessThan(64 * 1_048_576);
  }, 120_000);

  test('MIME larger than memory shall hold is a stream of known length', async () => {
    const account = await bench.account({ limits: { memoryBytes: 65_536 } });
    const raw = multipart('as mime', 300_000);
    const id = await account.deliver('INBOX', raw);
    const email = itemOf((await readAll(account, [id], { preferences: [{ type: 4 }], mimeSupport: 2 }))[0]);
    const data = email.body?.data;
    if (typeof data !== 'object' || !('open' in data)) throw new Error('the body is no stream');
    expect(data.byteLength).toBe(raw.length);
    const pieces: Uint8Array[] = [];
    for await (const piece of data.open()) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(raw)).toBe(true);
  });

  test('a stream goes on after its connection broke', async () => {
    const account = await bench.account();
    const raw = multipart('broken off', 2_000_000);
    const id = await account.deliver('INBOX', raw);
    const pieces: Uint8Array[] = [];
    for await (const piece of (await account.mail.message('INBOX', id)).open()) {
      pieces.push(piece);
      if (pieces.length === 2) account.relay.cut();
    }
    expect(Buffer.concat(pieces).equals(raw)).toBe(true);
  });

  test('a stream whose message is removed meanwhile ends with notFound', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', multipart('removed', 2_000_000));
    const reading = (async () => {
      let pieces = 0;
      for await (const _ of (await account.mail.message('INBOX', id)).open()) {
        if (pieces++ === 0) await account.expunge('INBOX', [id]);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'notFound' });
  });
});
