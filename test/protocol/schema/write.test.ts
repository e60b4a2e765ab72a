import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AirSync, AirSyncBase, ComposeMail, Email } from '../../../protocol/code-pages/index.ts';
import {
  type AnyElement,
  container,
  during,
  type EncodedElement,
  EncodeError,
  encodeTree,
  flag,
  type Infer,
  type InferFields,
  integer,
  list,
  many,
  optional,
  readDocument,
  readTree,
  sourceOf,
  text,
  tree,
  variants,
  writeDocument,
} from '../../../protocol/schema/index.ts';
import { type KnownVersion, KnownVersions, span } from '../../../protocol/versions.ts';
import { bytesSource, piecesLength, readAll } from '../../../protocol/wbxml/bytes.ts';
import { decodeTree } from '../../../protocol/wbxml/tree.ts';
import { drainPieces, hex, joinPieces, legalText, plain, spoolOf, toHex, utf8 } from '../wbxml/support.ts';
import { failureOf } from './reading.ts';
import { Collection, Item, Oof, SendMail, Sync } from './sample.ts';

const bytesOf = <E extends AnyElement>(root: E, value: Infer<E>, version: KnownVersion = '16.1'): Uint8Array =>
  joinPieces(writeDocument(root, value, version));

const written = <E extends AnyElement>(root: E, value: Infer<E>, version: KnownVersion = '16.1'): string =>
  toHex(bytesOf(root, value, version)).slice(8);

const compact = (bytes: string): string => toHex(hex(bytes));

const failure = (action: () => unknown): EncodeError => failureOf(EncodeError, action);

describe('a document', () => {
  test('stands in the order of the table, whatever the order of the value', () => {
    expect(written(Sync, { window: 3, wait: 8, collections: [], partial: false })).toBe(
      compact('45 1C 64 03 38 00 01 55 03 33 00 01 01'),
    );
  });

  test('flags are there or not, booleans are 1 or 0', () => {
    const base = { syncKey: '1', collectionId: '5' };
    const start = '4F 4B 03 31 00 01 52 03 35 00 01';
    expect(written(Collection, { ...base, more: true })).toBe(compact(`${start} 14 01`));
    expect(written(Collection, { ...base, more: false })).toBe(compact(`${start} 01`));
    expect(written(Collection, { ...base, getChanges: true })).toBe(compact(`${start} 53 03 31 00 01 01`));
    expect(written(Collection, { ...base, getChanges: false })).toBe(compact(`${start} 53 03 30 00 01 01`));
  });

  test('variants keep their order', () => {
    const commands: Infer<typeof Collection>['commands'] = [
      { kind: 'delete', serverId: '1' },
      { kind: 'add', clientId: 'a' },
      { kind: 'delete', serverId: '2' },
    ];
    expect(written(Collection, { syncKey: '1', collectionId: '5', commands })).toBe(
      compact(
        '4F 4B 03 31 00 01 52 03 35 00 01 56 49 4D 03 31 00 01 01 47 4C 03 61 00 01 01 49 4D 03 32 00 01 01 01 01',
      ),
    );
  });

  test('MS-ASDTYPE_R15 MS-ASDTYPE_R12213 dates have the form of their element', () => {
    const at = new Date(Date.UTC(2000, 11, 25, 8, 35, 7, 89));
    expect(written(container(AirSync.Sync, Item), { received: at, start: at })).toBe(
      toHex(
        new Uint8Array([
          ...hex('45 00 02 4F 03'),
          ...utf8('2000-12-25T08:35:07.089Z'),
          ...hex('00 01 00 04 67 03'),
          ...utf8('20001225T083507Z'),
          ...hex('00 01 01'),
        ]),
      ),
    );
  });

  test('MS-ASDTYPE_R98 bytes are opaque, text is an inline string', () => {
    expect(written(SendMail, { clientId: 'é', mime: Uint8Array.of(1, 0), save: true })).toBe(
      compact('00 15 45 51 03 C3 A9 00 01 08 50 C3 02 01 00 01 01'),
    );
  });

  test('repeated elements follow each other, none is nothing', () => {
    expect(written(Oof, { state: [0, 1] })).toBe(compact('00 12 49 4A 03 30 00 01 4A 03 31 00 01 01'));
    expect(written(Oof, { state: [] })).toBe(compact('00 12 09'));
  });

  test('null is the empty element', () => {
    expect(written(container(AirSync.Sync, Item), { reminder: null, location: null })).toBe(
      compact('45 00 04 24 00 11 20 01'),
    );
  });
});

