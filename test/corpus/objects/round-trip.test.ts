import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { GroupwareClasses } from './device.ts';
import { generatedObjects } from './objects.ts';
import type { RoundTrips } from './round-trip.ts';
import type { Compared } from './series.ts';

/** With `POSTRIDER_OBJECTS=n` so many of each class, and every edit of each: minutes. */
const Long = process.env.POSTRIDER_OBJECTS;

interface Report {
  readonly zone: string;
  readonly offset: number;
  readonly classes: Readonly<Record<string, RoundTrips>>;
  readonly occurrences: Compared;
  readonly zones: Compared;
}

const reportFrom = async (zone: string, ...args: string[]): Promise<Report> => {
  const child = join(import.meta.dirname, 'round-trip-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', child, ...args], {
    env: { ...process.env, TZ: zone },
    maxBuffer: 100_000_000,
  });
  return JSON.parse(stdout);
};

const mistakes = ({ classes, occurrences, zones }: Report): string[] =>
  [...Object.values(classes), occurrences, zones].flatMap(({ wrong }) => wrong).map((one) => one.slice(0, 3_000));

/** Properties of RFC 5545 and RFC 6350, and their parameters. */
const Calendars = {
  properties: [
    ...['CALSCALE', 'METHOD', 'PRODID', 'VERSION', 'ATTACH', 'CATEGORIES', 'CLASS', 'COMMENT', 'DESCRIPTION', 'GEO'],
    ...['LOCATION', 'PERCENT-COMPLETE', 'PRIORITY', 'RESOURCES', 'STATUS', 'SUMMARY', 'COMPLETED', 'DTEND', 'DUE'],
    ...['DTSTART', 'DURATION', 'FREEBUSY', 'TRANSP', 'TZID', 'TZNAME', 'TZOFFSETFROM', 'TZOFFSETTO', 'TZURL'],
    ...['ATTENDEE', 'CONTACT', 'ORGANIZER', 'RECURRENCE-ID', 'RELATED-TO', 'URL', 'UID', 'EXDATE', 'RDATE', 'RRULE'],
    ...['ACTION', 'REPEAT', 'TRIGGER', 'CREATED', 'DTSTAMP', 'LAST-MODIFIED', 'SEQUENCE', 'REQUEST-STATUS'],
  ],
  parameters: [
    ...['ALTREP', 'CN', 'CUTYPE', 'DELEGATED-FROM', 'DELEGATED-TO', 'DIR', 'ENCODING', 'FMTTYPE', 'FBTYPE', 'LANGUAGE'],
    ...['MEMBER', 'PARTSTAT', 'RANGE', 'RELATED', 'RELTYPE', 'ROLE', 'RSVP', 'SENT-BY', 'TZID', 'VALUE'],
  ],
};
const Cards = {
  properties: [
    ...[
      'SOURCE',
      'KIND',
      'XML',
      'FN',
      'N',
      'NICKNAME',
      'PHOTO',
      'BDAY',
      'ANNIVERSARY',
      'GENDER',
      'ADR',
      'TEL',
      'EMAIL',
    ],
    ...[
      'IMPP',
      'LANG',
      'TZ',
      'GEO',
      'TITLE',
      'ROLE',
      'LOGO',
      'ORG',
      'MEMBER',
      'RELATED',
      'CATEGORIES',
      'NOTE',
      'PRODID',
    ],
    ...['REV', 'SOUND', 'UID', 'CLIENTPIDMAP', 'URL', 'VERSION', 'KEY', 'FBURL', 'CALADRURI', 'CALURI'],
  ],
  parameters: [
    ...['LANGUAGE', 'VALUE', 'PREF', 'ALTID', 'PID', 'TYPE', 'MEDIATYPE', 'CALSCALE', 'SORT-AS', 'GEO', 'TZ', 'LABEL'],
  ],
};

test.each([
  ['calendars', Calendars, ['VEVENT', 'VTODO', 'VJOURNAL'] as const],
  ['cards', Cards, ['VCARD'] as const],
])('the %s have every property and every parameter', (_, { properties, parameters }, kinds) => {
  const texts = kinds.flatMap((kind) => generatedObjects(kind, 400).map(({ text }) => text)).join('');
  const unfolded = texts.replace(/\r?\n[ \t]/g, '');
  const isMissing = (form: string): boolean => !new RegExp(form, 'm').test(unfolded);
  expect(properties.filter((name) => isMissing(`^(?:[\\w-]+\\.)?${name}[;:]`))).toEqual([]);
  expect(parameters.filter((name) => isMissing(`;${name}=`))).toEqual([]);
});

describe('on a machine in UTC', () => {
  let report: Report;

  beforeAll(async () => {
    report = await reportFrom('UTC', ...(Long === undefined ? ['500', '24', '97'] : [Long, Long, '1', 'long']));
  }, 3_600_000);

  test.each(GroupwareClasses)(
    'of %s no Change costs more than what was edited, and what a device says comes back',
    (itemClass) => {
      const { objects, packaged, changes, wrong } = report.classes[itemClass] as RoundTrips;
      expect(wrong.map((one) => one.slice(0, 3_000))).toEqual([]);
      expect(objects).toBeGreaterThanOrEqual(500);
      expect(packaged).toBeGreaterThan(0);
      expect(changes).toBeGreaterThan(objects * 2);
    },
  );

  test('a phone shows each occurrence in ten years when ical.js says that it is', () => {
    expect(report.occurrences.wrong).toEqual([]);
    expect(report.occurrences.compared).toBeGreaterThan(50);
  });

  test('the TimeZone of every zone says what the system says, and is known again', () => {
    expect(report.zones.wrong).toEqual([]);
    expect(report.zones.compared).toBeGreaterThan(400);
  });
});

test.each([
  ['Asia/Tokyo', -540],
  ['America/St_Johns', 210],
])(
  'all of it is the same on a machine in %s',
  async (zone, offset) => {
    const report = await reportFrom(zone, '60', '6', '700');
    expect([report.zone, report.offset]).toEqual([zone, offset]);
    expect(mistakes(report)).toEqual([]);
  },
  600_000,
);
