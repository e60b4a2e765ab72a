import type { CalendarEvent, Exception } from '../../../protocol/classes/event.ts';
import { BackendError } from '../../contract/errors.ts';
import type { EventPatch, ObjectRequest } from '../../contract/groupware.ts';
import { componentsOf, type LineComponent, replaceComponent, writeComponent } from '../lines/content-lines.ts';
import { type EventFile, fileOf } from './event-attachments.ts';
import { type EventField, type FieldScope, isEqual, type Wanted, withField } from './event-field.ts';
import { commonFields, masterFields } from './event-fields.ts';
import { calendarOfNew, withDefaults } from './event-new.ts';
import { withCalendar, withOccurrence, withoutOccurrence } from './event-occurrence.ts';
import { withNamedOrganizer } from './event-people.ts';
import { deviceEvent, eventView } from './event-read.ts';
import { type Schedule, scheduleOf, withSchedule } from './event-schedule.ts';
import {
  deviceSeries,
  exceptionWalls,
  excludedWalls,
  isEndless,
  isRepeating,
  lastWall,
  meantWall,
  overridesOf,
} from './event-series.ts';
import { type EventContext, type EventSource, eventSource, withMaster } from './event-source.ts';
import { stamped } from './event-stamp.ts';
import { deviceWall, spanOf } from './event-times.ts';
import { Utc, ZoneBook } from './event-zones.ts';

/** Events as VEVENT (RFC 5545 3.6.1) and back. */

/** What a device sees of an event; `undefined`: the text has none. */
export const readEvent = (text: string, request: ObjectRequest, context: EventContext): CalendarEvent | undefined => {
  const source = eventSource(text, context.home, context.book);
  return source === undefined ? undefined : deviceEvent(source, request, context);
};

/**
 * Applies a patch; the same text where it changes nothing. `undefined`: the text has no event. Throws
 * BackendError `rejected` for a recurrence that cannot be kept, `notFound` for an occurrence that there is none of.
 */
export const patchEvent = (text: string, patch: EventPatch, context: EventContext): string | undefined => {
  const source = eventSource(text, context.home, context.book);
  if (source === undefined) return undefined;
  const isOne = patch.instance !== undefined && isRepeating(source.master);
  return written(
    text,
    source,
    isOne ? withInstance(source, patch, context) : withPatch(source, patch, context),
    context,
  );
};

/** Takes one occurrence out of a series; `undefined`: the text has no event. Throws BackendError `notFound`. */
export const removeInstance = (text: string, instance: Date, context: EventContext): string | undefined => {
  const source = eventSource(text, context.home, context.book);
  if (source === undefined) return undefined;
  return written(text, source, withoutOccurrence(source, instanceWall(source, instance, 'days', context)), context);
};

const written = (text: string, before: EventSource, after: EventSource, { me, now }: EventContext): string => {
  const isSame =
    after.calendar === before.calendar || writeComponent(after.calendar) === writeComponent(before.calendar);
  return isSame ? text : writeComponent(stamped(before.calendar, after.calendar, me, now));
};

/** A new event in a calendar of its own. Throws BackendError `rejected`. */
export const newEvent = (patch: EventPatch, name: string, context: EventContext): string => {
  const set = withDefaults(patch.set, context.now);
  const calendar = calendarOfNew(set, name, context);
  const source = eventSource(writeComponent(calendar), context.home, context.book);
  if (source === undefined) throw new BackendError('rejected', { detail: 'the event has no time' });
  const named = withMaster(source, withNamedOrganizer(source.master, set, context.me));
  return writeComponent(withPatch(named, { ...patch, set }, context).calendar);
};

/** The occurrence that a device names by the instant at which the series has it. */
export const instanceWall = (
  source: EventSource,
  instance: Date,
  form: ObjectRequest['form'],
  context: EventContext,
): number => {
  const view = eventView(source, { preferences: [], form }, context);
  const wall = deviceWall(view, instance, source.span.allDay);
  const found = isRepeating(source.master)
    ? meantWall(source, deviceSeries(source, view, context.now), wall, exceptionWalls(source))
    : undefined;
  if (found === undefined) throw new BackendError('notFound', { detail: 'the event has no such occurrence' });
  return found;
};

const withInstance = (source: EventSource, patch: EventPatch, context: EventContext): EventSource => {
  const { set, cleared, seen, instance } = patch;
  const wall = instanceWall(source, instance as Date, seen.form, context);
  const scope: FieldScope = { request: seen, context, zones: source.zones };
  return withOccurrence(source, wall, { set, cleared }, eventView(source, seen, context), scope);
};

