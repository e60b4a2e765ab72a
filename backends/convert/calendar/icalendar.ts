import ICAL from 'ical.js';
import { wallMs } from '../zones/local-time.ts';

/** iCalendar (RFC 5545) as mail and calendars have it: read into plain values, whatever is wrong with a line of it. */

/** Characters of iCalendar text that are read: parsing that much takes some 30 ms at worst. */
export const MaxCalendarLength = 131_072;

/** A property: `DTSTART;TZID=Europe/Berlin:20261123T100000`. */
export interface CalendarProperty {
  /** Lower case. */
  readonly name: string;
  /** Names in lower case; a value that is a list is its first piece. */
  readonly parameters: Readonly<Record<string, string>>;
  /** `text`, `date`, `date-time`, `recur`, `duration` and so on, lower case. */
  readonly type: string;
  /** Its values: texts, numbers, parts of a recurrence. */
  readonly values: readonly unknown[];
}

/** A component: VCALENDAR, VEVENT and so on. */
export interface CalendarComponent {
  /** Lower case. */
  readonly name: string;
  readonly properties: readonly CalendarProperty[];
  readonly components: readonly CalendarComponent[];
}

type JCal = [name: string, properties: JProperty[], components: JCal[]];
type JProperty = [name: string, parameters: Record<string, string | string[]>, type: string, ...values: unknown[]];

/** Components within each other; VCALENDAR, VEVENT, VALARM is all there is. */
const MaxNesting = 8;

/** Lines without meaning that are left out; a text with more is no calendar. Each costs some 20 µs. */
const MaxBadLines = 500;

/**
 * Reads the first VCALENDAR of a text; `undefined` when there is none. A line that means nothing is
 * left out, what is not closed is closed. Reads at most {@link MaxCalendarLength}.
 */
export const readCalendar = (text: string): CalendarComponent | undefined => {
  const start = text.slice(0, MaxCalendarLength).search(/^BEGIN:VCALENDAR\b/im);
  if (start < 0) return undefined;
  const input = text.slice(start, MaxCalendarLength);
  const parsed = parse(input) ?? parse(repaired(input));
  return parsed === undefined ? undefined : componentOf(parsed, 0);
};

const parse = (text: string): JCal | undefined => {
  try {
    const parsed = ICAL.parse(text) as unknown as JCal | JCal[];
    return typeof parsed[0] === 'string' ? (parsed as JCal) : (parsed as JCal[])[0];
  } catch {
    return undefined;
  }
};

/** The lines that can be read alone, with each BEGIN and its END; `''` when too many cannot. */
const repaired = (text: string): string => {
  const open: string[] = [];
  const lines: string[] = [];
  let bad = 0;
  for (const line of text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const isBorder = /^(?:BEGIN|END):/i.test(line);
    if (isBorder ? crossBorder(open, line) : isReadable(line)) lines.push(line);
    else if (++bad > MaxBadLines) return '';
    if (open.length === 0) break;
  }
  return [...lines, ...open.reverse().map((name) => `END:${name}`)].join('\r\n');
};

/** Enters or leaves a component; `false` for the END of one that is not the innermost. */
const crossBorder = (open: string[], line: string): boolean => {
  const [, mark = '', name = ''] = /^(\w+):\s*([\w-]{1,60})\s*$/.exec(line.toUpperCase()) ?? [];
  if (mark === 'BEGIN') return open.push(name) > 0;
  return mark === 'END' && open.at(-1) === name && open.pop() !== undefined;
};

const isReadable = (line: string): boolean => {
  if (line.trim() === '') return false;
  try {
    ICAL.parse.property(line);
    return true;
  } catch {
    return false;
  }
};

const componentOf = ([name, properties, components]: JCal, depth: number): CalendarComponent => ({
  name: name.toLowerCase(),
  properties: properties.map(propertyOf),
  components: depth < MaxNesting ? components.map((component) => componentOf(component, depth + 1)) : [],
});

const propertyOf = ([name, parameters, type, ...values]: JProperty): CalendarProperty => ({
  name: name.toLowerCase(),
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [
      key.toLowerCase(),
      Array.isArray(value) ? (value[0] ?? '') : value,
    ]),
  ),
  type: type.toLowerCase(),
  values,
});

/** The first property of a name. */
export const property = (component: CalendarComponent, name: string): CalendarProperty | undefined =>
  component.properties.find((candidate) => candidate.name === name);

/** All properties of a name. */
export const properties = (component: CalendarComponent, name: string): CalendarProperty[] =>
  component.properties.filter((candidate) => candidate.name === name);

/** The text of the first property of a name, trimmed; `undefined` when it is absent or empty. */
export const textOf = (component: CalendarComponent, name: string): string | undefined => {
  const value = property(component, name)?.values[0];
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text === '' ? undefined : text;
};

/** A moment as it is written: what the clock shows, and where that clock hangs. */
export interface CalendarTime {
  /** {@link wallMs} of what is written. */
  readonly wall: number;
  /** A day without a time. */
  readonly isDate: boolean;
  readonly isUtc: boolean;
  /** Parameter TZID. */
  readonly tzid: string | undefined;
}

const TimeForm = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(Z)?)?$/;

/** A DATE or DATE-TIME out of the text of a value. */
export const parseTime = (value: unknown, tzid?: string): CalendarTime | undefined => {
  const match = typeof value === 'string' ? TimeForm.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as [
    ...[number, number, number, number, number, number],
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59) return undefined;
  const isUtc = match[7] !== undefined;
  return {
    wall: wallMs({ year, month, day, hour, minute, second }),
    isDate: match[4] === undefined,
    isUtc,
    tzid: isUtc ? undefined : tzid,
  };
};

/** The moment of the first property of a name. */
export const timeOf = (component: CalendarComponent, name: string): CalendarTime | undefined => {
  const found = property(component, name);
  return found === undefined ? undefined : parseTime(found.values[0], found.parameters.tzid);
};

const DurationForm = /^([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/i;

/** Milliseconds of a DURATION, `-PT15M`; `undefined` for what is none. */
export const durationMs = (value: unknown): number | undefined => {
  const match = typeof value === 'string' ? DurationForm.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(2).map((digits) => Number(digits ?? 0)) as [
    ...[number, number, number, number, number],
  ];
  const total = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds;
  return total === 0 ? 0 : total * (match[1] === '-' ? -1_000 : 1_000);
};
