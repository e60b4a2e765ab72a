import {
  AirSyncBase,
  Calendar,
  ComposeMail,
  Email2,
  Email as EmailPage,
  MeetingResponse,
  Tasks,
} from '../code-pages/index.ts';
import {
  type AnyElement,
  base64,
  boolean,
  compactDateTime,
  container,
  dateTime,
  during,
  type Infer,
  type InferFields,
  integer,
  list,
  opaque,
  optional,
  text,
} from '../schema/describe.ts';
import { span } from '../versions.ts';
import { Attachments, Body, BodyPart, Location } from './air-sync-base.ts';

/** How a meeting repeats ([MS-ASEMAIL] 2.2.2.60). */
const Recurrence = container(EmailPage.Recurrence, {
  type: integer(EmailPage.Type),
  interval: optional(integer(EmailPage.Interval)),
  until: optional(compactDateTime(EmailPage.Until)),
  occurrences: optional(integer(EmailPage.Occurrences)),
  weekOfMonth: optional(integer(EmailPage.WeekOfMonth)),
  dayOfMonth: optional(integer(EmailPage.DayOfMonth)),
  dayOfWeek: optional(integer(EmailPage.DayOfWeek)),
  monthOfYear: optional(integer(EmailPage.MonthOfYear)),
  calendarType: optional(integer(Email2.CalendarType)),
  isLeapMonth: optional(boolean(Email2.IsLeapMonth)),
  firstDayOfWeek: optional(integer(Email2.FirstDayOfWeek)),
});

/** Who a meeting was forwarded to ([MS-ASCMD] 2.2.3.79). */
const Forwardee = container(ComposeMail.Forwardee, {
  name: optional(text(ComposeMail.Name)),
  email: optional(text(ComposeMail.Email)),
});

/**
 * What a mail asks for as a meeting request ([MS-ASEMAIL] 2.2.2.48). Up to 14.1 the meeting is
 * named by GlobalObjId and has a Location of plain text, from 16.0 on by UID with a structured one.
 */
export const MeetingRequest = container(EmailPage.MeetingRequest, {
  allDayEvent: optional(boolean(EmailPage.AllDayEvent)),
  startTime: optional(dateTime(EmailPage.StartTime)),
  dtStamp: optional(dateTime(EmailPage.DtStamp)),
  endTime: optional(dateTime(EmailPage.EndTime)),
  instanceType: optional(integer(EmailPage.InstanceType)),
  locationText: optional(text(EmailPage.Location)),
  location: optional(Location),
  organizer: optional(text(EmailPage.Organizer)),
  recurrenceId: optional(dateTime(EmailPage.RecurrenceId)),
  reminder: optional(integer(EmailPage.Reminder)),
  responseRequested: optional(boolean(EmailPage.ResponseRequested)),
  recurrences: optional(list(EmailPage.Recurrences, Recurrence)),
  sensitivity: optional(integer(EmailPage.Sensitivity)),
  busyStatus: optional(integer(EmailPage.BusyStatus)),
  timeZone: optional(base64(EmailPage.TimeZone)),
  globalObjId: optional(base64(EmailPage.GlobalObjId)),
  disallowNewTimeProposal: optional(boolean(EmailPage.DisallowNewTimeProposal)),
  meetingMessageType: optional(integer(Email2.MeetingMessageType)),
  uid: during(span('16.0'), optional(text(Calendar.UID))),
  proposedStartTime: optional(compactDateTime(MeetingResponse.ProposedStartTime)),
  proposedEndTime: optional(compactDateTime(MeetingResponse.ProposedEndTime)),
  forwardees: optional(list(ComposeMail.Forwardees, Forwardee)),
});
export type MeetingRequest = Infer<typeof MeetingRequest>;

