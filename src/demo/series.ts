import type { AttachmentKey } from './attachments.ts';
import type { PersonKey } from './people.ts';

/** Mails that come again and again, one template each. */
export interface Series {
  readonly by: PersonKey;
  readonly count: number;
  /** Days between two of them; the newest is `first` days old. */
  readonly every: number;
  readonly first: number;
  readonly hour: number;
  /** Where a rule of the owner puts them; the Inbox unless told. */
  readonly folder?: { readonly role: 'junk' | 'archive' } | { readonly name: string };
  /** How many of the newest are unread. */
  readonly unread: number;
  /** Subjects, taken in turn; `#` becomes the number, counted down to 1 for the oldest. */
  readonly subjects: readonly string[];
  /** Texts, taken in turn. */
  readonly texts: readonly string[];
  readonly html?: boolean;
  readonly picture?: AttachmentKey;
  readonly attachments?: readonly AttachmentKey[];
  readonly listId?: string;
}

/** What comes to both accounts by itself. */
export const series: readonly Series[] = [
  {
    by: 'parcel',
    count: 16,
    every: 7,
    first: 0.6,
    hour: 6,
    unread: 2,
    subjects: ['The Weekly Parcel, issue #', 'Issue #: night trains are back', 'Issue #: a museum on wheels'],
    texts: [
      'Night trains are back: three new lines start in December, and we tried the bunks.',
      'A museum on wheels: how a village saved its last steam engine, and what it costs to run one.',
      'Reader’s question: why do rails sing? We asked an engineer, a musician and a dog.',
      'Crossword, timetable changes and the picture of the week.',
    ],
    html: true,
    picture: 'logo',
    listId: 'weekly.parcel.example',
  },
  {
    by: 'builds',
    count: 32,
    every: 1,
    first: 0.3,
    hour: 5,
    folder: { name: 'Build server' },
    unread: 3,
    subjects: ['[timetable] build # passed', '[timetable] build # passed', '[timetable] build # failed'],
    texts: [
      'All 1,284 tests passed in 3 min 12 s.\n\nhttps://builds.example/timetable',
      'All 1,284 tests passed in 3 min 9 s. Coverage 93.1 %.\n\nhttps://builds.example/timetable',
      'Failed: 2 of 1,284 tests.\n\n  connections › over midnight\n  connections › on the day the clocks change\n\nhttps://builds.example/timetable',
    ],
  },
  {
    by: 'gauge',
    count: 26,
    every: 2.3,
    first: 0.8,
    hour: 13,
    folder: { name: 'Narrow Gauge' },
    unread: 4,
    subjects: [
      '[gauge] Which oil for axle boxes?',
      'Re: [gauge] Which oil for axle boxes?',
      'Re: [gauge] Which oil for axle boxes?',
      '[gauge] 600 mm or 750 mm for a garden line',
      'Re: [gauge] 600 mm or 750 mm for a garden line',
      '[gauge] Fläming rail bus: drawings?',
    ],
    texts: [
      'What do you use in winter? Ours gets stiff below -5 °C.',
      '> What do you use in winter?\n\nThe thin one from the tractor shop. Never had a hot box with it.',
      '> The thin one from the tractor shop.\n\nBut change it in April, or you will hear it.',
      'My garden has 80 m of usable length and a pear tree in the way. 600 or 750?',
      '> 600 or 750?\n\n600, and keep the pear tree.',
      'Does anybody have drawings of the rail bus of 1934? The archive in Brück burnt down.',
    ],
    listId: 'gauge.lists.example',
  },
  {
    by: 'power',
    count: 6,
    every: 30.4,
    first: 3,
    hour: 4,
    unread: 1,
    subjects: ['Ihre Abschlagsrechnung Nr. 2026-#'],
    texts: [
      'Guten Tag,\n\nanbei erhalten Sie Ihre Rechnung. Der Betrag wird in den nächsten Tagen abgebucht.\n\nIhre Stadtwerke – für Sie da, Tag und Nacht.',
    ],
    attachments: ['invoice'],
  },
  {
    by: 'trains',
    count: 7,
    every: 16,
    first: 5,
    hour: 18,
    folder: { name: 'Travel' },
    unread: 0,
    subjects: [
      'Your ticket to Hamburg-Altona (order #)',
      'Your ticket to København H (order #)',
      'Your ticket to Gdańsk Główny (order #)',
    ],
    texts: [
      'Thank you for travelling with us. Show the code in the attached file on your telephone; paper is not needed.',
    ],
    html: true,
    picture: 'logo',
    attachments: ['ticket'],
  },
  {
    by: 'books',
    count: 5,
    every: 23,
    first: 6,
    hour: 12,
    unread: 0,
    subjects: ['Order #: on its way', 'Order #: received'],
    texts: [
      '1 × “Timetables of Lost Lines”, hardcover\n1 × “A Short History of the Buffer”\n\nDelivery within three days.',
    ],
    html: true,
  },
  {
    by: 'prince',
    count: 6,
    every: 4,
    first: 1.5,
    hour: 3,
    folder: { role: 'junk' },
    unread: 6,
    subjects: ['YOU HAVE WON!!!', 'Urgent business proposal', 'Re: Re: your inheritance'],
    texts: [
      'Dear Friend,\n\nyou have been chosen. Reply today with your bank details to receive 4,500,000.00.\n\nDr. Very Important',
    ],
  },
];
