import type { MeetingFacts, MeetingMethod, MeetingPerson, MeetingUser } from '../../contract/meetings.ts';
import {
  type ContentLine,
  componentsOf,
  type LineComponent,
  type LineItem,
  linesOf,
  makeComponent,
  makeLine,
  parameterValues,
  readComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import { unescapeText } from '../lines/text-values.ts';
import { emailOf, invitedLines, isMe, keyOf, organizerLine, ProposedEnd, ProposedStart } from './event-people.ts';
import { type EventSource, eventSource } from './event-source.ts';
import { withTzid } from './event-zone-match.ts';
import { EventZones, Utc, type ZoneBook } from './event-zones.ts';
import { timeOfLine, timeText } from './times.ts';

/** Messages about meetings as iCalendar objects (iTIP, RFC 5546): what they say, and how they are put together. */

const Methods: ReadonlySet<string> = new Set<MeetingMethod>(['REQUEST', 'CANCEL', 'REPLY', 'COUNTER']);

const isMethod = (value: string): value is MeetingMethod => Methods.has(value);

/** The method of a message. */
export const methodOf = (calendar: LineComponent): MeetingMethod | undefined => {
  const value = valueIn(calendar, 'METHOD').toUpperCase();
  return isMethod(value) ? value : undefined;
};

/** The value of the first line of a name, trimmed; empty where there is none. */
export const valueIn = (component: LineComponent, name: string): string =>
  linesOf(component, name)[0]?.value.trim() ?? '';

/** SEQUENCE, 0 where it is not told. */
export const sequenceOf = (event: LineComponent): number => Number.parseInt(valueIn(event, 'SEQUENCE') || '0', 10) || 0;

export const isOccurrence = (event: LineComponent): boolean => linesOf(event, 'RECURRENCE-ID').length > 0;

export const uidOf = (event: LineComponent): string => unescapeText(valueIn(event, 'UID'));

/** An event with its series and occurrences. Times without a zone count as UTC. */
export const meetingSource = (text: string, book: ZoneBook): EventSource | undefined => eventSource(text, Utc, book);

/** The VEVENTs of a meeting: the series first, then its occurrences. */
export const eventsOf = ({ master, overrides }: EventSource): readonly LineComponent[] => [master, ...overrides];

/** Who called a meeting. */
export const organizerOf = (event: LineComponent): string | undefined => {
  const line = organizerLine(event);
  return line === undefined ? undefined : keyOf(emailOf(line));
};

export const meetingFacts = (text: string, book: ZoneBook): MeetingFacts | undefined => {
  const calendar = readComponent(text);
  const events = calendar === undefined ? [] : componentsOf(calendar, 'VEVENT');
  const event = events.find((one) => !isOccurrence(one)) ?? events[0];
  if (calendar === undefined || event === undefined || uidOf(event) === '') return undefined;
  return {
    method: methodOf(calendar),
    uid: uidOf(event),
    organizer: organizerOf(event),
    attendees: [...new Set(events.flatMap((one) => invitedLines(one).map((line) => keyOf(emailOf(line)))))],
    repeats: linesOf(event, 'RRULE').length > 0 || linesOf(event, 'RDATE').length > 0,
    occurrence: occurrenceIn(event, new EventZones(calendar, Utc, book)),
  };
};

const occurrenceIn = (event: LineComponent, zones: EventZones): Date | undefined => {
  const time = timeOfLine(linesOf(event, 'RECURRENCE-ID')[0]);
  return time === undefined ? undefined : new Date(time.isDate ? time.wall : zones.utc(time));
};

/** Whether a line names somebody to whom mail can be sent, and its owner wants us to (RFC 6638 7.1). */
const isWritable = (line: ContentLine): boolean =>
  /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(emailOf(line)) &&
  parameterValues(line, 'SCHEDULE-AGENT')[0]?.toUpperCase() !== 'NONE';

/** Those whom the organizer has to tell of an event, by their addresses. */
export const audienceOf = (event: LineComponent, user: MeetingUser): Map<string, ContentLine> =>
  new Map(
    invitedLines(event)
      .filter((line) => isWritable(line) && !isMe(line, user))
      .map((line) => [keyOf(emailOf(line)), line]),
  );

/** The first of a name in an event who has a mail address. */
export const personIn = (event: LineComponent, name: 'ORGANIZER' | 'ATTENDEE'): MeetingPerson | undefined => {
  const line = linesOf(event, name).find((one) => emailOf(one).includes('@'));
  return line === undefined ? undefined : personOf(line);
};

export const personOf = (line: ContentLine): MeetingPerson => ({
  email: emailOf(line),
  name: parameterValues(line, 'CN')[0]?.trim() || undefined,
});

/** Properties that are nobody's business but the owner's. */
const OwnProperties: ReadonlySet<string> = new Set([
  'CATEGORIES',
  'X-MICROSOFT-CDO-BUSYSTATUS',
  'X-MICROSOFT-CDO-REPLYTIME',
  'X-MOZ-LASTACK',
  'X-MOZ-SNOOZE-TIME',
  'X-MOZ-GENERATION',
]);

/** Parameter of an attendee with the DTSTAMP of the last answer (RFC 5546 2.1.5), as Cyrus writes it, too. */
export const AnswerStamp = 'X-DTSTAMP';

/** Parameters that a calendar keeps for itself. */
const OwnParameters: ReadonlySet<string> = new Set([
  'SCHEDULE-AGENT',
  'SCHEDULE-STATUS',
  'SCHEDULE-FORCE-SEND',
  ProposedStart,
  ProposedEnd,
  AnswerStamp,
  'X-SEQUENCE',
]);

const publicItem = (item: LineItem): LineItem[] => {
  if (item.kind === 'component') return item.name === 'VALARM' ? [] : [item];
  if (item.kind === 'stray') return [];
  if (OwnProperties.has(item.name)) return [];
  const parameters = item.parameters.filter(({ name }) => !OwnParameters.has(name));
  return [parameters.length === item.parameters.length ? item : makeLine({ ...item, parameters })];
};

/** An event as others may see it, as of now. */
export const publicEvent = (event: LineComponent, now: number): LineComponent => {
  const shown = { ...event, items: event.items.flatMap(publicItem) };
  return replaceLines(shown, linesOf(shown, 'DTSTAMP'), [lineIn(shown, 'DTSTAMP', `${timeText(now)}Z`)]);
};

/** TZIDs that lines of an event name. */
const zonesIn = (events: readonly LineComponent[]): string[] => [
  ...new Set(
    events.flatMap(({ items }) => items.flatMap((item) => (item.kind === 'line' ? parameterValues(item, 'TZID') : []))),
  ),
];

/** A message of events, with the zones that they name: those that `source` defines, else those of the tz database. */
export const itipText = (
  method: MeetingMethod | 'PUBLISH',
  source: EventSource,
  events: readonly LineComponent[],
  book: ZoneBook,
): string => {
  const wanted = zonesIn(events);
  const defined = componentsOf(source.calendar, 'VTIMEZONE').filter((zone) =>
    wanted.includes(unescapeText(valueIn(zone, 'TZID'))),
  );
  const head = [
    { name: 'PRODID', value: '-//Postrider//EN' },
    { name: 'VERSION', value: '2.0' },
    { name: 'CALSCALE', value: 'GREGORIAN' },
    { name: 'METHOD', value: method },
  ];
  const bare = makeComponent('VCALENDAR', [...head.map((line) => makeLine(line)), ...defined, ...events]);
  const at = source.span.startAt;
  const whole = wanted.reduce((calendar, tzid) => withTzid(calendar, tzid, undefined, { book, at }), bare);
  return writeComponent(whole).replace(/\r\n|\r|\n/g, '\r\n');
};

/** Codes of deliveries that failed: no such user, no right, no way (RFC 5546 3.6). */
const isFailed = (line: ContentLine): boolean =>
  parameterValues(line, 'SCHEDULE-STATUS').some((codes) => codes.split(',').every((code) => /^\s*[345]\./.test(code)));

/** Those whom the server of a calendar could not tell of an event. */
export const undelivered = (text: string, book: ZoneBook): readonly string[] => {
  const source = meetingSource(text, book);
  const lines =
    source === undefined
      ? []
      : eventsOf(source).flatMap((event) => ['ORGANIZER', 'ATTENDEE'].flatMap((name) => linesOf(event, name)));
  return [...new Set(lines.filter(isFailed).map((line) => keyOf(emailOf(line))))];
};
