import type { Login } from '../contract/backend.ts';
import type { CalendarUser, EventContext } from '../convert/calendar/event-source.ts';
import { ZoneBook } from '../convert/calendar/event-zones.ts';

/** Whose calendar, tasks and notes they are, and what is known of that user. */
export interface UserOptions {
  /** The user's zone by its name in the tz database; UTC unless told. */
  readonly home?: string | undefined;
  /** The user's addresses and name: what tells an organizer from an attendee. */
  readonly me?: CalendarUser | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  /** Zones made once for all accounts of a process. */
  readonly book?: ZoneBook | undefined;
}

/** The user that a login is of: with all addresses, whichever of them an invitation went to. */
export const calendarUser = ({ account, addresses = [] }: Pick<Login, 'account' | 'addresses'>): CalendarUser => ({
  addresses: [...new Set([...addresses, account])],
});

/** What items are read and written with at this moment. */
export const userContext = ({ home, me, now, book = new ZoneBook() }: UserOptions): (() => EventContext) => {
  const zone = book.home(home ?? 'UTC');
  const user = { name: me?.name, addresses: (me?.addresses ?? []).map((address) => address.trim().toLowerCase()) };
  return () => ({ home: zone, me: user, book, now: (now ?? Date.now)() });
};
