import { describe, expect, test } from '@jest/globals';
import type { Email } from '../../protocol/classes/email.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { answerMeetings } from '../../src/phone/meeting-commands.ts';
import { longIdOf } from '../../src/search/long-id.ts';
import { itemOf, openClient } from '../support/client.ts';
import { answers, inDays, invited, meeting, Person } from '../support/meeting-people.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

let people = 0;
const person = async (version: ProtocolVersion = '16.1'): Promise<Person> => {
  const name = `person${++people}`;
  return new Person(await openClient(host, name, version), `${name}@example.test`).load();
};

describe('a meeting of people with 16.1', () => {
  test('is announced, answered, moved and cancelled by the server, each once (MS-ASCMD_R7478)', async () => {
    const [anna, ben] = [await person(), await person()];
    const id = await anna.tell(anna.events.add(meeting('Plan', 3, [ben.address])));
    await ben.receive('Plan');
    expect(ben.mails()).toMatchObject([
      {
        messageClass: 'IPM.Schedule.Meeting.Request',
        meetingRequest: { startTime: inDays(3), responseRequested: true },
      },
    ]);
    const requestId = ben.client.idOf(ben.client.inbox, 'Plan');
    const result = await ben.answer({ requestId, userResponse: 1, sendResponse: {} });
    expect(result).toEqual({ requestId, status: 1, calendarId: expect.stringMatching(/^\d+:/) });
    await ben.refresh();
    expect(ben.subjects()).toEqual([]);
    expect([...ben.events.all()]).toMatchObject([
      [result?.calendarId, { subject: 'Plan', responseType: 3, meetingStatus: 3, busyStatus: 2 }],
    ]);
    await anna.receive('Accepted: Plan');
    await anna.refresh();
    expect(anna.statuses('Plan')).toEqual({ [ben.address.split('@')[0] ?? '']: answers.accepted });

    await anna.tell(
      anna.events.change(id, { startTime: inDays(4), endTime: new Date(inDays(4).getTime() + 3_600_000) }),
    );
    await ben.receive('Plan');
    await ben.refresh();
    expect(ben.event('Plan')).toMatchObject({ startTime: inDays(4), responseType: 5 });
    await anna.tell({ kind: 'delete', serverId: id });
    await ben.receive('Canceled: Plan');
    await ben.refresh();
    expect(ben.event('Plan')).toMatchObject({ meetingStatus: 7 });
    expect(ben.subjects()).toEqual(['Canceled: Plan', 'Plan']);
    expect(anna.subjects()).toEqual(['Accepted: Plan']);
  });
});

const nameOf = ({ address }: Person): string => address.slice(0, address.indexOf('@'));
const daily = { recurrence: { type: 0, interval: 1, occurrences: 5 } };

/** Anna's meeting, and Ben, who was invited to it and has it in the calendar. */
const accepted = async (more: Parameters<typeof meeting>[3] = {}, version: ProtocolVersion = '16.1') => {
  const [anna, ben] = [await person(), await person(version)];
  const id = await anna.tell(anna.events.add(meeting('Plan', 3, [ben.address], more)));
  const requestId = await ben.receive('Plan');
  const result = await ben.answer({ requestId, userResponse: 1 });
  await ben.refresh();
  return { anna, ben, id, calendarId: result?.calendarId ?? '' };
};

test.each(['12.1', '14.1'] as const)(
  'a meeting that a phone of %s calls is mailed by it alone (MS-ASCMD_R268)',
  async (version) => {
    const [anna, ben] = [await person(version), await person()];
    const plan = { ...meeting('Plan', 3, [ben.address]), uid: `plan-${version}`, meetingStatus: 1, dtStamp: inDays(0) };
    const id = await anna.tell(anna.events.add(plan));
    await anna.mail('REQUEST', [ben.address], anna.lines(plan.uid, plan, [ben.address]), 'Plan');
    const requestId = await ben.receive('Plan');
    expect(ben.mails()).toHaveLength(1);
    await ben.answer({ requestId, userResponse: 1, sendResponse: {} });
    await anna.receive('Accepted: Plan');
    await anna.refresh();
    expect(anna.statuses('Plan')).toEqual({ [nameOf(ben)]: answers.accepted });
    await anna.tell({ kind: 'delete', serverId: id });
    await ben.refresh();
    expect([anna.subjects(), ben.subjects(), ben.event('Plan')?.meetingStatus]).toEqual([['Accepted: Plan'], [], 3]);
  },
);

