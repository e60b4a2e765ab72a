import type { MeetingRequest } from '../../../protocol/classes/email.ts';
import { globalObjectId } from '../../../protocol/types/global-object-id.ts';
import { encodeTimeZone } from '../../../protocol/types/time-zone.ts';
import { formatAddresses } from '../mail/addresses.ts';
import { cleanText, cutChars } from '../mail/text.ts';
import { CalendarZones } from '../zones/calendar-zones.ts';
import { DayMs, localTime, weekday } from '../zones/local-time.ts';
import {
  type CalendarComponent,
  type CalendarProperty,
  type CalendarTime,
  durationMs,
  properties,
  property,
  readCalendar,
  textOf,
  timeOf,
} from './icalendar.ts';
import { type Recurrence, recurrenceOf } from './recurrence.ts';

/** What a mail about a meeting says, as a device shows it ([MS-ASEMAIL] 2.2.2.48). */

/** A mail about a meeting. */
export interface MeetingMail {
  /** MessageClass. */
  readonly messageClass: string;
  readonly request: MeetingRequest;
  /** DESCRIPTION: the text of a mail that has no other. */
  readonly description: string | undefined;
}

/** InstanceType ([MS-ASEMAIL] 2.2.2.39). */
export const InstanceType = { single: 0, series: 1, instance: 2, exception: 3, orphan: 4 } as const;

/** MeetingMessageType ([MS-ASEMAIL] 2.2.2.47). */
export const MeetingMessageType = { none: 0, initial: 1, fullUpdate: 2, informationalUpdate: 3 } as const;

/** Classes by METHOD (RFC 5546, 1.4); REPLY depends on the answer. A COUNTER is "tentative" with times of its own. */
const MethodClasses: Readonly<Record<string, string>> = {
  request: 'IPM.Schedule.Meeting.Request',
  cancel: 'IPM.Schedule.Meeting.Canceled',
  counter: 'IPM.Schedule.Meeting.Resp.Tent',
};

/** Classes of answers by PARTSTAT. */
const AnswerClasses: Readonly<Record<string, string>> = {
  accepted: 'IPM.Schedule.Meeting.Resp.Pos',
  declined: 'IPM.Schedule.Meeting.Resp.Neg',
  tentative: 'IPM.Schedule.Meeting.Resp.Tent',
};

/** CLASS of iCalendar as Sensitivity ([MS-ASEMAIL] 2.2.2.71). */
const Sensitivities: Readonly<Record<string, number>> = { public: 0, personal: 1, private: 2, confidential: 3 };

/** What Outlook writes as X-MICROSOFT-CDO-BUSYSTATUS; working elsewhere is 4 only for new versions, to all it is free. */
const BusyStatuses: Readonly<Record<string, number>> = { free: 0, tentative: 1, busy: 2, oof: 3, workingelsewhere: 0 };

const DefaultBusyStatus = 2;

/** Characters of a Location ([MS-ASEMAIL] 2.2.2.46) and of a UID ([MS-ASCAL] 2.2.2.46). */
const [MaxLocation, MaxUid] = [32_768, 300];

const lookUp = <T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined => {
  const name = key?.toLowerCase() ?? '';
  return Object.hasOwn(table, name) ? table[name] : undefined;
};

/**
 * Reads a text/calendar part; `undefined` when it is no message about a meeting, or says too little to be shown as one.
 * The method told beside the part stands in for one that is missing in it.
 */
export const meetingMail = (text: string, declaredMethod?: string): MeetingMail | undefined => {
  const calendar = readCalendar(text);
  const events = calendar?.components.filter(({ name }) => name === 'vevent') ?? [];
  // A series comes with its exceptions; it is the one without RECURRENCE-ID.
  const event = events.find((candidate) => property(candidate, 'recurrence-id') === undefined) ?? events[0];
  if (calendar === undefined || event === undefined) return undefined;
  const method = (textOf(calendar, 'method') ?? declaredMethod ?? '').toLowerCase();
  const messageClass = lookUp(MethodClasses, method) ?? (method === 'reply' ? answerClass(event) : undefined);
  const start = timeOf(event, 'dtstart');
  const uid = textOf(event, 'uid');
  if (messageClass === undefined || start === undefined || uid === undefined) return undefined;
  const facts = { event, method, start, uid: cutChars(uid, MaxUid), zones: new CalendarZones(calendar) };
  return { messageClass, request: requestOf(facts), description: textOf(event, 'description') };
};

const answerClass = (event: CalendarComponent): string | undefined =>
  lookUp(AnswerClasses, property(event, 'attendee')?.parameters.partstat);

interface Facts {
  readonly event: CalendarComponent;
  /** Lower case. */
  readonly method: string;
  readonly start: CalendarTime;
  readonly uid: string;
  readonly zones: CalendarZones;
}

const requestOf = (facts: Facts): MeetingRequest => {
  const { event, method, start, uid, zones } = facts;
  const startsAt = zones.utc(start);
  const recurrenceId = timeOf(event, 'recurrence-id');
  const recurrence = recurrenceId === undefined ? seriesRecurrence(facts) : undefined;
  const location = cutChars(cleanText(textOf(event, 'location') ?? ''), MaxLocation);
  return {
    allDayEvent: isAllDay(facts),
    ...timesOf(facts, startsAt),
    dtStamp: dateOf(zones, timeOf(event, 'dtstamp')) ?? dateAt(startsAt),
    instanceType: instanceType(facts),
    locationText: location || undefined,
    location: location === '' ? undefined : { displayName: location },
    organizer: organizer(event),
    recurrenceId: dateOf(zones, recurrenceId),
    reminder: reminder(event),
    responseRequested: method === 'request' && wantsAnswer(event),
    recurrences: recurrence === undefined ? undefined : [recurrence],
    sensitivity: lookUp(Sensitivities, textOf(event, 'class')) ?? 0,
    busyStatus: busyStatus(event),
    timeZone: encodeTimeZone(zones.timeZone(zones.zoneOf(start), startsAt)),
    globalObjId: globalObjectId(uid, recurrenceId === undefined ? undefined : localTime(recurrenceId.wall)),
    disallowNewTimeProposal: textOf(event, 'x-microsoft-disallow-counter')?.toUpperCase() === 'TRUE',
    meetingMessageType: messageType(facts),
    uid,
  };
};

