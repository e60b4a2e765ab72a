import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import type { SyncResponseCollection } from '../../protocol/commands/sync.ts';
import { readTree } from '../../protocol/schema/index.ts';
import { listProblems } from '../../src/devices/device-list.ts';
import { fetchAttachment } from '../../src/phone/mail-commands.ts';
import { type Client, openClient } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

let host: LocalServer;
beforeAll(async () => {
  host = await startLocalServer();
});
afterAll(() => host.close());

const Raw = 'From: Carl <carl@example.test>\r\nSubject: Poison\r\n\r\nThe text\r\n';

/** The mails that a response adds. */
const added = (collection: SyncResponseCollection | undefined): Email[] =>
  (collection?.commands ?? []).flatMap((command) =>
    command.kind === 'add' && !('pieces' in command.applicationData)
      ? [readTree(EmailFields, command.applicationData)]
      : [],
  );

/** One Sync of the Inbox whose answer is looked at, and not applied. */
const look = async (client: Client): Promise<SyncResponseCollection | undefined> => {
  const options = [{ filterType: 0, bodyPreferences: [{ type: 1 as const, truncationSize: 1000 }] }];
  const response = await client.device.sync(client.request({ [client.inbox]: { windowSize: 50, options } }));
  return response?.collections?.collection[0];
};

/** Asks until the answer is right for the device, which repeats its SyncKey until then; gives all answers. */
const until = async (client: Client, accepts: (mails: readonly Email[]) => boolean): Promise<Email[][]> => {
  const answers: Email[][] = [];
  while (answers.length < 15) {
    const mails = added(await look(client));
    answers.push(mails);
    if (accepts(mails)) return answers;
  }
  throw new Error('never accepted');
};

const problemsOf = async (account: string) => {
  const problems = [];
  for await (const problem of listProblems(host.state, { account })) problems.push(problem);
  return problems;
};

test('a mail that a phone does not get over comes as headers, a notice and the message attached', async () => {
  const client = await openClient(host, 'anna');
  for (const subject of ['One', 'Two']) await host.deliver('anna', Raw.replace('Poison', subject));
  await host.deliver('anna', Raw);
  await client.sync(client.inbox, { syncKey: '0' });

  const chokes = ({ subject, body }: Email): boolean => subject === 'Poison' && body?.data === 'The text\r\n';
  const answers = await until(client, (mails) => mails.length > 0 && !mails.some(chokes));
  expect(answers.map((mails) => mails.length)).toEqual([3, 3, 3, 1, 1, 1, 1, 1]);
  const [notice] = answers.at(-1) ?? [];
  expect(notice).toMatchObject({ subject: 'Poison', from: '"Carl" <carl@example.test>' });
  expect(notice?.body?.data).toContain('the phone stopped at it again and again');

  const [attachment] = notice?.attachments ?? [];
  const reference = attachment?.kind === 'attachment' ? attachment.fileReference : '';
  const { data } = await fetchAttachment(client.device, reference);
  expect(Buffer.from(data).toString()).toContain('The text');
  const [problem, ...others] = await problemsOf('anna@example.test');
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ deviceId: 'annaphone', how: 'notice', release: expect.stringMatching(/^\d+\.\d+/) });
  expect(JSON.stringify(problem)).not.toContain('Poison');
});

test('the rest of the mailbox follows, and nothing else is on the list', async () => {
  const client = await openClient(host, 'ben');
  for (let i = 0; i < 20; i++) await host.deliver('ben', Raw.replace('Poison', `Mail ${i}`));
  await host.deliver('ben', Raw);
  await client.sync(client.inbox, { syncKey: '0' });
  await until(client, (mails) => mails.some(({ body }) => String(body?.data).includes('again and again')));
  await client.catchUp(client.inbox, { windowSize: 50 });
  expect(client.subjects(client.inbox)).toHaveLength(21);
  expect(await problemsOf('ben@example.test')).toHaveLength(1);
  expect(host.errors).toEqual([]);
});
