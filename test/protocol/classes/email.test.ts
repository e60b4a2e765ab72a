import { describe, expect, test } from '@jest/globals';
import { type Email, EmailFields } from '../../../protocol/classes/email.ts';
import { AirSync } from '../../../protocol/code-pages/index.ts';
import { container } from '../../../protocol/schema/describe.ts';
import { readDocument, SchemaError, sourceOf, stringOf, writeDocument } from '../../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../../protocol/versions.ts';
import { bytesSource, readAll } from '../../../protocol/wbxml/bytes.ts';
import { hex, joinPieces, toHex } from '../wbxml/support.ts';

/** ApplicationData with a mail's elements, as a document of its own. */
const root = container(AirSync.ApplicationData, EmailFields);

const written = (email: Email, version: ProtocolVersion): string =>
  toHex(joinPieces(writeDocument(root, email, version)));

/** The content of ApplicationData, read as a device's. */
const read = (content: string, version: ProtocolVersion = '14.1'): Email =>
  readDocument(root, bytesSource(hex(`03016A00 5D ${content} 01`)), { version });

/** ApplicationData with `content` in it. */
const data = (content: string): string => `03016A005D${content.replace(/ /g, '')}01`;

const start = new Date(Date.UTC(2026, 2, 1, 12));

describe('a follow-up flag', () => {
  test('that is cleared is an empty element, not an absent one (MS-ASEMAIL 2.2.2.34)', () => {
    expect(written({ flag: {} }, '14.1')).toBe(data('00 02 3A'));
    expect(written({}, '14.1')).toBe('03016A001D');
    expect(read('00 02 3A').flag).toEqual({});
    expect(read('00 02 7A 01').flag).toEqual({});
    expect(read('00 02 55 03 31 00 01')).toEqual({ read: true });
  });

  test('keeps its dates on the page of Tasks', () => {
    // Flag{Status 2, FlagType x, t:StartDate, t:UtcStartDate}
    const day = Buffer.from('2026-03-01T12:00:00.000Z').toString('hex');
    const content = `00 02 7A 7B 03 32 00 01 7D 03 78 00 01 00 09 5E 03 ${day} 00 01 5F 03 ${day} 00 01 01`;
    const flag = { status: 2, flagType: 'x', startDate: start, utcStartDate: start };
    expect(read(content).flag).toEqual(flag);
    expect(written({ flag }, '14.1')).toBe(data(content).toUpperCase());
  });

  test('is read in any order of its elements', () => {
    expect(read('00 02 7A 7D 03 78 00 01 7B 03 32 00 01 01').flag).toEqual({ flagType: 'x', status: 2 });
  });
});

describe('elements that a version lacks are left out', () => {
  const mail: Email = {
    subject: 'x',
    bcc: 'b',
    categories: ['c'],
    conversationId: hex('01'),
    accountId: 'a',
    isDraft: true,
    receivedAsBcc: true,
  };
  /** Which fields of `mail` a device of a version gets. */
  const fields = (version: ProtocolVersion): string[] =>
    Object.keys(readDocument(root, bytesSource(joinPieces(writeDocument(root, mail, version))), { version }));

  test.each<[ProtocolVersion, string[]]>([
    ['12.1', ['subject']],
    ['14.0', ['subject', 'conversationId', 'receivedAsBcc', 'categories']],
    ['14.1', ['subject', 'conversationId', 'receivedAsBcc', 'categories', 'accountId']],
    ['16.0', ['bcc', 'subject', 'conversationId', 'receivedAsBcc', 'categories', 'accountId', 'isDraft']],
  ])('%s', (version, expected) => {
    expect(fields(version)).toEqual(expected);
  });

  test('a preview of the body from 14.0 on', () => {
    const body = { type: 1, preview: 'p' };
    expect(written({ body }, '12.1')).toBe(data('00 11 4A 46 03 31 00 01 01'));
    expect(written({ body }, '14.0')).toBe(data('00 11 4A 46 03 31 00 01 58 03 70 00 01 01'));
  });
});

describe('a meeting request', () => {
  const meeting = {
    dtStamp: start,
    locationText: 'Room 1',
    location: { displayName: 'Room 1', latitude: 48.5 },
    globalObjId: hex('0400'),
    uid: 'u1',
    recurrences: [{ type: 1, interval: 2, until: start }],
    forwardees: [{ name: 'Ben', email: 'ben@example.org' }],
  };
  const roundTrip = (version: ProtocolVersion): Email['meetingRequest'] =>
    readDocument(root, bytesSource(joinPieces(writeDocument(root, { meetingRequest: meeting }, version))), {
      version,
      order: 'strict',
    }).meetingRequest;

  test('is named by GlobalObjId up to 14.1 (MS-ASEMAIL_R1478)', () => {
    const { dtStamp, locationText, globalObjId, recurrences } = meeting;
    expect(roundTrip('14.1')).toEqual({ dtStamp, locationText, globalObjId, recurrences });
  });

  test('is named by UID from 16.0 on, with a structured place', () => {
    const { dtStamp, location, uid, recurrences, forwardees } = meeting;
    expect(roundTrip('16.0')).toEqual({ dtStamp, location, uid, recurrences, forwardees });
  });

  test('ends a recurrence by a compact date', () => {
    const document = Buffer.from(written({ meetingRequest: meeting }, '14.1'), 'hex').toString('latin1');
    expect(document).toContain('20260301T120000Z');
    expect(document).toContain('2026-03-01T12:00:00.000Z');
  });
});

describe('values', () => {
  test('conversation identifiers are bytes (MS-ASCON_R74)', () => {
    expect(written({ conversationId: hex('0102') }, '14.0')).toBe(data('00 16 49 C3 02 01 02 01'));
    const { conversationId } = read('00 16 49 C3 02 01 02 01');
    expect(conversationId && toHex(readAll(sourceOf(conversationId)))).toBe('0102');
  });

  test('a body is written from bytes as well as from text', () => {
    const text = written({ body: { type: 1, data: 'Grüße' } }, '14.1');
    expect(written({ body: { type: 1, data: new TextEncoder().encode('Grüße') } }, '14.1')).toBe(text);
    const { body } = readDocument(root, bytesSource(hex(text)));
    expect(body?.data && stringOf(body.data)).toBe('Grüße');
  });

  test('categories are a list that may be empty (MS-ASEMAIL 2.2.2.16)', () => {
    expect(written({ categories: [] }, '14.0')).toBe(data('00 02 1B'));
    expect(read('00 02 1B').categories).toEqual([]);
  });

  test.each([
    ['an element twice', '00 02 55 03 31 00 01 55 03 30 00 01'],
    ['a number that is none', '00 02 52 03 78 00 01'],
    ['a date that is none', '00 02 4F 03 78 00 01'],
    ['an element of another class', '00 01 69 03 78 00 01'],
    ['an attachment without FileReference', '00 11 4E 4F 50 03 78 00 01 01 01'],
  ])('%s is an error', (_, content) => {
    expect(() => read(content)).toThrow(SchemaError);
  });
});
