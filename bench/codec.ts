/**
 * Speed of the WBXML codec on Sync bodies: `npm run bench codec`.
 *
 * Ours reads bytes into typed values and writes typed values to bytes, with the tables that the
 * server uses. Beside it stands libwbxml (`wbxml2xml`, `xml2wbxml` of libwbxml2-utils, if they are
 * installed), which turns bytes into XML text and back. Its tools read one file a run, so they get
 * documents of several megabytes (one collection repeated), and the time of the same tool on a
 * document of a few bytes, its start, is taken off. Ours is measured on the same documents, and
 * before that on single bodies of the size that phones see: once the large ones have been decoded,
 * V8 places the values of small ones among the long-lived, too, which no server would do.
 *
 * libwbxml's time grows with the square of the number of siblings, so that joining thousands of
 * small collections tells against it: that is the third case, where its figure means little.
 * MB are 10^6 bytes of WBXML; each figure is the best of several runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type Email, EmailFields } from '../protocol/classes/email.ts';
import { SyncRequest, SyncResponse, type SyncResponseCollection } from '../protocol/commands/sync.ts';
import { type AnyElement, encodeTree, type Infer, readDocument, writeDocument } from '../protocol/schema/index.ts';
import { bytesSource, type Piece } from '../protocol/wbxml/bytes.ts';
import { DefaultLimits } from '../protocol/wbxml/limits.ts';
import { toXml } from '../protocol/wbxml/print.ts';
import { decodeTree } from '../protocol/wbxml/tree.ts';

const Version = '14.1';
/** The joined documents hold more than any client sends. */
const NoLimits = { ...DefaultLimits, tokens: Number.MAX_SAFE_INTEGER, textTotal: Number.MAX_SAFE_INTEGER };
const Rounds = 5;
const RoundTime = 300;
const JoinedSize = 2_000_000;

const Sentence =
  'Dear colleagues, please find the minutes of Thursday below; corrections until Monday, 9 Uhr in Zürich. ';

const mail = (n: number, bodyLength: number): Email => ({
  to: '"Anna Example" <anna@example.org>',
  cc: '"Team" <team@example.org>, "Bob" <bob@example.net>',
  from: `"Sender ${n}" <sender${n}@example.com>`,
  subject: `Minutes of meeting ${n} – Änderungen`,
  dateReceived: new Date(Date.UTC(2026, 0, 1) + n * 3_600_000),
  displayTo: 'Anna Example',
  threadTopic: `Minutes of meeting ${n}`,
  importance: 1,
  read: n % 3 === 0,
  body: {
    type: 2,
    estimatedDataSize: bodyLength,
    truncated: false,
    data: Sentence.repeat(Math.ceil(bodyLength / Sentence.length)).slice(0, bodyLength),
  },
  messageClass: 'IPM.Note',
  internetCpid: '65001',
  flag: {},
  contentClass: 'urn:content-classes:message',
  nativeBodyType: 2,
  conversationId: Uint8Array.from({ length: 16 }, (_, i) => (n * 31 + i * 7) % 256),
  conversationIndex: Uint8Array.of(0xdc, 0xa9, 0x72, 0xee, 0x15),
  categories: [],
});

const responseCollection = (mails: number, bodyLength: number): SyncResponseCollection => ({
  syncKey: 'AAAAFzc2NTQzMjE',
  collectionId: 'inbox-5',
  status: 1,
  moreAvailable: true,
  commands: Array.from({ length: mails }, (_, n) => ({
    kind: 'add' as const,
    serverId: `inbox-5:1700000000.${n}`,
    applicationData: encodeTree(EmailFields, mail(n, bodyLength), Version),
  })),
});

type RequestCollection = NonNullable<Infer<typeof SyncRequest>['collections']>['collection'][number];

const requestCollection = (changes: number): RequestCollection => ({
  syncKey: 'AAAAFzc2NTQzMjE',
  collectionId: 'inbox-5',
  deletesAsMoves: true,
  getChanges: true,
  windowSize: 25,
  options: [
    {
      filterType: 3,
      bodyPreferences: [
        { type: 1, truncationSize: 500, preview: 100 },
        { type: 2, truncationSize: 200_000 },
        { type: 4 },
      ],
      conflict: 1,
      mimeSupport: 2,
    },
  ],
  commands: Array.from({ length: changes }, (_, n) => ({
    kind: 'change' as const,
    serverId: `inbox-5:1700000000.${n}`,
    applicationData: encodeTree(EmailFields, { read: true, flag: { status: 2, flagType: 'for Follow Up' } }, Version),
  })),
});

interface Case {
  readonly name: string;
  /** A body of ordinary size. */
  readonly single: Document;
  /** The same collection as often as it takes for a few megabytes. */
  readonly joined: () => Document;
}

interface Document {
  readonly bytes: Uint8Array;
  readonly decode: () => unknown;
  readonly encode: () => readonly Piece[];
}

const concat = (pieces: readonly Piece[]): Uint8Array =>
  new Uint8Array(Buffer.concat(pieces.map((piece) => (piece instanceof Uint8Array ? piece : new Uint8Array(0)))));

/** Writing measures whole values, so nothing of them may be encoded ahead: `value` holds nodes. */
const documentOf = <E extends AnyElement>(root: E, value: Infer<E>): Document => {
  const bytes = concat(writeDocument(root, value, Version));
  const source = bytesSource(bytes);
  const decode = (): Infer<E> => readDocument(root, source, { limits: NoLimits, version: Version });
  const decoded = decode();
  return { bytes, decode, encode: () => writeDocument(root, decoded, Version) };
};

