import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ContactFields } from '../../../protocol/classes/contact.ts';
import { EmailFields } from '../../../protocol/classes/email.ts';
import { EventFields } from '../../../protocol/classes/event.ts';
import { NoteFields } from '../../../protocol/classes/note.ts';
import { TaskFields } from '../../../protocol/classes/task.ts';
import { AirSync } from '../../../protocol/code-pages/index.ts';
import { CommandTable } from '../../../protocol/commands/index.ts';
import { SyncRequest } from '../../../protocol/commands/sync.ts';
import { type AnyElement, container } from '../../../protocol/schema/describe.ts';
import { readDocument, SchemaError, writeDocument } from '../../../protocol/schema/index.ts';
import { inSpan, SupportedVersions } from '../../../protocol/versions.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { hex, joinPieces } from '../wbxml/support.ts';
import { arbitraryOf, withBytes } from './arbitrary.ts';

const roots = Object.entries(CommandTable).flatMap(([name, { request, response }]) =>
  (
    [
      [`${name} request`, request],
      [`${name} response`, response],
    ] as const
  ).flatMap(([title, root]) => (root === undefined ? [] : [[title, root as AnyElement] as const])),
);

/** The tables of the classes stand in ApplicationData; as documents they can be written on their own. */
const classes: readonly (readonly [string, AnyElement])[] = Object.entries({
  Email: EmailFields,
  Contacts: ContactFields,
  Calendar: EventFields,
  Tasks: TaskFields,
  Notes: NoteFields,
}).map(([name, fields]) => [name, container(AirSync.ApplicationData, fields)]);

describe('what is written is read again, in strict order and version', () => {
  test.each([...roots, ...classes])('%s', (_, root) => {
    for (const version of SupportedVersions) {
      if (root.tag.versions === undefined || !inSpan(version, root.tag.versions)) continue;
      fc.assert(
        fc.property(arbitraryOf(root, version), (value) => {
          const bytes = joinPieces(writeDocument(root, value as never, version));
          const read = readDocument(root, bytesSource(bytes), { order: 'strict', version });
          expect(withBytes(read)).toEqual(value);
        }),
        { numRuns: 20 },
      );
    }
  });
});

/** Sync{Collections{Collection{...}}}: the content of one collection, in bytes. */
const collection = (content: string): Uint8Array => hex(`03016A00 45 5C 4F ${content} 01 01 01`);

describe('what devices send', () => {
  const read = (bytes: Uint8Array): SyncRequest => readDocument(SyncRequest, bytesSource(bytes), { version: '12.1' });

  test('GetChanges without a value is true', () => {
    const request = read(collection('4B 03 31 00 01  52 03 35 00 01  13'));
    expect(request.collections?.collection[0]?.getChanges).toBe(true);
  });

  test('an empty Supported is not an absent one (MS-ASCMD_R5906)', () => {
    const [empty] = read(collection('4B 03 30 00 01  52 03 35 00 01  20')).collections?.collection ?? [];
    const [absent] = read(collection('4B 03 30 00 01  52 03 35 00 01')).collections?.collection ?? [];
    expect(empty?.supported).toEqual([]);
    expect(absent).not.toHaveProperty('supported');
  });

  test('Truncation of version 2.5 beside newer options is let pass', () => {
    const request = read(collection('4B 03 31 00 01  52 03 35 00 01  57 59 03 38 00 01 01'));
    expect(request.collections?.collection[0]?.options).toEqual([{ bodyPreferences: [], truncation: 8 }]);
  });

  test('elements of a Collection out of order are an error (MS-ASCMD_R4546)', () => {
    const [key, id, window, changes] = ['4B 03 31 00 01', '52 03 35 00 01', '55 03 35 00 01', '53 03 31 00 01'];
    expect(() => read(collection(`${key} ${id} ${changes} ${window}`))).not.toThrow();
    expect(() => read(collection(`${key} ${id} ${window} ${changes}`))).toThrow(SchemaError);
    expect(() => read(collection(`${id} ${key}`))).toThrow(SchemaError);
  });

  test('a Collection without CollectionId is an error (MS-ASCMD_R4545)', () => {
    expect(() => read(collection('4B 03 31 00 01'))).toThrow(SchemaError);
  });

  test('commands of several kinds keep their order', () => {
    const [request] =
      read(
        collection(
          '4B 03 31 00 01 52 03 35 00 01  56 49 4D 03 31 00 01 01  4A 4D 03 32 00 01 01  49 4D 03 33 00 01 01 01',
        ),
      ).collections?.collection ?? [];
    expect(request?.commands?.map(({ kind }) => kind)).toEqual(['delete', 'fetch', 'delete']);
  });
});

describe('the published example of a Sync response', () => {
  // [MS-ASWBXML] 3: Class, a Contacts item, elements of three code pages.
  const bytes = hex(`03 01 6A 00 45 5C 4F 50 03 43 6F 6E 74 61 63 74 73 00 01 4B 03 32 00 01 52 03 32 00 01 4E 03 31
    00 01 56 47 4D 03 32 3A 31 00 01 5D 00 11 4A 46 03 31 00 01 4C 03 30 00 01 4D 03 31 00 01 01 00
    01 5E 03 46 75 6E 6B 2C 20 44 6F 6E 00 01 5F 03 44 6F 6E 00 01 69 03 46 75 6E 6B 00 01 00 11 56
    03 31 00 01 01 01 01 01 01 01`);

  test('is read', () => {
    const root = CommandTable.Sync.response;
    const response = readDocument(root, bytesSource(bytes), { order: 'strict', version: '12.1' });
    const [one] = response.collections?.collection ?? [];
    expect(one).toMatchObject({ class: 'Contacts', syncKey: '2', collectionId: '2', status: 1 });
    const add = one?.commands?.[0];
    if (add?.kind !== 'add' || !('length' in add.applicationData)) throw new Error('no Add was read');
    expect(add.serverId).toBe('2:1');
    expect(add.applicationData.map(({ tag, text }) => [tag.name, text])).toEqual([
      ['AirSyncBase:Body', undefined],
      ['Contacts:FileAs', 'Funk, Don'],
      ['Contacts:FirstName', 'Don'],
      ['Contacts:LastName', 'Funk'],
      ['AirSyncBase:NativeBodyType', '1'],
    ]);
  });
});
