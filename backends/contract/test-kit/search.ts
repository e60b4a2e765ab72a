import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FolderId } from '../folders.ts';
import type { ItemId } from '../items.ts';
import type { MailStore } from '../mail.ts';
import type { MailQuery, MailSearch, SearchReach, SearchResult, SearchTerm } from '../search.ts';
import { abilityOf, type MailHarness, type OpenHarness, uniqueName } from './harness.ts';
import { messageWithAttachment, plainMessage } from './samples.ts';

/** What {@link MailSearch} promises. */
export const searchContract = (name: string, open: OpenHarness): void => {
  let harness: MailHarness;
  let search: MailSearch;
  let mail: MailStore;
  let folder: FolderId;
  let other: FolderId;
  const ids = new Map<string, ItemId>();
  const subjectOf = new Map<string, string>();

  const deliver = async (into: FolderId, subject: string, raw: Uint8Array, received: Date): Promise<void> => {
    const id = await harness.deliver(into, raw, { received });
    ids.set(subject, id);
    subjectOf.set(`${into} ${id}`, subject);
  };
  const day = (n: number): Date => new Date(Date.UTC(2026, 9, n, 12, 0, 0));

  beforeAll(async () => {
    harness = await open();
    search = abilityOf(harness, 'search');
    mail = abilityOf(harness, 'mail');
    [folder, other] = [await harness.createFolder(uniqueName('one')), await harness.createFolder(uniqueName('two'))];
    await deliver(folder, 'Budget', plainMessage('Budget', 'The figures of the third quarter.'), day(1));
    await deliver(folder, 'Lunch', plainMessage('Lunch', 'Soup and a sandwich "to go", in a \\ bag.'), day(2));
    await deliver(other, 'Figures', plainMessage('Figures', 'Grüße aus Köln; 日本語の手紙.'), day(3));
    await deliver(other, 'Overview', messageWithAttachment('Overview', 300), day(4));
    await deliver(folder, 'Answer', reply('Answer', 'Lunch'), day(5));
    await deliver(other, 'Answer two', reply('Answer two', 'Lunch'), day(6));
    await harness.setFlags(folder, ids.get('Budget') as ItemId, { seen: true, flagged: true });
  }, 60_000);
  afterAll(() => harness.close());

  const find = (query: Partial<MailQuery>, reach: Partial<SearchReach> = {}): Promise<SearchResult> =>
    search.search({ terms: [], ...query }, { folders: [folder, other], limit: 100, budget: 20_000, ...reach });
  const subjects = ({ hits }: SearchResult): string[] =>
    hits.map((hit) => subjectOf.get(`${hit.folder} ${hit.id}`) ?? `? ${hit.id}`);
  const found = async (...terms: SearchTerm[]): Promise<string[]> => {
    const result = await find({ terms });
    expect(result.complete).toBe(true);
    return subjects(result);
  };
  const word = (text: string): SearchTerm => ({ field: 'any', text });

  describe(`${name}: search`, () => {
    test('finds words in subjects, texts and addresses of several folders, the newest mail first', async () => {
      expect(await found(word('figures'))).toEqual(['Figures', 'Budget']);
      expect(await found(word('quarter'))).toEqual(['Budget']);
      expect(await found(word('anna@postrider.test'), word('lunch'))).toContain('Lunch');
      expect(await found(word('nowhere-to-be-found'))).toEqual([]);
    });

    test('letters match whatever their case, in any script', async () => {
      expect(await found(word('FIGURES'))).toEqual(['Figures', 'Budget']);
      expect(await found(word('grüße'))).toEqual(['Figures']);
      expect(await found(word('日本語'))).toEqual(['Figures']);
      if (harness.limits?.searchesParts !== false) expect(await found(word('Übersicht'))).toContain('Overview');
    });

    test('every term must hold, each in its field', async () => {
      expect(await found(word('figures'), word('quarter'))).toEqual(['Budget']);
      expect(await found({ field: 'subject', text: 'figures' })).toEqual(['Figures']);
      expect(await found({ field: 'body', text: 'figures' })).toEqual(['Budget']);
      expect(await found({ field: 'from', text: 'Fuchs' }, { field: 'to', text: 'weber' }, word('sandwich'))).toEqual([
        'Lunch',
      ]);
      expect(await found({ field: 'cc', text: 'weber' })).toEqual([]);
      expect(await found(word('third quarter'))).toEqual(['Budget']);
    });

    test('what looks like a command is text', async () => {
      const before = (await mail.list(folder, undefined)).ids;
      const hostile = [
        '" ALL',
        '"',
        '\\',
        'x\r\nA9 DELETE one',
        '{5}',
        '{5+}\r\nhello',
        '(OR ALL ALL)',
        '%',
        '*',
        '\0',
      ];
      for (const text of hostile) {
        for (const field of ['any', 'subject', 'from'] as const) {
          const result = await find({ terms: [{ field, text: `${text} nothing has this` }] });
          expect([text, subjects(result)]).toEqual([text, []]);
        }
      }
      expect(await found(word('"to go"'))).toEqual(['Lunch']);
      expect(await found(word('a \\ bag'))).toEqual(['Lunch']);
      expect((await mail.list(folder, undefined)).ids.equals(before)).toBe(true);
    });

    test('goes by the instant of arrival: since is included, before is not', async () => {
      expect(subjects(await find({ since: day(2), before: day(4) }))).toEqual(['Figures', 'Lunch']);
      expect(subjects(await find({ since: new Date(day(4).getTime() + 1_000) }))).toEqual(['Answer two', 'Answer']);
      expect(subjects(await find({ before: new Date(day(1).getTime() + 1_000) }))).toEqual(['Budget']);
    });

    test('tells when each mail was received', async () => {
      const { hits } = await find({ terms: [word('quarter')] });
      expect(hits).toEqual([{ folder, id: ids.get('Budget'), at: day(1).getTime() / 1_000 }]);
    });

    test('knows attachments, what was read, and flags', async () => {
      expect(await found({ attachments: true })).toEqual(['Overview']);
      expect(await found({ attachments: false }, word('figures'))).toEqual(['Figures', 'Budget']);
      expect(await found({ read: true })).toEqual(['Budget']);
      expect(await found({ flagged: true })).toEqual(['Budget']);
      expect(await found({ read: false }, word('figures'))).toEqual(['Figures']);
    });

    test('finds a conversation in all folders', async () => {
      const request = { preferences: [], mimeSupport: 0 } as const;
      for await (const result of mail.read(folder, [ids.get('Answer') as ItemId], request)) {
        if (result.outcome !== 'item') throw new Error('the answer is gone');
        const { conversationId } = result.item;
        expect(conversationId).toBeInstanceOf(Uint8Array);
        const conversation = Uint8Array.from(conversationId as Uint8Array);
        expect(subjects(await find({ conversation }))).toEqual(['Answer two', 'Answer', 'Lunch']);
        expect(subjects(await find({ conversation, terms: [word('sandwich')] }))).toEqual(['Lunch']);
      }
      expect(await find({ conversation: new Uint8Array(16).fill(7) })).toEqual({ hits: [], complete: true });
    });

    test('gives the newest ones up to the limit, and tells that there are more', async () => {
      const result = await find({}, { limit: 2 });
      expect([subjects(result), result.complete]).toEqual([['Answer two', 'Answer'], false]);
      expect((await find({}, { limit: 6 })).complete).toBe(true);
      expect(await find({ terms: [word('figures')] }, { limit: 2 })).toMatchObject({ complete: true });
    });

    test('looks in the folders named alone; one that is gone has nothing', async () => {
      expect(subjects(await find({ terms: [word('figures')] }, { folders: [folder] }))).toEqual(['Budget']);
      const gone = await find({ terms: [word('figures')] }, { folders: ['no such folder', other] });
      expect(subjects(gone)).toEqual(['Figures']);
      expect(await find({}, { folders: [] })).toEqual({ hits: [], complete: true });
    });

    test('without time it gives what it has, and tells so', async () => {
      expect(await find({ terms: [word('figures')] }, { budget: 0 })).toEqual({ hits: [], complete: false });
    });

    test('finds what came and does not find what went', async () => {
      const fleeting = await harness.deliver(other, plainMessage('Fleeting thought'), { received: day(7) });
      expect((await find({ terms: [word('fleeting')] })).hits.map(({ id }) => id)).toEqual([fleeting]);
      await harness.expunge(other, [fleeting]);
      expect(await found(word('fleeting'))).toEqual([]);
    });
  });
};

/** An answer to a plain message of the given subject. */
const reply = (subject: string, to: string): Uint8Array => {
  const text = new TextDecoder().decode(plainMessage(subject, 'Yes.'));
  const references = `References: <${to}@postrider.test>\r\nIn-Reply-To: <${to}@postrider.test>\r\n`;
  return new TextEncoder().encode(text.replace('MIME-Version:', `${references}MIME-Version:`));
};
