import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CommandNames } from '../../../protocol/http/command-codes.ts';
import {
  type LineParameters,
  MaxQueryLength,
  parseRequestLine,
  type RequestLine,
  RequestLineError,
  type RequestLineProblem,
} from '../../../protocol/http/request-line.ts';
import { base64Query, plainHeaders, plainQuery } from '../../../protocol/http/write-request-line.ts';
import { SupportedVersions } from '../../../protocol/versions.ts';
import { hex } from '../wbxml/support.ts';

const parse = (query: string, headers: Readonly<Record<string, string>> = {}): RequestLine =>
  parseRequestLine(query, (name) => headers[name]);

const problemOf = (query: string, headers: Readonly<Record<string, string>> = {}): RequestLineProblem | 'none' => {
  try {
    parse(query, headers);
    return 'none';
  } catch (error) {
    if (error instanceof RequestLineError) return error.problem;
    throw error;
  }
};

const none: LineParameters = { saveInSent: false, acceptMultiPart: false };
const base64 = (bytes: string): string => Buffer.from(hex(bytes)).toString('base64');

/** 12.1, Sync, en-US; then what the test adds: device ID, policy key, device type, parameters. */
const start = '79 00 09 04';
const device = '02 61 31';
const type = '02 53 50';

describe('the published examples', () => {
  test('base64 (MS-ASHTTP_R16)', () => {
    expect(parse('jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l')).toEqual({
      command: 'Sync',
      version: '14.0',
      locale: 0x0409,
      deviceId: 'v140Device',
      deviceType: 'SmartPhone',
      parameters: none,
    });
  });

  test('plain, equivalent to it (MS-ASHTTP_R16)', () => {
    const headers = { 'ms-asprotocolversion': '14.0' };
    expect(parse('Cmd=Sync&User=rmjones&DeviceId=v140Device&DeviceType=SmartPhone', headers)).toEqual({
      command: 'Sync',
      version: '14.0',
      deviceId: 'v140Device',
      deviceType: 'SmartPhone',
      user: 'rmjones',
      parameters: none,
    });
  });

  test('policy key, multipart and user', () => {
    expect(parse('oRMHBBBBcHBsRE5RWFhYWFhYWFhYBAV7fqIGaVBob25lBwECCBBhbm5hQGV4YW1wbGUub3Jn')).toEqual({
      command: 'ItemOperations',
      version: '16.1',
      locale: 0x0407,
      deviceId: 'ApplDNQXXXXXXXXX',
      deviceType: 'iPhone',
      user: 'anna@example.org',
      policyKey: 2726198021,
      parameters: { saveInSent: false, acceptMultiPart: true },
    });
  });

  test('collection, item and SaveInSent', () => {
    expect(parse('eQIJBAthbmRyb2lkMTIzNARZLQTrB0FuZHJvaWQBATUDBDU6MTIHAQE=')).toEqual({
      command: 'SmartForward',
      version: '12.1',
      locale: 0x0409,
      deviceId: 'android1234',
      deviceType: 'Android',
      policyKey: 3942919513,
      parameters: { collectionId: '5', itemId: '5:12', saveInSent: true, acceptMultiPart: false },
    });
  });
});

