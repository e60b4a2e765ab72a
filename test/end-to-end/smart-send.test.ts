import { describe, expect, test } from '@jest/globals';
import PostalMime, { type Email as Parsed } from 'postal-mime';
import { Email2 } from '../../protocol/code-pages/index.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { AllVersions, can, inSpan, SupportedVersions } from '../../protocol/versions.ts';
import { moveItem } from '../../src/phone/folder-commands.ts';
import { smartSend } from '../../src/phone/mail-commands.ts';
import { longIdOf } from '../../src/search/long-id.ts';
import * as w from '../backends/convert/mail/tnef-writer.ts';
import { mail, multipart, part } from '../corpus/writing.ts';
import { type Client, openClient, openInbox } from '../support/client.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

const withBody = SupportedVersions.filter((version) => can(version, 'composeMail'));

/** Whether a version tells what was done with a mail last. */
const tellsVerb = (version: (typeof SupportedVersions)[number]): boolean =>
  inSpan(version, Email2.LastVerbExecuted.versions ?? AllVersions);

let users = 0;
/** Who answers or forwards (with the mail in the Inbox), and who gets it. */
const stage = async (raw: string | Uint8Array, version: (typeof SupportedVersions)[number] = '16.1') => {
  const [one, other] = [`smart${++users}`, `smart${++users}`];
  const from = await openClient(host, one, version);
  await host.deliver(one, raw);
  await from.load(from.inbox);
  const to = await openInbox(host, other);
  const [itemId = ''] = [...from.emails(from.inbox).keys()];
  return { from, to, source: { folderId: from.inbox, itemId } };
};

const lines = (...all: string[]): string => all.join('\r\n');

const original = lines(
  'From: Carl =?utf-8?q?=C3=84rger?= <carl@example.test>',
  'To: smart@example.test, dora@example.test',
  'Subject: plans',
  'Message-ID: <plans@example.test>',
  'References: <older@example.test>',
  'Date: Mon, 23 Nov 2026 10:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=o',
  '',
  '--o',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Gr\xfc\xdfe aus K\xf6ln',
  '--o',
  'Content-Type: application/x-odd; name="odd name.bin"',
  'Content-Disposition: attachment; filename="odd name.bin"',
  'Content-Transfer-Encoding: base64',
  '',
  'AAEC',
  ' AwQF ',
  '--o--',
  '',
);

const own = (to: string, text: string, more: readonly string[] = []): Uint8Array =>
  Buffer.from(lines(`To: ${to}`, 'Subject: Re: plans', 'Date: Mon, 23 Nov 2026 11:00:00 +0000', ...more, '', text));

const inbox = async (client: Client, role = 'inbox'): Promise<{ raw: string; parsed: Parsed }[]> => {
  const id = client.folder(role);
  const options = [{ bodyPreferences: [{ type: 4 }], mimeSupport: 2 }];
  if (client.mailbox.collection(id).syncKey === '0') await client.load(id, { options });
  else await client.catchUp(id, { options });
  const raws = [...client.emails(id).values()].map(({ body }) => String(body?.data ?? ''));
  return Promise.all(raws.map(async (raw) => ({ raw, parsed: await PostalMime.parse(Buffer.from(raw, 'latin1')) })));
};

const address = ({ user }: Client): string => `${user}@example.test`;

