import { AirSyncBase, Calendar, MeetingResponse } from '../code-pages/index.ts';
import {
  base64,
  boolean,
  compactDateTime,
  container,
  during,
  type Infer,
  type InferFields,
  integer,
  list,
  optional,
  orEmpty,
  text,
} from '../schema/describe.ts';
import { span } from '../versions.ts';
import { Attachments, Body, Location } from './air-sync-base.ts';

/** Who takes part in a meeting ([MS-ASCAL] 2.2.2.3). */
export const Attendee = container(Calendar.Attendee, {
  email: text(Calendar.Email),
  name: text(Calendar.Name),
  attendeeStatus: optional(integer(Calendar.AttendeeStatus)),
  attendeeType: optional(integer(Calendar.AttendeeType)),
  proposedStartTime: during(span('16.1'), optional(compactDateTime(MeetingResponse.ProposedStartTime))),
  proposedEndTime: during(span('16.1'), optional(compactDateTime(MeetingResponse.ProposedEndTime))),
});
export type Attendee = Infer<typeof Attendee>;

/** What an attendee answered ([MS-ASCAL] 2.2.2.5). */
export const AttendeeStatus = { unknown: 0, tentative: 2, accepted: 3, declined: 4, notResponded: 5 } as const;

/** What an attendee is to a meeting ([MS-ASCAL] 2.2.2.6). */
export const AttendeeType = { required: 1, optional: 2, resource: 3 } as const;

/** Bits of MeetingStatus ([MS-ASCAL] 2.2.2.28). */
export const MeetingStatus = { meeting: 1, received: 2, canceled: 4, forwarded: 8 } as const;

/** What the user answered ([MS-ASCAL] 2.2.2.40). */
export const ResponseType = {
  none: 0,
  organizer: 1,
  tentative: 2,
  accepted: 3,
  declined: 4,
  notResponded: 5,
} as const;

/** BusyStatus ([MS-ASCAL] 2.2.2.9). */
export const BusyStatus = { free: 0, tentative: 1, busy: 2, outOfOffice: 3, workingElsewhere: 4 } as const;

/** Sensitivity ([MS-ASCAL] 2.2.2.41). */
export const Sensitivity = { normal: 0, personal: 1, private: 2, confidential: 3 } as const;

/** How an event repeats ([MS-ASCAL] 2.2.2.37). `until` is in UTC. */
export const Recurrence = container(Calendar.Recurrence, {
  type: integer(Calendar.Type),
  occurrences: optional(integer(Calendar.Occurrences)),
  interval: optional(integer(Calendar.Interval)),
  weekOfMonth: optional(integer(Calendar.WeekOfMonth)),
  dayOfWeek: optional(integer(Calendar.DayOfWeek)),
  monthOfYear: optional(integer(Calendar.MonthOfYear)),
  until: optional(compactDateTime(Calendar.Until)),
  dayOfMonth: optional(integer(Calendar.DayOfMonth)),
  calendarType: optional(integer(Calendar.CalendarType)),
  isLeapMonth: optional(boolean(Calendar.IsLeapMonth)),
  firstDayOfWeek: optional(integer(Calendar.FirstDayOfWeek)),
});
export type Recurrence = Infer<typeof Recurrence>;

/** What the occurrences of an event and the event itself have in common. */
const Common = {
  allDayEvent: optional(boolean(Calendar.AllDayEvent)),
  startTime: optional(compactDateTime(Calendar.StartTime)),
  dtStamp: optional(compactDateTime(Calendar.DtStamp)),
  endTime: optional(compactDateTime(Calendar.EndTime)),
  subject: optional(text(Calendar.Subject)),
  /** Up to 14.1. */
  locationText: optional(text(Calendar.Location)),
  /** From 16.0 on. */
  location: during(span('16.0'), optional(Location)),
  sensitivity: optional(integer(Calendar.Sensitivity)),
  busyStatus: optional(integer(Calendar.BusyStatus)),
  /** Minutes; `null`, an empty element: no reminder, where the event has one ([MS-ASCAL] 2.2.2.38). */
  reminder: optional(orEmpty(integer(Calendar.Reminder))),
  meetingStatus: optional(integer(Calendar.MeetingStatus)),
  attendees: optional(list(Calendar.Attendees, Attendee)),
  categories: optional(list(Calendar.Categories, text(Calendar.Category))),
  body: optional(Body),
  attachments: during(span('16.0'), optional(Attachments)),
  appointmentReplyTime: optional(compactDateTime(Calendar.AppointmentReplyTime)),
  responseType: optional(integer(Calendar.ResponseType)),
  onlineMeetingConfLink: optional(text(Calendar.OnlineMeetingConfLink)),
  onlineMeetingExternalLink: optional(text(Calendar.OnlineMeetingExternalLink)),
};

/**
 * An occurrence that differs or is gone ([MS-ASCAL] 2.2.2.21): named by the instant at which it would
 * begin, in ExceptionStartTime up to 14.1 and in InstanceId from 16.0 on.
 */
export const Exception = container(Calendar.Exception, {
  deleted: optional(boolean(Calendar.Deleted)),
  exceptionStartTime: optional(compactDateTime(Calendar.ExceptionStartTime)),
  instanceId: during(span('16.0'), optional(compactDateTime(AirSyncBase.InstanceId))),
  ...Common,
  // MS-ASCAL_R2023: an exception has no attendees of its own before 14.0.
  attendees: during(span('14.0'), Common.attendees),
});
export type Exception = Infer<typeof Exception>;

/** ApplicationData of an event, in both directions ([MS-ASCAL] 2.2.2). */
export const EventFields = {
  timezone: optional(base64(Calendar.Timezone)),
  ...Common,
  organizerName: optional(text(Calendar.OrganizerName)),
  organizerEmail: optional(text(Calendar.OrganizerEmail)),
  uid: optional(text(Calendar.UID)),
  /** From a device of 16.x, which names its new events by it ([MS-ASCAL] 2.2.2.13). */
  clientUid: optional(text(Calendar.ClientUid)),
  recurrence: optional(Recurrence),
  exceptions: optional(list(Calendar.Exceptions, Exception)),
  responseRequested: optional(boolean(Calendar.ResponseRequested)),
  disallowNewTimeProposal: optional(boolean(Calendar.DisallowNewTimeProposal)),
  nativeBodyType: optional(integer(AirSyncBase.NativeBodyType)),
};

/** An event as it stands in ApplicationData. Everything is optional: a Change holds what changed. */
export type CalendarEvent = InferFields<typeof EventFields>;
