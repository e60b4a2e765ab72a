import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openClient } from '../support/client.ts';
import { storesOf } from '../support/groupware.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { inDays, meeting, Person } from '../support/meeting-people.ts';

/**
 * What is done where the calendar's own server tells people (RFC 6638) and says whom it could not tell: Cyrus is never
 * at a loss for a way, so the local store stands for such a server here. The rest is in test/scenario/meetings.test.ts.
 */

let host: LocalServer;
beforeAll(async () => {
  host = await startLocalServer();
  const account = host.local.account.bind(host.local);
  const scheduling = { sends: async () => true };
  host.local.account = (login) => ({ ...account(login), scheduling });
});
afterAll(async () => {
  expect(host.errors).toEqual([]);
  await host.close();
});

const person = async (name: string, version: '14.1' | '16.1'): Promise<Person> =>
  new Person(await openClient(host, name, version), `${name}@example.test`).load();

/** The server of somebody's calendar could not tell an attendee. */
const fail = async ({ address }: Person, uid: string, attendee: string): Promise<void> => {
  const { events, folders } = storesOf(host, address.slice(0, address.indexOf('@')));
  const folder = (await folders?.list())?.find(({ itemClass }) => itemClass === 'Calendar')?.id ?? '';
  const id = (await events?.find(folder, uid)) ?? '';
  for await (const read of events?.objects.read(folder, [id]) ?? []) {
    if (read.outcome !== 'item') throw new Error('no event');
    const text = read.text.replace(
      new RegExp(`^ATTENDEE(?=[^\\r]*${attendee})`, 'm'),
      'ATTENDEE;SCHEDULE-STATUS="3.7"',
    );
    await events?.objects.replace(folder, id, text, read.revision);
  }
};

test('a phone’s own mails go to those alone whom the server could not tell', async () => {
  const [anna, ben, carl] = [await person('anna', '14.1'), await person('ben', '16.1'), await person('carl', '16.1')];
  const people = [ben.address, carl.address];
  const plan = { ...meeting('Plan', 3, people), uid: 'plan', meetingStatus: 1, dtStamp: inDays(0) };
  await anna.tell(anna.events.add(plan));
  await fail(anna, 'plan', 'carl');
  await anna.mail('REQUEST', people, anna.lines('plan', plan, people), 'Plan');
  await anna.mail('REQUEST', [ben.address], anna.lines('other', plan, [ben.address]), 'Not yet there');
  await anna.mail('REQUEST', [carl.address], anna.lines('plan', plan, [ben.address]), 'Passed on');
  await carl.receive('Passed on');
  await ben.refresh();
  expect([ben.subjects(), carl.subjects()]).toEqual([[], ['Passed on', 'Plan']]);
});

test('from 16.0 on the server mails these, and no answer that the calendar’s server tells', async () => {
  const [dora, eva, fritz] = [await person('dora', '16.1'), await person('eva', '16.1'), await person('fritz', '16.1')];
  const id = await dora.tell(dora.events.add(meeting('Plan', 3, [eva.address, fritz.address])));
  await dora.events.load();
  const { uid = '' } = dora.event('Plan') ?? {};
  await fail(dora, uid, 'fritz');
  await dora.client.catchUp(dora.events.collectionId);
  await dora.tell(dora.events.change(id, { subject: 'Plan B' }));
  const requestId = await fritz.receive('Plan B');
  const answer = await fritz.answer({ requestId, userResponse: 1, sendResponse: {} });
  expect(answer).toMatchObject({ status: 1, calendarId: expect.any(String) });
  for (const who of [dora, eva]) await who.refresh();
  // The server of Fritz's calendar tells Dora, and says nothing to the contrary.
  expect([dora.subjects(), eva.subjects()]).toEqual([[], []]);
});
