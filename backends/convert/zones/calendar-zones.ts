import { fixedZone, type TimeZone } from '../../../protocol/types/time-zone.ts';
import { type CalendarComponent, type CalendarTime, textOf } from '../calendar/icalendar.ts';
import { ianaClock, ianaOfTzid, type ZoneClock } from './iana.ts';
import { timeZoneOf, utcOfLocal } from './time-zone.ts';
import { vtimezoneClock } from './vtimezone.ts';

/** A zone of a calendar. */
export interface CalendarZone {
  readonly clock: ZoneClock;
  /** Its name in the tz database, where it is one of its zones. */
  readonly iana: string | undefined;
}

const Utc: CalendarZone = { clock: { offsetAt: () => 0 }, iana: 'Etc/UTC' };

/**
 * The zones of one calendar. A TZID that names a zone of the tz database, or of Windows, means that zone, whatever its
 * VTIMEZONE says; another one is what its VTIMEZONE says. A time without a zone is taken to be one of the
 * calendar's own zone: X-WR-TIMEZONE, or the only VTIMEZONE.
 */
export class CalendarZones {
  readonly #definitions: ReadonlyMap<string, CalendarComponent>;
  readonly #zones = new Map<string, CalendarZone | undefined>();
  readonly #own: string | undefined;

  constructor(calendar: CalendarComponent) {
    const definitions = calendar.components.filter(({ name }) => name === 'vtimezone');
    this.#definitions = new Map(
      definitions.flatMap((definition) => {
        const tzid = textOf(definition, 'tzid');
        return tzid === undefined ? [] : [[tzid, definition] as const];
      }),
    );
    const only = this.#definitions.size === 1 ? [...this.#definitions.keys()][0] : undefined;
    this.#own = textOf(calendar, 'x-wr-timezone') ?? only;
  }

  /** The zone of a TZID; without one, or with one that means nothing, the calendar's own, else UTC. */
  zone(tzid: string | undefined): CalendarZone {
    return this.#find(tzid) ?? this.#find(this.#own) ?? Utc;
  }

  /** The zone in which a time is written. */
  zoneOf(time: CalendarTime): CalendarZone {
    return time.isUtc ? Utc : this.zone(time.tzid);
  }

  /** Milliseconds since 1970 of a time. */
  utc(time: CalendarTime): number {
    return time.isUtc ? time.wall : utcOfLocal(this.zone(time.tzid).clock, time.wall);
  }

  /** The TimeZone of a zone as it is at a moment (milliseconds since 1970). */
  timeZone({ clock, iana }: CalendarZone, at: number): TimeZone {
    return iana === 'Etc/UTC' ? { ...fixedZone(0), standardName: 'UTC' } : timeZoneOf(clock, at, iana);
  }

  #find(tzid: string | undefined): CalendarZone | undefined {
    if (tzid === undefined) return undefined;
    if (!this.#zones.has(tzid)) this.#zones.set(tzid, this.#resolve(tzid));
    return this.#zones.get(tzid);
  }

  #resolve(tzid: string): CalendarZone | undefined {
    const iana = ianaOfTzid(tzid);
    const clock = iana === undefined ? undefined : ianaClock(iana);
    if (clock !== undefined) return { clock, iana };
    const definition = this.#definitions.get(tzid);
    const defined = definition === undefined ? undefined : vtimezoneClock(definition);
    return defined === undefined ? undefined : { clock: defined, iana: undefined };
  }
}
