import { randomUUID } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { uidOfGlobalObjectId } from '../../protocol/types/global-object-id.ts';
import { can } from '../../protocol/versions.ts';
import type { Device } from './device.ts';
import { ownAddresses, sendMail } from './mail-commands.ts';
import { answerMeeting, type UserResponse, UserResponses } from './meeting-commands.ts';
import { oneLine } from './terminal-view.ts';
import type { MailAtHand } from './terminal-writing.ts';
import { UserMistake } from './user-mistake.ts';

/** A meeting as its organizer is told of an answer. */
export interface AnsweredMeeting {
  readonly subject: string;
  readonly organizer: string | undefined;
  readonly uid: string | undefined;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
}

/** Who answers, and when. */
export interface Answering {
  readonly device: Device;
  /** Milliseconds since 1970. */
  now(): number;
}

/** What the user is told, and what the organizer is, in words and in iCalendar. */
const Words = {
  accept: { done: 'Accepted', status: 'ACCEPTED' },
  maybe: { done: 'Tentative', status: 'TENTATIVE' },
  decline: { done: 'Declined', status: 'DECLINED' },
} as const satisfies Readonly<Record<UserResponse, object>>;

const isResponse = (word: string): word is UserResponse => Object.hasOwn(UserResponses, word);

const responseOf = (word: string): UserResponse => {
  if (!isResponse(word)) throw new UserMistake('Answer accept, maybe or decline, as in answer 3 accept');
  return word;
};

/** Answers an invitation that came by mail; gives what to tell the user. */
export const answerMail = async (
  { device, now }: Answering,
  { email, source }: MailAtHand,
  word: string,
): Promise<string> => {
  const { meetingRequest, subject = '', from } = email;
  if (meetingRequest === undefined) throw new UserMistake('This mail is no invitation');
  const { folderId: collectionId, itemId: requestId, longId } = source;
  const { uid, globalObjId, organizer, startTime, endTime } = meetingRequest;
  return answer({ device, now }, { collectionId, requestId, longId }, responseOf(word), {
    ...{ subject, startTime, endTime, organizer: organizer ?? from },
    uid: uid ?? (globalObjId === undefined ? undefined : uidOfGlobalObjectId(globalObjId)),
  });
};

/** Answers a meeting of the calendar; gives what to tell the user. */
export const answerEvent = (
  answering: Answering,
  requestId: string,
  meeting: AnsweredMeeting,
  word: string,
): Promise<string> => {
  const collectionId = requestId.slice(0, requestId.indexOf(':'));
  return answer(answering, { collectionId, requestId }, responseOf(word), meeting);
};

interface Target {
  readonly collectionId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly longId?: string | undefined;
}

/** From 16.0 on the server tells the organizer; before that the phone does, in a mail of its own. */
const answer = async (
  { device, now }: Answering,
  { collectionId, requestId, longId }: Target,
  response: UserResponse,
  meeting: AnsweredMeeting,
): Promise<string> => {
  const isTold = can(device.version, 'serverMailsMeetings');
  const sendResponse = isTold
    ? { body: undefined, proposedStartTime: undefined, proposedEndTime: undefined }
    : undefined;
  const userResponse = UserResponses[response];
  await answerMeeting(device, { userResponse, collectionId, requestId, longId, instanceId: undefined, sendResponse });
  if (!isTold) await mailAnswer({ device, now }, response, meeting);
  return `${Words[response].done}: ${oneLine(meeting.subject)}`;
};

const utc = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, '');

const mailAnswer = async (
  { device, now }: Answering,
  response: UserResponse,
  { subject, organizer, uid, startTime, endTime }: AnsweredMeeting,
): Promise<void> => {
  const to = /[^\s<>"]+@[^\s<>"]+/.exec(organizer ?? '')?.[0];
  const [own] = await ownAddresses(device);
  if (to === undefined || uid === undefined || own === undefined || startTime === undefined) return;
  const { done, status } = Words[response];
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Postrider//phone//EN', 'METHOD:REPLY', 'BEGIN:VEVENT'],
    ...[`UID:${uid}`, `DTSTAMP:${utc(new Date(now()))}`, `DTSTART:${utc(startTime)}`],
    ...(endTime === undefined ? [] : [`DTEND:${utc(endTime)}`]),
    ...[`ORGANIZER:mailto:${to}`, `ATTENDEE;PARTSTAT=${status}:mailto:${own}`, 'END:VEVENT', 'END:VCALENDAR', ''],
  ];
  const icalEvent = { method: 'REPLY', content: lines.join('\r\n') };
  const mail = { from: own, to, subject: `${done}: ${subject}`, text: `${done}: ${subject}`, icalEvent };
  const mime = await new MailComposer(mail).compile().build();
  await sendMail(device, mime, { clientId: randomUUID().replaceAll('-', ''), saveInSentItems: true });
};
