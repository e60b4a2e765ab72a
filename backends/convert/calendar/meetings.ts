import type { Meetings } from '../../contract/meetings.ts';
import {
  componentsOf,
  type LineComponent,
  linesOf,
  readComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { ZoneBook } from './event-zones.ts';
import { meetingFacts, undelivered } from './itip.ts';
import { announcements } from './itip-announce.ts';
import { answer, forward, hasAnswer } from './itip-answer.ts';
import { receive } from './itip-receive.ts';

/** An invitation as an event: without what only messages have, and without alarms, which are the sender's. */
const eventOf = (invitation: string): string => {
  const calendar = readComponent(invitation);
  if (calendar === undefined) return invitation;
  const bare = replaceLines(calendar, linesOf(calendar, 'METHOD'), []);
  const events = componentsOf(bare, 'VEVENT');
  const items = bare.items.map((item) =>
    item.kind === 'component' && events.includes(item) ? withoutAlarms(item) : item,
  );
  return writeComponent({ ...bare, items });
};

const withoutAlarms = (event: LineComponent): LineComponent => ({
  ...event,
  items: event.items.filter((item) => item.kind !== 'component' || item.name !== 'VALARM'),
});

/** All that the server knows of meetings as messages. Meetings are few: each asks for its zones anew. */
export const meetings: Meetings = {
  facts: (calendar) => meetingFacts(calendar, new ZoneBook()),
  announcements: (change, user) => announcements(change, user, new ZoneBook()),
  undelivered: (event) => undelivered(event, new ZoneBook()),
  eventOf,
  hasAnswer: (event, wish, user) => hasAnswer(event, wish, user, new ZoneBook()),
  answer: (event, wish, user) => answer(event, wish, user, new ZoneBook()),
  receive: (event, notice, user) => receive(event, notice, user, new ZoneBook()),
  forward: (event, recipients, occurrence, now) =>
    forward(event, recipients, occurrence, { now, book: new ZoneBook() }),
};
