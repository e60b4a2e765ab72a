import {
  type Attendee,
  AttendeeStatus,
  AttendeeType,
  MeetingStatus,
  ResponseType,
} from '../../../protocol/classes/event.ts';
import {
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  type Parameter,
  parameterValues,
  replaceLines,
} from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import type { EventField, EventPart } from './event-field.ts';
import type { CalendarUser } from './event-source.ts';
import { parseTime } from './icalendar.ts';
import { timeOfLine } from './times.ts';

/** The people of a meeting: ORGANIZER and ATTENDEE (RFC 5545 3.8.4.1, 3.8.4.3). */

/** `mailto:` taken off; who has no such address is known by what stands there. */
export const emailOf = (line: ContentLine): string => {
  const value = line.value.trim();
  if (/^mailto:/i.test(value)) return value.slice('mailto:'.length).trim();
  return parameterValues(line, 'EMAIL')[0] ?? value;
};

export const keyOf = (email: string): string => email.trim().toLowerCase();

export const organizerLine = (event: LineComponent): ContentLine | undefined =>
  linesOf(event, 'ORGANIZER').find(({ value }) => value.trim() !== '');

/** Who is invited; the organizer, whom many calendars list as well, is none of them. */
export const invitedLines = (event: LineComponent): ContentLine[] => {
  const organizer = organizerLine(event);
  const own = organizer === undefined ? undefined : keyOf(emailOf(organizer));
  return linesOf(event, 'ATTENDEE').filter((line) => line.value.trim() !== '' && keyOf(emailOf(line)) !== own);
};

/** What the user is to an event. */
type Role = 'none' | 'organizer' | 'attendee';

export const isMe = (line: ContentLine, { addresses }: CalendarUser): boolean =>
  addresses.includes(keyOf(emailOf(line)));

const roleOf = (event: LineComponent, me: CalendarUser): Role => {
  const organizer = organizerLine(event);
  if (organizer !== undefined && !isMe(organizer, me)) return 'attendee';
  return invitedLines(event).length > 0 ? 'organizer' : 'none';
};

/** Whether changes of an event are the user's to announce: it is no meeting that somebody else called. */
export const isOwn = (event: LineComponent, me: CalendarUser): boolean => roleOf(event, me) !== 'attendee';

/** MeetingStatus but for the bit of cancellation. */
export const meetingBits = (event: LineComponent, me: CalendarUser): number => {
  const role = roleOf(event, me);
  if (role === 'none') return 0;
  return role === 'organizer' ? MeetingStatus.meeting : MeetingStatus.meeting | MeetingStatus.received;
};

const Answers: Readonly<Record<string, number>> = {
  'NEEDS-ACTION': AttendeeStatus.notResponded,
  TENTATIVE: AttendeeStatus.tentative,
  ACCEPTED: AttendeeStatus.accepted,
  DECLINED: AttendeeStatus.declined,
};

const upper = (line: ContentLine, name: string): string => parameterValues(line, name)[0]?.toUpperCase() ?? '';

const statusOf = (line: ContentLine): number => Answers[upper(line, 'PARTSTAT')] ?? AttendeeStatus.unknown;

/** An attendee without ROLE is required (RFC 5545 3.2.16). */
const typeOf = (line: ContentLine): number => {
  if (['RESOURCE', 'ROOM'].includes(upper(line, 'CUTYPE'))) return AttendeeType.resource;
  return ['OPT-PARTICIPANT', 'NON-PARTICIPANT'].includes(upper(line, 'ROLE'))
    ? AttendeeType.optional
    : AttendeeType.required;
};

const nameOf = (line: ContentLine): string => parameterValues(line, 'CN')[0]?.trim() || emailOf(line);

const attendeeOf = (line: ContentLine): Attendee => ({
  email: emailOf(line),
  name: nameOf(line),
  attendeeStatus: statusOf(line),
  attendeeType: typeOf(line),
  proposedStartTime: momentIn(line, ProposedStart),
  proposedEndTime: momentIn(line, ProposedEnd),
});

/** Parameters of an attendee with the time that they would like better: no standard has a place for it. */
export const [ProposedStart, ProposedEnd] = ['X-PROPOSED-START', 'X-PROPOSED-END'] as const;

