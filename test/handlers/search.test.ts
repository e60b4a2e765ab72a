import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringOf } from '../../protocol/schema/index.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { type FoundMails, findMail, type SearchWish, searchMail } from '../../src/phone/search-commands.ts';
import { type Client, foldersOf, openClient, storeOf } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

let server: LocalServer;
let anna: Client;
let older: Client;
let work = '';
let projects = '';

const mime = (subject: string, text: string, more: readonly string[] = []): Uint8Array =>
  Buffer.from(
    [
      'From: "Carl Fox" <carl@example.test>',
      'To: "Anna Weber" <anna@example.test>',
      'Cc: "Fox; Dora" <dora@example.test>, ed@example.test',
      `Subject: ${subject}`,
      `Message-ID: <${subject.replace(/\W/g, '-')}@example.test>`,
      'MIME-Version: 1.0',
      ...more,
      'Content-Type: text/plain; charset=utf-8',
      '',
      text,
      '',
    ].join('\r\n'),
  );

const day = (n: number): Date => new Date(Date.UTC(2026, 9, n, 12));

beforeAll(async () => {
  server = await startLocalServer();
  const folders = foldersOf(server, 'anna');
  const store = storeOf(server, 'anna');
  const inbox = (await folders.list()).find(({ role }) => role === 'inbox')?.id ?? '';
  const workFolder = await folders.create({ name: 'Work', itemClass: 'Email' });
  const projectFolder = await folders.create({ name: 'Projects', parentId: workFolder, itemClass: 'Email' });
  let n = 0;
  const put = (folder: string, subject: string, text: string, at: Date, more: readonly string[] = []) =>
    store.append(folder, bytesSource(mime(subject, text, more)), { date: at }, `${n++}`.padStart(64, '0'));
  for (let i = 0; i < 25; i++) await put(inbox, `Report ${i}`, `Weekly numbers ${i}`, day(1 + i));
  await put(workFolder, 'Contract', 'The signed contract', day(3));
  await put(projectFolder, 'Plan', 'Signed and sealed', day(4));
  await put(projectFolder, 'Re: Plan', 'Answer', day(5), ['References: <Plan@example.test>']);
  anna = await openClient(server, 'anna', '16.1', 'newphone');
  older = await openClient(server, 'anna', '12.1', 'oldphone');
  const idOf = (name: string) =>
    anna.mailbox.folders.all().find(({ displayName }) => displayName === name)?.serverId ?? '';
  [work, projects] = [idOf('Work'), idOf('Projects')];
}, 30_000);
afterAll(() => server.close());

const search = (wish: SearchWish, client = anna): Promise<FoundMails> => searchMail(client.device, wish);
const subjects = ({ mails }: FoundMails): (string | undefined)[] => mails.map(({ email }) => email.subject);

