import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ImapResponse } from 'imapflow';
import { BackendError } from '../../../backends/contract/errors.ts';
import { backendError, commandFailure, loginFailure, Refusal } from '../../../backends/imap/failures.ts';
import { readFetch, searchDay, secondsOfDate } from '../../../backends/imap/fetch.ts';
import {
  decodeMailboxName,
  encodeMailboxName,
  hasControls,
  isFolderName,
} from '../../../backends/imap/mailbox-name.ts';
import { readStatus } from '../../../backends/imap/positions.ts';
import {
  bigintOf,
  bytesOf,
  listOf,
  numberOf,
  pairsOf,
  responseCode,
  textOf,
  wordsOf,
} from '../../../backends/imap/tokens.ts';

const atom = (value: string) => ({ type: 'ATOM', value });

describe('names of mailboxes', () => {
  test.each([
    ['Entwürfe', 'Entw&APw-rfe'],
    ['日本語', '&ZeVnLIqe-'],
    ['R&D', 'R&-D'],
    ['📫', '&2D3c6w-'],
    ['plain', 'plain'],
  ])('%s is %s on the wire (RFC 3501, 5.1.3)', (name, wire) => {
    expect(encodeMailboxName(name)).toBe(wire);
    expect(decodeMailboxName(wire)).toBe(name);
  });

  test('come back as they were given, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const wire = encodeMailboxName(name);
        expect(decodeMailboxName(wire)).toBe(name);
      }),
    );
  });

  test('are ASCII on the wire', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => expect(encodeMailboxName(name)).toMatch(/^[ -~]*$/)),
    );
  });

  test('that are no modified UTF-7 are taken as they stand', () => {
    for (const wire of ['Müll', 'a&b', '&', '&&&', 'a&-b&']) expect(decodeMailboxName(wire)).toBe(wire);
  });

  test('can be part of a path only without its delimiter and control characters', () => {
    expect(isFolderName('ok', '/')).toBe(true);
    expect(isFolderName('a/b', '.')).toBe(true);
    for (const bad of ['a/b', '', ' ', 'a\r\n', 'a\0', 'a\u0085b', 'a\tb']) expect(isFolderName(bad, '/')).toBe(false);
    expect(hasControls('ä€ 📫')).toBe(false);
  });
});

