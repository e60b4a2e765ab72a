import type { FolderRole, ItemClass } from '../contract/folders.ts';
import type { ObjectKind } from '../contract/objects.ts';
import type { DavResource } from './multistatus.ts';
import { escapeXml, xmlDocument } from './names.ts';
import { childrenOf } from './xml.ts';

/** In what CardDAV and CalDAV differ. */
export interface Flavour {
  /** Name of the kind of backend. */
  readonly kind: 'carddav' | 'caldav';
  /** As administrators know it. */
  readonly title: string;
  /** Where a server tells its root (RFC 6764, 5). */
  readonly wellKnown: string;
  /** Property of a principal: where the user's collections are. */
  readonly homeProperty: string;
  /** What is in `D:resourcetype` of a collection of this flavour. */
  readonly resourceType: string;
  /** Property that holds an object's text. */
  readonly dataProperty: string;
  readonly multiget: string;
  /** Usual ending of file names. */
  readonly extension: string;
  readonly contentType: string;
  /** What a collection holds. */
  componentsOf(collection: DavResource): readonly ObjectKind[];
  /** Makes a collection (RFC 4791, 5.3.1; RFC 5689, 3). */
  creation(name: string, component: ObjectKind): { readonly method: string; readonly body: string };
  /** A report on the objects whose UID contains a text, with their text. */
  uidQuery(uid: string, component: ObjectKind): string;
}

/** Folders of each kind of object. */
export const ClassOf: Readonly<Record<ObjectKind, ItemClass>> = {
  VCARD: 'Contacts',
  VEVENT: 'Calendar',
  VTODO: 'Tasks',
  VJOURNAL: 'Notes',
};

/** The collections that are made for users who have none: a usual file name makes them stay the default ones. */
export const FirstCollections: readonly {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly segment: string;
}[] = [
  { kind: 'VCARD', name: 'Contacts', segment: 'contacts' },
  { kind: 'VEVENT', name: 'Calendar', segment: 'calendar' },
  { kind: 'VTODO', name: 'Tasks', segment: 'tasks' },
];

/** File names that servers and programs give to the first collection of a kind, the likeliest first. */
export const UsualNames: Readonly<Record<ObjectKind, readonly string[]>> = {
  VCARD: ['default', 'contacts', 'addressbook', 'personal', 'card'],
  VEVENT: ['default', 'calendar', 'personal', 'home', 'events'],
  VTODO: ['tasks', 'reminders', 'todo', 'default', 'calendar', 'personal'],
  VJOURNAL: ['notes', 'journal', 'default', 'calendar', 'personal'],
};

/** Roles of folders of these classes. */
export type CollectionRole = Extract<FolderRole, 'default' | 'user'>;

const displayName = (name: string): string => `<D:displayname>${escapeXml(name)}</D:displayname>`;

const textMatch = (prefix: string, uid: string): string =>
  `<${prefix}:prop-filter name="UID"><${prefix}:text-match collation="i;octet">${escapeXml(uid)}</${prefix}:text-match></${prefix}:prop-filter>`;

/** A calendar-query on objects of a component (RFC 4791, 7.8). */
export const calendarQuery = (prop: string, component: string, filter = ''): string =>
  xmlDocument(
    'C:calendar-query',
    `<D:prop>${prop}</D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="${component}">${filter}</C:comp-filter></C:comp-filter></C:filter>`,
  );

export const CardDav: Flavour = {
  kind: 'carddav',
  title: 'CardDAV',
  wellKnown: '/.well-known/carddav',
  homeProperty: 'A:addressbook-home-set',
  resourceType: 'A:addressbook',
  dataProperty: 'A:address-data',
  multiget: 'A:addressbook-multiget',
  extension: '.vcf',
  contentType: 'text/vcard; charset=utf-8',
  componentsOf: () => ['VCARD'],
  creation: (name) => ({
    method: 'MKCOL',
    body: xmlDocument(
      'D:mkcol',
      `<D:set><D:prop><D:resourcetype><D:collection/><A:addressbook/></D:resourcetype>${displayName(name)}</D:prop></D:set>`,
    ),
  }),
  uidQuery: (uid) =>
    xmlDocument(
      'A:addressbook-query',
      `<D:prop><D:getetag/><A:address-data/></D:prop><A:filter>${textMatch('A', uid)}</A:filter>`,
    ),
};

const calendarKinds: readonly ObjectKind[] = ['VEVENT', 'VTODO', 'VJOURNAL'];

export const CalDav: Flavour = {
  kind: 'caldav',
  title: 'CalDAV',
  wellKnown: '/.well-known/caldav',
  homeProperty: 'C:calendar-home-set',
  resourceType: 'C:calendar',
  dataProperty: 'C:calendar-data',
  multiget: 'C:calendar-multiget',
  extension: '.ics',
  contentType: 'text/calendar; charset=utf-8',
  // Without the property a collection takes them all (RFC 4791, 5.2.3).
  componentsOf: ({ properties }) => {
    const set = properties.get('C:supported-calendar-component-set');
    if (set === undefined) return calendarKinds;
    const names = childrenOf(set, 'C:comp').map(({ attributes }) => attributes.get('name')?.toUpperCase());
    return calendarKinds.filter((kind) => names.includes(kind));
  },
  creation: (name, component) => ({
    method: 'MKCALENDAR',
    body: xmlDocument(
      'C:mkcalendar',
      `<D:set><D:prop>${displayName(name)}<C:supported-calendar-component-set><C:comp name="${component}"/></C:supported-calendar-component-set></D:prop></D:set>`,
    ),
  }),
  uidQuery: (uid, component) => calendarQuery('<D:getetag/><C:calendar-data/>', component, textMatch('C', uid)),
};