describe.each(SupportedVersions)('version %s', (version) => {
  const latin1 = Buffer.from(original, 'latin1');

  test('MS-ASCMD_R580: a reply holds the text of the original, not its attachments, and is marked', async () => {
    const { from, to, source } = await stage(latin1, version);
    await smartSend(from.device, 'SmartReply', own(address(to), 'Ja!'), {
      source,
      clientId: 'r1',
      saveInSentItems: true,
    });
    const [mail] = await inbox(to);
    expect(mail?.parsed.text).toContain('Ja!');
    expect(mail?.parsed.text).toContain('Grüße aus Köln');
    expect(mail?.parsed.text).toMatch(/From: Carl Ärger <carl@example.test>\s+Sent: Mon, 23 Nov 2026 10:00:00 \+0000/);
    expect(mail?.parsed.attachments).toEqual([]);
    expect(mail?.parsed.inReplyTo).toBe('<plans@example.test>');
    expect(mail?.parsed.references).toBe('<older@example.test> <plans@example.test>');
    expect((await inbox(from, 'sent')).map(({ parsed }) => parsed.subject)).toEqual(['Re: plans']);
    await from.catchUp(from.inbox);
    expect(from.email(from.inbox, 'plans')).toMatchObject(
      tellsVerb(version) ? { lastVerbExecuted: 1, lastVerbExecutionTime: expect.any(Date) } : {},
    );
  });

  test('MS-ASCMD_R545: a forward holds text and attachments, each byte for byte as it was', async () => {
    const { from, to, source } = await stage(latin1, version);
    await smartSend(from.device, 'SmartForward', own(address(to), 'FYI'), { source, clientId: 'f1' });
    const [mail] = await inbox(to);
    expect(mail?.parsed.text).toContain('FYI');
    expect(mail?.parsed.text).toContain('Grüße aus Köln');
    expect(mail?.raw).toContain(
      lines(
        'Content-Type: application/x-odd; name="odd name.bin"',
        'Content-Disposition: attachment; filename="odd name.bin"',
        'Content-Transfer-Encoding: base64',
        '',
        'AAEC',
        ' AwQF ',
        '--',
      ),
    );
    expect(await inbox(from, 'sent')).toEqual([]);
    await from.catchUp(from.inbox);
    if (tellsVerb(version)) expect(from.email(from.inbox, 'plans').lastVerbExecuted).toBe(3);
  });

  test('a source that is not there is an error, and nothing is sent: MS-ASCMD_R4930', async () => {
    const { from, to, source } = await stage(latin1, version);
    const unknown = { ...source, itemId: `${from.inbox}:1.99999` };
    const failure = { status: can(version, 'statusInBody') ? 150 : 500 };
    for (const verb of ['SmartReply', 'SmartForward'] as const) {
      const sent = smartSend(from.device, verb, own(address(to), 'x'), { source: unknown, clientId: verb });
      await expect(sent).rejects.toMatchObject(failure);
    }
    expect(await inbox(to)).toEqual([]);
  });
});