const withPatch = (source: EventSource, patch: EventPatch, context: EventContext): EventSource => {
  const { set, cleared, seen } = patch;
  const schedule = scheduleOf(source, patch, seen.form, context);
  const scheduled = withSchedule(schedule);
  const { zones } = scheduled;
  const scope: FieldScope = { request: seen, context, zones };
  const edited = [...commonFields, ...masterFields].reduce(
    (event, field) => withField(event, field, { set, cleared }, scope),
    scheduled.master,
  );
  const fielded = withFollowers(withMaster(scheduled, edited), scheduled.master, { set, cleared }, scope);
  return withExceptions(fielded, set.exceptions ?? [], schedule, scope);
};

/** Exceptions that have of a field what the series had follow it: they have nothing of their own (MS-ASCAL_R539). */
const withFollowers = (source: EventSource, before: LineComponent, wanted: Wanted, scope: FieldScope): EventSource => {
  if (source.overrides.length === 0) return source;
  const changed = commonFields.filter((field) => !hasSame(field, before, source.master, scope));
  const calendar = source.overrides.reduce((result, event) => {
    const followed = changed
      .filter((field) => hasSame(field, before, event, scope))
      .reduce((edited, field) => withField(edited, field, wanted, scope), event);
    return followed === event ? result : replaceComponent(result, event, followed);
  }, source.calendar);
  return withCalendar(source, calendar);
};

const hasSame = (field: EventField, one: LineComponent, other: LineComponent, scope: FieldScope): boolean =>
  one === other || isEqual(field.read(one, scope), field.read(other, scope));

/** Exceptions that a device sends; those that it leaves out are unchanged (MS-ASCMD_R876, MS-ASCMD_R877). */
const withExceptions = (
  source: EventSource,
  exceptions: readonly Exception[],
  schedule: Schedule,
  scope: FieldScope,
): EventSource => {
  if (exceptions.length === 0 || !isRepeating(source.master)) return source;
  const { wantedView, series } = schedule;
  const slots = series?.slots;
  const [known, gone] = [exceptionWalls(source), excludedWalls(source)];
  const told = deviceEvent(schedule.source, scope.request, scope.context);
  const isUnmoved = source.span.start.wall === schedule.source.span.start.wall;
  return exceptions.reduce((result, exception) => {
    const id = exception.exceptionStartTime ?? exception.instanceId;
    const slot = id === undefined ? undefined : deviceWall(wantedView, id, result.span.allDay);
    const wall = slot === undefined ? undefined : meantWall(result, { slots }, slot, known);
    if (wall === undefined || (exception.deleted === true && gone.has(wall))) return result;
    if ((isUnmoved || !known.has(wall)) && isEcho(exception, told)) return result;
    if (exception.deleted === true) return withoutOccurrence(result, wall);
    return withOccurrence(result, wall, { set: exception, cleared: [] }, wantedView, scope);
  }, source);
};

/** Whether an exception says what the device was told of it: where that is a time alone, the series goes on to say it. */
const isEcho = (exception: Exception, { exceptions = [] }: CalendarEvent): boolean => {
  const id = (one: Exception): number | undefined => (one.exceptionStartTime ?? one.instanceId)?.getTime();
  const told = exceptions.find((one) => id(one) === id(exception));
  return (
    told !== undefined &&
    (told.deleted === true) === (exception.deleted === true) &&
    Object.entries(exception).every(([name, value]) => isEqual(value, told[name as keyof Exception]))
  );
};

/** The file that a FileReference of an event names. */
export const eventFile = (text: string, reference: string): EventFile | undefined => {
  const source = eventSource(text, Utc, new ZoneBook());
  return source === undefined ? undefined : fileOf(eventsOf(source.calendar), reference);
};

const eventsOf = (calendar: LineComponent): LineComponent[] => componentsOf(calendar, 'VEVENT');

/**
 * Seconds since 1970 of the end of the last occurrence, `Infinity` for a series without end and for what
 * is no event: what FilterType compares. Times without a zone are taken as UTC unless told otherwise.
 */
export const eventEnd = (text: string, book: ZoneBook = new ZoneBook(), home = Utc): number => {
  const source = eventSource(text, home, book);
  if (source === undefined || isEndless(source.master)) return Number.POSITIVE_INFINITY;
  const { master, span, zones } = source;
  const wall = isRepeating(master) ? lastWall(source) : span.start.wall;
  const last = zones.utc({ ...span.start, wall }) + span.length;
  const ends = overridesOf(source).flatMap(({ event }) => spanOf(event, zones) ?? []);
  return Math.ceil(Math.max(last, ...ends.map(({ startAt, length }) => startAt + length)) / 1_000);
};