/** Moments that a response can hold: years of four digits. */
const [Earliest, Latest] = [Date.UTC(1601, 0, 1), Date.UTC(9999, 11, 31)];

const dateAt = (ms: number): Date => new Date(Math.min(Latest, Math.max(Earliest, ms)));

const dateOf = (zones: CalendarZones, time: CalendarTime | undefined): Date | undefined =>
  time === undefined ? undefined : dateAt(zones.utc(time));

const isAllDay = ({ event, start }: Facts): boolean =>
  start.isDate || textOf(event, 'x-microsoft-cdo-alldayevent')?.toUpperCase() === 'TRUE';

/** Start and end; those of a COUNTER are what its sender proposes, and the original ones stand beside them. */
const timesOf = (facts: Facts, startsAt: number): Partial<MeetingRequest> => {
  const { event, method, zones } = facts;
  const [start, end] = [dateAt(startsAt), dateAt(endOf(facts, startsAt))];
  if (method !== 'counter') return { startTime: start, endTime: end };
  return {
    startTime: dateOf(zones, timeOf(event, 'x-ms-olk-originalstart')) ?? start,
    endTime: dateOf(zones, timeOf(event, 'x-ms-olk-originalend')) ?? end,
    proposedStartTime: start,
    proposedEndTime: end,
  };
};

/** DTEND, else DTSTART and DURATION, else a day or no time at all (RFC 5545, 3.6.1). */
const endOf = ({ event, zones, start }: Facts, startsAt: number): number => {
  const end = timeOf(event, 'dtend');
  if (end !== undefined) return Math.max(startsAt, zones.utc(end));
  const duration = Math.max(0, durationMs(property(event, 'duration')?.values[0]) ?? 0);
  if (!start.isDate) return startsAt + duration;
  // Of days only whole ones (RFC 5545, 3.8.2.5), one at least.
  const days = Math.max(1, Math.ceil(duration / DayMs));
  return zones.utc({ ...start, wall: start.wall + days * DayMs });
};

const instanceType = ({ event }: Facts): number => {
  if (property(event, 'recurrence-id') !== undefined) return InstanceType.exception;
  return property(event, 'rrule') === undefined && property(event, 'rdate') === undefined
    ? InstanceType.single
    : InstanceType.series;
};

const seriesRecurrence = ({ event, start, zones }: Facts): Recurrence | undefined => {
  const recur = property(event, 'rrule')?.values[0];
  if (typeof recur !== 'object' || recur === null) return undefined;
  const { year, month, day } = localTime(start.wall);
  const untilOf = (until: CalendarTime): Date =>
    dateAt(zones.utc(until.isUtc ? until : { ...until, tzid: start.tzid }));
  return recurrenceOf(recur as Record<string, unknown>, { month, day, dayOfWeek: weekday(year, month, day) }, untilOf);
};

const organizer = (event: CalendarComponent): string | undefined => {
  const found = property(event, 'organizer');
  return found === undefined ? undefined : formatAddresses([addressOf(found)]);
};

/** A mailbox out of `ORGANIZER;CN="Anna Ek":mailto:anna@example.org`. */
const addressOf = ({ parameters, values }: CalendarProperty): { name: string; address: string } => {
  const address = cleanText(String(values[0] ?? '').replace(/^mailto:/i, '')).trim();
  return { name: cleanText(parameters.cn ?? '').trim(), address: address.includes('@') ? address : '' };
};

/** Seconds before the start at which its VALARM rings ([MS-ASEMAIL] 2.2.2.63); `undefined` without one. */
const reminder = (event: CalendarComponent): number | undefined => {
  const trigger = event.components
    .filter(({ name }) => name === 'valarm')
    .flatMap((alarm) => property(alarm, 'trigger') ?? [])
    .find(({ parameters, type }) => type === 'duration' && parameters.related?.toUpperCase() !== 'END');
  const before = durationMs(trigger?.values[0]);
  return before === undefined || before > 0 ? undefined : -before / 1_000 || 0;
};

/** Unless all attendees are told that no answer is needed: many senders leave RSVP out and count the answers. */
const wantsAnswer = (event: CalendarComponent): boolean => {
  const attendees = properties(event, 'attendee');
  return attendees.length === 0 || attendees.some(({ parameters }) => parameters.rsvp?.toUpperCase() !== 'FALSE');
};

const busyStatus = (event: CalendarComponent): number => {
  const told = textOf(event, 'x-microsoft-cdo-intendedstatus') ?? textOf(event, 'x-microsoft-cdo-busystatus');
  const status = lookUp(BusyStatuses, told);
  if (status !== undefined) return status;
  return textOf(event, 'transp')?.toUpperCase() === 'TRANSPARENT' ? 0 : DefaultBusyStatus;
};

/** What kind of message it is; a request with a SEQUENCE has been sent before, and is an update. */
const messageType = ({ event, method }: Facts): number => {
  if (method !== 'request') return MeetingMessageType.none;
  return Number(textOf(event, 'sequence') ?? 0) > 0 ? MeetingMessageType.fullUpdate : MeetingMessageType.initial;
};
