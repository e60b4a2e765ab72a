import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { EventStore } from '../../backends/contract/groupware.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MeetingAnswer, MeetingMessage, Meetings, MeetingUser } from '../../backends/contract/meetings.ts';
import { GlobalStatus, MeetingResponseStatus } from '../../protocol/status.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { CommandFailure } from '../handlers/command.ts';
import { type FoundEvent, findEvent, readEvent } from './calendars.ts';
import type { MeetingMailText } from './mail-text.ts';

/** What answers are given with. */
export interface RespondScope {
  readonly meetings: Meetings;
  readonly user: MeetingUser;
  /** Absent: the account has no calendar; then only the organizer is told. */
  readonly events: EventStore | undefined;
  /** The calendars, the default one first. */
  readonly calendars: readonly DeviceFolder[];
  /** Whether the server of a calendar tells organizers of answers there. */
  serverSends(folder: FolderId): Promise<boolean>;
  send(message: MeetingMessage): Promise<void>;
}

/** An answer of the user. */
export interface WantedAnswer {
  readonly answer: MeetingAnswer;
  /** Whether we are to tell the organizer. */
  readonly tell: boolean;
  /** Distinguishes this answer from all others. */
  readonly name: string;
  /** The meeting whose organizer the calendar's server told in an earlier try of this request. */
  readonly toldUid: string | undefined;
  /** Called before anything is stored, with the meeting whose organizer the server will tell of that. */
  begin(toldUid: string | undefined): Promise<void>;
}

/** What came of it. */
export interface Responded {
  /** The event in the calendar; `undefined`: there is none, or none any more. */
  readonly event: { readonly folder: DeviceFolder; readonly id: ItemId } | undefined;
  /** Calendar that was written to. */
  readonly touched: FolderId | undefined;
  /** The meeting whose organizer is told by the calendar's server. */
  readonly toldUid: string | undefined;
}

/** An answer to what is no meeting of somebody else (MS-ASCMD_R4182 and following). */
const invalid = (message: string): CommandFailure =>
  new CommandFailure(MeetingResponseStatus.invalidMeetingRequest, message);

const demandForeign = ({ user }: RespondScope, organizer: string | undefined): void => {
  if (organizer === undefined) throw invalid('Nobody called this meeting');
  if (user.addresses.includes(organizer)) throw invalid('The user called this meeting');
};

/** Whether an event has an answer already, or is gone as a whole or with the occurrence: the organizer may ask anew since it was given. */
export const isAnswered = async (
  { meetings, user, events }: Pick<RespondScope, 'meetings' | 'user' | 'events'>,
  folder: FolderId,
  id: ItemId,
  answer: MeetingAnswer,
): Promise<boolean> => {
  const event = events === undefined ? undefined : await readEvent(events, folder, id);
  try {
    return event === undefined || meetings.hasAnswer(event.text, answer, user);
  } catch (error) {
    if (isBackendError(error, 'notFound')) return true;
    throw error;
  }
};

/** Answers an invitation that came by mail. Throws CommandFailure for a mail that is none. */
export const respondToMail = async (
  scope: RespondScope,
  mail: MeetingMailText | undefined,
  wanted: WantedAnswer,
): Promise<Responded> => {
  const { meetings, user, events, calendars } = scope;
  const facts = mail === undefined ? undefined : meetings.facts(mail.calendar);
  if (mail === undefined || facts?.method !== 'REQUEST') throw invalid('The mail is no invitation');
  demandForeign(scope, facts.organizer);
  const known = events === undefined ? undefined : await findEvent(events, calendars, facts.uid);
  const text =
    known === undefined
      ? meetings.eventOf(mail.calendar)
      : meetings.receive(known.text, { ...mail, now: wanted.answer.now }, user);
  const isOne = facts.occurrence !== undefined && known !== undefined && meetings.facts(known.text)?.repeats === true;
  const occurrence = isOne ? { at: facts.occurrence, form: 'days' as const } : undefined;
  return respond(scope, { known, text, uid: facts.uid }, { ...wanted, answer: { ...wanted.answer, occurrence } });
};