describe.each(withBody)('version %s', (version) => {
  test('MS-ASCMD_R7465: a ClientId again is Status 118, and the mail is sent once', async () => {
    const { from, to, source } = await stage(original, version);
    const wish = { source, clientId: 'once', saveInSentItems: true };
    await smartSend(from.device, 'SmartForward', own(address(to), 'once'), wish);
    await expect(smartSend(from.device, 'SmartForward', own(address(to), 'once'), wish)).rejects.toMatchObject({
      status: 118,
    });
    expect(await inbox(to)).toHaveLength(1);
    expect(await inbox(from, 'sent')).toHaveLength(1);
  });

  test('MS-ASCMD_R3775: with ReplaceMime nothing is added, and the original is marked all the same', async () => {
    const { from, to, source } = await stage(original, version);
    const mime = own(address(to), 'all of it is here', [`From: ${address(from)}`]);
    await smartSend(from.device, 'SmartForward', mime, { source, clientId: 'm', replaceMime: true });
    const [mail] = await inbox(to);
    expect(mail?.parsed.text?.trim()).toBe('all of it is here');
    expect(mail?.parsed.attachments).toEqual([]);
    await from.catchUp(from.inbox);
    expect(from.email(from.inbox, 'plans').lastVerbExecuted).toBe(3);
  });

  test('the last verb and its time are shown on every device, and go along with a move: MS-ASEMAIL_R510, R522', async () => {
    const { from, to, source } = await stage(original, version);
    const second = await openClient(host, from.user, version, `${from.user}second`);
    await second.load(second.inbox);
    const before = Date.now();
    const all = `carl@example.test, dora@example.test, ${address(to)}`;
    await smartSend(from.device, 'SmartReply', own(all, 'To all'), { source, clientId: 'all' });
    const shown = { lastVerbExecuted: 2, lastVerbExecutionTime: expect.any(Date) };
    for (const each of [from, second]) {
      await each.catchUp(each.inbox);
      expect(each.email(each.inbox, 'plans')).toMatchObject(shown);
    }
    const at = second.email(second.inbox, 'plans').lastVerbExecutionTime?.getTime();
    expect(at).toBeGreaterThanOrEqual(before - 1000);
    const trash = from.folder('trash');
    await moveItem(from.device, { srcMsgId: source.itemId, srcFldId: from.inbox, dstFldId: trash });
    await second.load(second.folder('trash'));
    expect(second.email(second.folder('trash'), 'plans')).toMatchObject({
      lastVerbExecuted: 2,
      lastVerbExecutionTime: new Date(at ?? 0),
    });
    // A forward afterwards is the last one, though the flags tell both.
    const itemId = second.idOf(second.folder('trash'), 'plans');
    await smartSend(second.device, 'SmartForward', own(address(to), 'FYI'), { source: { itemId }, clientId: 'then' });
    await second.catchUp(second.folder('trash'));
    expect(second.email(second.folder('trash'), 'plans').lastVerbExecuted).toBe(3);
  });

  test('MS-ASEMAIL_R522 the second reply of a mail changes no flag, and is told to every device, also to one that waits', async () => {
    const { from, to, source } = await stage(original, version);
    const second = await openClient(host, from.user, version, `${from.user}second`);
    await second.load(second.inbox);
    const reply = (clientId: string) =>
      smartSend(from.device, 'SmartReply', own(address(to), clientId), { source, clientId });
    const at = (client: Client) => client.email(client.inbox, 'plans').lastVerbExecutionTime?.getTime() ?? 0;
    await reply('one');
    for (const each of [from, second]) await each.catchUp(each.inbox);
    const first = at(second);
    const wait = second.device.ping({ heartbeatInterval: 60, folders: [{ id: second.inbox }] });
    await reply('two');
    expect(await wait).toMatchObject({ status: 2, folders: [second.inbox] });
    for (const each of [second, from]) await each.catchUp(each.inbox);
    expect(at(second)).toBeGreaterThan(first);
    expect([at(from), from.mailbox.anomalies, second.mailbox.anomalies]).toEqual([at(second), [], []]);
  });

  test('the source may be a LongId, which stands alone: MS-ASCMD_R3243', async () => {
    const { from, to, source } = await stage(original, version);
    const [collectionId = '', itemId = ''] = source.itemId.split(':');
    const longId = longIdOf({ collectionId, itemId });
    const send = (of: object, clientId: string) =>
      smartSend(from.device, 'SmartForward', own(address(to), 'long'), { source: of, clientId });
    await send({ longId }, 'l1');
    expect((await inbox(to))[0]?.parsed.attachments).toHaveLength(1);
    await expect(send({ longId, itemId: source.itemId }, 'l2')).rejects.toMatchObject({ status: 105 });
    await expect(send({ longId: 'rubbish' }, 'l3')).rejects.toMatchObject({ status: 150 });
    // The folder may be left out; one that contradicts the item names nothing.
    await send({ itemId: source.itemId }, 'l4');
    await expect(send({ ...source, folderId: '9999' }, 'l5')).rejects.toMatchObject({ status: 150 });
    await expect(send({ ...source, instanceId: new Date(0) }, 'l6')).rejects.toMatchObject({ status: 150 });
  });

  test('raw MIME with the source on the request line is taken in every version, the same bytes once', async () => {
    const { from, to, source } = await stage(original, version);
    const wish = { source, clientId: 'unused', raw: true };
    for (let i = 0; i < 2; i++) await smartSend(from.device, 'SmartForward', own(address(to), 'raw'), wish);
    // The same bytes as a reply are another mail.
    await smartSend(from.device, 'SmartReply', own(address(to), 'raw'), wish);
    expect(await inbox(to)).toHaveLength(2);
  });
});

