import { describe, expect, test } from '@jest/globals';
import type { CalendarEvent, Recurrence } from '../../protocol/classes/event.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { openClient } from '../support/client.ts';
import { itemsOf } from '../support/groupware.ts';
import { serverForTests } from '../support/server-for-tests.ts';

/** What [MS-ASCAL] asks of a server: what a device sends is what another one gets. */

const host = await serverForTests();

let users = 0;
const startTime = new Date('2026-12-01T09:00:00Z');
const event: CalendarEvent = {
  ...{ subject: 'x', startTime, endTime: new Date('2026-12-01T10:00:00Z'), dtStamp: startTime },
  ...{ allDayEvent: false, busyStatus: 2, sensitivity: 0, meetingStatus: 0 },
};

/** An event as another device gets it that this one adds. */
const told = async (added: CalendarEvent, version: ProtocolVersion = '14.1'): Promise<CalendarEvent> => {
  const user = `asked${++users}`;
  const items = itemsOf(await openClient(host, user, version), 'Calendar');
  await items.load();
  const answer = await items.sync({ commands: [items.add(added)] });
  expect(answer?.responses).toMatchObject([{ status: 1 }]);
  const other = itemsOf(await openClient(host, user, version, `${user}tablet`), 'Calendar');
  await other.load();
  return other.only();
};

describe('an event', () => {
  test.each<[CalendarEvent, string]>([
    [{ allDayEvent: false }, 'MS-ASCAL_R7911, MS-ASCAL_R85'],
    [{ busyStatus: 0 }, 'MS-ASCAL_R13811'],
    [{ busyStatus: 1 }, 'MS-ASCAL_R13812'],
    [{ busyStatus: 2 }, 'MS-ASCAL_R13813'],
    [{ busyStatus: 3 }, 'MS-ASCAL_R13814'],
    [{ sensitivity: 0 }, 'MS-ASCAL_R42111, MS-ASCAL_R610'],
    [{ sensitivity: 2 }, 'MS-ASCAL_R612'],
    [{ sensitivity: 3 }, 'MS-ASCAL_R613'],
    [{ categories: ['Home', 'Work'] }, 'MS-ASCAL_R17711, MS-ASCAL_R18311'],
    [{ reminder: 45 }, 'MS-ASCAL_R39011'],
    [{ locationText: 'Room 1' }, 'MS-ASCAL_R29411'],
  ])('with %j has it on another device (%s)', async (more) => {
    expect(await told({ ...event, ...more })).toMatchObject(more);
  });

  test('has a UID of the server where the device gives none (MS-ASCAL_R46011, MS-ASCAL_R2223)', async () => {
    expect((await told(event, '16.1')).uid).toMatch(/\S/);
  });

  test('says of its people who they are, whether they must come and whether they do (MS-ASCAL_R573, MS-ASCAL_R574, MS-ASCAL_R575, MS-ASCAL_R11911)', async () => {
    const attendees = [
      { email: 'ben@example.test', name: 'Ben', attendeeType: 1 },
      { email: 'mia@example.test', name: 'Mia', attendeeType: 2 },
      { email: 'room@example.test', name: 'Room', attendeeType: 3 },
    ];
    const found = await told({ ...event, meetingStatus: 1, attendees });
    expect(found.attendees).toMatchObject(attendees);
  });
});

describe('a recurrence', () => {
  const Days = ['dayOfMonth', 'dayOfWeek', 'monthOfYear', 'weekOfMonth'] as const;
  test.each<[Recurrence, readonly (typeof Days)[number][], string]>([
    [{ type: 0, interval: 2 }, [], 'MS-ASCAL_R454, MS-ASCAL_R19511, MS-ASCAL_R32811, MS-ASCAL_R37211'],
    [{ type: 1, dayOfWeek: 6 }, ['dayOfWeek'], 'MS-ASCAL_R455, MS-ASCAL_R19512, MS-ASCAL_R32812, MS-ASCAL_R52523'],
    [{ type: 2, dayOfMonth: 1 }, ['dayOfMonth'], 'MS-ASCAL_R456, MS-ASCAL_R19011, MS-ASCAL_R32813, MS-ASCAL_R143'],
    [
      { type: 3, dayOfWeek: 4, weekOfMonth: 1 },
      ['dayOfWeek', 'weekOfMonth'],
      'MS-ASCAL_R457, MS-ASCAL_R47311, MS-ASCAL_R19513, MS-ASCAL_R32814, MS-ASCAL_R14311',
    ],
    [
      { type: 5, dayOfMonth: 1, monthOfYear: 12 },
      ['dayOfMonth', 'monthOfYear'],
      'MS-ASCAL_R458, MS-ASCAL_R19012, MS-ASCAL_R32311, MS-ASCAL_R14312',
    ],
    [
      { type: 6, dayOfWeek: 4, weekOfMonth: 1, monthOfYear: 12 },
      ['dayOfWeek', 'monthOfYear', 'weekOfMonth'],
      'MS-ASCAL_R459, MS-ASCAL_R47312, MS-ASCAL_R32312, MS-ASCAL_R19514, MS-ASCAL_R14313',
    ],
    [{ type: 3, dayOfWeek: 4, weekOfMonth: 5 }, ['dayOfWeek', 'weekOfMonth'], 'MS-ASCAL_R477'],
  ])('%j comes back with %j alone (%s)', async (recurrence, wanted) => {
    const found = (await told({ ...event, recurrence })).recurrence;
    expect(found).toMatchObject(recurrence);
    expect(Days.filter((name) => found?.[name] !== undefined)).toEqual(wanted);
    if (recurrence.type === 1) expect(found?.firstDayOfWeek).toBeDefined();
    if (recurrence.type > 1) expect(found?.calendarType).toBeDefined();
  });

  test('ends by Occurrences or by Until, never by both (MS-ASCAL_R341, MS-ASCAL_R467)', async () => {
    const until = new Date('2027-01-31T09:00:00Z');
    const counted = (await told({ ...event, recurrence: { type: 0, occurrences: 5 } })).recurrence;
    expect([counted?.occurrences, counted?.until]).toEqual([5, undefined]);
    const ended = (await told({ ...event, recurrence: { type: 0, until } })).recurrence;
    expect([ended?.occurrences, ended?.until]).toEqual([undefined, until]);
  });

  test('has exceptions that are gone or differ (MS-ASCAL_R24111, MS-ASCAL_R26111, MS-ASCAL_R210, MS-ASCAL_R20611, MS-ASCAL_R44111, MS-ASCAL_R43511, MS-ASCAL_R23611, MS-ASCAL_R39211, MS-ASCAL_R29611, MS-ASCAL_R18312, MS-ASCAL_R17911)', async () => {
    const day = (date: number, hour = 9) => new Date(Date.UTC(2026, 11, date, hour));
    const differs = {
      ...{ exceptionStartTime: day(4), subject: 'other', startTime: day(4, 14), endTime: day(4, 15) },
      ...{ reminder: 5, locationText: 'Room 2', categories: ['c'] },
    };
    const exceptions = [{ exceptionStartTime: day(2), deleted: true }, differs];
    const found = await told({ ...event, recurrence: { type: 0, occurrences: 9 }, exceptions });
    expect(found.exceptions).toHaveLength(2);
    expect(found.exceptions).toMatchObject(exceptions);
  });
});
