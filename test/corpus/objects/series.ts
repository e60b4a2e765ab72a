import ICAL from 'ical.js';
import {
  clockIn,
  contextIn,
  forms,
  icalOccurrences,
  momentIn,
  now,
  phoneOccurrences,
  read,
} from '../../backends/convert/calendar/event-support.ts';
import { chanceAt } from '../../campaign/plan.ts';
import type { Chance } from '../../support/chance.ts';
import { corpusObjects } from './objects.ts';

/**
 * Repeated events, and when they are: as a phone works it out of Recurrence, Exceptions and TimeZone, and as ical.js
 * does out of the calendar, with the system's zones.
 */

const Day = 86_400_000;

/** Ten years, from a year ago on. */
const [Begin, End] = [now - 366 * Day, now + 9 * 365 * Day];

/** Rules that EAS can say, and some that it cannot. */
const Rules = [
  'FREQ=DAILY',
  'FREQ=DAILY;INTERVAL=5;COUNT=900',
  'FREQ=WEEKLY;BYDAY=MO,TH',
  'FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;WKST=SU',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO',
  'FREQ=MONTHLY;BYMONTHDAY=15',
  'FREQ=MONTHLY;INTERVAL=2;BYDAY=-1SU',
  'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1',
  'FREQ=MONTHLY;BYMONTHDAY=-1',
  'FREQ=YEARLY',
  'FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'FREQ=YEARLY;BYMONTH=3;BYDAY=2SU',
  'FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=200',
  'FREQ=MONTHLY;BYDAY=5MO',
  'FREQ=MONTHLY;BYDAY=1MO,3TH',
];

/** Both hemispheres, half an hour of daylight time, none, quarters of hours. */
const Plain = [
  ...['Europe/Berlin', 'Europe/London', 'America/New_York', 'America/St_Johns', 'America/Havana', 'Asia/Beirut'],
  ...['Australia/Sydney', 'Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Chatham', 'Europe/Dublin', 'UTC'],
  ...['Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Tokyo', 'Africa/Lagos', 'America/Phoenix', 'Pacific/Kiritimati'],
];

/** Zones whose days of change no TimeZone can say, or whose rules have changed of late. */
const Odd = [
  ...['Africa/Casablanca', 'Africa/Cairo', 'Asia/Jerusalem', 'Asia/Gaza', 'America/Santiago', 'America/Nuuk'],
  ...['America/Mexico_City', 'America/Asuncion', 'Asia/Almaty', 'Asia/Amman'],
];

const stamp = (wall: number): string => new Date(wall).toISOString().replace(/[-:]|\.000Z/g, '');

/** Local times of a rule by ical.js. */
const walls = (rule: string, from: number, count: number): number[] => {
  const start = ICAL.Time.fromDateTimeString(new Date(from).toISOString().slice(0, 19));
  const iterator = ICAL.Recur.fromString(rule).iterator(start);
  const found: number[] = [];
  for (let next = iterator.next(); next && found.length < count; next = iterator.next()) {
    found.push(Date.parse(`${next.toString()}Z`));
  }
  return found;
};

/** A repeated event as calendars have it, and the same without zones, for ical.js. */
interface Series {
  readonly name: string;
  readonly native: string;
  readonly local: string;
  readonly zone: string;
  readonly allDay: boolean;
  /** The local time at which it begins. */
  readonly first: number;
}

/** An occurrence is taken out, others are moved. */
const drawSeries = (chance: Chance): Series => {
  const isOdd = chance.percent(35);
  const zone = chance.one(isOdd ? Odd : Plain) ?? 'UTC';
  // Where the rules of a zone are told by exceptions there is no room for all of a day's.
  const rule = chance.one(isOdd ? Rules.filter((one) => one !== 'FREQ=DAILY') : Rules) ?? '';
  const allDay = !isOdd && chance.percent(30);
  const hour = allDay ? 0 : (chance.one([0, 1, 2, 3, 9, 22, 23]) ?? 0);
  const seed = Date.UTC(2024, 3, 1 + chance.below(366), hour, allDay ? 0 : (chance.one([0, 30]) ?? 0));
  const all = walls(rule, walls(rule, seed, 1)[0] ?? seed, 60);
  const picks = Array.from({ length: chance.below(5) }, () => all[chance.below(all.length)] ?? seed);
  const first = all[0] ?? seed;
  const text = (isLocal: boolean): string => seriesText({ zone, rule, allDay, first, picks, isLocal });
  return { name: `${zone} ${rule} ${stamp(seed)}`, native: text(false), local: text(true), zone, allDay, first };
};

interface SeriesParts {
  readonly zone: string;
  readonly rule: string;
  readonly allDay: boolean;
  readonly first: number;
  /** Occurrences that are otherwise: the first of them is gone. */
  readonly picks: readonly number[];
  readonly isLocal: boolean;
}

