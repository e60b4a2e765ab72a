import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AirSync, AirSyncBase, Calendar, Email } from '../../../protocol/code-pages/index.ts';
import {
  type AnyElement,
  container,
  flag,
  integer,
  list,
  optional,
  type ReadOptions,
  readDocument,
  readTree,
  SchemaError,
  sourceOf,
  stringOf,
  text,
  variants,
} from '../../../protocol/schema/index.ts';
import { bytesSource, readAll } from '../../../protocol/wbxml/bytes.ts';
import { WbxmlError } from '../../../protocol/wbxml/errors.ts';
import { DefaultLimits } from '../../../protocol/wbxml/limits.ts';
import { encodeTreeDocument } from '../../../protocol/wbxml/tree.ts';
import { anyTree, concat, fileLike, hex, joinPieces, spoolOf, utf8 } from '../wbxml/support.ts';
import { body, failure, node, read } from './reading.ts';
import { Collection, Item, Oof, SendMail, Sync } from './sample.ts';

describe('a document', () => {
  test('is a typed value', () => {
    const value = read(
      Sync,
      `45 5C 4F 50 03 45 6D 61 69 6C 00 01 4B 03 31 00 01 52 03 35 00 01 13 55 03 31 30 00 01
       56 47 4C 03 61 00 01 1D 01 49 4D 03 35 3A 31 00 01 01 47 4C 03 62 00 01 01 01 01 01 64 03 38 00 01 26 01`,
    );
    expect(value).toEqual({
      collections: [
        {
          class: 'Email',
          syncKey: '1',
          collectionId: '5',
          getChanges: true,
          windowSize: 10,
          commands: [
            { kind: 'add', clientId: 'a', data: [] },
            { kind: 'delete', serverId: '5:1' },
            { kind: 'add', clientId: 'b' },
          ],
        },
      ],
      wait: 8,
      partial: true,
    });
    const first: string | undefined = value.collections?.[0]?.syncKey;
    expect(first).toBe('1');
  });

  test('reads from a source in a file without reading the opaque value', () => {
    const bytes = concat([
      body('00 15 45 51 03 37 00 01 08 50 C3 82 B1 96 40'),
      new Uint8Array(5_000_000),
      hex('01 01'),
    ]);
    const source = fileLike(bytes);
    const mail = readDocument(SendMail, source);
    expect([mail.clientId, mail.save, sourceOf(mail.mime).length]).toEqual(['7', true, 5_000_000]);
    expect(source.largestRead()).toBeLessThanOrEqual(65_536);
  });

  test.each(['05', '45 01', '45 1C 01', '45 5C 01 01'])('%s: empty containers come in both forms', (bytes) => {
    const value = read(Sync, bytes);
    expect(value).toEqual(bytes.includes('C') ? { collections: [] } : {});
  });

  test('of another root is refused', () => {
    const error = failure(() => read(Sync, '00 15 05'));
    expect([error.path, error.problem]).toEqual([
      'SendMail',
      'the root element is ComposeMail:SendMail, not AirSync:Sync',
    ]);
  });

  test('that is no WBXML is a WbxmlError, also behind the root', () => {
    expect(() => read(Sync, '45')).toThrow(WbxmlError);
    expect(() => read(Sync, '45 01 00')).toThrow(WbxmlError);
  });

  test('limits are passed on', () => {
    expect(() => read(Sync, '45 5C 01 01', { limits: { ...DefaultLimits, depth: 1 } })).toThrow('(limit depth)');
  });
});