describe('versions', () => {
  const everything = { class: 'Email', syncKey: '1', collectionId: '5', conversationMode: true };

  test('what a version lacks is left out silently', () => {
    const start = '4F';
    const key = '4B 03 31 00 01 52 03 35 00 01';
    const mode = '67 03 31 00 01';
    const kind = '50 03 45 6D 61 69 6C 00 01';
    expect(written(Collection, everything, '12.1')).toBe(compact(`${start} ${kind} ${key} 01`));
    expect(written(Collection, everything, '14.0')).toBe(compact(`${start} ${key} ${mode} 01`));
  });

  test('a required element that the version lacks need not be there', () => {
    const table = container(AirSync.Sync, { late: during(span('16.0'), text(AirSync.Class)) });
    expect(written(table, { late: 'x' }, '14.1')).toBe(compact('05'));
    expect(written(table, { late: 'x' }, '16.0')).toBe(compact('45 50 03 78 00 01 01'));
  });

  test('an undocumented tag is never sent', () => {
    const table = container(AirSync.Sync, { guid: text(AirSync.NotifyGUID), more: flag(AirSync.MoreAvailable) });
    for (const version of KnownVersions) {
      expect(written(table, { guid: 'x', more: true }, version)).toBe(compact('45 14 01'));
    }
  });

  test('items of lists and variants follow their own tag', () => {
    const items = list(AirSync.Sync, text(AirSyncBase.Annotation));
    expect(written(items, ['a'], '14.1')).toBe(compact('05'));
    const kinds = variants(AirSync.Sync, {
      old: container(AirSync.Add, {}),
      young: container(AirSyncBase.Location, {}),
    });
    expect(written(kinds, [{ kind: 'young' }, { kind: 'old' }], '14.1')).toBe(compact('45 07 01'));
    expect(written(kinds, [{ kind: 'young' }, { kind: 'old' }], '16.0')).toBe(compact('45 00 11 20 00 00 07 01'));
  });

  test('nodes of a tree follow their tags', () => {
    const nodes = [
      { tag: AirSyncBase.Location, children: [] },
      { tag: Email.Subject, children: [], text: 'x' },
      { tag: AirSync.NotifyGUID, children: [] },
    ];
    expect(written(tree(AirSync.ApplicationData), nodes, '14.1')).toBe(compact('5D 00 02 54 03 78 00 01 01'));
  });

  test('a root that the version lacks is a mistake', () => {
    const error = failure(() => writeDocument(SendMail, { clientId: '', mime: Uint8Array.of() }, '12.1'));
    expect(error.message).toBe('SendMail: does not exist in version 12.1');
  });
});

