import { newEvent } from '../../backends/convert/calendar/event.ts';
import { ZoneBook } from '../../backends/convert/calendar/event-zones.ts';
import { newCard } from '../../backends/convert/contact/card.ts';
import type { Contact } from '../../protocol/classes/contact.ts';
import type { CalendarEvent, Recurrence } from '../../protocol/classes/event.ts';
import { encodeTimeZone } from '../../protocol/types/time-zone.ts';

/** Contacts and events of the benches: always the same for the same number. */

const Names = ['Ada', 'Bo', 'Carl', 'Dörte', 'Émile', 'Fatma', 'Grace', 'Hüseyin', 'Ines', 'Jörg'];

/** A card as people keep them: a name, a company, numbers and addresses; each tenth has a picture of 8 kB. */
export const contactAt = (index: number): Contact => ({
  firstName: Names[index % Names.length],
  lastName: `Person ${index}`,
  companyName: `Company ${index % 300}`,
  jobTitle: 'Engineer',
  email1Address: `person${index}@example.test`,
  email2Address: `p${index}@home.example.test`,
  mobilePhoneNumber: `+49 170 ${1_000_000 + index}`,
  businessPhoneNumber: `+49 30 ${1_000 + index}`,
  homeAddressStreet: `Unter den Linden ${index}`,
  homeAddressCity: 'Berlin',
  homeAddressPostalCode: '10117',
  homeAddressCountry: 'Germany',
  birthday: new Date(Date.UTC(1950 + (index % 60), index % 12, 1 + (index % 28))),
  categories: index % 3 === 0 ? ['Friends', 'Work'] : undefined,
  picture: index % 10 === 0 ? new Uint8Array(8_192).fill(index % 256) : undefined,
});

const book = new ZoneBook();
const Berlin = encodeTimeZone(book.timeZone(book.home('Europe/Berlin'), Date.UTC(2026, 5, 1)));

const ruleAt = (index: number): Recurrence | undefined => {
  if (index % 4 !== 0) return undefined;
  return index % 8 === 0
    ? { type: 1, interval: 1, dayOfWeek: 1 << (index % 7) }
    : { type: 2, interval: 1, dayOfMonth: 5 };
};

/** Events as calendars have them: each fourth a series, each seventh of days, each fifth a meeting. */
export const eventAt = (index: number): CalendarEvent => {
  const isOfDays = index % 7 === 0;
  const begin = Date.UTC(2026, index % 12, 1 + (index % 28), isOfDays ? 0 : 8 + (index % 9));
  const attendee = (name: string) => ({ email: `${name}@example.test`, name, attendeeStatus: 3, attendeeType: 1 });
  return {
    timezone: Berlin,
    subject: `Event ${index}`,
    startTime: new Date(begin),
    endTime: new Date(begin + (isOfDays ? 86_400_000 : 3_600_000)),
    allDayEvent: isOfDays,
    locationText: `Room ${index % 40}`,
    reminder: index % 2 === 0 ? 15 : undefined,
    recurrence: ruleAt(index),
    attendees: index % 5 === 0 ? [attendee('anna'), attendee('bo'), attendee('carl')] : undefined,
    body: { type: 1, data: `Agenda of event ${index}.\n`.repeat(10) },
  };
};

const context = { home: book.home('Europe/Berlin'), me: { addresses: [] }, book, now: Date.UTC(2026, 0, 1) };

/** The same as objects of a DAV server. */
export const cardAt = (index: number): string => newCard({ set: contactAt(index), cleared: [] }, `contact-${index}`);
export const calendarAt = (index: number): string =>
  newEvent(
    { set: eventAt(index), cleared: [], seen: { preferences: [], form: 'instants' } },
    `event-${index}`,
    context,
  );
