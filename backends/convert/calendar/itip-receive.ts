import type { MeetingNotice, MeetingUser } from '../../contract/meetings.ts';
import {
  appendComponent,
  type ContentLine,
  componentsOf,
  type LineComponent,
  linesOf,
  parameterValues,
  readComponent,
  replaceComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import { freshOverride, overrideAt } from './event-occurrence.ts';
import { emailOf, invitedLines, isMe, keyOf, ProposedEnd, ProposedStart, withParameters } from './event-people.ts';
import { excludedWalls, hasOccurrence, isRepeating, occurrenceWall } from './event-series.ts';
import type { EventSource } from './event-source.ts';
import { stamped } from './event-stamp.ts';
import { spanOf } from './event-times.ts';
import { EventZones, Utc, type ZoneBook } from './event-zones.ts';
import type { CalendarTime } from './icalendar.ts';
import {
  AnswerStamp,
  eventsOf,
  isOccurrence,
  meetingSource,
  methodOf,
  organizerOf,
  sequenceOf,
  uidOf,
  valueIn,
} from './itip.ts';
import { timeOfLine, timeText } from './times.ts';

/**
 * What a mail about a meeting does to the event in the calendar. Nobody speaks for others: an answer counts when
 * its attendee sent it, an update when the organizer did. What is older than what is known is ignored (RFC 5546 2.1.5).
 */

/** A message and the event that it is about. */
interface Received {
  readonly source: EventSource;
  readonly message: LineComponent;
  /** Its VEVENTs of that event. */
  readonly told: readonly LineComponent[];
  readonly zones: EventZones;
  readonly sender: string;
  readonly now: number;
  readonly user: MeetingUser;
}

export const receive = (
  text: string,
  { calendar, sender, now }: MeetingNotice,
  user: MeetingUser,
  book: ZoneBook,
): string => {
  const [source, message] = [meetingSource(text, book), readComponent(calendar)];
  const method = message === undefined ? undefined : methodOf(message);
  if (source === undefined || message === undefined || method === undefined) return text;
  const told = eventsAbout(message, uidOf(source.master));
  const zones = new EventZones(message, Utc, book);
  const edited = Doings[method]({ source, message, told, zones, sender: keyOf(sender), now, user });
  return edited === source.calendar ? text : writeComponent(stamped(source.calendar, edited, Nobody, now));
};

/** Occurrences of one message at most: each may become an exception, of which devices take 256. */
const MaxTold = 100;

/** The VEVENTs of a meeting, each occurrence once. */
const eventsAbout = (message: LineComponent, uid: string): LineComponent[] => {
  const events = componentsOf(message, 'VEVENT').filter((event) => uidOf(event) === uid);
  return [...new Map(events.map((event) => [valueIn(event, 'RECURRENCE-ID'), event])).values()].slice(0, MaxTold);
};

/** What comes by mail is no revision of the user's own: those who answer do not know of each other's answers. */
const Nobody: MeetingUser = { addresses: [] };

const isMine = ({ source, user }: Received): boolean => {
  const organizer = organizerOf(source.master);
  return organizer === undefined || user.addresses.includes(organizer);
};

/** The organizer of an event of somebody else, who sent this. */
const isFromOrganizer = (received: Received): boolean =>
  !isMine(received) && organizerOf(received.source.master) === received.sender;

const utcTime = ({ zones }: Received, time: CalendarTime): CalendarTime =>
  time.isDate ? time : { wall: zones.utc(time), isDate: false, isUtc: true, tzid: undefined };

/** The occurrence that a VEVENT of a message is about; `undefined`: the meeting as a whole. */
const wallOf = (received: Received, event: LineComponent): number | undefined => {
  const time = timeOfLine(linesOf(event, 'RECURRENCE-ID')[0]);
  return time === undefined ? undefined : occurrenceWall(received.source, utcTime(received, time));
};

/** An event, or the occurrence of it that is meant; what is no occurrence is nothing. */
const targetOf = (received: Received, event: LineComponent): LineComponent | undefined => {
  const { source } = received;
  const wall = wallOf(received, event);
  if (wall === undefined || !isRepeating(source.master)) return source.master;
  if (excludedWalls(source).has(wall)) return undefined;
  const known = overrideAt(source, wall)?.event;
  return known ?? (hasOccurrence(source, wall) ? freshOverride(source, wall) : undefined);
};

const put = (calendar: LineComponent, old: LineComponent, event: LineComponent): LineComponent =>
  calendar.items.includes(old) ? replaceComponent(calendar, old, event) : appendComponent(calendar, event);

const stampOf = (event: LineComponent): string => valueIn(event, 'DTSTAMP').toUpperCase();

/** Written before the event was revised the last time, by somebody who did not know that. */
const isStale = (event: LineComponent, known: LineComponent): boolean =>
  sequenceOf(event) < sequenceOf(known) && stampOf(event) < valueIn(known, 'LAST-MODIFIED').toUpperCase();

/** REPLY and COUNTER: takes what an attendee answers into the organizer's event. */
const answered = (received: Received): LineComponent =>
  isMine(received)
    ? received.told.reduce((calendar, event) => answeredIn(calendar, received, event), received.source.calendar)
    : received.source.calendar;

const answeredIn = (calendar: LineComponent, received: Received, event: LineComponent): LineComponent => {
  const target = targetOf(received, event);
  const said = linesOf(event, 'ATTENDEE').find((line) => keyOf(emailOf(line)) === received.sender);
  const known = target && invitedLines(target).find((line) => keyOf(emailOf(line)) === received.sender);
  if (target === undefined || said === undefined || known === undefined || isStale(event, target)) return calendar;
  const stamp = stampOf(event);
  if ((parameterValues(known, AnswerStamp)[0] ?? '') >= stamp) return calendar;
  const line = withParameters(target, withoutProposal(known), {
    PARTSTAT: parameterValues(said, 'PARTSTAT')[0]?.toUpperCase() ?? 'NEEDS-ACTION',
    [AnswerStamp]: stamp,
    ...proposalOf(received, event, target),
  });
  return put(calendar, target, replaceLines(target, [known], [line]));
};

const withoutProposal = (line: ContentLine): ContentLine => ({
  ...line,
  parameters: line.parameters.filter(({ name }) => name !== ProposedStart && name !== ProposedEnd),
});

/** Parameters of an attendee who would like another time better, where that may be said. */
const proposalOf = (received: Received, event: LineComponent, target: LineComponent): Record<string, string> => {
  const isRefused = valueIn(target, 'X-MICROSOFT-DISALLOW-COUNTER').toUpperCase() === 'TRUE';
  const span = methodOf(received.message) === 'COUNTER' && !isRefused ? spanOf(event, received.zones) : undefined;
  if (span === undefined) return {};
  const [start, end] = [span.startAt, span.startAt + span.length].map((at) => `${timeText(at)}Z`);
  return { [ProposedStart]: start ?? '', [ProposedEnd]: end ?? '' };
};

/** Whether a message tells more than is known: a later revision, or the same one told again later. */
const isNewer = (event: LineComponent, known: LineComponent): boolean => {
  const [told, had] = [sequenceOf(event), sequenceOf(known)];
  return told > had || (told === had && stampOf(event) > stampOf(known));
};

/** CANCEL: the event stays, marked, until the user takes it away. */
const cancelled = (received: Received): LineComponent =>
  isFromOrganizer(received)
    ? received.told.reduce((calendar, event) => cancelledIn(calendar, received, event), received.source.calendar)
    : received.source.calendar;

const cancelledIn = (calendar: LineComponent, received: Received, event: LineComponent): LineComponent => {
  const { source } = received;
  const target = targetOf(received, event);
  if (target === undefined || sequenceOf(event) < sequenceOf(target)) return calendar;
  const all = target === source.master ? eventsOf(source) : [target];
  return all.reduce((result, one) => put(result, one, marked(one, event)), calendar);
};

const marked = (event: LineComponent, told: LineComponent): LineComponent =>
  [['STATUS', 'CANCELLED'] as const, ['SEQUENCE', String(sequenceOf(told))] as const].reduce(
    (result, [name, value]) =>
      valueIn(result, name) === value
        ? result
        : replaceLines(result, linesOf(result, name), [lineIn(result, name, value)]),
    event,
  );

/** REQUEST: the organizer tells anew what the event is. */
const updated = (received: Received): LineComponent => {
  const { source, told } = received;
  if (!isFromOrganizer(received)) return source.calendar;
  const master = told.find((event) => !isOccurrence(event));
  if (master !== undefined && organizerOf(master) !== received.sender) return source.calendar;
  const zoned = withZones(received);
  if (master !== undefined) return isNewer(master, source.master) ? replaced(zoned, received, master) : source.calendar;
  const edited = told.reduce((calendar, event) => occurrenceUpdated(calendar, received, event), zoned);
  return edited === zoned ? source.calendar : edited;
};

/** The calendar with the zones that the message defines and it does not. */
const withZones = ({ source: { calendar }, message }: Received): LineComponent => {
  const known = new Set(componentsOf(calendar, 'VTIMEZONE').map((zone) => valueIn(zone, 'TZID')));
  const fresh = componentsOf(message, 'VTIMEZONE').filter((zone) => !known.has(valueIn(zone, 'TZID')));
  const first = calendar.items.findIndex(({ kind }) => kind === 'component');
  return fresh.length === 0
    ? calendar
    : { ...calendar, items: [...calendar.items.slice(0, first), ...fresh, ...calendar.items.slice(first)] };
};

const occurrenceUpdated = (calendar: LineComponent, received: Received, event: LineComponent): LineComponent => {
  const target = targetOf(received, event);
  if (target === undefined || target === received.source.master) return calendar;
  const isKnown = calendar.items.includes(target);
  return isKnown && !isNewer(event, target) ? calendar : put(calendar, target, merged(target, event, received));
};

/** All of the event anew; of occurrences that the message does not name, those stay that the user took away. */
const replaced = (calendar: LineComponent, received: Received, master: LineComponent): LineComponent => {
  const { source, told } = received;
  const others = source.overrides.reduce((result, event) => replaceComponent(result, event, undefined), calendar);
  const isMoved = isRescheduled(source.master, master);
  const own = isMoved ? [] : linesOf(source.master, 'EXDATE').filter(({ value }) => !hasDate(master, value));
  const next = replaceLines(merged(source.master, master, received), [], own);
  const overrides = told
    .filter(isOccurrence)
    .map((event) => merged(targetOf(received, event) ?? event, event, received));
  return overrides.reduce(appendComponent, replaceComponent(others, source.master, next));
};

const hasDate = (event: LineComponent, value: string): boolean =>
  linesOf(event, 'EXDATE').some((line) => line.value.trim() === value.trim());

const ScheduleNames = ['DTSTART', 'DTEND', 'DURATION', 'RRULE', 'RDATE'];

const isRescheduled = (known: LineComponent, event: LineComponent): boolean =>
  ScheduleNames.some(
    (name) =>
      linesOf(known, name)
        .map(({ value }) => value)
        .join() !==
      linesOf(event, name)
        .map(({ value }) => value)
        .join(),
  );

/** Properties of the user's own beside those that begin with X-. */
const OwnNames: ReadonlySet<string> = new Set(['CATEGORIES', 'TRANSP', 'CREATED', 'LAST-MODIFIED']);

/** What the organizer says, with what the user has of their own: alarms, categories, and the answer, if the time is the same. */
const merged = (known: LineComponent, event: LineComponent, { user }: Received): LineComponent => {
  const isMoved = isRescheduled(known, event);
  const told = new Set(event.items.flatMap((item) => (item.kind === 'line' ? [item.name] : [])));
  const isOwn = (name: string): boolean => OwnNames.has(name) || (name.startsWith('X-') && !told.has(name));
  const gone = isMoved ? ['X-MICROSOFT-CDO-BUSYSTATUS', 'X-MICROSOFT-CDO-REPLYTIME'] : [];
  const own = known.items.filter((item) =>
    item.kind === 'line' ? isOwn(item.name) && !gone.includes(item.name) : item.kind === 'component',
  );
  const names = new Set(own.flatMap((item) => (item.kind === 'line' ? [item.name] : [])));
  const kept = event.items.filter((item) => item.kind === 'line' && !names.has(item.name));
  return withOwnAnswer({ ...known, items: [...kept, ...own] }, known, isMoved, user);
};

const withOwnAnswer = (
  event: LineComponent,
  known: LineComponent,
  isMoved: boolean,
  user: MeetingUser,
): LineComponent => {
  const [mine, was] = [event, known].map((one) => linesOf(one, 'ATTENDEE').find((line) => isMe(line, user)));
  const status = isMoved ? 'NEEDS-ACTION' : was && parameterValues(was, 'PARTSTAT')[0];
  if (mine === undefined || status === undefined) return event;
  return replaceLines(event, [mine], [withParameters(event, mine, { PARTSTAT: status })]);
};

const Doings = { REPLY: answered, COUNTER: answered, CANCEL: cancelled, REQUEST: updated } as const;