describe('errors name the place', () => {
  const good = '4F 4B 03 31 00 01 52 03 35 00 01 01';

  test.each([
    ['a missing element', '4F 52 03 35 00 01 01', 'Collections/Collection[2]/SyncKey', 'is missing'],
    [
      'a bad number',
      '4F 4B 03 31 00 01 52 03 35 00 01 55 03 78 00 01 01',
      'Collections/Collection[2]/WindowSize',
      '"x" is not a whole number',
    ],
    ['an element twice', '4F 4B 03 31 00 01 4B 03 31 00 01 01', 'Collections/Collection[2]/SyncKey', 'more than once'],
    [
      'a known tag',
      '4F 4B 03 31 00 01 1B 01',
      'Collections/Collection[2]/Conflict',
      'AirSync:Conflict does not belong here',
    ],
    ['a known tag in a list', '05', 'Collections/Sync', 'AirSync:Sync does not belong here'],
    ['text in a list', '03 78 00', 'Collections', 'holds a value'],
    ['text in a container', '4F 03 78 00 01', 'Collections/Collection[2]', 'holds a value'],
    ['opaque in a container', '4F C3 01 20 01', 'Collections/Collection[2]', 'holds a value'],
    [
      'an element in a text',
      '4F 4B 4E 03 31 00 01 01 01',
      'Collections/Collection[2]/SyncKey/Status',
      'does not belong here',
    ],
    [
      'a variant',
      '4F 4B 03 31 00 01 52 03 35 00 01 56 49 4D 01 01 47 4C 01 01 49 01 01 01',
      'Collections/Collection[2]/Commands/Delete[2]/ServerId',
      'is missing',
    ],
    [
      'an unknown variant',
      '4F 4B 03 31 00 01 52 03 35 00 01 56 0A 01 01',
      'Collections/Collection[2]/Commands/Fetch',
      'does not belong here',
    ],
    [
      'text in a tree',
      '4F 4B 03 31 00 01 52 03 35 00 01 56 47 4C 01 5D 03 78 00 01 01 01 01',
      'Collections/Collection[2]/Commands/Add[1]/ApplicationData',
      'holds a value',
    ],
  ])('%s', (_, bytes, path, problem) => {
    const error = failure(() => read(Sync, `45 5C ${good} ${bytes} 01 01`));
    expect(error.path).toBe(`Sync/${path}`);
    expect(error.problem).toContain(problem);
    expect(error.message).toBe(`${error.path}: ${error.problem}`);
    expect(error).toMatchObject({ name: 'SchemaError' });
  });

  test('long wrong values are cut in messages', () => {
    const error = failure(() =>
      readTree({ busy: integer(Calendar.BusyStatus) }, [node(Calendar.BusyStatus, 'z'.repeat(500))]),
    );
    expect(error.problem.length).toBeLessThan(80);
  });
});

describe('tolerance', () => {
  test('undocumented tags are skipped with their content, anywhere', () => {
    // 1F NotifyGUID, 11 Version, 1A RtfTruncation
    expect(
      read(
        Sync,
        '45 5F 51 03 31 00 01 01 5C 1F 4F 4B 5F 01 03 31 00 01 52 03 35 00 01 56 1A 47 4C 03 61 00 01 01 01 01 01 01',
      ),
    ).toEqual({
      collections: [{ syncKey: '1', collectionId: '5', commands: [{ kind: 'add', clientId: 'a' }] }],
    });
  });

  test('white space between elements is none of a value', () => {
    expect(read(Sync, '45 03 0A 20 00 5C 03 09 00 01 01')).toEqual({ collections: [] });
  });

  test('text in several pieces is joined, bytes serve as text and text as bytes', () => {
    expect(
      read(container(AirSync.Sync, { key: text(AirSync.SyncKey) }), '45 4B 03 31 00 03 32 00 C3 01 33 01 01'),
    ).toEqual({ key: '123' });
    const mail = read(SendMail, '00 15 45 51 C3 02 C3 BC 01 50 03 FF 41 00 01 01');
    expect([mail.clientId, [...readAll(sourceOf(mail.mime))]]).toEqual(['ü', [0xff, 0x41]]);
  });

  test('an opaque element may be empty, but not hold two values', () => {
    expect(sourceOf(read(SendMail, '00 15 45 11 10 01').mime).length).toBe(0);
    expect(failure(() => read(SendMail, '00 15 45 11 50 C3 00 C3 00 01 01')).path).toBe('SendMail/Mime');
  });

  test('a flag with a value is still present', () => {
    expect(read(Sync, '45 66 03 31 00 01 01')).toEqual({ partial: true });
  });
});