const momentIn = (line: ContentLine, name: string): Date | undefined => {
  const time = parseTime(parameterValues(line, name)[0]);
  return time === undefined ? undefined : new Date(time.wall);
};

/** A line with other values of parameters; `undefined` takes one away. */
export const withParameters = (
  event: LineComponent,
  line: ContentLine,
  values: Readonly<Record<string, string>>,
): ContentLine => {
  const changes = Object.entries(values);
  if (changes.length === 0) return line;
  const kept = line.parameters.map((one): Parameter => {
    const value = values[one.name];
    return value === undefined ? one : { name: one.name, values: [value] };
  });
  const known = new Set(line.parameters.map(({ name }) => name));
  const added = changes.filter(([name]) => !known.has(name)).map(([name, value]) => ({ name, values: [value] }));
  return makeLine({ ...line, parameters: [...kept, ...added] }, lineEndIn(event));
};

const StatusWords: Readonly<Record<number, string>> = {
  2: 'TENTATIVE',
  3: 'ACCEPTED',
  4: 'DECLINED',
  5: 'NEEDS-ACTION',
};

/** What a type says in parameters. */
const typeParameters = (type: number): Record<string, string> =>
  type === AttendeeType.resource
    ? { CUTYPE: 'RESOURCE' }
    : { ROLE: type === AttendeeType.optional ? 'OPT-PARTICIPANT' : 'REQ-PARTICIPANT' };

/** What a device says of an attendee and is not so. An answer is not taken back by a device that knows of none. */
const changesOf = (line: ContentLine, { name, attendeeStatus, attendeeType }: Attendee): Record<string, string> => {
  const type = attendeeType ?? typeOf(line);
  const status = attendeeStatus === undefined ? undefined : StatusWords[attendeeStatus];
  const isAnswer = status !== undefined && attendeeStatus !== AttendeeStatus.notResponded;
  const isPerson = typeOf(line) === AttendeeType.resource && type !== AttendeeType.resource;
  return {
    ...(name && name !== nameOf(line) ? { CN: name } : {}),
    ...(type === typeOf(line) ? {} : { ...typeParameters(type), ...(isPerson ? { CUTYPE: 'INDIVIDUAL' } : {}) }),
    ...(isAnswer && attendeeStatus !== statusOf(line) ? { PARTSTAT: status } : {}),
  };
};

const newAttendee = (event: LineComponent, attendee: Attendee, isAsked: boolean): ContentLine => {
  const { email, name, attendeeStatus = AttendeeStatus.notResponded, attendeeType = AttendeeType.required } = attendee;
  const status = StatusWords[attendeeStatus];
  const parameters = {
    ...(name && name !== email ? { CN: name } : {}),
    ...typeParameters(attendeeType),
    ...(status === undefined ? {} : { PARTSTAT: status }),
    ...(isAsked ? { RSVP: 'TRUE' } : {}),
  };
  return lineIn(
    event,
    'ATTENDEE',
    email.includes('@') ? `mailto:${email.trim()}` : email,
    Object.entries(parameters).map(([key, value]) => ({ name: key, values: [value] })),
  );
};

/** A meeting has an organizer: who invites without naming one does it in the user's name. */
const withOrganizer = (event: LineComponent, me: CalendarUser): LineComponent => {
  const [address] = me.addresses;
  if (address === undefined || organizerLine(event) !== undefined || linesOf(event, 'ATTENDEE').length === 0)
    return event;
  return replaceLines(event, linesOf(event, 'ORGANIZER'), [organizerOf(event, address, me.name)]);
};

const organizerOf = (event: LineComponent, email: string, name: string | undefined): ContentLine =>
  lineIn(event, 'ORGANIZER', `mailto:${email}`, name ? [{ name: 'CN', values: [name] }] : []);

/** The organizer that a new event names, if that is somebody else or there is somebody to invite. */
export const withNamedOrganizer = (event: LineComponent, wanted: EventPart, me: CalendarUser): LineComponent => {
  const email = wanted.organizerEmail?.trim() ?? '';
  const isOther = email.includes('@') && !me.addresses.includes(keyOf(email));
  return isOther ? replaceLines(event, [], [organizerOf(event, email, wanted.organizerName)]) : event;
};

