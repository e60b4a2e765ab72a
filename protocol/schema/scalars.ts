import { base64ToBytes, bytesToBase64 } from '../wbxml/base64.ts';

/** How a scalar is written as text. */
interface Scalar<T> {
  /** What it is, for messages. */
  readonly name: string;
  /** The value of a text; `undefined` when the text is none. */
  readonly parse: (text: string) => T | undefined;
  /** The text of a value; `undefined` when the value cannot be written. */
  readonly format: (value: unknown) => string | undefined;
}

const Integer = /^[+-]?\d{1,16}$/;
const Decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const LongDate = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z?$/;
const CompactDate = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z?$/;

const parseInteger = (text: string): number | undefined => {
  const trimmed = text.trim();
  if (!Integer.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? value : undefined;
};

const parseDecimal = (text: string): number | undefined => {
  const trimmed = text.trim();
  if (!Decimal.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
};

/** Both forms of a date, whichever an element should have; clients mix them. Always UTC. */
const parseDate = (text: string): Date | undefined => {
  const trimmed = text.trim();
  const match = LongDate.exec(trimmed) ?? CompactDate.exec(trimmed);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  // Hour 24 and second 60 roll over; a month or day that does not exist is an error.
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  return exists && hour <= 24 && minute <= 59 && second <= 60 ? date : undefined;
};

const daysIn = (year: number, month: number): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
};

const formatDate = (value: unknown): string | undefined => {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined;
  const text = value.toISOString();
  return text.length === LongLength ? text : undefined;
};
/** `2000-12-25T08:35:00.000Z`; years outside 0-9999 are longer. */
const LongLength = 24;

const Booleans: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['0', false],
  ['', true],
]);

/** How each kind of scalar reads and writes its text ([MS-ASDTYPE] 2). */
export const Scalars = {
  text: {
    name: 'text',
    parse: (text) => text,
    format: (value) => (typeof value === 'string' ? value : undefined),
  } satisfies Scalar<string>,
  integer: {
    name: 'a whole number',
    parse: parseInteger,
    format: (value) => (Number.isSafeInteger(value) ? String(value) : undefined),
  } satisfies Scalar<number>,
  decimal: {
    name: 'a number',
    parse: parseDecimal,
    format: (value) => (Number.isFinite(value) ? String(value) : undefined),
  } satisfies Scalar<number>,
  boolean: {
    name: '0 or 1',
    parse: (text) => Booleans.get(text.trim()),
    format: (value) => (typeof value === 'boolean' ? (value ? '1' : '0') : undefined),
  } satisfies Scalar<boolean>,
  dateTime: {
    name: 'a date and time',
    parse: parseDate,
    format: formatDate,
  } satisfies Scalar<Date>,
  compactDateTime: {
    name: 'a date and time',
    parse: parseDate,
    format: (value) => formatDate(value)?.replace(/[-:]|\.\d+/g, ''),
  } satisfies Scalar<Date>,
  base64: {
    name: 'base64',
    parse: base64ToBytes,
    format: (value) => (value instanceof Uint8Array ? bytesToBase64(value) : undefined),
  } satisfies Scalar<Uint8Array>,
} as const;

/** Name of a scalar kind. */
export type ScalarKind = keyof typeof Scalars;

/** The scalar of a kind, whatever its type. */
export const scalarOf = (kind: ScalarKind): Scalar<unknown> => Scalars[kind];