describe.each(['14.1', '16.0', '16.1'] as const)('version %s', (version) => {
  test('MS-ASCMD_R724: an AccountId that is none is Status 166, rights management 168', async () => {
    const { from, to, source } = await stage(original, version);
    const request = { clientId: 'a', source, mime: own(address(to), 'x') };
    for (const command of ['SmartReply', 'SmartForward'] as const) {
      expect(await from.device.command(command, { ...request, accountId: 'other' })).toEqual({ status: 166 });
      expect(await from.device.command(command, { ...request, templateId: 'secret' })).toEqual({ status: 168 });
    }
    expect(await inbox(to)).toEqual([]);
  });
});

describe('a forward that the server writes', () => {
  test('goes to the Forwardees with the body that the device gives', async () => {
    const { from, to, source } = await stage(original);
    const forwardees = [{ email: address(to), name: 'Ünal, "T"' }];
    const request = { clientId: 'w', source, forwardees, body: { type: 1, data: 'Zur Kenntnis: größer' } };
    expect(await from.device.command('SmartForward', request)).toBeUndefined();
    const [mail] = await inbox(to);
    expect(mail?.parsed.subject).toBe('FW: plans');
    expect(mail?.parsed.to).toEqual([{ name: 'Ünal, "T"', address: address(to) }]);
    expect(mail?.parsed.from?.address).toBe(address(from));
    expect(mail?.parsed.text).toMatch(/Zur Kenntnis: größer[\s\S]*Köln/);
    expect(mail?.parsed.attachments).toHaveLength(1);
  });

  test('MS-ASCMD_R7467, R7468: beside a message it is Status 178; MS-ASCMD_R7470: what cannot be read 179', async () => {
    const { from, to, source } = await stage(original);
    const forwardees = [{ email: address(to) }];
    const send = (more: object) => from.device.command('SmartForward', { clientId: 'w', source, ...more });
    expect(await send({ forwardees, mime: own(address(to), 'x') })).toEqual({ status: 178 });
    expect(await send({ forwardees, saveInSentItems: true })).toEqual({ status: 178 });
    expect(await send({ body: { type: 1, data: 'x' }, replaceMime: true })).toEqual({ status: 178 });
    expect(await send({ forwardees: [{ email: 'no address\r\nBcc: x@y.test' }] })).toEqual({ status: 179 });
    expect(await send({ body: { type: 1, data: 'x' } })).toEqual({ status: 179 });
    expect(await send({ forwardees, body: { type: 3, data: 'x' } })).toEqual({ status: 179 });
    expect(await send({})).toEqual({ status: 101 });
    expect(await inbox(to)).toEqual([]);
  });
});

test('12.1: the source stands on the request line; without one nothing is sent', async () => {
  const { from, to } = await stage(original, '12.1');
  const request = from.device.channel.prepareRaw('SmartReply', Buffer.from(own(address(to), 'x')), ContentTypes.mime);
  await expect(from.device.channel.exchange('SmartReply', request)).rejects.toMatchObject({ status: 500 });
  expect(await inbox(to)).toEqual([]);
});