describe('mistakes name the place', () => {
  const wrong = (value: unknown): EncodeError => failure(() => writeDocument<AnyElement>(Sync, value, '16.1'));
  const inCollection = (value: object): EncodeError =>
    wrong({
      collections: [
        { syncKey: '1', collectionId: '1' },
        { syncKey: '1', collectionId: '1', ...value },
      ],
    });
  const place = 'Sync/Collections/Collection[2]';

  test.each([
    [{ syncKey: undefined }, `${place}/SyncKey`, 'is missing'],
    [{ syncKey: null }, `${place}/SyncKey`, 'has no value'],
    [{ syncKey: 5 }, `${place}/SyncKey`, '5 is not text'],
    [{ windowSize: 1.5 }, `${place}/WindowSize`, '1.5 is not a whole number'],
    [{ windowSize: Number.NaN }, `${place}/WindowSize`, 'NaN is not a whole number'],
    [{ windowSize: 'secret' }, `${place}/WindowSize`, 'a value of type string is not a whole number'],
    [{ getChanges: 'yes' }, `${place}/GetChanges`, 'a value of type string is not 0 or 1'],
    [{ commands: {} }, `${place}/Commands`, 'is not a list'],
    [{ commands: [{ kind: 'add' }] }, `${place}/Commands/Add[1]/ClientId`, 'is missing'],
    [{ commands: [{ kind: 'fetch' }] }, `${place}/Commands/[1]`, 'fetch is no kind of this container'],
    [
      { commands: [{ kind: 'add', clientId: 'a', data: 'x' }] },
      `${place}/Commands/Add[1]/ApplicationData`,
      'cannot be written here',
    ],
  ])('%j', (value, path, problem) => {
    const error = inCollection(value);
    expect(error.path).toBe(path);
    expect(error.problem).toContain(problem);
  });

  test('dates, decimals and bytes', () => {
    const item = (value: object): string =>
      failure(() => encodeTree(Item, value as InferFields<typeof Item>, '16.1')).message;
    expect(item({ received: new Date(Number.NaN) })).toBe('DateReceived: Invalid Date is not a date and time');
    expect(item({ start: new Date(Date.UTC(12_000, 1, 1)) })).toContain('is not a date and time');
    expect(item({ latitude: Number.POSITIVE_INFINITY })).toBe('Latitude: Infinity is not a number');
    expect(item({ picture: 'AAAA' })).toBe('Picture: a value of type string is not base64');
    expect(item({ conversation: 'AAAA' })).toContain('ConversationId: ');
    expect(item({ body: { type: 1, data: 5 } })).toBe('Body/Data: 5 cannot be written here');
    expect(item({ busy: null })).toBe('BusyStatus: has no value');
  });

  test('a wrong table', () => {
    const table = variants(AirSync.Sync, { more: flag(AirSync.MoreAvailable) });
    expect(() => writeDocument<AnyElement>(table, [{ kind: 'more' }], '16.1')).toThrow(TypeError);
  });
});

describe('encodeTree', () => {
  const encode = (value: InferFields<typeof Item>, version: KnownVersion = '16.1'): EncodedElement =>
    encodeTree(Item, value, version);
  const Document = container(AirSync.Sync, {
    add: many(
      container(AirSync.Add, {
        data: optional(tree(AirSync.ApplicationData)),
        status: optional(integer(AirSync.Status)),
      }),
    ),
  });

  test('gives content that knows its length and the page it leaves', () => {
    const encoded = encode({ subject: 'Hi', busy: 2 });
    expect(toHex(joinPieces(encoded.pieces))).toBe(compact('00 02 54 03 48 69 00 01 00 04 4D 03 32 00 01'));
    expect([encoded.byteLength, encoded.lastPage]).toEqual([15, 4]);
  });

  test('the same content serves in many documents and places', () => {
    const encoded = encode({ subject: 'Hi' });
    const once = written(Document, { add: [{ data: encoded, status: 1 }, { data: encoded }] });
    const content = '00 02 54 03 48 69 00 01';
    expect(once).toBe(compact(`45 47 5D ${content} 01 00 00 4E 03 31 00 01 01 47 5D ${content} 01 01 01`));
  });

  test('leaves out what the version lacks and may be empty', () => {
    const encoded = encode({ location: { name: 'here' } }, '14.1');
    expect(encoded).toEqual({ pieces: [], byteLength: 0, lastPage: expect.any(Number) });
    expect(written(Document, { add: [{ data: encoded, status: 1 }] })).toBe(compact('45 47 1D 4E 03 31 00 01 01 01'));
  });

  test('a spooled body goes through as a piece', async () => {
    const spool = spoolOf(utf8('large '), utf8('body'));
    const encoded = encode({ body: { type: 4, data: spool } });
    const pieces = writeDocument(Document, { add: [{ data: encoded }] }, '16.1');
    const bytes = await drainPieces(pieces);
    expect(bytes).toHaveLength(piecesLength(pieces));
    const [add] = readDocument(Document, bytesSource(bytes)).add;
    if (add?.data === undefined || !('map' in add.data)) throw new Error('no nodes');
    expect(readTree(Item, add.data)).toEqual({ body: { type: 4, data: 'large body' } });
  });

  test('splicing any items gives the document that writing their nodes gives', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 5 }), (items) => {
        const spliced = bytesOf(Document, { add: items.map((item) => ({ data: encode(item), status: 1 })) });
        const document = decodeTree(bytesSource(spliced));
        const again = bytesOf(Document, {
          add: document.children.map((add) => ({
            data: add.children.find(({ tag }) => tag === AirSync.ApplicationData)?.children,
            status: 1,
          })),
        });
        expect(plain(decodeTree(bytesSource(again)))).toEqual(plain(document));
      }),
    );
  });
});

