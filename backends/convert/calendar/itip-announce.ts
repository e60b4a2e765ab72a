import type { MeetingChange, MeetingMessage, MeetingMethod, MeetingUser } from '../../contract/meetings.ts';
import { type ContentLine, type LineComponent, linesOf, replaceLines } from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import { eventEnd } from './event.ts';
import { freshOverride } from './event-occurrence.ts';
import { invitedLines, withParameters } from './event-people.ts';
import { excludedWalls, type Override, overridesOf } from './event-series.ts';
import type { EventSource } from './event-source.ts';
import type { ZoneBook } from './event-zones.ts';
import {
  audienceOf,
  eventsOf,
  itipText,
  meetingSource,
  organizerOf,
  personIn,
  personOf,
  publicEvent,
  sequenceOf,
} from './itip.ts';
import { subjectOf, textOf } from './itip-words.ts';

/**
 * What the organizer owes the people of a meeting after a change (RFC 5546 3.2.2, 3.2.5): an invitation to who is new, an
 * update to all when they must know, a cancellation to who is not invited any more; of an occurrence that alone changed,
 * only that.
 */

/** When a meeting takes place: who said yes to another time has to be asked again. */
const Schedule = ['DTSTART', 'DTEND', 'DURATION', 'RRULE', 'RDATE'];

/** What people of a meeting are told of; alarms, colours and the like are the organizer's own. */
const Told = [
  ...Schedule,
  ...['STATUS', 'SUMMARY', 'LOCATION', 'DESCRIPTION', 'X-ALT-DESC', 'CLASS', 'URL', 'ATTACH', 'CONFERENCE'],
];

/** Occurrences cancelled one by one at most; more at once are told by an update of the whole series. */
const MaxSingleCancellations = 20;

const linesText = (event: LineComponent | undefined, names: readonly string[]): string =>
  event === undefined ? '' : names.flatMap((name) => linesOf(event, name).map(({ raw }) => raw)).join('');

const isCancelled = (event: LineComponent): boolean =>
  linesOf(event, 'STATUS')[0]?.value.trim().toUpperCase() === 'CANCELLED';

type People = ReadonlyMap<string, ContentLine>;

const except = (people: People, others: People): People => new Map([...people].filter(([key]) => !others.has(key)));

/** What messages of one change are made with. */
interface Desk {
  readonly user: MeetingUser;
  readonly now: number;
  readonly book: ZoneBook;
}

const everyone = (source: EventSource | undefined, { user }: Desk): People =>
  new Map(source === undefined ? [] : eventsOf(source).flatMap((event) => [...audienceOf(event, user)]));

/** A message about events of a source, the first of which tells people what it is about. */
const message = (
  method: MeetingMethod,
  source: EventSource,
  events: readonly LineComponent[],
  people: People,
  { now, book }: Desk,
): MeetingMessage[] => {
  const [first] = events;
  if (first === undefined || people.size === 0) return [];
  return [
    {
      method,
      sender: personIn(source.master, 'ORGANIZER'),
      recipients: [...people.values()].map(personOf),
      calendar: itipText(
        method,
        source,
        events.map((event) => publicEvent(event, now)),
        book,
      ),
      subject: subjectOf(first, method),
      text: textOf(first, source),
    },
  ];
};

const withLine = (event: LineComponent, name: string, value: string): LineComponent =>
  replaceLines(event, linesOf(event, name), [lineIn(event, name, value)]);

/** An event as it is cancelled, for those who are not to come. */
const cancelled = (event: LineComponent, people: People, sequence: number): LineComponent => {
  const others = invitedLines(event).filter((line) => ![...people.values()].some(({ value }) => value === line.value));
  return withLine(withLine(replaceLines(event, others, []), 'STATUS', 'CANCELLED'), 'SEQUENCE', String(sequence));
};

const cancellation = (source: EventSource, event: LineComponent, sequence: number, people: People, desk: Desk) =>
  message('CANCEL', source, [cancelled(event, people, sequence)], people, desk);

/** Attendees are asked anew about another time. */
const asking = (event: LineComponent): LineComponent =>
  invitedLines(event).reduce(
    (result, line) =>
      replaceLines(result, [line], [withParameters(result, line, { PARTSTAT: 'NEEDS-ACTION', RSVP: 'TRUE' })]),
    event,
  );

/** Messages for the people of one meeting. */
export const announcements = (
  { before, after, now }: MeetingChange,
  user: MeetingUser,
  book: ZoneBook,
): readonly MeetingMessage[] => {
  const [old, next] = [before, after].map((text) => (text === undefined ? undefined : meetingSource(text, book)));
  const source = next ?? old;
  const text = after ?? before;
  if (source === undefined || text === undefined || !isCalledBy(source, user)) return [];
  if (eventEnd(text, book) * 1_000 < now) return [];
  const desk = { user, now, book };
  if (next === undefined || (isCancelled(next.master) && !(old !== undefined && isCancelled(old.master)))) {
    return wholeCancellation(old, next, desk);
  }
  return isCancelled(next.master) ? [] : changes(old, next, desk);
};

