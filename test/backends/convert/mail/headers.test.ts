import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeWords, MaxParameters, parseParameters } from '../../../../backends/convert/mail/encoded-words.ts';
import {
  bodyOffset,
  headerText,
  locateFields,
  MaxHeaderBytes,
  MaxHeaderFields,
  messageIds,
  parseHeaders,
} from '../../../../backends/convert/mail/headers.ts';
import { latin1, timeOf, utf8 } from './support.ts';

describe('header fields', () => {
  const block = utf8('Subject: one\r\n two\r\nTo: a@b.c\r\nTo: d@e.f\r\nX-Empty:\r\n\r\nBody: no');

  test('are found by name in any case, unfolded, in order, up to the empty line', () => {
    const headers = parseHeaders(block);
    expect(headers.get('subject')).toBe('one two');
    expect(headers.all('TO')).toEqual(['a@b.c', 'd@e.f']);
    expect(headers.get('x-empty')).toBe('');
    expect(headers.get('body')).toBeUndefined();
    expect(headers.all('body')).toEqual([]);
  });

  test.each([
    ['a: b\r\n\r\nbody', 8],
    ['a: b\n\nbody', 6],
    ['\r\nbody', 2],
    ['\nbody', 1],
    ['a: b\r\n', 6],
    ['no header at all', 16],
    ['', 0],
  ])('the body of %j begins at %i', (raw, offset) => {
    expect(bodyOffset(utf8(raw))).toBe(offset);
  });

  test('raw bytes beyond ASCII are UTF-8 or windows-1252, each field for itself', () => {
    const headers = parseHeaders(Uint8Array.from([...latin1('A: Gr\xfc\xdfe\r\nB: '), ...utf8('Grüße\r\n')]));
    expect([headers.get('a'), headers.get('b')]).toEqual(['Grüße', 'Grüße']);
  });

  test('a bare CR or NUL within a value is a blank, no line end', () => {
    expect(parseHeaders(latin1('Subject: a\rBcc: b@c.d\0e\r\n')).get('subject')).toBe('a Bcc: b@c.d e');
    expect(parseHeaders(latin1('Subject: a\rBcc: b@c.d\r\n')).get('bcc')).toBeUndefined();
  });

  test('lines that are no field are passed over', () => {
    expect(parseHeaders(utf8('From anna Mon Nov 23\nSubject: x\nnonsense\n: y\nTo : z\n')).get('to')).toBe('z');
  });

  test('fields say exactly where they stand', () => {
    for (const { start, end } of locateFields(block)) {
      expect(Buffer.from(block.subarray(start, end)).toString()).toMatch(/^[\w-]+:[\s\S]*\n$/);
    }
  });

  test(`a block beyond ${MaxHeaderBytes} bytes or ${MaxHeaderFields} fields is cut there`, () => {
    expect(bodyOffset(utf8('a:b\r\n'.repeat(MaxHeaderBytes)))).toBe(MaxHeaderBytes);
    expect(locateFields(utf8('a:b\r\n'.repeat(3_000)))).toHaveLength(MaxHeaderFields);
  });

  test('lines without a colon before a large body take linear time', () => {
    const raw = utf8(`${'a\n'.repeat(100_000)}\n${'b'.repeat(5_000_000)}`);
    expect(timeOf(() => parseHeaders(raw), 500)).toBeLessThan(500);
  });

  test('nothing crashes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const headers = parseHeaders(bytes);
        expect(headers.get('subject') ?? '').not.toMatch(/[\r\n]/);
        expect(bodyOffset(bytes)).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe('encoded words (RFC 2047)', () => {
  test.each([
    ['=?utf-8?q?J=C3=BCrgen?=', 'Jürgen'],
    ['=?ISO-8859-1?Q?Andr=E9?= Pirard', 'André Pirard'],
    ['=?UTF-8?B?4oKs?=', '€'],
    ['=?utf-8?q?a?= =?utf-8?q?b?=', 'ab'],
    ['=?utf-8?q?a?=\r\n =?utf-8?q?b?=', 'ab'],
    ['=?utf-8?q?a?= b =?utf-8?q?c?=', 'a b c'],
    ['=?utf-8?q?a_b?=', 'a b'],
    // Characters divided between two words, as some programs do.
    ['=?utf-8?b?4oI=?= =?utf-8?b?rA==?=', '€'],
    ['=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=', '€'],
    ['=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?windows-1252?q?=93=80=94?=', '“€”'],
    ["=?utf-8*en?q?it's?=", "it's"],
    ['=?x-unknown?q?abc?=', 'abc'],
    ['=?utf-8?q?open', '=?utf-8?q?open'],
    ['=?utf-8?x?abc?=', '=?utf-8?x?abc?='],
    ['=?utf-8?q?a b?=', 'a b'],
    ['plain', 'plain'],
  ])('%j', (raw, text) => {
    expect(decodeWords(raw)).toBe(text);
  });

  test('a value of many thousand beginnings takes linear time', () => {
    for (const piece of ['=?', '=?a?q?', '=?utf-8?q?a?= ', '=?a?b?=?']) {
      expect(timeOf(() => decodeWords(piece.repeat(25_000)), 500)).toBeLessThan(500);
    }
  });

  test('no control character or half of a pair is left in a text to show', () => {
    expect(headerText('=?utf-8?q?a=0D=0ABcc:_x=00?=')).toBe('a Bcc: x');
  });
});

describe('parameters (RFC 2231)', () => {
  test.each([
    ['text/plain; charset=utf-8', { charset: 'utf-8' }],
    ['TEXT/Plain; Charset="UTF-8" ; format=flowed', { charset: 'UTF-8', format: 'flowed' }],
    ['x/y; name="a;b\\"c"', { name: 'a;b"c' }],
    ["x/y; filename*=utf-8''%e2%82%ac%20rates.txt", { filename: '€ rates.txt' }],
    ["x/y; filename*=iso-8859-1'en'%A3", { filename: '£' }],
    ["x/y; filename*0*=utf-8''%E2%82; filename*1*=%AC; filename*2=.txt", { filename: '€.txt' }],
    ['x/y; filename*1=b; filename*0=a', { filename: 'ab' }],
    ['x/y; name="=?utf-8?q?J=C3=BC?="', { name: 'Jü' }],
    ['x/y; name=Jü.txt', { name: 'Jü.txt' }],
    ['x/y; charset=utf-8 (a comment)', { charset: 'utf-8' }],
    ['x/y; a="open; b=c', { a: 'open', b: 'c' }],
    ['x/y; a; =b; ;', { '': 'b' }],
    ['x/y; name=a; name=b', { name: 'a' }],
    ["x/y; filename=old.txt; filename*=utf-8''new%C3%A4.txt", { filename: 'newä.txt' }],
    ['x/y; filename*=100%25.txt', { filename: '100%.txt' }],
  ])('%s', (header, parameters) => {
    expect(parseParameters(header).parameters).toEqual(parameters);
  });

  test('the value is lower case', () => {
    expect(parseParameters(' Multipart/MIXED ; boundary=X').value).toBe('multipart/mixed');
  });

  test('a parameter named like an object member harms nothing', () => {
    const { parameters } = parseParameters("x/y; __proto__=a; constructor*0*=utf-8''b");
    expect(Object.hasOwn(parameters, '__proto__')).toBe(true);
    expect({}.constructor).toBe(Object);
  });

  test(`no more than ${MaxParameters} are read`, () => {
    const many = Array.from({ length: 1_000 }, (_, i) => `p${i}=v`).join(';');
    expect(Object.keys(parseParameters(`x/y;${many}`).parameters).length).toBeLessThanOrEqual(MaxParameters);
  });

  test('nothing crashes it', () => {
    fc.assert(fc.property(fc.string(), (header) => typeof parseParameters(header).value === 'string'));
  });
});

describe('message ids', () => {
  test.each([
    ['<a@b> <c@d>', ['a@b', 'c@d']],
    ['<a@b>\t<c@d> (comment)', ['a@b', 'c@d']],
    ['a@b, c@d', ['a@b', 'c@d']],
    ['Your message of Monday', []],
    ['<>', []],
    [undefined, []],
  ])('%j', (field, ids) => {
    expect(messageIds(field)).toEqual(ids);
  });
});
