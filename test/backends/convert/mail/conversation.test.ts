import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { categoriesOf, categoryOfKeyword, keywordOfCategory } from '../../../../backends/convert/mail/categories.ts';
import {
  conversationId,
  conversationIndex,
  fnv1a128,
  threadTopic,
} from '../../../../backends/convert/mail/conversation.ts';
import { parseHeaders } from '../../../../backends/convert/mail/headers.ts';
import { hex, timeOf, utf8 } from './support.ts';

const id = (fields: string): string | undefined => {
  const bytes = conversationId(parseHeaders(utf8(`${fields}\n\n`)));
  return bytes === undefined ? undefined : hex(bytes);
};

describe('ConversationId', () => {
  test('MS-ASCON_R76 is 16 bytes and the same for all mails of a thread', () => {
    const first = id('Message-ID: <root@x>\nSubject: a');
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(id('Message-ID: <b@x>\nIn-Reply-To: <root@x>')).toBe(first);
    expect(id('Message-ID: <c@x>\nReferences: <root@x> <b@x>\nIn-Reply-To: <b@x>')).toBe(first);
    expect(id('Message-ID: <other@x>\nSubject: a')).not.toBe(first);
  });

  test('MS-ASCON_R76 THREADID of the server decides where it has one', () => {
    const of = (thread: string, fields: string): string =>
      hex(conversationId(parseHeaders(utf8(`${fields}\n\n`)), thread) as Uint8Array);
    expect(of('T1', 'Message-ID: <a@x>')).toBe(of('T1', 'Subject: another'));
    expect(of('T1', 'Message-ID: <a@x>')).not.toBe(of('T2', 'Message-ID: <a@x>'));
  });

  test('without ids the topic decides', () => {
    expect(id('Subject: Re: Plan')).toBe(id('Subject: AW: plan'));
    expect(id('Subject: Re: Plan')).not.toBe(id('Subject: Plans'));
  });

  test('MS-ASCON_R77 is absent where there is nothing to go by', () => {
    expect([id('From: a@x.org'), id('Subject: Re:'), id('Message-ID: nonsense')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  // Vectors of the FNV reference (Fowler, Noll, Vo).
  test.each([
    ['', '6c62272e07bb014262b821756295c58d'],
    ['a', 'd228cb696f1a8caf78912b704e4a8964'],
    ['foobar', '343e1662793c64bf6f0d3597ba446f18'],
  ])('FNV-1a of %j', (text, digest) => {
    expect(hex(fnv1a128(text))).toBe(digest);
  });
});

describe('ConversationIndex', () => {
  const index = (fields: string, date: string): string =>
    hex(conversationIndex(parseHeaders(utf8(`${fields}\n\n`)), new Date(date)));

  // 2026-03-01T12:00:00Z is FILETIME 01DCA972EE152000; bits 55 to 16 are the header.
  test('MS-ASCON_R90 is five bytes of the time of a first mail', () => {
    expect(index('Subject: x', '2026-03-01T12:00:00Z')).toBe('dca972ee15');
  });

  test('MS-ASCON_R92 has five bytes more for each mail answered', () => {
    expect(index('References: <a@x> <b@x>', '2026-03-01T12:00:00Z')).toBe(`dca972ee15${'00'.repeat(10)}`);
    expect(index('In-Reply-To: <a@x>', '2026-03-01T12:00:00Z')).toHaveLength(20);
    expect(index(`References: ${'<a@x> '.repeat(500)}`, '2026-03-01T12:00:00Z')).toHaveLength(2 * (5 + 250));
  });

  test('is what Outlook wrote, without the GUID', () => {
    const bytes = Buffer.concat([
      Buffer.from('01dca972ee15', 'hex'),
      Buffer.alloc(16, 0xee),
      Buffer.from('0002187110', 'hex'),
    ]);
    expect(index(`Thread-Index: ${bytes.toString('base64')}`, '2000-01-01')).toBe('dca972ee150002187110');
    expect(index('Thread-Index: AQ==', '2026-03-01T12:00:00Z')).toBe('dca972ee15');
  });
});

describe('the topic of a subject', () => {
  test.each([
    ['Re: Fwd: AW: WG: Sv: plan', 'plan'],
    ['RE[2]: plan', 'plan'],
    ['Re (3) : plan', 'plan'],
    ['回复：plan', 'plan'],
    ['plan: Re: x', 'plan: Re: x'],
    ['Regarding: x', 'Regarding: x'],
    ['Re:', ''],
    ['', ''],
  ])('%j', (subject, topic) => {
    expect(threadTopic(subject)).toBe(topic);
  });

  test('a subject of nothing but prefixes takes bounded time', () => {
    expect(timeOf(() => threadTopic('Re:'.repeat(100_000)), 200)).toBeLessThan(200);
  });
});

describe('categories as keywords', () => {
  test('other programs keep their keywords to themselves', () => {
    expect(categoriesOf(['\\Seen', '$Forwarded', 'NonJunk', 'work', 'Home'])).toEqual(['Home', 'work']);
  });

  test.each([
    ['Work', 'Work'],
    ['Red category', 'Red&ACA-category'],
    ['Büro', 'B&APw-ro'],
    ['A&B', 'A&-B'],
    ['(x)', '&ACg-x&ACk-'],
  ])('%s is kept as %s', (category, keyword) => {
    expect(keywordOfCategory(category)).toBe(keyword);
    expect(categoryOfKeyword(keyword)).toBe(category);
  });

  test.each(['', '  ', '\\Seen', '$x', 'Junk', 'x'.repeat(200)])('%j can be none', (category) => {
    expect(keywordOfCategory(category)).toBeUndefined();
  });

  test('any other comes back, as an atom', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        const keyword = keywordOfCategory(text);
        fc.pre(keyword !== undefined);
        expect(keyword).toMatch(/^[!#$&'+\-./0-9:;<=>?@A-Z^_`a-z|~,]+$/);
        expect(categoryOfKeyword(keyword as string)).toBe(text.trim());
      }),
    );
  });
});