describe('one occurrence', () => {
  test('is cancelled, moved and declined alone (MS-ASCMD_R3191, MS-ASCAL_R2023)', async () => {
    const { anna, ben, id, calendarId } = await accepted(daily);
    await anna.tell({ kind: 'delete', serverId: id, instanceId: inDays(4) });
    await ben.receive('Canceled: Plan');
    await ben.refresh();
    expect(ben.event('Plan')?.exceptions).toMatchObject([{ instanceId: inDays(4), meetingStatus: 7 }]);
    const later = {
      startTime: new Date(inDays(5).getTime() + 7_200_000),
      endTime: new Date(inDays(5).getTime() + 9_000_000),
    };
    await anna.tell(anna.events.change(id, later, inDays(5)));
    await ben.receive('Plan');
    await ben.refresh();
    expect(ben.event('Plan')?.exceptions).toMatchObject([
      { meetingStatus: 7 },
      { instanceId: inDays(5), ...later, responseType: 5 },
    ]);
    const instanceId = inDays(6).toISOString();
    const request = { requestId: calendarId, userResponse: 3, instanceId, sendResponse: {} };
    const declined = { requestId: calendarId, status: 1, instanceId, calendarId };
    for (let i = 0; i < 2; i++) expect(await ben.answer(request)).toEqual(declined);
    await ben.refresh();
    expect(ben.event('Plan')?.exceptions).toMatchObject([{}, {}, { instanceId: inDays(6), deleted: true }]);
    await anna.receive('Declined: Plan');
    await anna.refresh();
    const known = anna.event('Plan')?.exceptions?.find((one) => one.instanceId?.getTime() === inDays(6).getTime());
    expect(known?.attendees).toMatchObject([{ attendeeStatus: answers.declined }]);
    expect(anna.statuses('Plan')).toEqual({ [nameOf(ben)]: answers.notResponded });
    expect([anna.subjects(), ben.subjects()]).toEqual([['Declined: Plan'], ['Canceled: Plan', 'Plan']]);
  });

  test('of a device of 14.1 is answered, too (MS-ASCMD_R5707)', async () => {
    const { ben, calendarId } = await accepted(daily, '14.1');
    const instanceId = inDays(4).toISOString();
    expect(await ben.answer({ requestId: calendarId, userResponse: 2, instanceId })).toMatchObject({
      status: 1,
      calendarId,
    });
    await ben.refresh();
    expect(ben.event('Plan')?.exceptions).toMatchObject([
      { exceptionStartTime: inDays(4), responseType: 2, busyStatus: 1 },
    ]);
  });
});

