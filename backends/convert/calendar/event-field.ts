import type { CalendarEvent } from '../../../protocol/classes/event.ts';
import type { ObjectRequest } from '../../contract/groupware.ts';
import type { LineComponent } from '../lines/content-lines.ts';
import type { EventContext } from './event-source.ts';
import type { EventZones } from './event-zones.ts';

/** What a field of an event, or of one of its occurrences, is. */

/** Elements of an event. */
export type EventPart = { -readonly [K in keyof CalendarEvent]?: CalendarEvent[K] };

/** What fields are read and written with. */
export interface FieldScope {
  readonly request: ObjectRequest;
  readonly context: EventContext;
  readonly zones: EventZones;
}

/** One or several elements, as they stand in a VEVENT. */
export interface EventField {
  readonly names: readonly (keyof CalendarEvent)[];
  read(event: LineComponent, scope: FieldScope): EventPart;
  /** Whether a device's values say what is there; equal values do, unless told. */
  same?(wanted: EventPart, before: EventPart): boolean;
  /** Absent: devices are told it and cannot change it. */
  write?(event: LineComponent, wanted: EventPart, before: EventPart, scope: FieldScope): LineComponent;
}

export const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What a device wants of an event, or of an occurrence. */
export interface Wanted {
  readonly set: EventPart;
  readonly cleared: readonly (keyof CalendarEvent)[];
}

/** The event with what is wanted of a field; what is there already changes nothing. */
export const withField = (
  event: LineComponent,
  field: EventField,
  { set, cleared }: Wanted,
  scope: FieldScope,
): LineComponent => {
  const touched = field.names.filter((name) => set[name] !== undefined || cleared.includes(name));
  if (field.write === undefined || touched.length === 0) return event;
  const before = field.read(event, scope);
  const wanted: EventPart = { ...before, ...Object.fromEntries(touched.map((name) => [name, set[name]])) };
  const isSame = field.same?.(wanted, before) ?? touched.every((name) => isEqual(before[name], wanted[name]));
  return isSame ? event : field.write(event, wanted, before, scope);
};
