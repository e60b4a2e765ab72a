import { decodeTimeZone, type TimeZone, type ZoneDate } from '../../../protocol/types/time-zone.ts';
import { componentsOf, type LineComponent, linesOf, makeComponent, makeLine } from '../lines/content-lines.ts';
import { ianaOfWindows } from '../zones/iana.ts';
import { changeInYear, clockOfTimeZone } from '../zones/time-zone.ts';
import { WeekdayNames } from '../zones/vtimezone.ts';
import { type EventZone, fitsYear, Utc, type ZoneBook } from './event-zones.ts';
import { timeText } from './times.ts';

/** Which zone a device means by a TimeZone, which holds rules and hardly a name; and zones written as VTIMEZONE. */

/** One zone for each set of rules in use, those first that more people live in. */
const Representatives: readonly string[] = [
  ...['Europe/Berlin', 'America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'],
  ...['Europe/London', 'Europe/Athens', 'Asia/Kolkata', 'Asia/Shanghai', 'Asia/Tokyo', 'Australia/Sydney'],
  ...['America/Sao_Paulo', 'America/Phoenix', 'America/Halifax', 'America/Anchorage', 'Pacific/Honolulu'],
  ...['America/Bogota', 'America/Mexico_City', 'America/Caracas', 'America/St_Johns', 'America/Santiago'],
  ...['America/Asuncion', 'America/Nuuk', 'America/Havana', 'America/Miquelon', 'Pacific/Easter', 'America/Adak'],
  ...['Atlantic/South_Georgia', 'Atlantic/Azores', 'Atlantic/Cape_Verde', 'Africa/Lagos', 'Africa/Cairo'],
  ...['Africa/Johannesburg', 'Africa/Casablanca', 'Asia/Beirut', 'Asia/Jerusalem', 'Asia/Gaza', 'Europe/Chisinau'],
  ...['Europe/Moscow', 'Asia/Tehran', 'Asia/Dubai', 'Asia/Kabul', 'Asia/Karachi', 'Asia/Kathmandu', 'Asia/Dhaka'],
  ...['Asia/Yangon', 'Asia/Bangkok', 'Australia/Eucla', 'Australia/Adelaide', 'Australia/Darwin'],
  ...['Australia/Brisbane', 'Australia/Lord_Howe', 'Pacific/Guadalcanal', 'Pacific/Norfolk', 'Pacific/Auckland'],
  ...['Pacific/Fiji', 'Pacific/Chatham', 'Pacific/Tongatapu', 'Pacific/Kiritimati', 'Pacific/Marquesas'],
  ...[
    'Pacific/Gambier',
    'Pacific/Pitcairn',
    'Pacific/Pago_Pago',
    'Etc/GMT+12',
    'Antarctica/Troll',
    'Atlantic/Reykjavik',
  ],
];

/** What is known beside a TimeZone. */
export interface ZoneHints {
  /** Zones that it may well be, in order. */
  readonly preferred: readonly EventZone[];
  /** Moments (milliseconds since 1970) in whose years its rules may be those of the zone. */
  readonly moments: readonly number[];
  readonly book: ZoneBook;
}

/** Whether a TimeZone means this zone. */
export const meansZone = (zone: TimeZone, { clock }: EventZone, moments: readonly number[]): boolean =>
  [...new Set(moments.map((at) => new Date(at).getUTCFullYear()))].some((year) => fitsYear(zone, clock, year));

/**
 * The zone that a device means: one of the preferred ones, else the one that the name tells, else one of
 * the same rules; a TimeZone of rules that nobody uses is a zone of its own.
 */
export const recognisedZone = (zone: TimeZone, { preferred, moments, book }: ZoneHints): EventZone => {
  const isMeant = (candidate: EventZone): boolean => meansZone(zone, candidate, moments);
  const known = preferred.find(isMeant);
  if (known !== undefined) return known;
  if (zone.standardDate === undefined && zone.bias + zone.standardBias === 0) return Utc;
  const named = ianaOfWindows(zone.standardName);
  const candidates = named === undefined ? Representatives : [named, ...Representatives];
  for (const name of candidates) {
    const candidate = book.zone(name);
    if (candidate !== undefined && isMeant(candidate)) return candidate;
  }
  return { clock: clockOfTimeZone(zone), iana: undefined, tzid: ownName(zone) };
};