describe('an answer', () => {
  test('without SendResponse tells the organizer nothing; the last one counts, each goes out once (MS-ASCMD_R6062)', async () => {
    const { anna, ben, calendarId } = await accepted();
    const maybe = {
      requestId: calendarId,
      userResponse: 2,
      sendResponse: { body: { type: 1, data: 'Perhaps' } as never },
    };
    for (const userResponse of [2, 2, 1, 2])
      expect(await ben.answer({ ...maybe, userResponse })).toMatchObject({ status: 1 });
    await anna.receive('Accepted: Plan');
    await anna.refresh();
    expect(anna.subjects()).toEqual(['Accepted: Plan', 'Tentative: Plan', 'Tentative: Plan']);
    await anna.refresh();
    expect(anna.statuses('Plan')).toEqual({ [nameOf(ben)]: answers.tentative });
  });

  test('to a meeting that was moved meanwhile is given anew, though the request is the same', async () => {
    const { anna, ben, id, calendarId } = await accepted();
    const request = { requestId: calendarId, userResponse: 1, sendResponse: {} };
    await ben.answer(request);
    await anna.tell(anna.events.change(id, { startTime: inDays(4), endTime: inDays(5) }));
    await ben.receive('Plan');
    await ben.refresh();
    expect(ben.event('Plan')).toMatchObject({ responseType: 5 });
    for (let i = 0; i < 2; i++) expect(await ben.answer(request)).toMatchObject({ status: 1, calendarId });
    await ben.refresh();
    expect(ben.event('Plan')).toMatchObject({ responseType: 3, startTime: inDays(4) });
    await anna.receive('Accepted: Plan');
    expect(anna.subjects()).toEqual(['Accepted: Plan', 'Accepted: Plan']);
  });

  test('may propose another time in 16.1, which the organizer sees (MS-ASCAL_R103001)', async () => {
    const { anna, ben, calendarId } = await accepted();
    const proposal = { proposedStartTime: inDays(5), proposedEndTime: inDays(6) };
    await ben.answer({ requestId: calendarId, userResponse: 2, sendResponse: proposal as never });
    await anna.receive('New Time Proposed: Plan');
    await anna.refresh();
    expect(anna.event('Plan')?.attendees).toMatchObject([{ attendeeStatus: answers.tentative, ...proposal }]);
    expect(anna.event('Plan')?.startTime).toEqual(inDays(3));
  });

  test('to an invitation that a search found names it by its LongId (MS-ASCMD_R5374)', async () => {
    const [anna, ben] = [await person(), await person()];
    await anna.tell(anna.events.add(meeting('Plan', 3, [ben.address])));
    const id = await ben.receive('Plan');
    const longId = longIdOf({ collectionId: ben.client.inbox, itemId: itemOf(id) });
    const [result] = await answerMeetings(ben.client.device, [{ userResponse: 1, longId } as never]);
    expect(result).toEqual({ status: 1, calendarId: expect.any(String) });
    expect(await ben.answer({ requestId: id, longId, userResponse: 1 })).toMatchObject({ status: 2 });
  });

  test('to a declined invitation leaves nothing in the calendar (MS-ASCMD_R5072, R830)', async () => {
    const { anna, ben, calendarId } = await accepted();
    const declined = { requestId: calendarId, userResponse: 3, sendResponse: {} };
    for (let i = 0; i < 2; i++) expect(await ben.answer(declined)).toEqual({ requestId: calendarId, status: 1 });
    await ben.refresh();
    expect(ben.event('Plan')).toBeUndefined();
    await anna.receive('Declined: Plan');
    expect(anna.subjects()).toEqual(['Declined: Plan']);
  });
});

describe('what cannot be answered', () => {
  test('has a Status (MS-ASCMD_R4182, R4183, R4184, R4185, R4186, R3195, R3196, R7036)', async () => {
    const { anna, ben, id, calendarId } = await accepted();
    await host.deliver(nameOf(ben), 'From: c@example.test\r\nSubject: Hello\r\n\r\nHello\r\n');
    const hello = await ben.receive('Hello');
    await anna.tell(anna.events.add(meeting('Other', 3, [ben.address])));
    const invitation = await ben.receive('Other');
    const instanceId = inDays(3).toISOString();
    const ask = async (who: Person, requestId: string, more: object = {}) =>
      (await who.answer({ requestId, userResponse: 1, ...more }))?.status;
    expect(await ask(ben, hello)).toBe(2);
    expect(await ask(ben, `${ben.client.inbox}:1.999`)).toBe(2);
    expect(await ask(ben, 'nothing')).toBe(2);
    expect(await ask(ben, calendarId, { collectionId: ben.client.inbox })).toBe(2);
    expect(await ask(ben, calendarId, { userResponse: 4 })).toBe(2);
    expect(await ask(anna, id)).toBe(2);
    expect(await ask(ben, invitation, { instanceId })).toBe(2);
    expect(await ask(ben, calendarId, { instanceId })).toBe(146);
    expect(await ask(ben, calendarId, { instanceId: '20261123T100000Z' })).toBe(104);
    expect(await ask(ben, calendarId, { instanceId: '' })).toBe(2);
    const series = await accepted(daily);
    expect(await ask(series.ben, series.calendarId, { instanceId: inDays(1).toISOString() })).toBe(2);
  });

  test('is too much with more than a hundred answers (MS-ASCMD_R5650)', async () => {
    const anna = await person();
    const many = Array.from({ length: 101 }, () => ({ userResponse: 1, requestId: '1:1.1' }) as never);
    expect(await answerMeetings(anna.client.device, many)).toEqual([{ status: 103 }]);
  });

  test.each(['12.1', '14.0'] as const)(
    'is what lies in a calendar of %s; mail is answered (MS-ASCMD_R7509, R7510, R6712, R5723)',
    async (version) => {
      const { ben, calendarId } = await accepted({}, version);
      expect(ben.event('Plan')).toMatchObject({ busyStatus: 2, meetingStatus: 3 });
      expect(await ben.answer({ requestId: calendarId, userResponse: 1 })).toMatchObject({ status: 2 });
    },
  );
});

