import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MaxPasswordLength, MaxUserLength, parseBasic } from '../../src/auth/credentials.ts';

const basic = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  `Basic ${Buffer.from(text, encoding).toString('base64')}`;

describe('parseBasic (MS-ASHTTP_R139)', () => {
  const Right: [header: string, user: string, password: string][] = [
    [basic('anna:geheim'), 'anna', 'geheim'],
    [basic('anna@example.org:with:colons'), 'anna@example.org', 'with:colons'],
    [basic('EXAMPLE\\anna:x'), 'EXAMPLE\\anna', 'x'],
    [basic('jürgen:pässwörd'), 'jürgen', 'pässwörd'],
    [basic('jürgen:pässwörd', 'latin1'), 'jürgen', 'pässwörd'],
    [basic('jürgen:x'), 'jürgen', 'x'],
    [basic('анна:пароль'), 'анна', 'пароль'],
    [basic('anna:  spaces stay '), 'anna', '  spaces stay '],
    [`bAsIc   ${Buffer.from('anna:x').toString('base64')} `, 'anna', 'x'],
  ];
  test.each(Right)('%s', (header, user, password) => {
    expect(parseBasic(header)).toEqual({ ok: true, credentials: { user, password } });
  });

  const Wrong: [what: string, header: string | undefined, reason: RegExp][] = [
    ['nothing', undefined, /No user name/],
    ['an empty header', '', /No user name/],
    ['another scheme', 'Bearer abc', /Only Basic/],
    ['Negotiate', 'Negotiate YII=', /Only Basic/],
    ['no base64', 'Basic !!!', /Only Basic/],
    ['no colon', basic('anna'), /colon/],
    ['no user', basic(':x'), /user name is empty/],
    ['no password', basic('anna:'), /password is empty/],
    ['CR LF in the user', basic('an\r\nna:x'), /user name holds a control/],
    ['NUL in the user', basic('anna\0:x'), /user name holds a control/],
    ['DEL in the user', basic('anna\x7f:x'), /user name holds a control/],
    ['a C1 control in the user', basic('anna\u0085:x'), /user name holds a control/],
    ['LF in the password', basic('anna:x\ny'), /password holds a control/],
    ['a long user', basic(`${'a'.repeat(MaxUserLength + 1)}:x`), /longer than 320/],
    ['a long password', basic(`anna:${'x'.repeat(MaxPasswordLength + 1)}`), /longer than 4096/],
  ];
  test.each(Wrong)('refuses %s', (_what, header, reason) => {
    const result = parseBasic(header);
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  test('takes the longest that it allows', () => {
    const [user, password] = ['a'.repeat(MaxUserLength), 'x'.repeat(MaxPasswordLength)];
    expect(parseBasic(basic(`${user}:${password}`)).ok).toBe(true);
  });

  test('never throws, and never lets a control character through', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const result = parseBasic(`Basic ${Buffer.from(bytes).toString('base64')}`);
        if (result.ok) expect(`${result.credentials.user}${result.credentials.password}`).not.toMatch(/\p{Cc}/u);
        else expect(result.reason).not.toBe('');
      }),
    );
  });
});