const seriesText = ({ zone, rule, allDay, first, picks, isLocal }: SeriesParts): string => {
  const named = (name: string, wall: number): string => {
    if (allDay) return `${name};VALUE=DATE:${stamp(wall).slice(0, 8)}`;
    if (zone === 'UTC' && !isLocal) return `${name}:${stamp(wall)}Z`;
    return isLocal ? `${name}:${stamp(wall)}` : `${name};TZID=${zone}:${stamp(wall)}`;
  };
  const length = allDay ? Day : 5_400_000;
  const event = (begin: number, ...more: string[]): string[] => [
    ...['BEGIN:VEVENT', 'UID:1', named('DTSTART', begin), named('DTEND', begin + length), ...more, 'END:VEVENT'],
  ];
  const [gone, ...moved] = [...new Set(picks)];
  return [
    'BEGIN:VCALENDAR',
    ...event(first, `RRULE:${rule}`, ...(gone === undefined ? [] : [named('EXDATE', gone)])),
    ...moved.flatMap((wall) => event(wall + (allDay ? 2 * Day : 7_200_000), named('RECURRENCE-ID', wall))),
    'END:VCALENDAR',
    '',
  ].join('\r\n');
};

/** What ical.js cannot be asked, or what RFC 5545 leaves open: ranges, rules within a day. */
const Incomparable = /RANGE=|EXRULE|BYHOUR|FREQ=(HOURLY|MINUTELY|SECONDLY)|VALUE=PERIOD|CDO-ALLDAY/;

/** The series among the real and made events of the corpus, where one zone holds for all of their times. */
const corpusSeries = (events: number): Series[] =>
  corpusObjects('VEVENT', events).flatMap(({ name, text }): Series[] => {
    const native = text.replace(/\r?\n[ \t]/g, '').replace(/^BEGIN:VTIMEZONE[\s\S]*?^END:VTIMEZONE\r?\n/gm, '');
    if (!/^(RRULE|RDATE)/m.test(native) || Incomparable.test(native)) return [];
    const times = native.match(/^(DTSTART|DTEND|EXDATE|RDATE|RECURRENCE-ID)[;:].*$/gm) ?? [];
    const zones = new Set(times.map((line) => /TZID=([^;:]+)/.exec(line)?.[1] ?? (/Z$/.test(line) ? 'UTC' : 'local')));
    const [zone = '', ...others] = zones;
    const allDay = times.every((line) => line.includes('VALUE=DATE:'));
    const isKnown = zone === 'UTC' || zone === 'local' || Intl.supportedValuesOf('timeZone').includes(zone);
    if (others.length > 0 || !isKnown || (/UNTIL=\d{8}T\d{6}Z/.test(native) && zone !== 'UTC')) return [];
    const local = native.replace(/;TZID=[^;:]+/g, '').replace(/(\d{8}T\d{6})Z/g, '$1');
    return [{ name, native: text, local, zone: zone === 'local' ? 'Europe/Berlin' : zone, allDay, first: 0 }];
  });

/** What was compared, and what differs, in words. */
export interface Compared {
  readonly compared: number;
  readonly wrong: readonly string[];
}

/** What a phone shows otherwise than it is, in words. */
const difference = ({ name, native, local, zone, allDay }: Series, at: number): string[] => {
  const [version, request] = forms[at % forms.length] ?? forms[0];
  const event = read(native, request, contextIn(zone));
  const meantIn = allDay && request.form === 'days' ? 'UTC' : zone;
  const since = new Date(Begin).toISOString();
  const lines = (all: [string, string][]) => all.filter(([from]) => from >= since).map((one) => one.join('/'));
  const [shown, meant] = [lines(phoneOccurrences(event, End)), lines(icalOccurrences(local, meantIn, End))];
  const wrong = [
    ...meant.filter((one) => !shown.includes(one)).map((one) => `lacks ${one}`),
    ...shown.filter((one) => !meant.includes(one)).map((one) => `shows ${one}`),
  ];
  return wrong.length === 0
    ? []
    : [`${version} ${name}: ${[...wrong.slice(0, 4), ...wrong.slice(-2)].join(', ')}\n${native}`];
};

/** Whether there is the local time at which a series begins: a clock that is put forward skips some. */
const begins = ({ zone, first, allDay }: Series): boolean => allDay || clockIn(zone, momentIn(zone, first)) === first;

/**
 * Compares the occurrences of series.
 *
 * @param count how many are made for it
 * @param events how many events of the corpus are looked at for series
 */
export const compareOccurrences = (count: number, events: number): Compared => {
  const drawn = Array.from({ length: count }, (_, at) => drawSeries(chanceAt(7, at))).filter(begins);
  const found = corpusSeries(events);
  return { compared: drawn.length + found.length, wrong: [...drawn, ...found].flatMap(difference) };
};