/** Answers a meeting that is in a calendar. Throws CommandFailure for an event that is none of somebody else. */
export const respondToEvent = async (
  scope: RespondScope,
  folder: DeviceFolder,
  id: ItemId,
  wanted: WantedAnswer,
): Promise<Responded> => {
  const { meetings, events } = scope;
  const event = events === undefined ? undefined : await readEvent(events, folder.folder, id);
  const facts = event === undefined ? undefined : meetings.facts(event.text);
  if (event === undefined || facts === undefined) throw invalid('The event is not in the calendar');
  demandForeign(scope, facts.organizer);
  if (wanted.answer.occurrence !== undefined && !facts.repeats) {
    throw new CommandFailure(GlobalStatus.noRecurrenceInCalendar, 'The meeting has no occurrences');
  }
  return respond(scope, { known: { ...event, folder }, text: event.text, uid: facts.uid }, wanted);
};

/** A meeting to be answered. */
interface Answered {
  readonly known: FoundEvent | undefined;
  /** The event as the answer is put into it. */
  readonly text: string;
  readonly uid: string;
}

const respond = async (
  scope: RespondScope,
  { known, text, uid }: Answered,
  { answer, tell, name, toldUid, begin }: WantedAnswer,
): Promise<Responded> => {
  const answered = answerIn(scope, text, answer);
  const touched = known?.folder ?? (answered.event === undefined ? undefined : calendarFor(scope));
  // A proposal is none of what servers send (RFC 6638 3.2.2).
  const sends = touched !== undefined && answer.proposal === undefined && (await scope.serverSends(touched.folder));
  const byServer = sends || toldUid === uid;
  await begin(byServer ? uid : undefined);
  const event = await store(scope, known, answered.event, name);
  const isOurs = !byServer || (await isMissed(scope, event, answered.message));
  if (tell && isOurs && answered.message !== undefined) await scope.send(answered.message);
  return { event, touched: touched?.folder, toldUid: byServer ? uid : undefined };
};

/** Whether the server could not tell the organizer. */
const isMissed = async (
  { meetings, events }: RespondScope,
  event: Responded['event'],
  message: MeetingMessage | undefined,
): Promise<boolean> => {
  if (events === undefined || event === undefined || message === undefined) return false;
  const stored = await readEvent(events, event.folder.folder, event.id);
  const open = stored === undefined ? [] : meetings.undelivered(stored.text);
  return message.recipients.some(({ email }) => open.includes(email.toLowerCase()));
};

/** Where meetings go that are in no calendar yet. */
const calendarFor = ({ events, calendars: [main] }: RespondScope): DeviceFolder | undefined =>
  events === undefined ? undefined : main;

const answerIn = ({ meetings, user }: RespondScope, text: string, answer: MeetingAnswer) => {
  try {
    return meetings.answer(text, answer, user);
  } catch (error) {
    throw isBackendError(error, 'notFound') ? invalid('The meeting has no such occurrence') : error;
  }
};

/** Stores an answered event, or removes it; gives the event that is there then. */
const store = async (
  scope: RespondScope,
  known: FoundEvent | undefined,
  text: string | undefined,
  name: string,
): Promise<Responded['event']> => {
  const { events } = scope;
  const folder = known?.folder ?? calendarFor(scope);
  if (events === undefined || folder === undefined) return undefined;
  if (text === undefined) {
    if (known !== undefined) await events.remove(folder.folder, [known.id], 'permanent');
    return undefined;
  }
  if (known === undefined) return { folder, id: (await events.objects.create(folder.folder, text, name)).id };
  if (text !== known.text) await events.objects.replace(folder.folder, known.id, text, known.revision);
  return { folder, id: known.id };
};
