import type { TextForm } from './composer.ts';

/**
 * Meetings as messages between people: iTIP (RFC 5546), which travels as mail (RFC 6047). The server is
 * given it, as only the side of the backends takes calendars apart; nothing in it does I/O.
 */

/** The user, as meetings name people. */
export interface MeetingUser {
  /** Mail addresses in lower case, the main one first. */
  readonly addresses: readonly string[];
  readonly name?: string | undefined;
}

/** Somebody who gets a message. */
export interface MeetingPerson {
  readonly email: string;
  readonly name?: string | undefined;
}

/** What messages about meetings do (RFC 5546, 1.4). */
export type MeetingMethod = 'REQUEST' | 'CANCEL' | 'REPLY' | 'COUNTER';

/** A message that is to be mailed; one mail goes to all its recipients. */
export interface MeetingMessage {
  /** `PUBLISH`: an appointment that is passed on, which nobody answers. */
  readonly method: MeetingMethod | 'PUBLISH';
  /** The user by the address that the meeting knows; absent: whichever is the main one. */
  readonly sender?: MeetingPerson | undefined;
  readonly recipients: readonly MeetingPerson[];
  /** The iCalendar text, METHOD within. */
  readonly calendar: string;
  readonly subject: string;
  /** For people whose mail program knows no meetings. */
  readonly text: string;
}

/** What a text says of a meeting, be it a message or an event of a calendar. */
export interface MeetingFacts {
  /** Absent: an event of a calendar, or something that is no business between people. */
  readonly method?: MeetingMethod | undefined;
  readonly uid: string;
  /** Address in lower case; absent: an event that nobody called. */
  readonly organizer?: string | undefined;
  /** Addresses in lower case, without the organizer. */
  readonly attendees: readonly string[];
  readonly repeats: boolean;
  /** The occurrence of a series that it is about alone; of one of days its day in UTC. */
  readonly occurrence?: Date | undefined;
}

/** One occurrence of a series, by the instant at which the series has it, as a device names it. */
export interface MeetingOccurrence {
  readonly at: Date;
  readonly form: 'instants' | 'days';
}

/** Begin and end that somebody would like better. */
export interface ProposedTime {
  readonly start: Date;
  readonly end: Date;
}

/** What the user answers. */
export interface MeetingAnswer {
  readonly status: 'accepted' | 'tentative' | 'declined';
  /** Absent: the whole meeting. */
  readonly occurrence?: MeetingOccurrence | undefined;
  readonly proposal?: ProposedTime | undefined;
  /** Words of the user. */
  readonly comment?: { readonly form: TextForm; readonly text: string } | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What comes of an answer. */
export interface AnsweredMeeting {
  /** The event as it is to be stored; `undefined`: it is to be removed. */
  readonly event: string | undefined;
  /** What the organizer is to be told; `undefined`: nobody can be told. */
  readonly message: MeetingMessage | undefined;
}

/** An event before and after it was changed; `undefined`: there was none, or there is none any more. */
export interface MeetingChange {
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A message that came by mail. */
export interface MeetingNotice {
  readonly calendar: string;
  /** Address of who sent the mail: nobody speaks for others. */
  readonly sender: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Understands and makes what people of meetings tell each other. Texts are iCalendar. */
export interface Meetings {
  /** What a text says; `undefined`: it has no event with a UID. */
  facts(calendar: string): MeetingFacts | undefined;
  /**
   * What the user, who called the meeting, owes its people after a change: an invitation, an update or a
   * cancellation. Nothing for meetings of others, for what people need not know, and for what is over.
   */
  announcements(change: MeetingChange, user: MeetingUser): readonly MeetingMessage[];
  /**
   * Addresses, in lower case, of those whom the calendar's own server says that it could not tell of an event
   * (SCHEDULE-STATUS, RFC 6638 7.3): people without an account there, where it sends no mail.
   */
  undelivered(event: string): readonly string[];
  /** An invitation as an event of the invited user's calendar. */
  eventOf(invitation: string): string;
  /** Whether an event has this answer of the user already. Throws what `answer` throws. */
  hasAnswer(event: string, answer: Pick<MeetingAnswer, 'status' | 'occurrence' | 'now'>, user: MeetingUser): boolean;
  /** Puts the user's answer into an event. Throws BackendError `notFound` for an occurrence that there is none of. */
  answer(event: string, answer: MeetingAnswer, user: MeetingUser): AnsweredMeeting;
  /**
   * The event after a message about it: an answer in the organizer's, an update or a cancellation in an attendee's.
   * The same text for what is old, or comes from somebody else than it says.
   */
  receive(event: string, notice: MeetingNotice, user: MeetingUser): string;
  /**
   * An event as an invitation that the user passes on; `undefined`: it is none. Throws BackendError `notFound` for an
   * occurrence that there is none of.
   */
  forward(
    event: string,
    recipients: readonly MeetingPerson[],
    occurrence: MeetingOccurrence | undefined,
    now: number,
  ): MeetingMessage | undefined;
}