describe('the plain query', () => {
  const required = 'DeviceId=a1&DeviceType=SP';

  test('in any order and case', () => {
    const line = parse(`devicetype=SP&DEVICEID=a1&User=x&cmd=foldersync`);
    expect(line).toMatchObject({ command: 'FolderSync', deviceId: 'a1', deviceType: 'SP' });
  });

  test('all parameters (MS-ASHTTP_R115 to R121)', () => {
    const query = `Cmd=SmartReply&${required}&AttachmentName=a%2Fb+c&CollectionId=5&ItemId=5%3A1&LongId=L&Occurrence=O&SaveInSent=T`;
    expect(parse(query).parameters).toEqual({
      attachmentName: 'a/b+c',
      collectionId: '5',
      itemId: '5:1',
      longId: 'L',
      occurrence: 'O',
      saveInSent: true,
      acceptMultiPart: false,
    });
  });

  test('SaveInSent is F by default (MS-ASHTTP_R122)', () => {
    expect(parse(`Cmd=SendMail&${required}`).parameters.saveInSent).toBe(false);
    expect(parse(`Cmd=SendMail&${required}&SaveInSent=F`).parameters.saveInSent).toBe(false);
    expect(parse(`Cmd=SendMail&${required}&SaveInSent=t`).parameters.saveInSent).toBe(true);
  });

  test('values of headers', () => {
    const headers = { 'ms-asprotocolversion': ' 16.1 ', 'x-ms-policykey': '4294967295', 'ms-asacceptmultipart': 'T' };
    const line = parse(`Cmd=ItemOperations&${required}`, headers);
    expect(line).toMatchObject({ version: '16.1', policyKey: 4294967295, parameters: { acceptMultiPart: true } });
  });

  test('a policy key that is none counts as 0, an absent one as absent', () => {
    const keyOf = (key: string): number | undefined =>
      parse(`Cmd=Sync&${required}`, { 'x-ms-policykey': key }).policyKey;
    expect([keyOf('0'), keyOf(''), keyOf('x'), keyOf('4294967296'), keyOf('-1')]).toEqual([0, 0, 0, 0, 0]);
    expect(parse(`Cmd=Sync&${required}`).policyKey).toBeUndefined();
  });

  test('a user name in Latin-1, or an empty one', () => {
    expect(parse(`Cmd=Sync&${required}&User=J%FCrgen`).user).toBe('Jürgen');
    expect(parse(`Cmd=Sync&${required}&User=J%C3%BCrgen`).user).toBe('Jürgen');
    expect(parse(`Cmd=Sync&${required}&User=`).user).toBeUndefined();
  });

  test.each<[string, RequestLineProblem]>([
    ['', 'commandMissing'],
    [required, 'commandMissing'],
    [`Cmd=&${required}`, 'commandMissing'],
    [`Cmd=Rubbish&${required}`, 'unknownCommand'],
    [`Cmd=constructor&${required}`, 'unknownCommand'],
    ['Cmd=Sync&DeviceType=SP', 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=&DeviceType=SP', 'invalidDeviceId'],
    [`Cmd=Sync&DeviceId=${'a'.repeat(33)}&DeviceType=SP`, 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=a,b&DeviceType=SP', 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=a%0D%0Ab&DeviceType=SP', 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=a%00&DeviceType=SP', 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=..%2F..&DeviceType=SP', 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=%C3%A4&DeviceType=SP', 'invalidDeviceId'],
    ['Cmd=Sync&DeviceId=a1', 'invalidDeviceType'],
    ['Cmd=Sync&DeviceId=a1&DeviceType=', 'invalidDeviceType'],
    ['Cmd=Sync&DeviceId=a1&DeviceType=a%0Ab', 'invalidDeviceType'],
    ['Cmd=Sync&DeviceId=a1&DeviceType=%C3%A4', 'invalidDeviceType'],
    [`Cmd=Sync&DeviceId=a1&DeviceType=${'a'.repeat(65)}`, 'invalidDeviceType'],
    [`Cmd=Sync&Cmd=Ping&${required}`, 'malformedQuery'],
    [`Cmd=Sync&${required}&deviceid=b2`, 'malformedQuery'],
    [`Cmd=Sync&${required}&X=${'x'.repeat(MaxQueryLength)}`, 'malformedQuery'],
  ])('%j is refused', (query, problem) => {
    expect(problemOf(query)).toBe(problem);
  });

  test('the longest names that are allowed (MS-ASHTTP_R98)', () => {
    const line = parse(`Cmd=Sync&DeviceId=${'a'.repeat(32)}&DeviceType=${'b'.repeat(64)}`);
    expect(line.deviceType).toHaveLength(64);
    expect(problemOf(`Cmd=Sync&${required}`.padEnd(MaxQueryLength, '&'))).toBe('none');
  });

  test('a version that is not ours', () => {
    for (const version of ['2.5', '12.0', '17.0', 'x']) {
      expect(problemOf(`Cmd=Sync&${required}`, { 'ms-asprotocolversion': version })).toBe('unknownVersion');
    }
    expect(parse(`Cmd=Sync&${required}`).version).toBeUndefined();
  });

  test.each<[string, number]>([
    ['', 101],
    [`Cmd=Rubbish&${required}`, 137],
    ['Cmd=Sync&DeviceType=SP', 108],
    ['Cmd=Sync&DeviceId=a1', 109],
  ])('%j has a Status (MS-ASCMD 2.2.2)', (query, status) => {
    expect(() => parse(query)).toThrow(expect.objectContaining({ name: 'RequestLineError', status }));
  });
});

describe('the base64 query', () => {
  // 160 Provision, device ID of raw bytes whose base64 has every special sign.
  const guid = '11 FB EF FF 00 22 33 44 55 66 77 88 99 AA BB CC';
  const special = base64(`A0 14 09 04 10 ${guid} 00 ${type} 08 01 3E`);

  test('percent-encoded, in the alphabet for URLs, without padding, and with spaces for plus', () => {
    expect(special).toMatch(/\+.*\/.*=$/);
    const expected = parse(special);
    const forms = [
      encodeURIComponent(special),
      special.replace(/=+$/, ''),
      special.replace(/\+/g, '-').replace(/\//g, '_'),
      special.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
      special.replace(/\+/g, '%2b').replace(/=/g, '%3d'),
      special.replace(/\+/g, '%20'),
    ];
    for (const form of forms) expect(parse(form)).toEqual(expected);
  });

  test('a device ID of 16 raw bytes is that of the plain form in hexadecimal, whatever its case', () => {
    const text = guid.replace(/ /g, '');
    const plain = (id: string): string => parse(`Cmd=Provision&DeviceId=${id}&DeviceType=SP`).deviceId;
    expect(parse(special).deviceId).toBe(text);
    expect([plain(text), plain(text.toLowerCase())]).toEqual([text, text]);
    const asText = Buffer.from(text.toLowerCase()).toString('hex');
    expect(parse(base64(`${start} 20 ${asText} 00 ${type}`)).deviceId).toBe(text);
  });

  test('a device ID of 16 letters stays what it is', () => {
    const id = 'ApplDNQXXXXXXXXX';
    expect(parse(base64(`${start} 10 ${Buffer.from(id).toString('hex')} 00 ${type}`)).deviceId).toBe(id);
  });

  test('the header gives a policy key that the query lacks; the query gives the version', () => {
    const headers = { 'x-ms-policykey': '7', 'ms-asprotocolversion': '16.1', 'ms-asacceptmultipart': 'T' };
    const line = parse(base64(`${start} ${device} 00 ${type}`), headers);
    expect(line).toMatchObject({ version: '12.1', policyKey: 7, parameters: { acceptMultiPart: true } });
    expect(parse(base64(`${start} ${device} 04 01 00 00 00 ${type}`), headers).policyKey).toBe(1);
  });

  test('both options, unknown parameters, empty and repeated ones', () => {
    const parameters = '07 01 03  02 01 41  05 00  FF 02 41 42  06 00  01 01 35  01 01 36';
    expect(parse(base64(`${start} ${device} 00 ${type} ${parameters}`)).parameters).toEqual({
      collectionId: '5',
      saveInSent: true,
      acceptMultiPart: true,
    });
  });

  test('every parameter of the table (MS-ASHTTP_R79 to R96)', () => {
    const parameters = '00 01 61  01 01 62  03 01 63  04 01 64  06 01 65  08 01 66';
    const line = parse(base64(`${start} ${device} 00 ${type} ${parameters}`));
    expect(line.user).toBe('f');
    expect(line.parameters).toMatchObject({
      attachmentName: 'a',
      collectionId: 'b',
      itemId: 'c',
      longId: 'd',
      occurrence: 'e',
    });
  });

  test.each<[string, string, RequestLineProblem]>([
    ['no base64', '%%%', 'malformedQuery'],
    ['one character too many', 'jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25lA', 'malformedQuery'],
    ['a version that is not ours', base64(`19 00 09 04 ${device} 00 ${type}`), 'unknownVersion'],
    ['a command that is none', base64(`79 FE 09 04 ${device} 00 ${type}`), 'unknownCommand'],
    ['an unused code', base64(`79 06 09 04 ${device} 00 ${type}`), 'unknownCommand'],
    ['no device ID (MS-ASHTTP_R32)', base64(`${start} 00 00 ${type}`), 'invalidDeviceId'],
    ['a device ID with a comma', base64(`${start} 02 61 2C 00 ${type}`), 'invalidDeviceId'],
    ['a long device ID', base64(`${start} 21 ${'61'.repeat(33)} 00 ${type}`), 'invalidDeviceId'],
    ['a policy key of 3 bytes (MS-ASHTTP_R38)', base64(`${start} ${device} 03 01 02 03 ${type}`), 'malformedQuery'],
    ['no device type', base64(`${start} ${device} 00 00`), 'invalidDeviceType'],
    ['a parameter longer than the query', base64(`${start} ${device} 00 ${type} 01 05 35`), 'malformedQuery'],
    ['a parameter without length', base64(`${start} ${device} 00 ${type} 01`), 'malformedQuery'],
  ])('%s is refused', (_, query, problem) => {
    expect(problemOf(query)).toBe(problem);
  });

  test('cut off at every byte, it is refused or a shorter one', () => {
    const whole = hex(`${start} ${device} 04 01 00 00 00 ${type} 01 01 35`);
    const cut = Array.from({ length: whole.length }, (_, length) =>
      problemOf(Buffer.from(whole.subarray(0, length)).toString('base64')),
    );
    const withoutParameter = whole.length - 3;
    expect(cut.flatMap((problem, length) => (problem === 'none' ? [length] : []))).toEqual([withoutParameter]);
  });
});

describe('both forms', () => {
  const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const value = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { nil: undefined });
  const lines: fc.Arbitrary<RequestLine> = fc.record({
    command: fc.constantFrom(...CommandNames),
    version: fc.constantFrom(...SupportedVersions),
    deviceId: fc.string({ unit: fc.constantFrom(...alphanumeric), minLength: 1, maxLength: 31 }),
    deviceType: fc.string({
      unit: fc.constantFrom(...alphanumeric, ' ', '-', '&', '%', '+'),
      minLength: 1,
      maxLength: 64,
    }),
    user: value,
    policyKey: fc.option(fc.integer({ min: 0, max: 0xffff_ffff }), { nil: undefined }),
    parameters: fc.record({
      attachmentName: value,
      collectionId: value,
      itemId: value,
      longId: value,
      occurrence: value,
      saveInSent: fc.boolean(),
      acceptMultiPart: fc.boolean(),
    }),
  });

  test('mean the same', () => {
    fc.assert(
      fc.property(lines, (line) => {
        expect(parse(plainQuery(line), plainHeaders(line))).toEqual(line);
        expect(parse(base64Query(line))).toEqual({ ...line, locale: 0x0409 });
        expect(parse(encodeURIComponent(base64Query(line)))).toEqual({ ...line, locale: 0x0409 });
      }),
    );
  });

  test('any text is served or refused by the one error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (query) => typeof problemOf(query) === 'string'));
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => typeof problemOf(Buffer.from(bytes).toString('base64')) === 'string'),
    );
  });

  test('are written as in the published example', () => {
    const line: RequestLine = {
      command: 'Sync',
      version: '14.0',
      deviceId: 'v140Device',
      deviceType: 'SmartPhone',
      parameters: none,
    };
    expect(base64Query(line)).toBe('jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l');
    expect(plainQuery({ ...line, user: 'rmjones' })).toBe(
      'Cmd=Sync&User=rmjones&DeviceId=v140Device&DeviceType=SmartPhone',
    );
    expect(plainHeaders({ ...line, policyKey: 0 })).toEqual({ 'ms-asprotocolversion': '14.0', 'x-ms-policykey': '0' });
  });

  test('what cannot be written is refused', () => {
    const line: RequestLine = { command: 'Sync', deviceId: 'a', deviceType: 'b', parameters: none };
    expect(() => base64Query(line)).toThrow(RangeError);
    const long = { ...none, longId: 'x'.repeat(256) };
    expect(() => base64Query({ ...line, version: '14.1', parameters: long })).toThrow(RangeError);
  });
});
