import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Backend } from '../../../backends/contract/backend.ts';
import type { MailQuery, SearchReach } from '../../../backends/contract/search.ts';
import { contentCriteria, stateCriteria } from '../../../backends/imap/search-criteria.ts';
import { loginOf, openImap } from './harness.ts';
import { type Script, type ScriptedServer, startScript } from './scripted-server.ts';

/** What no real server can be made to say, and what is said to servers of each kind. */
const opened: { server: ScriptedServer; backend: Backend }[] = [];
afterEach(async () => {
  for (const { server, backend } of opened.splice(0)) {
    await backend.close();
    await server.close();
  }
});

const open = async (script: Script, capabilities = 'ID LITERAL+ ESEARCH') => {
  const server = await startScript(script, capabilities);
  const backend = openImap(server.port, { timeoutSeconds: 5, watch: { mode: 'none' } });
  opened.push({ server, backend });
  const { search } = backend.account(loginOf('anna'));
  const find = (query: Partial<MailQuery>, reach: Partial<SearchReach> = {}) =>
    search?.search({ terms: [], ...query }, { folders: ['INBOX'], limit: 100, budget: 10_000, ...reach });
  return { server, find };
};

const selected = (uids: number) =>
  `* FLAGS (\\Seen)\n* ${uids} EXISTS\n* OK [UIDVALIDITY 9] ok\n* OK [UIDNEXT ${uids + 1}] ok\nOK`;
const dates = (...uids: number[]) =>
  `${uids.map((uid) => `* ${uid} FETCH (UID ${uid} INTERNALDATE "05-Jan-2026 10:00:${String(uid % 60).padStart(2, '0')} +0000")`).join('\n')}\nOK`;
const word = (text: string) => ({ terms: [{ field: 'any' as const, text }] });
const searches = ({ heard }: ScriptedServer) => heard.filter((line) => /^UID SEARCH/.test(line));

