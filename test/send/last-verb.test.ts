import { describe, expect, test } from '@jest/globals';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { replyVerb } from '../../src/send/last-verb.ts';

const account = { name: 'anna', address: 'anna@example.test', aliases: ['a.b@example.test'], displayName: 'Anna' };

const understood = (...lines: readonly string[]) =>
  mailComposer.read(bytesSource(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)));

const original = understood(
  'From: Carl <carl@example.test>',
  'To: Anna <Anna@Example.Test>, dora@example.test',
  'Cc: a.b+list@example.test, emil@example.test',
);

describe('which reply it was is told by its recipients', () => {
  test.each([
    ['to the sender', 1, ['To: carl@example.test']],
    ['to the sender and the user', 1, ['To: CARL@example.test', 'Bcc: anna@example.test']],
    ['to the sender and somebody new', 1, ['To: carl@example.test', 'Cc: new@example.test']],
    ['to everybody', 2, ['To: Carl <carl@example.test>, Dora <Dora@example.test>', 'Cc: emil@example.test']],
    ['to one of the others', 2, ['To: carl@example.test', 'Cc: emil@example.test']],
    ['to nobody but an alias of the user', 1, ['To: a.b@example.test']],
  ] as const)('%s: %i (MS-ASEMAIL_R516, R517)', (_, verb, lines) => {
    expect(replyVerb(account, original, understood(...lines))).toBe(verb);
  });

  test('who stands in Reply-To is the sender: of a mailing list, the list', () => {
    const list = understood('From: carl@example.test', 'Reply-To: list@example.test', 'To: list@example.test');
    expect(replyVerb(account, list, understood('To: list@example.test'))).toBe(1);
    const without = understood('From: carl@example.test', 'To: list@example.test');
    expect(replyVerb(account, without, understood('To: list@example.test'))).toBe(2);
  });
});