describe('order', () => {
  const shuffled = '4F 52 03 35 00 01 4B 03 31 00 01 01';

  test('MS-ASCMD_R4546 an ordered container holds its order always', () => {
    const error = failure(() => read(Sync, `45 5C ${shuffled} 01 01`));
    expect([error.path, error.problem]).toEqual([
      'Sync/Collections/Collection[1]/SyncKey',
      'must stand before CollectionId',
    ]);
  });

  test('other containers do so only in strict reading', () => {
    const bytes = '45 55 03 35 00 01 64 03 38 00 01 01';
    expect(read(Sync, bytes)).toEqual({ wait: 8, window: 5 });
    expect(failure(() => read(Sync, bytes, { order: 'strict' })).problem).toBe('must stand before WindowSize');
  });

  test('repeated elements may be told in any order, strictly only in one row', () => {
    const bytes = '00 12 49 4A 03 30 00 01 46 03 78 00 01 4A 03 31 00 01 01';
    expect(read(Oof, bytes, { version: '14.1' })).toEqual({ state: [0, 1], late: 'x' });
    expect(failure(() => read(Oof, bytes, { version: '14.1', order: 'strict' })).path).toBe('Oof/OofState');
    expect(read(Oof, '00 12 09')).toEqual({ state: [] });
  });

  test('of two places of a tag the version decides', () => {
    const bytes = '00 12 49 46 03 78 00 01 4A 03 30 00 01 01';
    expect(read(Oof, bytes, { version: '12.1', order: 'strict' })).toEqual({ early: 'x', state: [0] });
    expect(failure(() => read(Oof, bytes, { version: '16.0', order: 'strict' })).path).toBe('Oof/OofState');
  });

  test('a repeated element that is wrong is named with its number', () => {
    expect(failure(() => read(Oof, '00 12 49 4A 03 30 00 01 0A 01')).path).toBe('Oof/OofState[2]');
  });
});

describe('strict reading', () => {
  const strict = (version: '12.1' | '14.1'): ReadOptions => ({ order: 'strict', version });
  const collection = (more: string): string => `45 5C 4F ${more} 01 01 01`;

  test.each([
    [
      'a tag that the version lacks',
      collection('4B 03 31 00 01 52 03 35 00 01 27'),
      '12.1' as const,
      'ConversationMode',
      'does not exist in version 12.1',
    ],
    [
      'an element that the version lacks',
      collection('10 4B 03 31 00 01 52 03 35 00 01'),
      '14.1' as const,
      'Class',
      'does not exist in version 14.1',
    ],
    [
      'an undocumented tag',
      collection('1F 4B 03 31 00 01 52 03 35 00 01'),
      '14.1' as const,
      'NotifyGUID',
      'does not belong here',
    ],
    [
      'a flag with a value',
      collection('4B 03 31 00 01 52 03 35 00 01 54 03 31 00 01'),
      '14.1' as const,
      'MoreAvailable',
      'must be empty',
    ],
    [
      'an empty number',
      collection('4B 03 31 00 01 52 03 35 00 01 15'),
      '14.1' as const,
      'WindowSize',
      '"" is not a whole number',
    ],
  ])('refuses %s, which is else accepted', (_, bytes, version, step, problem) => {
    expect(read(Sync, bytes, { version }).collections).toHaveLength(1);
    const error = failure(() => read(Sync, bytes, strict(version)));
    expect(error.path).toBe(`Sync/Collections/Collection[1]/${step}`);
    expect(error.problem).toContain(problem);
  });

  test('refuses a variant that the version lacks', () => {
    const Later = variants(AirSync.Sync, { find: container(AirSyncBase.Location, {}) });
    expect(read(Later, '45 00 11 20 01', { version: '14.1' })).toEqual([{ kind: 'find' }]);
    expect(failure(() => read(Later, '45 00 11 20 01', strict('14.1'))).path).toBe('Sync/Location[1]');
  });

  test('a required element that the version lacks is not missed', () => {
    const table = container(AirSync.Sync, { location: text(AirSyncBase.Annotation) });
    expect(read(table, '05', strict('14.1'))).toEqual({});
    expect(failure(() => read(table, '05', { version: '16.0' })).path).toBe('Sync/Annotation');
    expect(failure(() => read(table, '05')).path).toBe('Sync/Annotation');
  });
});

