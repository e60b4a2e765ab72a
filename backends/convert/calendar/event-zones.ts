import type { TimeZone } from '../../../protocol/types/time-zone.ts';
import { componentsOf, type LineComponent, linesOf, writeComponent } from '../lines/content-lines.ts';
import { unescapeText } from '../lines/text-values.ts';
import { ianaClock, ianaOfTzid, type OffsetChange, offsetChanges, type ZoneClock } from '../zones/iana.ts';
import { DayMs, localTime, MinuteMs } from '../zones/local-time.ts';
import { changeInYear, clockOfTimeZone, timeZoneOf, utcOfLocal } from '../zones/time-zone.ts';
import { vtimezoneClock } from '../zones/vtimezone.ts';
import { type CalendarTime, readCalendar } from './icalendar.ts';

/** The zones in which the times of an event are written. */

/** A zone, and how a calendar names it. */
export interface EventZone {
  readonly clock: ZoneClock;
  /** Its name in the tz database, where it is one of its zones. */
  readonly iana: string | undefined;
  /** What TZID says; `undefined`: UTC, or a time without a zone. */
  readonly tzid: string | undefined;
}

/** UTC, which has no TZID. */
export const Utc: EventZone = { clock: { offsetAt: () => 0 }, iana: 'Etc/UTC', tzid: undefined };

/** Years of a zone, and zones, that are remembered; more than any calendar in use has. */
const [MaxYears, MaxZones] = [400, 1_000];

/** A clock that works each year out once: the system's takes microseconds an answer, a calendar asks for thousands. */
const rememberingClock = (clock: ZoneClock): ZoneClock => {
  const years = new Map<number, { readonly first: number; readonly changes: readonly OffsetChange[] }>();
  const yearOf = (year: number) => {
    const [start, end] = [Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1)];
    const found = { first: clock.offsetAt(start), changes: offsetChanges(clock, start, end) };
    if (years.size >= MaxYears) years.clear();
    years.set(year, found);
    return found;
  };
  return {
    offsetAt: (ms) => {
      const year = new Date(ms).getUTCFullYear();
      if (Number.isNaN(year) || year < 1900 || year > 2200) return clock.offsetAt(ms);
      const { first, changes } = years.get(year) ?? yearOf(year);
      return changes.findLast(({ at }) => at <= ms)?.after ?? first;
    },
  };
};

/** Days between two looks at a zone: nothing is changed and changed back within less. */
const Step = 14;

/** Whether a TimeZone says what a clock shows throughout a year. */
export const fitsYear = (zone: TimeZone, clock: ZoneClock, year: number): boolean => {
  const said = clockOfTimeZone(zone);
  const changes = [zone.standardDate, zone.daylightDate]
    .filter((date) => date !== undefined)
    .flatMap((date) =>
      [zone.standardBias, zone.daylightBias].map((bias) => changeInYear(date, year) + (zone.bias + bias) * MinuteMs),
    );
  const looks = Array.from(
    { length: Math.ceil(366 / Step) },
    (_, index) => Date.UTC(year, 0, 1) + index * Step * DayMs,
  );
  return [...looks, ...changes.flatMap((at) => [at - MinuteMs, at])].every(
    (at) => said.offsetAt(at) === clock.offsetAt(at),
  );
};

/** Zones of the tz database and their TimeZones, made once; one book serves all events of a process or an account. */
export class ZoneBook {
  readonly #zones = new Map<string, EventZone | undefined>();
  readonly #timeZones = new Map<string, TimeZone>();
  readonly #fits = new WeakMap<TimeZone, Map<number, boolean>>();

