import type {
  AnsweredMeeting,
  MeetingAnswer,
  MeetingMessage,
  MeetingOccurrence,
  MeetingPerson,
  MeetingUser,
  ProposedTime,
} from '../../contract/meetings.ts';
import {
  appendComponent,
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  parameterValues,
  replaceComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import { escapeText } from '../lines/text-values.ts';
import { htmlToText } from '../mail/html.ts';
import { instanceWall } from './event.ts';
import { freshOverride, overrideAt, withoutOccurrence } from './event-occurrence.ts';
import { isMe, organizerLine, withParameters } from './event-people.ts';
import { excludedWalls } from './event-series.ts';
import type { EventContext, EventSource } from './event-source.ts';
import { stamped } from './event-stamp.ts';
import { spanOf, withTime } from './event-times.ts';
import { Utc, wallAt, type ZoneBook } from './event-zones.ts';
import { eventsOf, itipText, meetingSource, personIn, publicEvent } from './itip.ts';
import { subjectOf, summaryOf, textOf } from './itip-words.ts';
import { timeText } from './times.ts';

/** The user's answer to a meeting: in the own calendar, and as a message to the organizer (RFC 5546 3.2.3, 3.2.7). */

type Status = MeetingAnswer['status'];

const PartStats = { accepted: 'ACCEPTED', tentative: 'TENTATIVE', declined: 'DECLINED' } as const satisfies Record<
  Status,
  string
>;

const SubjectWords = {
  accepted: 'Accepted: ',
  tentative: 'Tentative: ',
  declined: 'Declined: ',
} as const satisfies Record<Status, string>;

const contextOf = (user: MeetingUser, now: number, book: ZoneBook): EventContext => ({
  home: Utc,
  me: user,
  book,
  now,
});

/** The occurrence that a device means; `undefined`: the whole meeting. Throws BackendError `notFound`. */
const wallOf = (source: EventSource, occurrence: MeetingOccurrence | undefined, context: EventContext) =>
  occurrence === undefined ? undefined : instanceWall(source, occurrence.at, occurrence.form, context);

/** An occurrence as the series or its exception has it. */
const occurrenceOf = (source: EventSource, wall: number): LineComponent =>
  overrideAt(source, wall)?.event ?? freshOverride(source, wall);

export const answer = (text: string, wish: MeetingAnswer, user: MeetingUser, book: ZoneBook): AnsweredMeeting => {
  const source = meetingSource(text, book);
  if (source === undefined) return { event: text, message: undefined };
  const context = contextOf(user, wish.now, book);
  const wall = wallOf(source, wish.occurrence, context);
  const event = wall === undefined ? source.master : occurrenceOf(source, wall);
  return { event: storedEvent(source, wall, wish, context), message: messageOf(source, event, wish, user, book) };
};

export const hasAnswer = (
  text: string,
  { status, occurrence, now }: Pick<MeetingAnswer, 'status' | 'occurrence' | 'now'>,
  user: MeetingUser,
  book: ZoneBook,
): boolean => {
  const source = meetingSource(text, book);
  if (source === undefined) return false;
  const wall = wallOf(source, occurrence, contextOf(user, now, book));
  if (wall !== undefined && excludedWalls(source).has(wall)) return status === 'declined';
  const line = ownLine(wall === undefined ? source.master : occurrenceOf(source, wall), user);
  return line !== undefined && parameterValues(line, 'PARTSTAT')[0]?.toUpperCase() === PartStats[status];
};

const storedEvent = (
  source: EventSource,
  wall: number | undefined,
  { status, now }: MeetingAnswer,
  context: EventContext,
): string | undefined => {
  if (wall === undefined && status === 'declined') return undefined;
  const { calendar } = source;
  const edit = (event: LineComponent): LineComponent => withAnswer(event, status, context.me, now);
  if (wall === undefined) {
    const edited = eventsOf(source).reduce((result, event) => replaceComponent(result, event, edit(event)), calendar);
    return writeComponent(stamped(calendar, edited, context.me, now));
  }
  if (status === 'declined') {
    return writeComponent(stamped(calendar, withoutOccurrence(source, wall).calendar, context.me, now));
  }
  const known = overrideAt(source, wall)?.event;
  const edited = edit(known ?? freshOverride(source, wall));
  const kept = known === undefined ? appendComponent(calendar, edited) : replaceComponent(calendar, known, edited);
  return writeComponent(stamped(calendar, kept, context.me, now));
};

/** The user's own line of an event; who was invited by way of a list has none. */
const ownLine = (event: LineComponent, user: MeetingUser): ContentLine | undefined =>
  linesOf(event, 'ATTENDEE').find((line) => isMe(line, user));

const newLine = (event: LineComponent, { addresses: [address = ''], name }: MeetingUser): ContentLine =>
  lineIn(event, 'ATTENDEE', `mailto:${address}`, name ? [{ name: 'CN', values: [name] }] : []);

const put = (event: LineComponent, name: string, value: string | undefined): LineComponent =>
  replaceLines(event, linesOf(event, name), value === undefined ? [] : [lineIn(event, name, value)]);

/** What Outlook writes of answers: when, and how busy the user will be. */
const withAnswer = (event: LineComponent, status: Status, user: MeetingUser, now: number): LineComponent => {
  const own = ownLine(event, user);
  const line = withParameters(event, own ?? newLine(event, user), { PARTSTAT: PartStats[status] });
  const answered = replaceLines(event, own === undefined ? [] : [own], [line]);
  const intended = linesOf(event, 'X-MICROSOFT-CDO-INTENDEDSTATUS')[0]?.value.trim();
  const busy = status === 'tentative' ? 'TENTATIVE' : intended || undefined;
  return put(put(answered, 'X-MICROSOFT-CDO-BUSYSTATUS', busy), 'X-MICROSOFT-CDO-REPLYTIME', `${timeText(now)}Z`);
};

/** What an answer tells of the event: who, which and when. */
const AnswerLines: ReadonlySet<string> = new Set([
  ...['UID', 'RECURRENCE-ID', 'DTSTAMP', 'SEQUENCE', 'ORGANIZER', 'DTSTART', 'DTEND', 'DURATION', 'SUMMARY'],
]);

const messageOf = (
  source: EventSource,
  event: LineComponent,
  wish: MeetingAnswer,
  user: MeetingUser,
  book: ZoneBook,
): MeetingMessage | undefined => {
  const recipient = personIn(event, 'ORGANIZER') ?? personIn(source.master, 'ORGANIZER');
  if (recipient === undefined) return undefined;
  const { status, proposal, now } = wish;
  const comment = wordsOf(wish);
  const method = proposal === undefined ? 'REPLY' : 'COUNTER';
  const shown = publicEvent(event, now);
  const said = saying(proposal === undefined ? bare(shown) : shown, event, { status, comment }, user);
  const told = proposal === undefined ? said : proposing(said, source, proposal);
  return {
    method,
    sender: personIn(told, 'ATTENDEE'),
    recipients: [recipient],
    calendar: itipText(method, source, [told], book),
    subject: subjectOf(event, method, proposal === undefined ? SubjectWords[status] : undefined),
    text: textOf(proposal === undefined ? titled(told) : told, source, comment),
  };
};

/** What the user says beside the answer, as plain text. */
const wordsOf = ({ comment }: MeetingAnswer): string =>
  comment === undefined ? '' : (comment.form === 'html' ? htmlToText(comment.text) : comment.text).trim();

/** Nobody knows what an answer without a subject is about. */
const titled = (event: LineComponent): LineComponent => (summaryOf(event) === '' ? put(event, 'SUMMARY', '-') : event);

const bare = (event: LineComponent): LineComponent => ({
  ...event,
  items: event.items.filter((item) => item.kind === 'line' && AnswerLines.has(item.name)),
});

/** With nobody's answer but the user's. */
const saying = (
  shown: LineComponent,
  event: LineComponent,
  { status, comment }: { readonly status: Status; readonly comment: string },
  user: MeetingUser,
): LineComponent => {
  const own = ownLine(event, user) ?? newLine(event, user);
  const { parameters, name, value } = own;
  const kept = parameters.filter((one) => one.name === 'CN');
  const line = makeLine(
    { name, value, parameters: [...kept, { name: 'PARTSTAT', values: [PartStats[status]] }] },
    lineEndIn(shown),
  );
  const answered = replaceLines(shown, linesOf(shown, 'ATTENDEE'), [line]);
  return comment === '' ? answered : put(answered, 'COMMENT', escapeText(comment));
};

/** With the time that the user would like better, and beside it the one that stands, as Outlook writes it. */
const proposing = (event: LineComponent, source: EventSource, { start, end }: ProposedTime): LineComponent => {
  const span = spanOf(event, source.zones);
  if (span === undefined) return event;
  const timeIn = (at: Date) => ({
    ...span.start,
    isDate: false,
    wall: span.start.isUtc ? at.getTime() : wallAt(span.zone.clock, at.getTime()),
  });
  const utcText = (at: number): string => `${timeText(at)}Z`;
  const marked = put(
    put(event, 'X-MS-OLK-ORIGINALSTART', utcText(span.startAt)),
    'X-MS-OLK-ORIGINALEND',
    utcText(span.startAt + span.length),
  );
  return withTime(withTime(put(marked, 'DURATION', undefined), 'DTSTART', timeIn(start)), 'DTEND', timeIn(end));
};

/** A meeting that the user passes on, as it is ([MS-ASCMD] 2.2.1.19). Throws BackendError `notFound`. */
export const forward = (
  text: string,
  recipients: readonly MeetingPerson[],
  occurrence: MeetingOccurrence | undefined,
  { now, book }: { readonly now: number; readonly book: ZoneBook },
): MeetingMessage | undefined => {
  const source = meetingSource(text, book);
  if (source === undefined) return undefined;
  const wall = wallOf(source, occurrence, contextOf({ addresses: [] }, now, book));
  const events = wall === undefined ? eventsOf(source) : [occurrenceOf(source, wall)];
  const [first = source.master] = events;
  const guests = (event: LineComponent): LineComponent =>
    replaceLines(
      event,
      [],
      recipients.map((person) => guestLine(event, person)),
    );
  const method = organizerLine(first) === undefined ? 'PUBLISH' : 'REQUEST';
  const shown = events.map((event) =>
    method === 'REQUEST' ? guests(publicEvent(event, now)) : publicEvent(event, now),
  );
  return {
    method,
    recipients,
    calendar: itipText(method, source, shown, book),
    subject: subjectOf(first, 'REQUEST', 'FW: '),
    text: textOf(first, source),
  };
};

const guestLine = (event: LineComponent, { email, name }: MeetingPerson): ContentLine =>
  lineIn(event, 'ATTENDEE', `mailto:${email}`, [
    ...(name ? [{ name: 'CN', values: [name] }] : []),
    { name: 'PARTSTAT', values: ['NEEDS-ACTION'] },
    { name: 'RSVP', values: ['TRUE'] },
  ]);
