import { componentsOf, type LineComponent, linesOf, readComponent, replaceComponent } from '../lines/content-lines.ts';
import { type EventSpan, spanOf } from './event-times.ts';
import { type EventZone, EventZones, type ZoneBook } from './event-zones.ts';

/** The user whose calendar it is. */
export interface CalendarUser {
  /** Mail addresses in lower case, the main one first. */
  readonly addresses: readonly string[];
  readonly name?: string | undefined;
}

/** What events are read and written with. */
export interface EventContext {
  /** The user's zone: of days, and of times without a zone. */
  readonly home: EventZone;
  readonly me: CalendarUser;
  readonly book: ZoneBook;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The VEVENTs of one UID. */
export interface EventSource {
  readonly calendar: LineComponent;
  /** The event, or the series. */
  readonly master: LineComponent;
  readonly span: EventSpan;
  /** Occurrences that differ (RECURRENCE-ID). */
  readonly overrides: readonly LineComponent[];
  readonly zones: EventZones;
}

/** Finds the event of a text; `undefined`: it has none, or none that begins. */
export const eventSource = (text: string, home: EventZone, book: ZoneBook): EventSource | undefined => {
  const calendar = readComponent(text);
  return calendar === undefined ? undefined : sourceOf(calendar, new EventZones(calendar, home, book));
};

/**
 * Sorts the VEVENTs of a calendar. Who is invited to some occurrences alone has no series: the first of them is shown as
 * an event, the others stay.
 */
export const sourceOf = (calendar: LineComponent, zones: EventZones): EventSource | undefined => {
  const events = componentsOf(calendar, 'VEVENT');
  const isOverride = (event: LineComponent): boolean => linesOf(event, 'RECURRENCE-ID').length > 0;
  const series = events.find((event) => !isOverride(event));
  const master = series ?? events[0];
  const span = master === undefined ? undefined : spanOf(master, zones);
  if (master === undefined || span === undefined) return undefined;
  return { calendar, master, span, overrides: series === undefined ? [] : events.filter(isOverride), zones };
};

/** A source with another master. */
export const withMaster = (source: EventSource, master: LineComponent): EventSource =>
  master === source.master
    ? source
    : (sourceOf(replaceComponent(source.calendar, source.master, master), source.zones) ?? source);