describe('tokens', () => {
  test('that are NIL or lists have no text', () => {
    expect([textOf(null), textOf(undefined), bytesOf(null)]).toEqual([undefined, undefined, undefined]);
    expect([numberOf(atom('x')), numberOf(atom('-1')), numberOf(atom('1'.repeat(16)))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([numberOf(atom('42')), bigintOf(atom('9223372036854775807'))]).toEqual([42, 2n ** 63n - 1n]);
    expect([listOf(atom('x')), wordsOf(undefined)]).toEqual([[], []]);
  });

  test('of a literal are its bytes, not its text', () => {
    expect(bytesOf({ type: 'LITERAL', value: Buffer.from([0xff, 0]) })).toEqual(Buffer.from([0xff, 0]));
  });

  test('in pairs are a table, with names in upper case', () => {
    const pairs = pairsOf([atom('uidnext'), atom('5'), atom('odd')]);
    expect([...pairs]).toEqual([['UIDNEXT', atom('5')]]);
  });

  test('in brackets are a response code', () => {
    const line: ImapResponse = { attributes: [{ type: 'ATOM', section: [atom('uidvalidity'), atom('7')] }] };
    expect(responseCode(line)).toEqual({ name: 'UIDVALIDITY', values: [atom('7')] });
    expect(responseCode({ attributes: [atom('plain')] })).toBeUndefined();
    expect(responseCode({ attributes: [{ type: 'ATOM', section: [null] }] })).toBeUndefined();
    expect(responseCode(undefined)).toBeUndefined();
  });
});

describe('dates', () => {
  test.each([
    ['05-Jan-2026 10:00:00 +0000', Date.UTC(2026, 0, 5, 10)],
    [' 5-Jan-2026 10:00:00 +0000', Date.UTC(2026, 0, 5, 10)],
    ['17-Jul-1996 02:44:25 -0700', Date.UTC(1996, 6, 17, 9, 44, 25)],
    ['01-DEC-2025 00:30:00 +0530', Date.UTC(2025, 10, 30, 19)],
  ])('%s', (text, milliseconds) => {
    expect(secondsOfDate(text)).toBe(milliseconds / 1_000);
  });

  test('that are none are the beginning of time', () => {
    for (const text of [undefined, '', 'yesterday', '2026-01-05']) expect(secondsOfDate(text)).toBe(0);
  });

  test('are searched by the day, in UTC', () => {
    expect(searchDay(new Date('2026-01-05T23:59:59Z'))).toBe('5-Jan-2026');
  });
});

describe('lines', () => {
  test('of FETCH have their values by name, sections by section', () => {
    const line: ImapResponse = {
      command: '3',
      attributes: [
        atom('FETCH'),
        [
          atom('uid'),
          atom('7'),
          { type: 'ATOM', value: 'BODY', section: [atom('1.2')], partial: [0] },
          { type: 'LITERAL', value: Buffer.from('x') },
          { type: 'ATOM', value: 'BODY', section: [] },
          null,
        ],
      ],
    };
    const fetched = readFetch(line);
    expect([fetched?.uid, [...(fetched?.values.keys() ?? [])]]).toEqual([7, ['UID', 'BODY[1.2]', 'BODY[]']]);
  });

  test('of FETCH without a UID say nothing', () => {
    expect(readFetch({ command: '3', attributes: [atom('FETCH'), [atom('FLAGS'), []]] })).toBeUndefined();
    expect(readFetch({ command: '3', attributes: [] })).toBeUndefined();
  });

  test('of STATUS tell what they tell', () => {
    const line: ImapResponse = {
      attributes: [atom('inbox'), [atom('UIDNEXT'), atom('5'), atom('HIGHESTMODSEQ'), atom('9')]],
    };
    expect(readStatus(line)).toEqual(['INBOX', { uidNext: 5, modSeq: 9n }]);
    expect(readStatus({ attributes: [] })).toBeUndefined();
  });
});

describe('failures', () => {
  const no = (code: string | undefined, text = 'text') =>
    Object.assign(new Error('Command failed'), {
      responseStatus: 'NO',
      responseText: text,
      response: { attributes: code === undefined ? [] : [{ type: 'ATOM', section: [atom(code)] }] },
    });

  test('of commands are refusals with their code, everything else is unavailable', () => {
    expect(commandFailure(no('overquota'))).toMatchObject({ name: 'Refusal', status: 'NO', responseCode: 'OVERQUOTA' });
    expect(commandFailure(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNRESET'),
    });
  });

  test('have the meaning of their code, else that of the command', () => {
    expect(backendError(new Refusal('NO', 'ALREADYEXISTS', 'x'), 'forbidden')).toMatchObject({ code: 'exists' });
    expect(backendError(new Refusal('NO', undefined, 'x'), 'forbidden')).toMatchObject({ code: 'forbidden' });
    expect(backendError(new Refusal('BAD', undefined, 'x'), 'forbidden')).toMatchObject({ code: 'unavailable' });
    const other = new BackendError('conflict');
    expect(backendError(other, 'forbidden')).toBe(other);
  });

  test('of logins are refusals only when the server says so', () => {
    const refused = (serverResponseCode?: string) =>
      loginFailure(
        Object.assign(new Error('x'), { authenticationFailed: true, responseStatus: 'NO', serverResponseCode }),
      ).code;
    expect([refused(), refused('AUTHENTICATIONFAILED')]).toEqual(['loginRefused', 'loginRefused']);
    expect([refused('UNAVAILABLE'), refused('LIMIT'), refused('INUSE')]).toEqual(Array(3).fill('unavailable'));
    expect(loginFailure(Object.assign(new Error('x'), { authenticationFailed: true })).code).toBe('unavailable');
    expect(loginFailure(new Error('ECONNREFUSED')).code).toBe('unavailable');
    expect(loginFailure('odd').code).toBe('unavailable');
  });

  test('never hold a password', () => {
    const error = loginFailure(
      Object.assign(new Error('Command failed'), { executedCommand: 'A LOGIN "anna" "hunter2"' }),
    );
    expect(error.message).not.toContain('hunter2');
  });
});
