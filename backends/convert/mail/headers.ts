import { decodeText } from './charset.ts';
import { decodeWords } from './encoded-words.ts';

/** Header fields of a message, in their order. */
export interface HeaderFields {
  /** Unfolded text of the first field of this name (any case), encoded words not decoded; `undefined` when absent. */
  get(name: string): string | undefined;
  /** All fields of this name. */
  all(name: string): readonly string[];
}

/** Fields that an Email is made of: what to ask an IMAP server for. */
export const EmailHeaderNames = [
  'From',
  'Sender',
  'To',
  'Cc',
  'Bcc',
  'Reply-To',
  'Subject',
  'Date',
  'Message-ID',
  'References',
  'In-Reply-To',
  'Thread-Index',
  'Importance',
  'X-Priority',
  'Priority',
  'X-MSMail-Priority',
] as const;

/** Bytes of a received header block that are looked at: real ones are a few kB, mailing lists reach 100 kB. */
export const MaxHeaderBytes = 262_144;

/** Fields of a received header block that are kept: a message of a million fields is an attack. */
export const MaxHeaderFields = 2_000;

/** Bytes before the colon of a field: the longest names in use have 40. */
const MaxNameLength = 200;

/** Where a field stands in its block. */
export interface FieldRange {
  /** Lower case. */
  readonly name: string;
  readonly start: number;
  /** First byte after the colon. */
  readonly valueStart: number;
  /** After the last byte of the field, its line end included. */
  readonly end: number;
}

const [Lf, Cr, Space, Tab, Colon] = [0x0a, 0x0d, 0x20, 0x09, 0x3a];

/**
 * Where the body of a message (or part) begins that starts at `start`: after the first empty line,
 * at `limit` when there is none. Lines end with CR LF or LF alone.
 */
export const bodyOffset = (
  bytes: Uint8Array,
  start = 0,
  limit = Math.min(bytes.length, start + MaxHeaderBytes),
): number => {
  for (let line = start; line < limit; ) {
    if (bytes[line] === Lf) return line + 1;
    if (bytes[line] === Cr && bytes[line + 1] === Lf) return line + 2;
    const end = bytes.indexOf(Lf, line);
    if (end < 0 || end >= limit) break;
    line = end + 1;
  }
  return limit;
};

/** The fields between `start` and `end`; lines that are no field are passed over. */
export const locateFields = (
  bytes: Uint8Array,
  start = 0,
  end = bodyOffset(bytes, start),
  maxFields = MaxHeaderFields,
): FieldRange[] => {
  const fields: FieldRange[] = [];
  for (let line = start; line < end && fields.length < maxFields; ) {
    const next = fieldEnd(bytes, line, end);
    const colon = bytes.subarray(line, Math.min(next, line + MaxNameLength)).indexOf(Colon);
    const name =
      colon < 0
        ? ''
        : Buffer.from(bytes.subarray(line, line + colon))
            .toString('latin1')
            .trim();
    if (/^[!-9;-~]+$/.test(name)) {
      fields.push({ name: name.toLowerCase(), start: line, valueStart: line + colon + 1, end: next });
    }
    line = next;
  }
  return fields;
};

/** The end of the field at `start`: lines that begin with a blank continue it (RFC 5322, 2.2.3). */
const fieldEnd = (bytes: Uint8Array, start: number, end: number): number => {
  for (let line = start; ; ) {
    const lf = bytes.indexOf(Lf, line);
    if (lf < 0 || lf + 1 >= end) return end;
    line = lf + 1;
    if (bytes[line] !== Space && bytes[line] !== Tab) return line;
  }
};

/** The value of a field, unfolded; a bare CR or NUL in it is a blank, so that no value holds a line end. */
export const fieldValue = (bytes: Uint8Array, field: FieldRange): string =>
  decodeText(bytes.subarray(field.valueStart, field.end), undefined)
    .replace(/\r?\n(?=[ \t])/g, '')
    .replace(/[\r\n\0]+/g, ' ')
    .trim();

/** Reads header fields out of a header block; ends at the first empty line. */
export const parseHeaders = (block: Uint8Array, start = 0, end = bodyOffset(block, start)): HeaderFields => {
  const fields = new Map<string, FieldRange[]>();
  for (const field of locateFields(block, start, end)) {
    const list = fields.get(field.name);
    if (list === undefined) fields.set(field.name, [field]);
    else list.push(field);
  }
  const all = (name: string): string[] =>
    (fields.get(name.toLowerCase()) ?? []).map((field) => fieldValue(block, field));
  return {
    all,
    get: (name) => {
      const first = fields.get(name.toLowerCase())?.[0];
      return first === undefined ? undefined : fieldValue(block, first);
    },
  };
};

/** Header fields that are none. */
export const noHeaders: HeaderFields = { get: () => undefined, all: () => [] };

/** Text of an unstructured field as a person reads it: encoded words decoded, on one line. */
export const headerText = (value: string): string =>
  decodeWords(value)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();

/** Message ids in a References or In-Reply-To field, without their angle brackets, in order. */
export const messageIds = (value: string | undefined): string[] => {
  if (value === undefined) return [];
  const bracketed = [...value.matchAll(/<([^<>\s]{1,998})>/g)].map((match) => match[1] as string);
  return bracketed.length > 0 ? bracketed : value.split(/[\s,;<>]+/).filter((word) => word.includes('@'));
};
