import { describe, expect, test } from '@jest/globals';
import { CommandCodes, CommandNames, commandOfCode, commandOfName } from '../../../protocol/http/command-codes.ts';
import { isMimeType, isWbxmlType, MaxPolicyKey, parsePolicyKey } from '../../../protocol/http/headers.ts';

describe('the policy key', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['0', 0],
    [' 1307199584 ', 1307199584],
    ['4294967295', MaxPolicyKey],
    ['4294967296', undefined],
    ['-1', undefined],
    ['1.0', undefined],
    ['0x10', undefined],
    ['12345678901', undefined],
  ])('%j is %j', (text, key) => {
    expect(parsePolicyKey(text)).toBe(key);
  });
});

describe('content types', () => {
  test('WBXML by both names, with parameters, in any case', () => {
    const types = [
      'application/vnd.ms-sync.wbxml',
      'application/vnd.ms-sync',
      'Application/VND.MS-Sync.WBXML; charset=x',
    ];
    expect(types.map(isWbxmlType)).toEqual([true, true, true]);
    expect(['application/vnd.ms-sync.multipart', 'text/xml', '', undefined].map(isWbxmlType)).not.toContain(true);
  });

  test('mail', () => {
    expect(['message/rfc822', 'MESSAGE/RFC822 ; charset=utf-8'].map(isMimeType)).toEqual([true, true]);
    expect(['message/partial', 'text/plain', undefined].map(isMimeType)).not.toContain(true);
  });
});

describe('command codes', () => {
  // [MS-ASHTTP] 2.2.1.1.1.1.2, R58 to R78.
  test.each([
    ['Sync', 0],
    ['SendMail', 1],
    ['SmartForward', 2],
    ['SmartReply', 3],
    ['GetAttachment', 4],
    ['FolderSync', 9],
    ['FolderCreate', 10],
    ['FolderDelete', 11],
    ['FolderUpdate', 12],
    ['MoveItems', 13],
    ['GetItemEstimate', 14],
    ['MeetingResponse', 15],
    ['Search', 16],
    ['Settings', 17],
    ['Ping', 18],
    ['ItemOperations', 19],
    ['Provision', 20],
    ['ResolveRecipients', 21],
    ['ValidateCert', 22],
    ['Find', 23],
  ] as const)('%s is %d', (name, code) => {
    expect(CommandCodes[name]).toBe(code);
    expect(commandOfCode(code)).toBe(name);
    expect(commandOfName(name.toUpperCase())).toBe(name);
  });

  test('no other codes and names', () => {
    expect([6, 7, 8, 24, 255, -1].map(commandOfCode)).toEqual(Array(6).fill(undefined));
    expect(['', 'Synch', 'toString', '__proto__'].map(commandOfName)).toEqual(Array(4).fill(undefined));
    expect(CommandNames).toHaveLength(21);
  });
});