const FlagFields = {
  subject: optional(text(Tasks.Subject)),
  status: optional(integer(EmailPage.Status)),
  flagType: optional(text(EmailPage.FlagType)),
  dateCompleted: optional(dateTime(Tasks.DateCompleted)),
  completeTime: optional(dateTime(EmailPage.CompleteTime)),
  startDate: optional(dateTime(Tasks.StartDate)),
  dueDate: optional(dateTime(Tasks.DueDate)),
  utcStartDate: optional(dateTime(Tasks.UtcStartDate)),
  utcDueDate: optional(dateTime(Tasks.UtcDueDate)),
  reminderSet: optional(boolean(Tasks.ReminderSet)),
  reminderTime: optional(dateTime(Tasks.ReminderTime)),
  ordinalDate: optional(dateTime(Tasks.OrdinalDate)),
  subOrdinalDate: optional(text(Tasks.SubOrdinalDate)),
};

/**
 * A follow-up flag ([MS-ASEMAIL] 2.2.2.34). An element without children clears the flag.
 * The dates without `utc` are the user's local time written as if it were UTC ([MS-ASTASK] 2.2.2.12).
 */
export const Flag = container(EmailPage.Flag, FlagFields);
export type Flag = Infer<typeof Flag>;

const FlagDates: ReadonlySet<string> = new Set(
  Object.entries<AnyElement>(FlagFields).flatMap(([name, { content }]) => (content.kind === 'dateTime' ? [name] : [])),
);

/** A flag that was kept as JSON, where dates are text; what looks like one in any other element stays text. */
export const flagOfJson = (json: Readonly<Record<string, unknown>>): Flag =>
  Object.fromEntries(
    Object.entries(json).map(([name, value]) =>
      FlagDates.has(name) && typeof value === 'string' ? [name, new Date(value)] : [name, value],
    ),
  );

/**
 * ApplicationData of a mail, in both directions ([MS-ASEMAIL] 2.2.2). A device sends Read, Flag and
 * Categories (MS-ASEMAIL_R41), of a draft (16.0 and later) also recipients, Subject, Importance,
 * Body and Attachments (MS-ASEMAIL_R1489). Elements that only version 2.5 knows are not here.
 *
 * The schema allows any order; this one follows Exchange.
 */
export const EmailFields = {
  to: optional(text(EmailPage.To)),
  cc: optional(text(EmailPage.Cc)),
  bcc: optional(text(Email2.Bcc)),
  from: optional(text(EmailPage.From)),
  subject: optional(text(EmailPage.Subject)),
  replyTo: optional(text(EmailPage.ReplyTo)),
  dateReceived: optional(dateTime(EmailPage.DateReceived)),
  displayTo: optional(text(EmailPage.DisplayTo)),
  threadTopic: optional(text(EmailPage.ThreadTopic)),
  importance: optional(integer(EmailPage.Importance)),
  read: optional(boolean(EmailPage.Read)),
  attachments: optional(Attachments),
  body: optional(Body),
  bodyPart: optional(BodyPart),
  messageClass: optional(text(EmailPage.MessageClass)),
  meetingRequest: optional(MeetingRequest),
  internetCpid: optional(text(EmailPage.InternetCPID)),
  flag: optional(Flag),
  contentClass: optional(text(EmailPage.ContentClass)),
  nativeBodyType: optional(integer(AirSyncBase.NativeBodyType)),
  umCallerId: optional(text(Email2.UmCallerID)),
  umUserNotes: optional(text(Email2.UmUserNotes)),
  conversationId: optional(opaque(Email2.ConversationId)),
  conversationIndex: optional(opaque(Email2.ConversationIndex)),
  lastVerbExecuted: optional(integer(Email2.LastVerbExecuted)),
  lastVerbExecutionTime: optional(dateTime(Email2.LastVerbExecutionTime)),
  receivedAsBcc: optional(boolean(Email2.ReceivedAsBcc)),
  sender: optional(text(Email2.Sender)),
  categories: optional(list(EmailPage.Categories, text(EmailPage.Category))),
  accountId: optional(text(Email2.AccountId)),
  isDraft: optional(boolean(Email2.IsDraft)),
};

/** A mail as it stands in ApplicationData. Everything is optional: a Change holds what changed. */
export type Email = InferFields<typeof EmailFields>;