const wholeSecond = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
const anyDate = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 50 });

const anyItem: fc.Arbitrary<InferFields<typeof Item>> = fc.record({
  subject: maybe(legalText()),
  received: maybe(anyDate),
  start: maybe(wholeSecond),
  reminder: maybe(fc.option(fc.maxSafeInteger())),
  busy: maybe(fc.integer()),
  allDay: maybe(fc.boolean()),
  picture: maybe(bytes),
  latitude: maybe(fc.double({ noNaN: true, noDefaultInfinity: true })),
  conversation: maybe(bytes),
  categories: maybe(fc.array(legalText(), { maxLength: 3 })),
  body: maybe(fc.record({ type: fc.nat(4), data: maybe(legalText(2000)) })),
  location: maybe(fc.option(fc.record({ name: legalText() }))),
});

/** Absent and `undefined` are the same; -0 is written as 0; opaque values compare as arrays. */
const normal = (item: InferFields<typeof Item>): object => ({
  ...item,
  ...(item.latitude !== undefined && { latitude: item.latitude + 0 }),
  ...(item.conversation !== undefined && { conversation: [...readAll(sourceOf(item.conversation))] }),
});

describe('decode(encode(x)) = x', () => {
  test('for items, read strictly', () => {
    const root = container(AirSync.ApplicationData, Item);
    fc.assert(
      fc.property(anyItem, (item) => {
        const document = bytesOf(root, item, '16.1');
        const again = readDocument(root, bytesSource(document), { order: 'strict', version: '16.1' });
        expect(normal(again)).toEqual(normal(item));
      }),
      { numRuns: 300 },
    );
  });

  test('for items as trees', () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        const root = tree(AirSync.ApplicationData);
        const nodes = readDocument(root, bytesSource(bytesOf(root, encodeTree(Item, item, '16.1'))));
        if (!('map' in nodes)) throw new Error('no nodes');
        expect(normal(readTree(Item, nodes, { order: 'strict', version: '16.1' }))).toEqual(normal(item));
      }),
    );
  });

  test('for whole requests in every version that has their elements', () => {
    const command = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), clientId: legalText() }),
      fc.record({ kind: fc.constant('delete' as const), serverId: legalText() }),
      fc.record({ kind: fc.constant('change' as const), serverId: legalText() }),
    );
    const collection = fc.record({
      syncKey: legalText(),
      collectionId: legalText(),
      getChanges: maybe(fc.boolean()),
      windowSize: maybe(fc.nat()),
      more: maybe(fc.constant(true)),
      commands: maybe(fc.array(command, { maxLength: 4 })),
    });
    const request = fc.record({
      collections: maybe(fc.array(collection, { maxLength: 4 })),
      wait: maybe(fc.nat()),
      window: maybe(fc.nat()),
    });
    fc.assert(
      fc.property(request, fc.constantFrom<KnownVersion>('12.1', '14.0', '14.1', '16.0', '16.1'), (value, version) => {
        const source = bytesSource(bytesOf(Sync, value, version));
        expect(readDocument(Sync, source, { order: 'strict', version })).toEqual(value);
      }),
      { numRuns: 200 },
    );
  });
});

test('the types of values follow from the tables', () => {
  const mail: Infer<typeof SendMail> = { clientId: 'a', mime: new Uint8Array(1) };
  // @ts-expect-error a required element is missing
  const missing: Infer<typeof SendMail> = { clientId: 'a' };
  // @ts-expect-error an unknown kind
  const unknown: Infer<typeof Collection>['commands'] = [{ kind: 'fetch', serverId: '1' }];
  expect([mail.save, missing.mime, unknown?.length]).toEqual([undefined, undefined, 1]);
  expect(SendMail.tag).toBe(ComposeMail.SendMail);
});
