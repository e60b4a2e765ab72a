/** Domain of the demo: `.test` never leads anywhere (RFC 2606, 2). */
export const DemoDomain = 'postrider.test';

/** Someone who writes or receives mail. */
export interface Person {
  readonly name: string;
  readonly address: string;
}

/** Everyone in the demo's mail. Anna and Ben have accounts; the others' domains never lead anywhere either. */
export const people = {
  anna: { name: 'Anna Weber', address: `anna@${DemoDomain}` },
  ben: { name: 'Ben Fuchs', address: `ben@${DemoDomain}` },
  carla: { name: 'Carla Núñez', address: 'carla.nunez@example.org' },
  david: { name: 'David Schröder', address: 'david.schroeder@example.com' },
  emi: { name: '田中 恵美', address: 'emi.tanaka@example.com' },
  farah: { name: 'Farah Öztürk', address: 'farah@example.net' },
  books: { name: 'Harbour Books', address: 'orders@books.example' },
  builds: { name: 'Build server', address: 'builds@example.org' },
  parcel: { name: 'The Weekly Parcel', address: 'news@parcel.example' },
  power: { name: 'Stadtwerke Musterhausen', address: 'rechnung@stadtwerke.example' },
  trains: { name: 'Nordbahn Tickets', address: 'tickets@nordbahn.example' },
  gauge: { name: 'Narrow Gauge list', address: 'gauge@lists.example' },
  prince: { name: 'Dr. Very Important', address: 'winner@lottery.example' },
} as const satisfies Record<string, Person>;

/** Key of a person in {@link people}. */
export type PersonKey = keyof typeof people;

/** Those who have an account. */
export const owners = ['anna', 'ben'] as const satisfies readonly PersonKey[];
export type Owner = (typeof owners)[number];