const withAttendees = (event: LineComponent, wanted: readonly Attendee[], isAsked: boolean): LineComponent => {
  const organizer = organizerLine(event);
  const own = organizer === undefined ? undefined : keyOf(emailOf(organizer));
  const old = invitedLines(event);
  const rest = new Map(wanted.map((attendee) => [keyOf(attendee.email), attendee]));
  if (own !== undefined) rest.delete(own);
  const kept = old.flatMap((line) => {
    const attendee = rest.get(keyOf(emailOf(line)));
    rest.delete(keyOf(emailOf(line)));
    return attendee === undefined ? [] : [withParameters(event, line, changesOf(line, attendee))];
  });
  const added = [...rest.values()].map((attendee) => newAttendee(event, attendee, isAsked));
  const lines = [...kept, ...added];
  const isSame = lines.length === old.length && lines.every((line, at) => line === old[at]);
  return isSame ? event : inPlace(event, old, lines);
};

/** Lines where the old ones stood, each at its own place, new ones after them. */
const inPlace = (event: LineComponent, old: readonly ContentLine[], lines: readonly ContentLine[]): LineComponent => {
  const byKey = new Map(lines.map((line) => [keyOf(emailOf(line)), line]));
  let result = event;
  let last: ContentLine | undefined;
  for (const line of old) {
    const other = byKey.get(keyOf(emailOf(line)));
    byKey.delete(keyOf(emailOf(line)));
    if (other !== line) result = replaceLines(result, [line], other === undefined ? [] : [other]);
    last = other ?? last;
  }
  const added = [...byKey.values()];
  return last === undefined ? replaceLines(result, [], added) : replaceLines(result, [last], [last, ...added]);
};

export const attendees: EventField = {
  names: ['attendees'],
  read: (event) => {
    const lines = invitedLines(event);
    return lines.length === 0 ? {} : { attendees: lines.map(attendeeOf) };
  },
  same: () => false,
  write: (event, wanted, _before, { context }) => {
    const isAsked = wanted.responseRequested ?? true;
    const invited = withAttendees(event, wanted.attendees ?? [], isAsked);
    return invited === event ? event : withOrganizer(invited, context.me);
  },
};

/** Who called the meeting; an event without an organizer is the user's own (MS-ASCAL_R2169, MS-ASCAL_R2175). */
export const organizer: EventField = {
  names: ['organizerName', 'organizerEmail'],
  read: (event, { context: { me } }) => {
    const line = organizerLine(event);
    if (line !== undefined) return { organizerName: nameOf(line), organizerEmail: emailOf(line) };
    const [organizerEmail] = me.addresses;
    return organizerEmail === undefined ? {} : { organizerName: me.name ?? organizerEmail, organizerEmail };
  },
};

/** Whether answers are asked for: of the user, if the user is invited, else of anybody. */
export const responseRequested: EventField = {
  names: ['responseRequested'],
  read: (event, { context: { me } }) => {
    const lines = invitedLines(event);
    const own = lines.filter((line) => isMe(line, me));
    const asked = own.length > 0 ? own : lines;
    return { responseRequested: asked.some((line) => upper(line, 'RSVP') === 'TRUE') };
  },
};

/** When the user answered, as Outlook writes it. */
const ReplyTime = 'X-MICROSOFT-CDO-REPLYTIME';

const Responses: Readonly<Record<number, number>> = {
  [AttendeeStatus.tentative]: ResponseType.tentative,
  [AttendeeStatus.accepted]: ResponseType.accepted,
  [AttendeeStatus.declined]: ResponseType.declined,
};

/** What the user answered ([MS-ASCAL] 2.2.2.40); the time of no answer is not told (MS-ASCAL_R52522). */
export const response: EventField = {
  names: ['responseType', 'appointmentReplyTime'],
  read: (event, { context: { me }, zones }) => {
    const role = roleOf(event, me);
    if (role !== 'attendee') return { responseType: role === 'none' ? ResponseType.none : ResponseType.organizer };
    const own = invitedLines(event).find((line) => isMe(line, me));
    const answered = own === undefined ? undefined : Responses[statusOf(own)];
    if (answered === undefined) return { responseType: ResponseType.notResponded };
    const time = timeOfLine(linesOf(event, ReplyTime)[0]);
    return {
      responseType: answered,
      appointmentReplyTime: time === undefined ? undefined : new Date(zones.utc(time)),
    };
  },
};