describe('Search in the mailbox', () => {
  test('finds mails in all folders, the newest first, with class, LongId and CollectionId (MS-ASCMD_R3846, MS-ASCMD_R5849)', async () => {
    const found = await search({ freeText: 'signed', bodyPreferences: [{ type: 1 }] });
    expect(found).toMatchObject({ status: 1, range: '0-1', total: 2 });
    expect(found.mails.map(({ email, collectionId }) => [email.subject, collectionId])).toEqual([
      ['Plan', projects],
      ['Contract', work],
    ]);
    const [{ email, longId }] = found.mails as [FoundMails['mails'][number]];
    expect(longId).toMatch(/^M[\w-]+$/);
    expect(email.from).toBe('"Carl Fox" <carl@example.test>');
    expect(stringOf(email.body?.data ?? '')).toContain('Signed and sealed');
    expect(email.conversationId).toBeDefined();
  });

  test('12.1 gets what it knows, without a body unless it asks for one', async () => {
    const [mail] = (await search({ freeText: 'sealed' }, older)).mails;
    expect([mail?.email.subject, mail?.email.body, mail?.email.conversationId]).toEqual(['Plan', undefined, undefined]);
    const [html] = (await search({ freeText: 'sealed', bodyPreferences: [{ type: 2, truncationSize: 500 }] }, older))
      .mails;
    expect(html?.email.body?.type).toBe(2);
    const [whole] = (await search({ freeText: 'sealed', mimeSupport: 2, bodyPreferences: [{ type: 4 }] }, older)).mails;
    expect(whole?.email.body?.type).toBe(4);
  });

  test('CollectionId names folders, 0 all of them; DeepTraversal what is below (MS-ASCMD_R2031, MS-ASCMD_R2146)', async () => {
    const where = async (more: SearchWish) => subjects(await search({ freeText: 'signed', ...more }));
    expect(await where({ collectionIds: [work] })).toEqual(['Contract']);
    expect(await where({ collectionIds: [work], deepTraversal: true })).toEqual(['Plan', 'Contract']);
    expect(await where({ collectionIds: ['0'] })).toEqual(['Plan', 'Contract']);
    expect(await where({ collectionIds: [anna.inbox] })).toEqual([]);
    expect(await search({ freeText: 'x', collectionIds: ['999'] })).toMatchObject({ status: 11, mails: [] });
  });

  test('letters match whatever their case (MS-ASCMD_R3699), words all, names their fields', async () => {
    const found = async (freeText: string) => subjects(await search({ freeText, collectionIds: [projects] }));
    expect(await found('SIGNED sealed')).toEqual(['Plan']);
    expect(await found('subject:plan from:carl')).toEqual(['Re: Plan', 'Plan']);
    expect(await found('"sealed and"')).toEqual([]);
    expect(await found('hasattachment:true')).toEqual([]);
  });

  test('dates leave themselves out (MS-ASCMD_R3140)', async () => {
    const between = { freeText: 'weekly', after: day(3), before: day(6) };
    expect(subjects(await search(between))).toEqual(['Report 4', 'Report 3']);
    expect(subjects(await search({ after: day(24), collectionIds: [anna.inbox] }))).toEqual(['Report 24']);
  });

  test('a conversation is found by its id', async () => {
    const [mail] = (await search({ freeText: 'sealed' })).mails;
    const conversationId = Uint8Array.from(Buffer.from(toBytes(mail?.email.conversationId)));
    expect(subjects(await search({ conversationId }))).toEqual(['Re: Plan', 'Plan']);
    expect(subjects(await search({ conversationId, freeText: 'answer' }))).toEqual(['Re: Plan']);
  });

  test('pages by Range, with the true Range and Total (MS-ASCMD_R3729, MS-ASCMD_R419, MS-ASCMD_R420)', async () => {
    const page = (range: string) => search({ freeText: 'weekly', range });
    expect(await page('0-0')).toMatchObject({ status: 1, range: '0-0', total: 25 });
    const second = await page('10-19');
    expect([second.range, second.total]).toEqual(['10-19', 25]);
    expect(subjects(second)).toEqual(Array.from({ length: 10 }, (_, i) => `Report ${14 - i}`));
    expect(await page('20-29')).toMatchObject({ status: 1, range: '20-24', total: 25 });
    expect(await page('30-39')).toMatchObject({ status: 12, mails: [], total: 25 });
    expect(await page('0-199')).toMatchObject({ status: 12, range: '0-24', total: 25 });
    for (const range of ['', 'x', '5-2', '-1', '1', '1-2-3']) expect(await page(range)).toMatchObject({ status: 2 });
  });

  test('pages do not shift when mail comes, until RebuildResults (MS-ASCMD_R3750, MS-ASCMD_R3755)', async () => {
    const page = async (range: string, rebuildResults = false) =>
      subjects(await search({ freeText: 'number', range, rebuildResults }, older));
    expect(await page('0-1')).toEqual(['Report 24', 'Report 23']);
    await server.deliver('anna', mime('Report 99', 'numbers'));
    expect(await page('2-3')).toEqual(['Report 22', 'Report 21']);
    expect(await page('0-1', true)).toEqual(['Report 99', 'Report 24']);
  });

  test('nothing found is one empty result (MS-ASCMD_R3850)', async () => {
    expect(await search({ freeText: 'nowhere-to-be-found' })).toEqual({
      status: 1,
      mails: [],
      range: undefined,
      total: 0,
    });
  });

  test('only mail is found; other classes have none, and those of later versions are a mistake (MS-ASCMD_R922, MS-ASCMD_R6288)', async () => {
    expect((await search({ freeText: 'signed', classes: ['Email', 'Calendar'] })).mails).toHaveLength(2);
    expect(await search({ freeText: 'signed', classes: ['Calendar'] })).toMatchObject({ status: 1, mails: [] });
    expect(await search({ freeText: 'signed', classes: ['SMS'] })).toMatchObject({ status: 1, mails: [] });
    expect(await search({ freeText: 'signed', classes: ['SMS'] }, older)).toMatchObject({ status: 2 });
    expect(await search({ freeText: 'signed', classes: ['Email', 'Letters'] })).toMatchObject({ status: 2 });
  });

  test('conditions outside of And, and Or, are too complex (MS-ASCMD_R772, MS-ASCMD_R923, MS-ASCMD_R2032, MS-ASCMD_R2086, MS-ASCMD_R3105, MS-ASCMD_R3143)', async () => {
    const and = { class: [], collectionId: [], freeText: 'signed' };
    const comparison = { dateReceived: true, value: day(1) };
    const complex: SearchWish['query'][] = [
      { freeText: 'signed' },
      { class: ['Email'], and },
      { collectionId: ['1'], and },
      { conversationId: new Uint8Array(16), and },
      { greaterThan: comparison, and },
      { or: and },
      { and, or: and },
    ];
    for (const query of complex) expect(await search({ query })).toMatchObject({ status: 8, mails: [] });
  });

  test('a search for nothing, and values that there are not, are invalid (MS-ASCMD_R4329)', async () => {
    expect(await search({})).toMatchObject({ status: 2 });
    expect(await search({ query: {} })).toMatchObject({ status: 2 });
    expect(await search({ conversationId: new Uint8Array(0) })).toMatchObject({ status: 2 });
    expect(await search({ freeText: 'x', bodyPreferences: [{ type: 9 }] })).toMatchObject({ status: 2 });
    expect(await search({ store: 'Elsewhere', freeText: 'x' })).toMatchObject({ status: 2 });
  });

  test('MS-ASCON_R241, MS-ASCMD_R5412 a part of a body in another form than HTML is Status 164', async () => {
    const part = (type: 1 | 2 | 3 | 4) => search({ freeText: 'signed', bodyPartPreference: { type } });
    for (const type of [1, 3, 4] as const) expect(await part(type)).toMatchObject({ status: 164, mails: [] });
    const [{ email }] = (await part(2)).mails as [FoundMails['mails'][number]];
    expect([email.bodyPart?.type, email.body]).toEqual([2, undefined]);
  });

  test('a directory that there is not has nobody; documents are out of reach', async () => {
    expect(await search({ store: 'GAL', freeText: 'carl' })).toMatchObject({ status: 1, mails: [], total: 0 });
    expect(await search({ store: 'DocumentLibrary', freeText: 'x' })).toMatchObject({ status: 13, mails: [] });
  });

  test('every answer names the command in OPTIONS', async () => {
    expect((await anna.device.askOptions()).commands).toEqual(expect.arrayContaining(['Search', 'Find']));
  });
});