const isCalledBy = ({ master }: EventSource, { addresses }: MeetingUser): boolean => {
  const organizer = organizerOf(master);
  return organizer !== undefined && addresses.includes(organizer);
};

/** An event that is gone was revised by that; one that was marked has the revision already. */
const wholeCancellation = (
  old: EventSource | undefined,
  next: EventSource | undefined,
  desk: Desk,
): MeetingMessage[] => {
  if (old === undefined || isCancelled(old.master)) return [];
  const sequence = next === undefined ? sequenceOf(old.master) + 1 : sequenceOf(next.master);
  return cancellation(next ?? old, (next ?? old).master, sequence, everyone(old, desk), desk);
};

const changes = (old: EventSource | undefined, next: EventSource, desk: Desk): MeetingMessage[] => {
  const all = everyone(next, desk);
  const gone = except(everyone(old, desk), all);
  const told = isToldAnew(old, next) ? wholeUpdate(old, next, desk) : partialUpdate(old, next, gone, desk);
  return [...told, ...cancellation(next, next.master, sequenceOf(next.master), gone, desk)];
};

/** Whether the whole meeting has to be told: it is new, or something of the series changed or came back. */
const isToldAnew = (old: EventSource | undefined, next: EventSource): boolean => {
  if (old === undefined || linesText(old.master, Told) !== linesText(next.master, Told)) return true;
  const [excluded, overridden] = [excludedWalls(next), new Set(overridesOf(next).map(({ wall }) => wall))];
  const fresh = [...excluded].filter((wall) => !excludedWalls(old).has(wall));
  const isBack = [...excludedWalls(old)].some((wall) => !excluded.has(wall) && !overridden.has(wall));
  const isReset = overridesOf(old).some(({ wall }) => !overridden.has(wall) && !excluded.has(wall));
  return isBack || isReset || fresh.length > MaxSingleCancellations;
};

const wholeUpdate = (old: EventSource | undefined, next: EventSource, desk: Desk): MeetingMessage[] => {
  const isMoved = old !== undefined && linesText(old.master, Schedule) !== linesText(next.master, Schedule);
  const [master, ...overrides] = eventsOf(next);
  if (master === undefined) return [];
  const invited = audienceOf(master, desk.user);
  const others = except(everyone(next, desk), invited);
  return [
    ...message('REQUEST', next, [isMoved ? asking(master) : master, ...overrides], invited, desk),
    ...occurrencesFor(next, others, overridesOf(next), desk),
  ];
};

/** Who is invited to some occurrences alone gets these. */
const occurrencesFor = (
  source: EventSource,
  people: People,
  overrides: readonly Override[],
  desk: Desk,
): MeetingMessage[] =>
  overrides.flatMap(({ event }) =>
    message(
      'REQUEST',
      source,
      [event],
      new Map([...audienceOf(event, desk.user)].filter(([key]) => people.has(key))),
      desk,
    ),
  );

/** The series is as it was: who is new gets all of it, the others the occurrences that changed. */
const partialUpdate = (old: EventSource | undefined, next: EventSource, gone: People, desk: Desk): MeetingMessage[] => {
  if (old === undefined) return [];
  const added = except(audienceOf(next.master, desk.user), audienceOf(old.master, desk.user));
  return [
    ...message('REQUEST', next, eventsOf(next), added, desk),
    ...overridesOf(next).flatMap((override) =>
      occurrenceUpdate(old, next, override, new Map([...added, ...gone]), desk),
    ),
    ...occurrenceCancellations(old, next, gone, desk),
  ];
};

/** What the people of an occurrence knew of it. */
const knownOccurrence = (old: EventSource, wall: number): LineComponent =>
  overridesOf(old).find((one) => one.wall === wall)?.event ?? freshOverride(old, wall);

const occurrenceUpdate = (
  old: EventSource,
  next: EventSource,
  { event, wall }: Override,
  told: People,
  desk: Desk,
): MeetingMessage[] => {
  const known = knownOccurrence(old, wall);
  const wasCancelled = excludedWalls(old).has(wall) || isCancelled(known);
  const before = wasCancelled ? new Map() : except(audienceOf(known, desk.user), told);
  const now = isCancelled(event) ? new Map() : except(audienceOf(event, desk.user), told);
  const isSame = linesText(known, Told) === linesText(event, Told);
  const isMoved = linesText(known, Schedule) !== linesText(event, Schedule);
  const shown = isMoved ? asking(event) : event;
  const sequence = Math.max(sequenceOf(event), sequenceOf(next.master));
  return [
    ...message('REQUEST', next, [shown], isSame ? except(now, before) : now, desk),
    ...cancellation(next, event, sequence, except(before, now), desk),
  ];
};

const occurrenceCancellations = (old: EventSource, next: EventSource, gone: People, desk: Desk): MeetingMessage[] =>
  [...excludedWalls(next)]
    .filter((wall) => !excludedWalls(old).has(wall))
    .flatMap((wall) => {
      const event = knownOccurrence(old, wall);
      if (isCancelled(event)) return [];
      return cancellation(next, event, sequenceOf(next.master), except(audienceOf(event, desk.user), gone), desk);
    });