describe('trees', () => {
  test('keep their nodes until a table is known', () => {
    const bytes =
      '4F 4B 03 31 00 01 52 03 35 00 01 56 47 4C 03 61 00 01 5D 00 02 54 03 48 69 00 01 00 11 4A 46 03 32 00 01 4B 03 78 00 01 01 01 01 01 01';
    const collection = read(Collection, bytes);
    const add = collection.commands?.[0];
    if (add?.kind !== 'add' || add.data === undefined || !('map' in add.data)) throw new Error('no nodes');
    expect(add.data).toEqual([
      { tag: Email.Subject, children: [], text: 'Hi' },
      {
        tag: AirSyncBase.Body,
        children: [
          { tag: AirSyncBase.Type, children: [], text: '2' },
          { tag: AirSyncBase.Data, children: [], text: 'x' },
        ],
      },
    ]);
    const value = readTree(Item, add.data);
    expect(value).toEqual({ subject: 'Hi', body: { type: 2, data: 'x' } });
    expect(stringOf(value.body?.data ?? '')).toBe('x');
  });

  test('errors inside start at the field', () => {
    const nodes = [node(AirSyncBase.Body, [node(AirSyncBase.Type, 'x')])];
    expect(failure(() => readTree(Item, nodes)).path).toBe('Body/Type');
    expect(failure(() => readTree(Item, [node(AirSync.Add)])).path).toBe('Add');
  });

  test('nothing at all is an empty value', () => {
    expect(readTree(Item, [])).toEqual({});
    expect(readTree(Oof.content.kind === 'container' ? Oof.content.fields : {}, [])).toEqual({ state: [] });
  });
});

describe('values of more than one type', () => {
  test('sourceOf and stringOf take what reading and writing give, spools excepted', () => {
    expect([...readAll(sourceOf(Uint8Array.of(1)))]).toEqual([1]);
    expect(stringOf(utf8('ü'))).toBe('ü');
    expect(() => sourceOf(spoolOf())).toThrow(TypeError);
    expect(() => stringOf(spoolOf())).toThrow(TypeError);
  });
});

test('a variant that is no container is a mistake of the table', () => {
  const wrong = variants(AirSync.Sync, { more: flag(AirSync.MoreAvailable) });
  expect(() => read(wrong, '45 14 01')).toThrow(TypeError);
});

test('any document gives a value, a SchemaError or a WbxmlError', () => {
  const roots = [
    Sync,
    SendMail,
    Oof,
    container(AirSync.Sync, Item),
    optional(list(AirSync.Sync, text(AirSync.SyncKey))),
  ];
  const attempt = (bytes: Uint8Array, options: ReadOptions): void => {
    for (const root of roots) {
      try {
        readDocument<AnyElement>(root, bytesSource(bytes), options);
      } catch (error) {
        if (!(error instanceof SchemaError)) expect(error).toBeInstanceOf(WbxmlError);
      }
    }
  };
  const token = fc.oneof(
    fc.constantFrom(0x01, 0x01, 0x5c, 0x4f, 0x56, 0x47, 0x5d, 0x4b, 0x52),
    fc.constantFrom([0x00, 0x11], [0x00, 0x02], [0x00, 0x00], [0x03, 0x31, 0x00], [0xc3, 0x01, 0x41]),
    fc.nat(255),
  );
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 60 }),
      fc.constantFrom<ReadOptions>({}, { order: 'strict', version: '14.1' }),
      (tokens, options) => {
        attempt(Uint8Array.from([3, 1, 0x6a, 0, 0x45, ...tokens.flat()]), options);
      },
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(anyTree, (tree) => {
      attempt(joinPieces(encodeTreeDocument({ tag: AirSync.Sync, children: [tree] })), {});
    }),
  );
});