  /** The zone that a TZID names, in the tz database or in Windows; `undefined` for one that only its calendar knows. */
  zone(tzid: string): EventZone | undefined {
    if (!this.#zones.has(tzid)) {
      if (this.#zones.size >= MaxZones) this.#zones.clear();
      this.#zones.set(tzid, this.#make(tzid));
    }
    return this.#zones.get(tzid);
  }

  /** The user's zone by its name; UTC for one that there is none of. */
  home(name: string): EventZone {
    const zone = this.zone(name) ?? Utc;
    return zone.iana === 'Etc/UTC' ? Utc : zone;
  }

  /** The rules of a zone as they are at a moment (milliseconds since 1970). */
  timeZone({ clock, iana }: EventZone, at: number): TimeZone {
    if (iana === undefined) return timeZoneOf(clock, at);
    // Within a year a zone may still have several rules: the year of a change has none that holds throughout.
    const key = `${iana} ${localTime(at).year} ${clock.offsetAt(at)}`;
    const known = this.#timeZones.get(key);
    if (known !== undefined) return known;
    const made = timeZoneOf(clock, at, iana);
    if (this.#timeZones.size >= MaxZones) this.#timeZones.clear();
    this.#timeZones.set(key, made);
    return made;
  }

  /** Whether the rules that a device is told are those of the zone in a year. */
  fits(timeZone: TimeZone, { clock }: EventZone, year: number): boolean {
    const years = this.#fits.get(timeZone) ?? new Map<number, boolean>();
    this.#fits.set(timeZone, years);
    const known = years.get(year) ?? fitsYear(timeZone, clock, year);
    years.set(year, known);
    return known;
  }

  #make(tzid: string): EventZone | undefined {
    const iana = ianaOfTzid(tzid) ?? (ianaClock(tzid) === undefined || !/^Etc|^UTC$/.test(tzid) ? undefined : tzid);
    if (iana === undefined) return undefined;
    if (iana === 'Etc/UTC') return { ...Utc, tzid };
    const clock = ianaClock(iana);
    return clock === undefined ? undefined : { clock: rememberingClock(clock), iana, tzid };
  }
}

/** What the clock of a zone shows at a moment, as milliseconds. */
export const wallAt = (clock: ZoneClock, instant: number): number => instant + clock.offsetAt(instant) * MinuteMs;

/**
 * The zones of one calendar. A TZID that names a zone of the tz database or of Windows means that zone,
 * another one what its VTIMEZONE says; a time without a zone, or with one that means nothing, is one of the user's.
 */
export class EventZones {
  readonly home: EventZone;
  readonly #calendar: LineComponent;
  readonly #book: ZoneBook;
  readonly #own = new Map<string, EventZone | undefined>();

  constructor(calendar: LineComponent, home: EventZone, book: ZoneBook) {
    [this.#calendar, this.home, this.#book] = [calendar, home, book];
  }

  /** The zone in which a time is written. */
  zoneOf({ isUtc, tzid }: CalendarTime): EventZone {
    if (isUtc) return Utc;
    if (tzid === undefined) return { ...this.home, tzid: undefined };
    return this.#book.zone(tzid) ?? this.#defined(tzid) ?? this.home;
  }

  /** Milliseconds since 1970 of a time. */
  utc(time: CalendarTime): number {
    return time.isUtc ? time.wall : utcOfLocal(this.zoneOf(time).clock, time.wall);
  }

  /** What a clock of `zone` shows at a time that may be written in another; days are what they are. */
  wallIn(zone: EventZone, time: CalendarTime): number {
    if (time.isDate || (!time.isUtc && time.tzid === zone.tzid)) return time.wall;
    return wallAt(zone.clock, this.utc(time));
  }

  #defined(tzid: string): EventZone | undefined {
    if (!this.#own.has(tzid)) this.#own.set(tzid, this.#read(tzid));
    return this.#own.get(tzid);
  }

  #read(tzid: string): EventZone | undefined {
    const definition = componentsOf(this.#calendar, 'VTIMEZONE').find(
      (one) => unescapeText(linesOf(one, 'TZID')[0]?.value ?? '') === tzid,
    );
    if (definition === undefined) return undefined;
    const text = `BEGIN:VCALENDAR\r\n${writeComponent(definition)}END:VCALENDAR\r\n`;
    const parsed = readCalendar(text)?.components[0];
    const clock = parsed === undefined ? undefined : vtimezoneClock(parsed);
    return clock === undefined ? undefined : { clock, iana: undefined, tzid };
  }
}