const pad = (value: number): string => String(value).padStart(2, '0');

/** `+0530` */
const offsetText = (bias: number): string => {
  const minutes = Math.abs(bias);
  return `${bias > 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`;
};

/** A name that tells the rules, so that two such zones in one calendar are two. */
const ownName = ({ bias, standardBias, daylightBias, standardDate, daylightDate }: TimeZone): string => {
  const dates = [standardDate, daylightDate].flatMap((date) => (date === undefined ? [] : [dateName(date)]));
  return ['Postrider', offsetText(bias + standardBias), offsetText(bias + daylightBias), ...dates].join(' ');
};

const dateName = ({ month, day, dayOfWeek, hour, minute }: ZoneDate): string =>
  `${month}.${day}.${dayOfWeek}.${pad(hour)}${pad(minute)}`;

/** The value of Timezone as its rules; `undefined`: it is none. */
export const decodedZone = (bytes: Uint8Array | undefined): TimeZone | undefined =>
  bytes === undefined ? undefined : decodeTimeZone(bytes);

/** A year before all events; rules written from it on hold for all of them. */
const FirstYear = 1970;

const observance = (name: string, date: ZoneDate | undefined, from: number, to: number, end: string): LineComponent => {
  const start = date === undefined ? Date.UTC(FirstYear, 0, 1) : changeInYear(date, date.year || FirstYear);
  const week = date === undefined ? '' : `${date.day >= 5 ? -1 : Math.max(1, date.day)}${WeekdayNames[date.dayOfWeek]}`;
  const lines = [
    { name: 'DTSTART', value: timeText(start) },
    { name: 'TZOFFSETFROM', value: offsetText(from) },
    { name: 'TZOFFSETTO', value: offsetText(to) },
    ...(date?.year === 0 ? [{ name: 'RRULE', value: `FREQ=YEARLY;BYMONTH=${date.month};BYDAY=${week}` }] : []),
  ];
  return makeComponent(
    name,
    lines.map((line) => makeLine(line, end)),
    end,
  );
};

/** A TimeZone as VTIMEZONE (RFC 5545 3.6.5). */
export const vtimezone = (zone: TimeZone, tzid: string, lineEnd = '\r\n'): LineComponent => {
  const [standard, daylight] = [zone.bias + zone.standardBias, zone.bias + zone.daylightBias];
  const name = makeLine({ name: 'TZID', value: tzid }, lineEnd);
  const { standardDate, daylightDate } = zone;
  const observances =
    standardDate === undefined || daylightDate === undefined
      ? [observance('STANDARD', undefined, standard, standard, lineEnd)]
      : [
          observance('DAYLIGHT', daylightDate, standard, daylight, lineEnd),
          observance('STANDARD', standardDate, daylight, standard, lineEnd),
        ];
  return makeComponent('VTIMEZONE', [name, ...observances], lineEnd);
};

/** A calendar that defines the zone of a TZID as the tz database has it at a moment, else as a device sent it. */
export const withTzid = (
  calendar: LineComponent,
  tzid: string | undefined,
  sent: TimeZone | undefined,
  { book, at }: { readonly book: ZoneBook; readonly at: number },
): LineComponent => {
  const known = tzid === undefined ? undefined : book.zone(tzid);
  return known === undefined && sent === undefined
    ? calendar
    : withZone(calendar, tzid, () => (known === undefined ? (sent as TimeZone) : book.timeZone(known, at)));
};

/** A calendar with the definition of a zone, before its other components, unless it has one. */
export const withZone = (calendar: LineComponent, tzid: string | undefined, zone: () => TimeZone): LineComponent => {
  const isKnown = componentsOf(calendar, 'VTIMEZONE').some((one) => linesOf(one, 'TZID')[0]?.value === tzid);
  if (tzid === undefined || isKnown) return calendar;
  const definition = vtimezone(zone(), tzid, calendar.begin.endsWith('\r\n') ? '\r\n' : '\n');
  const first = calendar.items.findIndex(({ kind }) => kind === 'component');
  const at = first < 0 ? calendar.items.length : first;
  return { ...calendar, items: [...calendar.items.slice(0, at), definition, ...calendar.items.slice(at)] };
};
