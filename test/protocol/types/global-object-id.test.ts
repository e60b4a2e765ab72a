import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { globalObjectId, uidOfGlobalObjectId } from '../../../protocol/types/global-object-id.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The two examples of [MS-ASEMAIL] 4.3. */
const Outlook = {
  id: 'BAAAAIIA4AB0xbcQGoLgCAfUCRDgQMnBJoXEAQAAAAAAAAAAEAAAAAvw7UtuTulOnjnjhns3jvM=',
  uid: '040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000BF0ED4B6E4EE94E9E39E3867B378EF3',
};
const VCal = {
  id: 'BAAAAIIA4AB0xbcQGoLgCAAAAAAAAAAAAAAAAAAAAAAAAAAAMwAAAHZDYWwtVWlkAQAAAHs4MTQxMkQzQy0yQTI0LTRFOUQtQjIwRS0xMUY3QkJFOTI3OTl9AA==',
  uid: '{81412D3C-2A24-4E9D-B20E-11F7BBE92799}',
};
/** Put together by hand from [MS-ASEMAIL] 2.2.2.37. */
const Own = {
  uid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff@example.org',
  series:
    'BAAAAIIA4AB0xbcQGoLgCAAAAAAAAAAAAAAAAAAAAAAAAAAAPQAAAHZDYWwtVWlkAQAAADZmOTYxOWZmLThiODYtZDAxMS1iNDJkLTAwY2Y0ZmM5NjRmZkBleGFtcGxlLm9yZwA=',
  instance:
    'BAAAAIIA4AB0xbcQGoLgCAfqAx0AAAAAAAAAAAAAAAAAAAAAPQAAAHZDYWwtVWlkAQAAADZmOTYxOWZmLThiODYtZDAxMS1iNDJkLTAwY2Y0ZmM5NjRmZkBleGFtcGxlLm9yZwA=',
};

describe('GlobalObjId', () => {
  test('MS-ASEMAIL_R121 MS-ASEMAIL_R20000 MS-ASEMAIL_R20016 MS-ASEMAIL_R20018 MS-ASEMAIL_R20019 wraps a UID', () => {
    expect(base64(globalObjectId(Own.uid))).toBe(Own.series);
    expect(base64(globalObjectId(VCal.uid))).toBe(VCal.id);
  });

  test('MS-ASEMAIL_R20001 MS-ASEMAIL_R20003 MS-ASEMAIL_R20005 MS-ASEMAIL_R20007 MS-ASEMAIL_R20009 holds the day of an instance', () => {
    expect(base64(globalObjectId(Own.uid, { year: 2026, month: 3, day: 29 }))).toBe(Own.instance);
  });

  test('MS-ASEMAIL_R20015 a UID that Outlook made is the id itself', () => {
    const id = globalObjectId(Outlook.uid);
    expect(Buffer.from(id).toString('hex').toUpperCase()).toBe(Outlook.uid);
    expect(base64(globalObjectId(Outlook.uid, { year: 2004, month: 9, day: 16 }))).toBe(Outlook.id);
  });

  test('MS-ASEMAIL_R28 MS-ASEMAIL_R29 MS-ASEMAIL_R30 tells the UID, of an instance that of its series', () => {
    expect(uidOfGlobalObjectId(bytesOf(Outlook.id))).toBe(Outlook.uid);
    expect(uidOfGlobalObjectId(bytesOf(VCal.id))).toBe(VCal.uid);
    expect(uidOfGlobalObjectId(bytesOf(Own.instance))).toBe(Own.uid);
  });

  test('MS-ASEMAIL_R1009 MS-ASEMAIL_R26 MS-ASEMAIL_R27 anything else is taken for one of Outlook', () => {
    expect(uidOfGlobalObjectId(bytesOf(VCal.id).subarray(0, 52))).toMatch(/^04000000/);
    const lying = bytesOf(VCal.id);
    lying[36] = 0xff;
    expect(uidOfGlobalObjectId(lying)).toMatch(/^[0-9A-F]+$/);
    const other = bytesOf(VCal.id);
    other[40] = 0x41;
    expect(uidOfGlobalObjectId(other)).toMatch(/^[0-9A-F]+$/);
  });

  test('every UID comes back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (uid) => {
        expect(uidOfGlobalObjectId(globalObjectId(uid))).toBe(uid);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (id) => typeof uidOfGlobalObjectId(id) === 'string'));
  });
});