const caseOf = <C>(name: string, collection: C, make: (collections: readonly C[]) => Document): Case => {
  const single = make([collection]);
  const times = Math.ceil(JoinedSize / single.bytes.length);
  return { name, single, joined: () => make(new Array<C>(times).fill(collection)) };
};

const response = (collection: readonly SyncResponseCollection[]): Document =>
  documentOf(SyncResponse, { collections: { collection } });

const request = (collection: readonly RequestCollection[]): Document =>
  documentOf(SyncRequest, { collections: { collection }, heartbeatInterval: 900 });

/** Milliseconds of one call, the best of several rounds. */
const timeOf = (action: () => unknown): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Rounds; round++) {
    let calls = 0;
    const start = performance.now();
    do {
      action();
      calls++;
    } while (performance.now() - start < RoundTime);
    best = Math.min(best, (performance.now() - start) / calls);
  }
  return best;
};

const speedOf = (bytes: number, milliseconds: number): number => bytes / 1000 / milliseconds;

const folder = mkdtempSync(join(tmpdir(), 'codec-'));
const fileOf = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const DocType =
  '<?xml version="1.0"?><!DOCTYPE ActiveSync PUBLIC "-//MICROSOFT//DTD ActiveSync//EN" "http://www.microsoft.com/">';
const xmlOf = (bytes: Uint8Array): string => DocType + toXml(decodeTree(bytesSource(bytes), NoLimits));

/** Milliseconds of a run, the best of several; `undefined` when the tool is missing or fails. */
const runTime = (command: string, args: readonly string[]): number | undefined => {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Rounds; round++) {
    const start = performance.now();
    const { status, error } = spawnSync(command, args, { stdio: 'ignore' });
    if (error !== undefined || status !== 0) return undefined;
    best = Math.min(best, performance.now() - start);
  }
  return best;
};

/** Time of a tool on a document, without its start. */
const toolTime = (run: (file: string) => number | undefined, large: string, tiny: string): number | undefined => {
  const [whole, start] = [run(large), run(tiny)];
  return whole === undefined || start === undefined ? undefined : whole - start;
};

const decodeTool = (file: string): number | undefined =>
  runTime('wbxml2xml', ['-l', 'ACTIVESYNC', '-m', '0', '-o', '/dev/null', file]);
const encodeTool = (file: string): number | undefined => runTime('xml2wbxml', ['-n', '-a', '-o', '/dev/null', file]);

const tiny = Uint8Array.of(3, 1, 0x6a, 0, 0x45, 0x4e, 3, 0x31, 0, 1, 1);

const column = (value: number | undefined, unit = ''): string =>
  (value === undefined ? '-' : `${value.toFixed(value < 10 ? 2 : 0)}${unit}`).padStart(12);

type Speeds = Readonly<Record<'decode' | 'encode', number | undefined>>;

const ownSpeeds = ({ bytes, decode, encode }: Document): Speeds => ({
  decode: speedOf(bytes.length, timeOf(decode)),
  encode: speedOf(bytes.length, timeOf(encode)),
});

const toolSpeeds = (bytes: Uint8Array): Speeds => {
  const decode = toolTime(decodeTool, fileOf('large.wbxml', bytes), fileOf('tiny.wbxml', tiny));
  const encode = toolTime(encodeTool, fileOf('large.xml', xmlOf(bytes)), fileOf('tiny.xml', xmlOf(tiny)));
  return {
    decode: decode === undefined ? undefined : speedOf(bytes.length, decode),
    encode: encode === undefined ? undefined : speedOf(bytes.length, encode),
  };
};

const ratioOf = (ours: number | undefined, theirs: number | undefined): number | undefined =>
  ours === undefined || theirs === undefined ? undefined : ours / theirs;

const report = ({ name, single, joined }: Case, singleSpeeds: Speeds): void => {
  const large = joined();
  const [joinedSpeeds, tools] = [ownSpeeds(large), toolSpeeds(large.bytes)];
  console.log(`\n${name}: ${single.bytes.length} bytes; joined ${(large.bytes.length / 1e6).toFixed(1)} MB`);
  console.log('             single      joined    libwbxml   single/lib   joined/lib');
  for (const direction of ['decode', 'encode'] as const) {
    const [one, many, lib] = [singleSpeeds[direction], joinedSpeeds[direction], tools[direction]];
    const ratios = column(ratioOf(one, lib), 'x') + column(ratioOf(many, lib), 'x');
    console.log(`${direction}${column(one)}${column(many)}${column(lib)} ${ratios}`);
  }
};

console.log(`Node ${process.version}; speeds in MB/s of WBXML`);
try {
  const cases = [
    caseOf('Sync response, 25 mails with 8 kB of HTML', responseCollection(25, 8000), response),
    caseOf('Sync response, 100 mails with 500 byte previews', responseCollection(100, 500), response),
    caseOf('Sync request, one collection with its options', requestCollection(0), request),
    caseOf('Sync request, 50 changed flags', requestCollection(50), request),
  ];
  const singleSpeeds = cases.map(({ single }) => ownSpeeds(single));
  cases.forEach((one, i) => {
    report(one, singleSpeeds[i] as Speeds);
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
