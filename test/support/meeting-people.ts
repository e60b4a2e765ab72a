import type { Email } from '../../protocol/classes/email.ts';
import { type Attendee, AttendeeStatus, type CalendarEvent } from '../../protocol/classes/event.ts';
import type { ClientCommand } from '../../protocol/commands/sync.ts';
import { sendMail } from '../../src/phone/mail-commands.ts';
import { answerMeetings, type MeetingAnswerRequest } from '../../src/phone/meeting-commands.ts';
import type { Client } from './client.ts';
import { type Items, itemsOf } from './groupware.ts';
import { until } from './until.ts';

/** People who meet: each has a phone with an Inbox and a calendar. */

const Hour = 3_600_000;
const Day = 24 * Hour;

/** Ten o'clock UTC, some days from now. */
export const inDays = (days: number): Date => new Date(Math.floor(Date.now() / Day) * Day + days * Day + 10 * Hour);

/** A meeting of an hour, as a phone writes it. */
export const meeting = (
  subject: string,
  days: number,
  people: readonly string[],
  more: CalendarEvent = {},
): CalendarEvent => ({
  ...{ subject, startTime: inDays(days), endTime: new Date(inDays(days).getTime() + Hour) },
  ...{ allDayEvent: false, busyStatus: 2, sensitivity: 0, reminder: 15 },
  attendees: people.map(invited),
  ...more,
});

/** Somebody who is invited. */
export const invited = (email: string): Attendee => ({
  email,
  name: email.slice(0, email.indexOf('@')),
  attendeeStatus: undefined,
  attendeeType: 1,
  proposedStartTime: undefined,
  proposedEndTime: undefined,
});

export const answers = AttendeeStatus;

const utc = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, '');

/** A person with a phone. */
export class Person {
  readonly client: Client;
  readonly address: string;
  readonly events: Items<'Calendar'>;

  constructor(client: Client, address: string) {
    [this.client, this.address] = [client, address];
    this.events = itemsOf(client, 'Calendar');
  }

  async load(): Promise<this> {
    await this.client.load(this.client.inbox);
    await this.events.load();
    return this;
  }

  /** Synchronises Inbox and calendar. */
  async refresh(): Promise<void> {
    await this.client.catchUp(this.client.inbox);
    await this.client.catchUp(this.events.collectionId);
  }

  /** Sends commands of the calendar; gives the ServerId of the first event that was added. */
  async tell(...commands: readonly ClientCommand[]): Promise<string> {
    const answer = await this.events.sync({ commands: [...commands] });
    const [failed] = (answer?.responses ?? []).filter(({ status }) => status !== 1);
    if (failed !== undefined) throw new Error(`${failed.kind} has Status ${failed.status}`);
    return answer?.responses?.[0]?.serverId ?? '';
  }

  mails(): readonly Email[] {
    return [...this.client.emails(this.client.inbox).values()];
  }

  /** Subjects of the Inbox, sorted. */
  subjects(): string[] {
    return this.client.subjects(this.client.inbox);
  }

  /** Waits for a mail with a subject; gives its ServerId. */
  async receive(subject: string): Promise<string> {
    await until(async () => {
      await this.client.catchUp(this.client.inbox);
      return this.subjects().includes(subject);
    }, 60_000);
    return this.client.idOf(this.client.inbox, subject);
  }

  /** The event with a subject. */
  event(subject: string): CalendarEvent | undefined {
    return [...this.events.all().values()].find((event) => event.subject === subject);
  }

  eventId(subject: string): string {
    const found = [...this.events.all()].find(([, event]) => event.subject === subject);
    if (found === undefined) throw new Error(`no event ${subject}`);
    return found[0];
  }

  /** What the people of an event answered, by name. */
  statuses(subject: string): Record<string, number | undefined> {
    const people = this.event(subject)?.attendees ?? [];
    return Object.fromEntries(
      people.map(({ email, attendeeStatus }) => [email.slice(0, email.indexOf('@')), attendeeStatus]),
    );
  }

  /** Answers; gives the result. */
  async answer(request: Omit<MeetingAnswerRequest, 'collectionId'> & { collectionId?: string }) {
    const collectionId = request.requestId?.split(':')[0];
    const [result] = await answerMeetings(this.client.device, [{ collectionId, ...request } as MeetingAnswerRequest]);
    return result;
  }

  /** Mails a message about a meeting by itself, as phones up to 14.1 do. */
  async mail(
    method: 'REQUEST' | 'CANCEL' | 'REPLY',
    to: readonly string[],
    lines: readonly string[],
    subject: string,
  ): Promise<void> {
    const calendar = [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//phone//EN',
      `METHOD:${method}`,
      'BEGIN:VEVENT',
      ...lines,
    ];
    const text = [...calendar, `DTSTAMP:${utc(new Date())}`, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
    const mime = [
      `From: <${this.address}>`,
      `To: ${to.map((one) => `<${one}>`).join(', ')}`,
      `Subject: ${subject}`,
      'MIME-Version: 1.0',
      `Content-Type: text/calendar; charset=utf-8; method=${method}`,
      '',
      text,
    ];
    const clientId = `m${this.#mails++}`;
    await sendMail(this.client.device, Buffer.from(mime.join('\r\n')), { clientId, saveInSentItems: true });
  }

  #mails = 0;

  /** Lines of a VEVENT as a phone mails it. */
  lines(
    uid: string,
    { subject = '', startTime = new Date(0), endTime = new Date(0) }: CalendarEvent,
    people: readonly string[],
  ): string[] {
    return [
      `UID:${uid}`,
      `SUMMARY:${subject}`,
      `DTSTART:${utc(startTime)}`,
      `DTEND:${utc(endTime)}`,
      `ORGANIZER:mailto:${this.address}`,
      ...people.map((one) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${one}`),
    ];
  }
}