test('an HTML original keeps its pictures in a reply, and everything in a forward', async () => {
  const html = lines(
    'From: carl@example.test',
    'Subject: picture',
    'Message-ID: <p@example.test>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=m',
    '',
    '--m',
    'Content-Type: multipart/related; boundary=r',
    '',
    '--r',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<html><head><style>p{color:red}</style></head><body dir="rtl"><p>Look <img src="cid:pic@x"></p></body></html>',
    '--r',
    'Content-Type: image/png',
    'Content-ID: <pic@x>',
    'Content-Transfer-Encoding: base64',
    '',
    'iVBORw0K',
    '--r--',
    '--m',
    'Content-Type: text/calendar; name=plan.ics',
    'Content-Disposition: attachment; filename=plan.ics',
    '',
    'BEGIN:VCALENDAR',
    '--m--',
    '',
  );
  const { from, to, source } = await stage(html);
  await smartSend(from.device, 'SmartReply', own(address(to), 'Nice < pictures'), { source, clientId: 'p1' });
  await smartSend(from.device, 'SmartForward', own(address(to), 'See'), { source, clientId: 'p2' });
  const mails = await inbox(to);
  const reply = mails.find(({ parsed }) => parsed.text?.includes('Nice'))?.parsed;
  const forward = mails.find(({ parsed }) => parsed.text?.includes('See'))?.parsed;
  expect(reply?.html).toMatch(/Nice &lt; pictures[\s\S]*<style>p\{color:red\}<\/style><div dir="rtl"><p>Look <img/);
  expect(reply?.text).toMatch(/Nice < pictures[\s\S]*Look/);
  expect(reply?.attachments.map(({ contentId }) => contentId)).toEqual(['<pic@x>']);
  expect(forward?.attachments.map(({ mimeType }) => mimeType)).toEqual(['image/png', 'text/calendar']);
  expect(forward?.attachments[0]?.related).toBe(true);
});

test('a forward holds the files of a winmail.dat, and a message among them as a message', async () => {
  const old = w.tnef(w.messageProperties(w.unicode(0x0037, 'Old'), w.unicode(0x1000, 'What was said')));
  const winmail = w.tnef(
    w.messageProperties(w.unicode(0x1000, 'Text of Outlook')),
    w.attachment('A.BIN', Buffer.from('file'), w.unicode(0x3707, 'Übersicht.bin')),
    w.attachment('', undefined, w.integer(0x3705, 5), w.object(0x3701, Buffer.concat([w.messageKind, old]))),
  );
  const { from, to, source } = await stage(
    mail('rich', part('application/ms-tnef; name=winmail.dat', winmail, 'base64')),
  );
  await smartSend(from.device, 'SmartForward', own(address(to), 'FYI'), { source, clientId: 'w1' });
  const [{ parsed, raw } = { parsed: undefined, raw: '' }] = await inbox(to);
  expect(parsed?.text).toMatch(/FYI[\s\S]*Text of Outlook/);
  expect(parsed?.attachments[0]).toMatchObject({ filename: 'Übersicht.bin' });
  // Never encoded (RFC 2046, 5.2.1): other programs would not look into it.
  expect(raw).toMatch(
    /Content-Type: message\/rfc822;[\s\S]*?Content-Transfer-Encoding: 8bit\r\n\r\n[\s\S]*?Subject: =\?utf-8\?B\?T2xk\?=\r\n/,
  );
});

test('a forward of an invitation holds it whole, a reply does not', async () => {
  const calendar = lines(
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'METHOD:REQUEST', 'BEGIN:VEVENT', 'UID:1@example.test'],
    ...['DTSTART:20261123T090000Z', 'DTEND:20261123T100000Z', 'SUMMARY:Plan', 'ORGANIZER:mailto:carl@example.test'],
    ...['END:VEVENT', 'END:VCALENDAR', ''],
  );
  const invitation = mail(
    'Plan',
    multipart('alternative', [
      part('text/plain; charset=utf-8', 'Please come'),
      part('text/calendar; charset=utf-8; method=REQUEST', calendar),
    ]),
  );
  const { from, to, source } = await stage(invitation);
  await smartSend(from.device, 'SmartReply', own(address(to), 'No time'), { source, clientId: 'i1' });
  await smartSend(from.device, 'SmartForward', own(address(to), 'Will you?'), { source, clientId: 'i2' });
  const mails = await inbox(to);
  const holding = mails.filter(({ raw }) => raw.includes(invitation.toString('latin1')));
  expect(holding.map(({ parsed }) => parsed.text)).toEqual([expect.stringMatching(/Will you\?[\s\S]*Please come/)]);
  expect(mails.find(({ parsed }) => parsed.text?.includes('No time'))?.raw).not.toContain('VCALENDAR');
});