describe('Find', () => {
  const find = (wish: Partial<Parameters<typeof findMail>[1]>) =>
    findMail(anna.device, { searchId: 'a', freeText: 'signed', ...wish });

  test('gives what a list of results shows (MS-ASCMD_R38391804, MS-ASCMD_R45251807)', async () => {
    const { status, response } = await find({});
    expect([status, response?.status, response?.store, response?.range, response?.total]).toEqual([
      1,
      1,
      'Mailbox',
      '0-1',
      2,
    ]);
    const [first] = response?.result ?? [];
    expect(first).toMatchObject({ class: 'Email', collectionId: projects });
    expect(first?.serverId).toMatch(new RegExp(`^${projects}:`));
    expect(first?.properties).toEqual({
      subject: 'Plan',
      dateReceived: day(4),
      displayTo: 'Anna Weber',
      displayCc: 'Fox, Dora; ed@example.test',
      importance: 1,
      read: false,
      isDraft: false,
      preview: 'Signed and sealed',
      hasAttachments: false,
      from: '"Carl Fox" <carl@example.test>',
    });
  });

  test('looks in a folder, in all for 0, and in those below', async () => {
    const found = async (wish: Partial<Parameters<typeof findMail>[1]>) =>
      (await find(wish)).response?.result.map(({ properties }) => properties.subject);
    expect(await found({ searchId: 'b1', collectionId: work })).toEqual(['Contract']);
    expect(await found({ searchId: 'b2', collectionId: work, deepTraversal: true })).toEqual(['Plan', 'Contract']);
    expect(await found({ searchId: 'b3', collectionId: '0' })).toEqual(['Plan', 'Contract']);
    expect(await found({ searchId: 'b4', freeText: 'subject:Contract' })).toEqual(['Contract']);
    expect(await found({ searchId: 'b5', itemClass: 'Calendar' })).toEqual([]);
  });

  test('nothing found has no Result (MS-ASCMD_R38391805)', async () => {
    expect((await find({ searchId: 'c', freeText: 'nowhere-to-be-found' })).response).toEqual({
      store: 'Mailbox',
      status: 1,
      result: [],
      total: 0,
    });
  });

  test('pages go on from the first; others begin with 0 (MS-ASCMD_R72172518, MS-ASCMD_R37071816)', async () => {
    const page = async (searchId: string, range: string) =>
      (await find({ searchId, range, freeText: 'weekly' })).response;
    expect(await page('d1', '5-9')).toMatchObject({ status: 4, result: [] });
    expect(await page('d1', '0-4')).toMatchObject({ status: 1, range: '0-4' });
    expect(await page('d1', '5-9')).toMatchObject({ status: 1, range: '5-9' });
    expect(await page('d2', '5-9')).toMatchObject({ status: 4 });
  });

  test('what is invalid is Status 2, an unknown folder 3 (MS-ASCMD_R72172512, MS-ASCMD_R72172515)', async () => {
    for (const range of ['0-1000', 'x', '7-3']) expect(await find({ range })).toEqual({ status: 2 });
    for (const wrong of [{ freeText: '' }, { freeText: undefined }, { searchId: '' }, { searchId: 'x'.repeat(257) }]) {
      expect(await find(wrong)).toEqual({ status: 2 });
    }
    expect(await find({ collectionId: '999' })).toEqual({ status: 3 });
    const both = { query: 'carl' };
    const neither = await anna.device.command('Find', { searchId: 'e', executeSearch: {} });
    expect(neither).toEqual({ status: 2 });
    const gal = await anna.device.command('Find', { searchId: 'e', executeSearch: { galSearchCriterion: both } });
    expect(gal?.response).toMatchObject({ status: 1, result: [], total: 0 });
  });

  test('exists in 16.1 alone', async () => {
    const phone = await openClient(server, 'anna', '16.0', 'middle');
    const { channel } = phone.device;
    const request = channel.prepareRaw('Find', Uint8Array.of(3, 1, 0x6a, 0, 0, 25, 5), 'application/vnd.ms-sync.wbxml');
    await expect(channel.exchangeRaw('Find', request)).rejects.toMatchObject({ status: 400 });
  });
});

const toBytes = (value: unknown): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  const source = value as { length: number; read(start: number, end: number): Uint8Array };
  return source.read(0, source.length);
};