describe('a meeting is passed on', () => {
  const forward = (who: Person, request: object) => who.client.device.command('SmartForward', request as never);

  test('out of the calendar by the server from 16.0 on, all of it or one occurrence (MS-ASCMD_R538, R539)', async () => {
    const { ben, calendarId } = await accepted(daily);
    const dora = await person();
    const forwardees = [{ email: dora.address, name: 'Dora' }];
    const body = { type: 1, data: 'Do come' };
    await forward(ben, { clientId: 'f1', source: { itemId: calendarId, instanceId: inDays(4) }, forwardees, body });
    await forward(ben, { clientId: 'f2', source: { itemId: calendarId }, forwardees });
    await dora.client.catchUp(dora.client.inbox, { options: [{ bodyPreferences: [{ type: 1 }] }] });
    const begin = ({ meetingRequest }: Email): number => meetingRequest?.startTime?.getTime() ?? 0;
    const mails = dora.mails().toSorted((a, b) => begin(b) - begin(a));
    expect(mails).toMatchObject([
      { subject: 'FW: Plan', meetingRequest: { startTime: inDays(4), recurrenceId: inDays(4) } },
      { subject: 'FW: Plan', meetingRequest: { startTime: inDays(3), recurrences: [{}] } },
    ]);
    expect(String(mails[0]?.body?.data)).toMatch(/^Do come/);
    const absent = { clientId: 'f3', source: { itemId: calendarId, instanceId: inDays(1) }, forwardees };
    expect(await forward(ben, absent)).toEqual({ status: 150 });
  });

  test('by a device of 14.1 within its own mail', async () => {
    const { ben, calendarId } = await accepted({}, '14.1');
    const dora = await person();
    const mime = Buffer.from(`From: <${ben.address}>\r\nTo: ${dora.address}\r\nSubject: Fwd: Plan\r\n\r\nDo come\r\n`);
    expect(await forward(ben, { clientId: 'f1', source: { itemId: calendarId }, mime })).toBeUndefined();
    const requestId = await dora.receive('Fwd: Plan');
    expect(await dora.answer({ requestId, userResponse: 1 })).toMatchObject({ status: 1 });
    await dora.refresh();
    expect(dora.event('Plan')).toMatchObject({ responseType: 3 });
  });
});

describe('people of a meeting', () => {
  test('who come later or not any more are told alone; an alarm is told to nobody', async () => {
    const { anna, ben, id } = await accepted();
    const carl = await person();
    await anna.tell(anna.events.change(id, { reminder: 30 }));
    await anna.tell(anna.events.change(id, { attendees: [invited(ben.address), invited(carl.address)] }));
    await carl.receive('Plan');
    await anna.tell(anna.events.change(id, { attendees: [invited(carl.address)] }));
    await ben.receive('Canceled: Plan');
    await carl.refresh();
    expect([ben.subjects(), carl.subjects()]).toEqual([['Canceled: Plan'], ['Plan']]);
  });

  test('nobody else can answer or cancel for them', async () => {
    const { anna, ben } = await accepted();
    const { uid = '' } = ben.event('Plan') ?? {};
    const carl = await person();
    const lines = carl.lines(uid, meeting('Plan', 3, []), []).filter((line) => !line.startsWith('ORGANIZER'));
    const people = [`ORGANIZER:mailto:${anna.address}`, `ATTENDEE;PARTSTAT=DECLINED:mailto:${ben.address}`];
    await carl.mail('REPLY', [anna.address], [...lines, ...people], 'Declined: Plan');
    await carl.mail('CANCEL', [ben.address], [...lines, ...people, 'SEQUENCE:9'], 'Canceled: Plan');
    await anna.receive('Declined: Plan');
    await ben.receive('Canceled: Plan');
    for (const who of [anna, ben]) await who.refresh();
    expect(anna.statuses('Plan')).toEqual({ [nameOf(ben)]: undefined });
    expect(ben.event('Plan')).toMatchObject({ meetingStatus: 3, responseType: 3 });
  });
});
