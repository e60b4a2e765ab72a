import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Email } from '../../../protocol/classes/email.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { FolderId } from '../folders.ts';
import type { ItemId, ReadResult } from '../items.ts';
import { type AppendOptions, type MailPatch, type MailRequest, type MailStore, RawMessagePart } from '../mail.ts';
import { abilityOf, codeOf, collect, freshName, type MailHarness, type OpenHarness, uniqueName } from './harness.ts';
import { attachmentBytes, brokenMessage, messageWithAttachment, plainMessage } from './samples.ts';

const text: MailRequest = { preferences: [{ type: 1 }], mimeSupport: 0 };
const flagsOnly: MailRequest = { preferences: [], mimeSupport: 0, flagsOnly: true };

/** What {@link MailStore} promises of `read`, `append`, `update`, `remove`, `move`, `attachment` `encodedPart` and `message`. */
export const mailItemsContract = (name: string, open: OpenHarness): void => {
  let harness: MailHarness;
  let mail: MailStore;
  let folder: FolderId;

  beforeAll(async () => {
    harness = await open();
    mail = abilityOf(harness, 'mail');
    folder = await harness.createFolder(uniqueName('items'));
  });
  afterAll(() => harness.close());

  const read = async (ids: readonly ItemId[], request = text, of = folder): Promise<ReadResult<Email>[]> => {
    const results: ReadResult<Email>[] = [];
    for await (const result of mail.read(of, ids, request)) results.push(result);
    return results;
  };
  const readOne = async (id: ItemId, request = text, of = folder): Promise<Email> => {
    const [result] = await read([id], request, of);
    if (result?.outcome !== 'item') throw new Error(`${id} is ${result?.outcome}`);
    return result.item;
  };
  const revisionOf = async (id: ItemId): Promise<string | undefined> => {
    const [result] = await read([id], flagsOnly);
    return result?.outcome === 'item' ? result.revision : undefined;
  };
  const deliver = (subject: string): Promise<ItemId> => harness.deliver(folder, plainMessage(subject));
  const idsIn = async (of: FolderId): Promise<ItemId[]> => [...(await mail.list(of, undefined)).ids];
  const append = (raw: Uint8Array, options: AppendOptions = {}, as = freshName()): ReturnType<MailStore['append']> =>
    mail.append(folder, bytesSource(raw), options, as);
  /** The folder of role `trash`. */
  const trash = async (): Promise<FolderId> => {
    const found = (await abilityOf(harness, 'folders').list()).find(({ role }) => role === 'trash');
    if (found === undefined) throw new Error('The harness has no folder of role trash');
    return found.id;
  };

  describe(`${name}: read`, () => {
    test('answers each id exactly once, in the order asked for', async () => {
      const ids = [await deliver('one'), await deliver('two'), await deliver('three')];
      const gone = await deliver('gone');
      await harness.expunge(folder, [gone]);
      const asked = [ids[2], gone, ids[0], 'rubbish', ids[1], '999999999.1'] as ItemId[];
      const results = await read(asked);
      expect(results.map(({ id }) => id)).toEqual(asked);
      expect(results.map(({ outcome }) => outcome)).toEqual(['item', 'missing', 'item', 'missing', 'item', 'missing']);
      expect(results.map((result) => (result.outcome === 'item' ? result.item.subject : undefined))).toEqual([
        'three',
        undefined,
        'one',
        undefined,
        'two',
        undefined,
      ]);
      expect(await read([])).toEqual([]);
    });

    test('gives the revision that changes gives, and the second it was received', async () => {
      const { cursor } = await mail.list(folder, undefined);
      const received = new Date(Date.UTC(2026, 5, 4, 3, 2, 1));
      const id = await harness.deliver(folder, plainMessage('dated'), { received });
      const [told] = (await mail.changes(folder, cursor)).changed;
      const [result] = await read([id]);
      expect(result).toMatchObject({ id, outcome: 'item', revision: told?.revision, at: received.getTime() / 1000 });
      expect((await readOne(id)).dateReceived).toEqual(received);
    });

    test('gives subject, addresses and body; reading marks nothing as read', async () => {
      const id = await harness.deliver(folder, plainMessage('Grüße', 'Schöne Grüße aus Köln.'));
      const email = await readOne(id);
      expect(email).toMatchObject({ read: false, subject: 'Grüße' });
      expect(email.from).toContain('ben@postrider.test');
      expect(JSON.stringify(email.body)).toContain('Schöne Grüße aus Köln.');
      expect((await readOne(id)).read).toBe(false);
    });

    test('flags alone cost no content', async () => {
      const id = await deliver('flags');
      await harness.setFlags(folder, id, { seen: true });
      const email = await readOne(id, flagsOnly);
      expect(email.read).toBe(true);
      expect([email.subject, email.body]).toEqual([undefined, undefined]);
    });

    test('a notice on demand: what the header tells, the reason, and the message attached', async () => {
      const id = await deliver('noticed');
      const [result] = await read([id], { ...text, notice: 'it was too much for the phone' });
      expect(result).toMatchObject({ outcome: 'item', problem: 'it was too much for the phone' });
      const email = await readOne(id, { ...text, notice: 'it was too much for the phone' });
      expect(email.subject).toBe('noticed');
      expect(JSON.stringify(email.body)).toContain('it was too much for the phone');
      expect(JSON.stringify(email.body)).not.toContain('Schöne Grüße');
      expect(email.attachments).toMatchObject([{ fileReference: RawMessagePart }]);
      const whole = await collect((await mail.attachment(folder, id, RawMessagePart)).open());
      expect(whole).toEqual(await collect((await mail.message(folder, id)).open()));
    });

    test('lists an attachment by a part name that attachment() knows', async () => {
      const id = await harness.deliver(folder, messageWithAttachment('with attachment', 5000));
      const attachments = (await readOne(id)).attachments;
      const reference = /"fileReference":"([^"]*)"/.exec(JSON.stringify(attachments))?.[1] ?? '';
      expect(JSON.stringify(attachments)).toContain('Übersicht.bin');
      expect(reference).toMatch(/^[A-Za-z0-9._-]{1,40}$/);
      const attachment = await mail.attachment(folder, id, reference);
      expect(attachment).toMatchObject({ contentType: 'application/octet-stream', name: 'Übersicht.bin' });
      expect(await collect(attachment.open())).toEqual(attachmentBytes(5000));
    });

    test('gives a part as it stands in the message, with the fields that tell what it is', async () => {
      const raw = messageWithAttachment('as it stands', 300_000);
      const id = await harness.deliver(folder, raw);
      const { fields, open: stream } = await mail.encodedPart(folder, id, '2');
      const text = Buffer.from(raw).toString('latin1');
      const start = text.indexOf('Content-Type: application/octet-stream');
      const [header = '', rest = ''] = text.slice(start).split('\r\n\r\n');
      expect(Buffer.from(fields).toString('latin1')).toBe(`${header}\r\n`);
      expect(Buffer.from(await collect(stream())).toString('latin1') === rest.split('\r\n--')[0]).toBe(true);
      // A message without parts: only what speaks of its content.
      const plain = await mail.encodedPart(folder, await deliver('alone'), '1');
      expect(Buffer.from(plain.fields).toString('latin1').split('\r\n').sort()).toEqual([
        '',
        'Content-Transfer-Encoding: 8bit',
        'Content-Type: text/plain; charset=utf-8',
      ]);
      expect(Buffer.from(await collect(plain.open())).toString('latin1')).toContain('Hello.');
      expect(await codeOf(mail.encodedPart(folder, id, '9'))).toBe('notFound');
    });

    test('a message that is hardly one is served nevertheless', async () => {
      if (harness.limits?.brokenMessages === false) {
        expect(await codeOf(append(brokenMessage()))).toBe('rejected');
        return;
      }
      const { id } = await append(brokenMessage());
      const [result] = await read([id]);
      expect(result?.outcome).toBe('item');
    });

    test('many at once', async () => {
      const ids: ItemId[] = [];
      for (let index = 0; index < 101; index++) ids.push(await deliver(`many ${index}`));
      const results = await read(ids, { preferences: [{ type: 1, truncationSize: 10 }], mimeSupport: 0 });
      expect(results.map((result) => (result.outcome === 'item' ? result.item.subject : result.outcome))).toEqual(
        ids.map((_, index) => `many ${index}`),
      );
    }, 30_000);
  });

  describe(`${name}: append`, () => {
    test('stores a message byte for byte', async () => {
      const raw = plainMessage('Überfahrt', 'A line.\r\n.\r\nFrom here on\r\n\ttabs and ümlauts');
      const { id, revision } = await append(raw);
      const message = await mail.message(folder, id);
      expect(message.size).toBe(raw.length);
      expect(await collect(message.open())).toEqual(raw);
      expect(await collect(message.open())).toEqual(raw);
      expect(await revisionOf(id)).toBe(revision);
    });

    test('starts with the state that is told', async () => {
      const date = new Date(Date.UTC(2025, 11, 31, 23, 59, 58));
      const { id } = await append(plainMessage('state'), { read: true, draft: true, date });
      expect(await readOne(id)).toMatchObject({ read: true, dateReceived: date });
      const { id: unread } = await append(plainMessage('state'), { read: false });
      const age = Date.now() - ((await readOne(unread)).dateReceived?.getTime() ?? 0);
      expect((await readOne(unread)).read).toBe(false);
      expect(Math.abs(age)).toBeLessThan(60_000);
    });

    test('finds the message stored before under the same name, also when both come at once', async () => {
      const [raw, as] = [plainMessage(uniqueName('once')), freshName()];
      const before = (await idsIn(folder)).length;
      const results = [...(await Promise.all([append(raw, {}, as), append(raw, {}, as)])), await append(raw, {}, as)];
      expect(new Set(results.map(({ id }) => id)).size).toBe(1);
      expect(await idsIn(folder)).toHaveLength(before + 1);
    });

    test('the same bytes under another name are another message', async () => {
      const raw = plainMessage(uniqueName('twice'));
      const [one, two] = [await append(raw), await append(raw)];
      expect(one.id).not.toBe(two.id);
    });

    test('into a folder that is not there is notFound', async () => {
      const source = bytesSource(plainMessage('lost'));
      expect(await codeOf(mail.append('no such folder', source, {}, freshName()))).toBe('notFound');
    });

    test('a message of several megabytes comes back whole, in pieces', async () => {
      const raw = messageWithAttachment('large', 3 * 1024 * 1024);
      const { id } = await append(raw);
      let pieces = 0;
      for await (const _ of (await mail.message(folder, id)).open()) pieces++;
      expect(pieces).toBeGreaterThan(1);
      expect(Buffer.from(await collect((await mail.message(folder, id)).open())).equals(raw)).toBe(true);
      const attachment = await mail.attachment(folder, id, '2');
      expect(Buffer.from(await collect(attachment.open())).equals(attachmentBytes(3 * 1024 * 1024))).toBe(true);
    });

    test('a message beyond the limit is tooLarge', async () => {
      if (harness.tooLarge === undefined) return;
      expect(await codeOf(append(new Uint8Array(harness.tooLarge).fill(0x41)))).toBe('tooLarge');
    });
  });

  describe(`${name}: update`, () => {
    /** Patches a fresh message and gives its flags afterwards; checks what is true of every patch. */
    const patched = async (...patches: MailPatch[]): Promise<Email> => {
      const id = await deliver('to be patched');
      for (const patch of patches) {
        const first = await mail.update(folder, id, patch);
        const second = await mail.update(folder, id, patch);
        expect(second).toEqual(first);
        expect(await revisionOf(id)).toBe(first.revision);
      }
      return readOne(id, flagsOnly);
    };
    const can = (ability: keyof NonNullable<MailHarness['limits']>): boolean => harness.limits?.[ability] !== false;

    test('sets and clears Read', async () => {
      expect(await patched({ read: true })).toMatchObject({ read: true });
      expect(await patched({ read: true }, { read: false })).toMatchObject({ read: false });
    });

    test('sets and clears the follow-up flag', async () => {
      expect((await patched({ flag: { status: 2, flagType: 'Flag for follow up' } })).flag?.status).toBe(2);
      const cleared = (await patched({ flag: { status: 2, flagType: 'Flag for follow up' } }, { flag: null })).flag;
      expect(cleared?.status ?? 0).toBe(0);
    });

    test('keeps the dates of a follow-up flag', async () => {
      if (!can('followUpDates')) return;
      const [startDate, dueDate] = [new Date(Date.UTC(2026, 10, 2)), new Date(Date.UTC(2026, 10, 9))];
      const flag = {
        status: 2,
        flagType: 'Follow up',
        startDate,
        dueDate,
        utcStartDate: startDate,
        utcDueDate: dueDate,
      };
      expect((await patched({ flag })).flag).toMatchObject(flag);
    });

    test('sets, replaces and clears categories', async () => {
      if (!can('categories')) return;
      expect((await patched({ categories: ['Project', 'Grün'] })).categories?.toSorted()).toEqual(['Grün', 'Project']);
      expect((await patched({ categories: ['Project'] }, { categories: ['Other'] })).categories).toEqual(['Other']);
      expect((await patched({ categories: ['Project'] }, { categories: [] })).categories ?? []).toEqual([]);
    });

    test('tells the last verb', async () => {
      // 1: reply to sender, 3: forward ([MS-ASEMAIL] 2.2.2.44).
      expect((await patched({ answered: true })).lastVerbExecuted).toBe(1);
      if (can('forwarded')) expect((await patched({ forwarded: true })).lastVerbExecuted).toBe(3);
    });

    test('leaves alone what the patch does not name', async () => {
      const email = await patched({ read: true }, { flag: { status: 2 } }, { answered: true }, {});
      expect(email).toMatchObject({ read: true, lastVerbExecuted: 1, flag: { status: 2 } });
    });

    test('is told by changes, with the revision that it gave', async () => {
      const id = await deliver('told');
      const { cursor } = await mail.list(folder, undefined);
      const { revision } = await mail.update(folder, id, { read: true });
      expect((await mail.changes(folder, cursor)).changed).toMatchObject([{ id, revision }]);
    });

    test('of a message that is not there is notFound', async () => {
      const id = await deliver('gone');
      await harness.expunge(folder, [id]);
      expect(await codeOf(mail.update(folder, id, { read: true }))).toBe('notFound');
      expect(await codeOf(mail.update(folder, 'rubbish', { read: true }))).toBe('notFound');
    });

    test('expecting another revision is a conflict and changes nothing', async () => {
      const id = await deliver('expected');
      const before = await revisionOf(id);
      await harness.setFlags(folder, id, { flagged: true });
      expect(await codeOf(mail.update(folder, id, { read: true }, before))).toBe('conflict');
      expect((await readOne(id, flagsOnly)).read).toBe(false);
      const now = await revisionOf(id);
      expect(await codeOf(mail.update(folder, id, { read: true }, now))).toBeUndefined();
    });
  });

  describe(`${name}: remove`, () => {
    test('permanently', async () => {
      const [id, other] = [await deliver('permanent'), await deliver('stays')];
      const inTrash = await idsIn(await trash());
      await mail.remove(folder, [id], 'permanent');
      expect(await idsIn(folder)).not.toContain(id);
      expect(await idsIn(folder)).toContain(other);
      expect(await idsIn(await trash())).toEqual(inTrash);
    });

    test('into the trash, and from there for good', async () => {
      const subject = uniqueName('to the trash');
      const id = await deliver(subject);
      const before = await idsIn(await trash());
      await mail.remove(folder, [id], 'trash');
      const arrived = (await idsIn(await trash())).filter((found) => !before.includes(found));
      expect(await idsIn(folder)).not.toContain(id);
      expect(arrived).toHaveLength(1);
      expect((await readOne(arrived[0] as ItemId, text, await trash())).subject).toBe(subject);
      await mail.remove(await trash(), arrived, 'trash');
      expect(await idsIn(await trash())).toEqual(before);
    });

    test('ids that are not there count as removed; nothing else is touched', async () => {
      const id = await deliver('removed twice');
      const others = (await idsIn(folder)).filter((other) => other !== id);
      for (const how of ['permanent', 'trash', 'permanent'] as const) {
        await mail.remove(folder, [id, 'rubbish', '999999999.1'], how);
        expect((await idsIn(folder)).sort()).toEqual([...others].sort());
      }
      await mail.remove(folder, [], 'permanent');
      expect(await codeOf(mail.remove('no such folder', [id], 'permanent'))).toBe('notFound');
    });
  });

  describe(`${name}: move`, () => {
    test('carries message and state over, and tells the new id', async () => {
      const target = await harness.createFolder(uniqueName('target'));
      const raw = plainMessage('moved');
      const id = await harness.deliver(folder, raw);
      await mail.update(folder, id, { read: true, flag: { status: 2 } });
      const [moved, ...rest] = await mail.move(folder, [id, 'rubbish', '999999999.1'], target);
      expect([moved?.id, rest]).toEqual([id, []]);
      expect(await idsIn(folder)).not.toContain(id);
      const [arrived] = await idsIn(target);
      if (moved?.newId !== undefined) expect(moved.newId).toBe(arrived);
      expect(await readOne(arrived as ItemId, flagsOnly, target)).toMatchObject({ read: true, flag: { status: 2 } });
      expect(await collect((await mail.message(target, arrived as ItemId)).open())).toEqual(raw);
    });

    test('is told by both folders', async () => {
      const target = await harness.createFolder(uniqueName('told'));
      const ids = [await deliver('moved one'), await deliver('moved two')];
      const [from, to] = [await mail.list(folder, undefined), await mail.list(target, undefined)];
      await mail.move(folder, ids, target);
      const left = await mail.changes(folder, from.cursor);
      expect('removed' in left.gone ? [...left.gone.removed].sort() : ids.sort()).toEqual([...ids].sort());
      expect((await mail.changes(target, to.cursor)).changed).toHaveLength(2);
    });

    test('into a folder that is not there is notFound and moves nothing', async () => {
      const id = await deliver('stays here');
      expect(await codeOf(mail.move(folder, [id], 'no such folder'))).toBe('notFound');
      expect(await idsIn(folder)).toContain(id);
    });
  });

  test(`${name}: parts and messages that are not there are notFound`, async () => {
    const id = await harness.deliver(folder, messageWithAttachment('parts', 10));
    for (const part of ['7', '2.1', '', 'rubbish', '../1', '2; DROP']) {
      expect(await codeOf(mail.attachment(folder, id, part))).toBe('notFound');
    }
    for (const missing of ['rubbish', '999999999.1']) {
      expect(await codeOf(mail.attachment(folder, missing, '2'))).toBe('notFound');
      expect(await codeOf(mail.message(folder, missing))).toBe('notFound');
    }
    expect(await codeOf(mail.message('no such folder', id))).toBe('notFound');
  });
};