describe('what a server is asked', () => {
  test('texts are looked for among the newest messages first, in pieces that grow while it is quick', async () => {
    const { server, find } = await open([
      [/^SELECT/, selected(5_000)],
      [/^UID SEARCH RETURN \(ALL\) UNDELETED$/, '* ESEARCH (TAG "1") UID ALL 1:5000\nOK'],
      [/^UID SEARCH .*UID 4801:5000 /, '* ESEARCH (TAG "1") UID ALL 4900\nOK'],
      [/^UID SEARCH/, '* ESEARCH (TAG "1") UID\nOK'],
      [/^UID FETCH/, dates(4_900)],
    ]);
    const result = await find(word('plan'));
    expect(result).toMatchObject({ hits: [{ folder: 'INBOX', id: '9.4900' }], complete: true });
    expect(searches(server)).toEqual([
      'UID SEARCH RETURN (ALL) UNDELETED',
      'UID SEARCH RETURN (ALL) UID 4801:5000 UNDELETED TEXT "plan"',
      'UID SEARCH RETURN (ALL) UID 4001:4800 UNDELETED TEXT "plan"',
      'UID SEARCH RETURN (ALL) UID 801:4000 UNDELETED TEXT "plan"',
      'UID SEARCH RETURN (ALL) UID 1:800 UNDELETED TEXT "plan"',
    ]);
  });

  test('without ESEARCH the old form, with FUZZY where it is offered, UTF-8 as a literal with its charset', async () => {
    const script: Script = [
      [/^SELECT/, selected(2)],
      [/^UID SEARCH UNDELETED$/, '* SEARCH 1 2\nOK'],
      [/^UID SEARCH/, '* SEARCH\nOK'],
    ];
    const plain = await open(script, 'ID LITERAL+ SEARCH=FUZZY');
    await plain.find(word('plan'));
    expect(searches(plain.server)[1]).toBe('UID SEARCH UID 1:2 UNDELETED FUZZY TEXT "plan"');
    const wide = await open(script, 'ID LITERAL+');
    await wide.find(word('Grüße'));
    expect(searches(wide.server)[1]).toBe('UID SEARCH CHARSET UTF-8 UID 1:2 UNDELETED TEXT {7+}');
  });

  test('a server that knows no UTF-8 leaves the result incomplete, and the next search works', async () => {
    const { find } = await open([
      [/^SELECT/, selected(2)],
      [/^UID SEARCH .*UNDELETED$/, '* ESEARCH (TAG "1") UID ALL 1:2\nOK'],
      [/^UID SEARCH .*CHARSET/, 'NO [BADCHARSET (US-ASCII)] not here'],
      [/^UID SEARCH/, '* ESEARCH (TAG "1") UID ALL 2\nOK'],
      [/^UID FETCH/, dates(2)],
    ]);
    expect(await find(word('Grüße'))).toEqual({ hits: [], complete: false });
    expect(await find(word('plain'))).toMatchObject({ hits: [{ id: '9.2' }], complete: true });
  });

  test('a command that does not end is given up with its connection; what was found is the result', async () => {
    const { find } = await open([
      [/^SELECT/, selected(1_000)],
      [/^UID SEARCH .*UNDELETED$/, '* ESEARCH (TAG "1") UID ALL 1:1000\nOK'],
      [/^UID SEARCH .*UID 801:1000 /, '* ESEARCH (TAG "1") UID ALL 900\nOK'],
      [/^UID SEARCH/, undefined],
      [/^UID FETCH/, dates(900)],
    ]);
    expect(await find(word('plan'), { budget: 300 })).toMatchObject({ hits: [{ id: '9.900' }], complete: false });
  }, 20_000);

  test('a server that cannot be reached is unavailable', async () => {
    const { server, find } = await open([]);
    await server.close();
    await expect(find(word('plan'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('THREADID names a conversation where the server has it (RFC 8474)', async () => {
    const fetched =
      '* 2 FETCH (UID 2 INTERNALDATE "05-Jan-2026 10:00:02 +0000" BODY[HEADER.FIELDS (MESSAGE-ID)] "" THREADID (T1))\nOK';
    const { server, find } = await open(
      [
        [/^SELECT/, selected(2)],
        [/^UID SEARCH .*UNDELETED$/, '* ESEARCH (TAG "1") UID ALL 1:2\nOK'],
        [/^UID SEARCH .*THREADID/, '* ESEARCH (TAG "1") UID ALL 2\nOK'],
        [/^UID FETCH/, fetched],
      ],
      'ID LITERAL+ ESEARCH OBJECTID',
    );
    const { fnv1a128 } = await import('../../../backends/convert/mail/conversation.ts');
    const result = await find({ conversation: fnv1a128('thread:T1') });
    expect(result).toMatchObject({ hits: [{ id: '9.2' }], complete: true });
    expect(searches(server).at(-1)).toBe('UID SEARCH RETURN (ALL) UID 1:2 UNDELETED THREADID "T1"');
  });
});

describe('criteria', () => {
  const server = { has: () => false };

  test('of flags and days, with a day on either side for the time zone of the server', () => {
    const query: MailQuery = {
      terms: [{ read: false }, { flagged: true }],
      since: new Date(Date.UTC(2026, 0, 5)),
      before: new Date(Date.UTC(2026, 0, 31, 12)),
    };
    expect(JSON.stringify(stateCriteria(query).map((each) => (each as { value: string }).value))).toBe(
      '["UNDELETED","UNSEEN","FLAGGED","SINCE","4-Jan-2026","BEFORE","2-Feb-2026"]',
    );
  });

  test('of any text hold it as one quoted string or literal, without a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const criteria = contentCriteria({ terms: [{ field: 'subject', text }] }, server, undefined);
        if (criteria.length === 0) return;
        const [key, value] = criteria as { type: string; value: string | Buffer }[];
        expect([key?.value, criteria.length]).toEqual(['SUBJECT', 2]);
        expect(String(value?.value)).not.toMatch(/\p{Cc}/u);
        if (value?.type === 'STRING') expect(value.value).toMatch(/^[ !#-[\]-~]+$/);
        else expect(value?.type).toBe('LITERAL');
      }),
    );
  });
});
