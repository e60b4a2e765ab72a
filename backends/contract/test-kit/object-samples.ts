import type { ObjectKind } from '../objects.ts';

const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n`;

const calendar = (component: string, uid: string, ...content: string[]): string =>
  lines(
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Postrider//Contract//EN',
    `BEGIN:${component}`,
    `UID:${uid}`,
    'DTSTAMP:20260105T080000Z',
    ...content,
    `END:${component}`,
    'END:VCALENDAR',
  );

/** An object of a kind with a title that a test looks for. */
export const sampleObject = (kind: ObjectKind, uid: string, title: string): string =>
  ({
    VCARD: () =>
      lines('BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${title}`, `N:${title};;;;`, 'X-KEPT:yes', 'END:VCARD'),
    VEVENT: () =>
      calendar('VEVENT', uid, `SUMMARY:${title}`, 'DTSTART:20300601T100000Z', 'DTEND:20300601T110000Z', 'X-KEPT:yes'),
    VTODO: () => calendar('VTODO', uid, `SUMMARY:${title}`, 'X-KEPT:yes'),
    VJOURNAL: () => calendar('VJOURNAL', uid, `SUMMARY:${title}`, 'X-KEPT:yes'),
  })[kind]();

/** An event of one hour, which may be repeated. */
export const eventAt = (uid: string, start: string, end: string, rule?: string): string =>
  calendar(
    'VEVENT',
    uid,
    `SUMMARY:${uid}`,
    `DTSTART:${start}`,
    `DTEND:${end}`,
    ...(rule === undefined ? [] : [`RRULE:${rule}`]),
  );
