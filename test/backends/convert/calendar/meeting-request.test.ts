import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type MeetingMail, meetingMail } from '../../../../backends/convert/calendar/meeting-request.ts';
import { EmailFields, type MeetingRequest } from '../../../../protocol/classes/email.ts';
import { AirSync } from '../../../../protocol/code-pages/index.ts';
import { container } from '../../../../protocol/schema/describe.ts';
import { readDocument, writeDocument } from '../../../../protocol/schema/index.ts';
import { decodeTimeZone } from '../../../../protocol/types/time-zone.ts';
import type { ProtocolVersion } from '../../../../protocol/versions.ts';
import { bytesSource } from '../../../../protocol/wbxml/bytes.ts';
import { joinPieces } from '../../../protocol/wbxml/support.ts';

const Event = ['UID:meeting-1@example.org', 'DTSTAMP:20261120T080000Z', 'DTSTART;TZID=Europe/Berlin:20261123T100000'];

const calendarOf = (method: string, ...lines: string[]): string =>
  ['BEGIN:VCALENDAR', `METHOD:${method}`, 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

const mail = (method: string, ...lines: string[]): MeetingMail | undefined =>
  meetingMail(calendarOf(method, ...Event, ...lines));

const request = (...lines: string[]): MeetingRequest => {
  const found = mail('REQUEST', ...lines);
  if (found === undefined) throw new Error('no meeting');
  return found.request;
};

/** A MeetingRequest as a device of this version gets it. */
const sent = (meetingRequest: MeetingRequest, version: ProtocolVersion): MeetingRequest | undefined => {
  const root = container(AirSync.ApplicationData, EmailFields);
  const document = joinPieces(writeDocument(root, { meetingRequest }, version));
  return readDocument(root, bytesSource(document), { version }).meetingRequest;
};

describe('the class of a mail about a meeting', () => {
  test.each([
    ['REQUEST', '', 'IPM.Schedule.Meeting.Request'],
    ['CANCEL', '', 'IPM.Schedule.Meeting.Canceled'],
    ['COUNTER', '', 'IPM.Schedule.Meeting.Resp.Tent'],
    ['REPLY', 'ACCEPTED', 'IPM.Schedule.Meeting.Resp.Pos'],
    ['REPLY', 'DECLINED', 'IPM.Schedule.Meeting.Resp.Neg'],
    ['reply', 'tentative', 'IPM.Schedule.Meeting.Resp.Tent'],
  ])('MS-ASEMAIL_R589 %s %s is %s', (method, answer, expected) => {
    expect(mail(method, `ATTENDEE;PARTSTAT="${answer}":mailto:a@x.org`)?.messageClass).toBe(expected);
  });

  test('there is none of other methods, of an answer that is none, of what lacks start or UID', () => {
    expect(mail('PUBLISH')).toBeUndefined();
    expect(mail('constructor')).toBeUndefined();
    expect(mail('REPLY', 'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@x.org')).toBeUndefined();
    expect(mail('REPLY')).toBeUndefined();
    expect(meetingMail(calendarOf('REQUEST', 'UID:1'))).toBeUndefined();
    expect(meetingMail(calendarOf('REQUEST', 'DTSTART:20261123T100000Z'))).toBeUndefined();
    expect(meetingMail('BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR')).toBeUndefined();
    expect(meetingMail('nothing of the kind')).toBeUndefined();
  });

  test('the method beside the part stands in for one within', () => {
    const text = calendarOf('REQUEST', ...Event).replace('METHOD:REQUEST\r\n', '');
    expect(meetingMail(text)).toBeUndefined();
    expect(meetingMail(text, 'cancel')?.messageClass).toBe('IPM.Schedule.Meeting.Canceled');
  });
});

describe('MeetingRequest', () => {
  test('MS-ASEMAIL_R401 MS-ASEMAIL_R749 start, end and stamp are moments', () => {
    expect(request('DTEND;TZID=Europe/Berlin:20261123T113000')).toMatchObject({
      allDayEvent: false,
      startTime: new Date('2026-11-23T09:00:00Z'),
      endTime: new Date('2026-11-23T10:30:00Z'),
      dtStamp: new Date('2026-11-20T08:00:00Z'),
    });
    expect(request('DURATION:PT45M').endTime).toEqual(new Date('2026-11-23T09:45:00Z'));
    expect(request().endTime).toEqual(new Date('2026-11-23T09:00:00Z'));
    expect(request('DTEND:20261123T080000Z').endTime).toEqual(new Date('2026-11-23T09:00:00Z'));
  });

  test('MS-ASEMAIL_R235 MS-ASEMAIL_R236 a day is an event of all day', () => {
    const day = (...more: string[]): MeetingRequest | undefined =>
      meetingMail(calendarOf('REQUEST', 'UID:1', 'DTSTART;VALUE=DATE:20261123', ...more))?.request;
    expect(day('DTEND;VALUE=DATE:20261125')).toMatchObject({
      allDayEvent: true,
      startTime: new Date('2026-11-23T00:00:00Z'),
      endTime: new Date('2026-11-25T00:00:00Z'),
    });
    expect(day()?.endTime).toEqual(new Date('2026-11-24T00:00:00Z'));
    expect(day('DURATION:P2D')?.endTime).toEqual(new Date('2026-11-25T00:00:00Z'));
    expect(day('DURATION:PT1H')?.endTime).toEqual(new Date('2026-11-24T00:00:00Z'));
    expect(request('X-MICROSOFT-CDO-ALLDAYEVENT:TRUE').allDayEvent).toBe(true);
  });

  test('MS-ASEMAIL_R491 MS-ASEMAIL_R492 MS-ASEMAIL_R493 MS-ASEMAIL_R495 InstanceType', () => {
    expect(request().instanceType).toBe(0);
    expect(request('RRULE:FREQ=DAILY').instanceType).toBe(1);
    expect(request('RECURRENCE-ID;TZID=Europe/Berlin:20261123T090000').instanceType).toBe(3);
  });

  test('MS-ASEMAIL_R935 MS-ASEMAIL_R936 MS-ASEMAIL_R679 MS-ASEMAIL_R1350 RecurrenceId is that of one instance', () => {
    const instance = request('RECURRENCE-ID;TZID=Europe/Berlin:20261122T003000');
    expect(instance.recurrenceId).toEqual(new Date('2026-11-21T23:30:00Z'));
    // The day in the zone of the meeting.
    expect([...(instance.globalObjId ?? [])].slice(16, 20)).toEqual([0x07, 0xea, 11, 22]);
    expect(request('RRULE:FREQ=DAILY').recurrenceId).toBeUndefined();
  });

  test('a series with its exceptions is the series', () => {
    const text = calendarOf(
      'REQUEST',
      ...[...Event, 'RECURRENCE-ID:20261124T090000Z', 'SUMMARY:moved', 'END:VEVENT', 'BEGIN:VEVENT'],
      ...[...Event, 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T000000'],
    );
    expect(meetingMail(text)?.request).toMatchObject({
      instanceType: 1,
      recurrences: [{ type: 1, dayOfWeek: 2, interval: 1, until: new Date('2026-12-30T23:00:00Z') }],
    });
  });

  test('MS-ASEMAIL_R682 MS-ASEMAIL_R683 a rule that cannot be told is left out, the series is still one', () => {
    expect(request('RRULE:FREQ=HOURLY')).toMatchObject({ instanceType: 1, recurrences: undefined });
  });

  test('MS-ASEMAIL_R478 MS-ASEMAIL_R1305 MS-ASEMAIL_R1311 MS-ASEMAIL_R13111 id and place in both forms; the version decides', () => {
    const found = request('LOCATION:Room 5\\, left');
    expect(found).toMatchObject({
      uid: 'meeting-1@example.org',
      locationText: 'Room 5, left',
      location: { displayName: 'Room 5, left' },
    });
    const [old, recent] = [sent(found, '14.1'), sent(found, '16.1')];
    expect(old).toMatchObject({ globalObjId: found.globalObjId, locationText: 'Room 5, left' });
    expect([old?.uid, old?.location]).toEqual([undefined, undefined]);
    expect(recent).toMatchObject({ uid: found.uid, location: { displayName: 'Room 5, left' } });
    expect([recent?.globalObjId, recent?.locationText]).toEqual([undefined, undefined]);
  });

  test('MS-ASEMAIL_R781 MS-ASEMAIL_R783 TimeZone holds the rules of the zone', () => {
    expect(decodeTimeZone(request().timeZone ?? new Uint8Array(0))).toMatchObject({
      bias: -60,
      standardDate: { month: 10, day: 5, hour: 3 },
      daylightDate: { month: 3, day: 5, hour: 2 },
    });
    const utc = meetingMail(calendarOf('REQUEST', 'UID:1', 'DTSTART:20261123T100000Z'))?.request;
    expect(decodeTimeZone(utc?.timeZone ?? new Uint8Array(0))).toMatchObject({ bias: 0, daylightDate: undefined });
  });

  test('Organizer is a mailbox', () => {
    expect(request('ORGANIZER;CN="Ek, Anna":MAILTO:anna@example.org').organizer).toBe('"Ek, Anna" <anna@example.org>');
    expect(request('ORGANIZER:mailto:anna@example.org').organizer).toBe('anna@example.org');
    expect(request('ORGANIZER;CN=Anna:invalid').organizer).toBe('"Anna"');
    expect(request().organizer).toBeUndefined();
  });

  test('MS-ASEMAIL_R687 Reminder is seconds before the start', () => {
    const alarm = (trigger: string): string[] => ['BEGIN:VALARM', 'ACTION:DISPLAY', trigger, 'END:VALARM'];
    expect(request(...alarm('TRIGGER:-PT15M')).reminder).toBe(900);
    expect(request(...alarm('TRIGGER:PT0S')).reminder).toBe(0);
    expect(request(...alarm('TRIGGER:PT5M')).reminder).toBeUndefined();
    expect(request(...alarm('TRIGGER;RELATED=END:-PT5M')).reminder).toBeUndefined();
    expect(request(...alarm('TRIGGER;VALUE=DATE-TIME:20261123T090000Z')).reminder).toBeUndefined();
    expect(request().reminder).toBeUndefined();
  });

  test('MS-ASEMAIL_R715 MS-ASEMAIL_R716 ResponseRequested unless all attendees are told not to answer', () => {
    const attendee = (rsvp: string): string => `ATTENDEE;RSVP=${rsvp}:mailto:a@x.org`;
    expect(request().responseRequested).toBe(true);
    expect(request('ATTENDEE:mailto:a@x.org').responseRequested).toBe(true);
    expect(request(attendee('FALSE'), attendee('TRUE')).responseRequested).toBe(true);
    expect(request(attendee('FALSE'), attendee('false')).responseRequested).toBe(false);
    expect(mail('CANCEL')?.request.responseRequested).toBe(false);
  });

  test.each([
    ['CLASS:PUBLIC', 0],
    ['CLASS:PRIVATE', 2],
    ['CLASS:confidential', 3],
    ['X-OTHER:1', 0],
    ['CLASS:toString', 0],
  ])('MS-ASEMAIL_R730 Sensitivity of %s is %i', (line, value) => {
    expect(request(line).sensitivity).toBe(value);
  });

  test.each([
    ['TRANSP:OPAQUE', 2],
    ['TRANSP:TRANSPARENT', 0],
    ['X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE', 1],
    ['X-MICROSOFT-CDO-INTENDEDSTATUS:OOF', 3],
    // Only the newest versions know it, and the schema does not.
    ['X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE', 0],
  ])('MS-ASEMAIL_R265 MS-ASEMAIL_R1154 BusyStatus of %s is %i', (line, value) => {
    expect(request(line).busyStatus).toBe(value);
  });

  test('MS-ASEMAIL_R389 MS-ASEMAIL_R390 DisallowNewTimeProposal', () => {
    expect(request().disallowNewTimeProposal).toBe(false);
    expect(request('X-MICROSOFT-DISALLOW-COUNTER:TRUE').disallowNewTimeProposal).toBe(true);
  });

  test('MS-ASEMAIL_R528 MS-ASEMAIL_R532 MS-ASEMAIL_R533 MS-ASEMAIL_R534 MS-ASEMAIL_R535 MeetingMessageType', () => {
    expect(request().meetingMessageType).toBe(1);
    expect(request('SEQUENCE:0').meetingMessageType).toBe(1);
    expect(request('SEQUENCE:2').meetingMessageType).toBe(2);
    expect(mail('CANCEL', 'SEQUENCE:2')?.request.meetingMessageType).toBe(0);
  });

  test('MS-ASEMAIL_R91100 MS-ASEMAIL_R91110 a COUNTER proposes its times beside the original ones', () => {
    const lines = ['DTEND;TZID=Europe/Berlin:20261123T110000', 'X-MS-OLK-ORIGINALSTART:20261123T070000Z'];
    expect(mail('COUNTER', ...lines, 'X-MS-OLK-ORIGINALEND:20261123T080000Z')?.request).toMatchObject({
      startTime: new Date('2026-11-23T07:00:00Z'),
      endTime: new Date('2026-11-23T08:00:00Z'),
      proposedStartTime: new Date('2026-11-23T09:00:00Z'),
      proposedEndTime: new Date('2026-11-23T10:00:00Z'),
    });
    expect(request().proposedStartTime).toBeUndefined();
  });

  test('a UID and a place without end are cut', () => {
    const long = meetingMail(
      calendarOf('REQUEST', `UID:${'u'.repeat(500)}`, 'DTSTART:20261123T100000Z', `LOCATION:${'x'.repeat(40_000)}`),
    )?.request;
    expect([long?.uid?.length, long?.locationText?.length]).toEqual([300, 32_768]);
  });

  test('whatever stands in it can be sent in every version', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('20261123T100000Z', '00010101T000000', '99991231T235959', '-PT5M'),
    );
    const name = fc.constantFrom(
      ...['DTSTART', 'DTEND', 'DTSTAMP', 'RECURRENCE-ID', 'DURATION', 'RRULE', 'LOCATION', 'ORGANIZER', 'UID', 'CLASS'],
      ...[
        'SEQUENCE',
        'TRANSP',
        'ATTENDEE',
        'DTSTART;TZID=Europe/Berlin',
        'DTSTART;VALUE=DATE',
        'X-MS-OLK-ORIGINALSTART',
      ],
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value)),
        fc.constantFrom('REQUEST', 'CANCEL', 'COUNTER'),
        fc.constantFrom('12.1' as const, '14.1' as const, '16.1' as const),
        (lines, method, version) => {
          const text = calendarOf(method, 'UID:1', ...lines.map(([key, text]) => `${key}:${text}`), 'DTSTART:20261123');
          const found = meetingMail(text);
          if (found !== undefined) expect(sent(found.request, version)?.dtStamp).toEqual(found.request.dtStamp);
        },
      ),
      { numRuns: 300 },
    );
  });
});
