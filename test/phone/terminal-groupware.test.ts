import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fillGroupware } from '../../src/demo/groupware.ts';
import { runPhone } from '../../src/phone/terminal.ts';
import { storesOf } from '../support/groupware.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { until } from '../support/until.ts';

let host: LocalServer;

beforeAll(async () => {
  host = await startLocalServer();
  await fillGroupware(storesOf(host, 'anna'), 'anna', Date.now());
  await fillGroupware(storesOf(host, 'anna'), 'anna', Date.now());
});

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

/** An invitation from Ben. */
const invitation = (version: string): string =>
  [
    ...['From: Ben <ben@example.test>', 'To: anna@example.test', `Subject: Picnic ${version}`, 'MIME-Version: 1.0'],
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/calendar; charset=utf-8; method=REQUEST',
    '',
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//EN', 'METHOD:REQUEST', 'BEGIN:VEVENT', `UID:picnic-${version}`],
    ...['DTSTAMP:20261101T000000Z', 'DTSTART:20300501T100000Z', 'DTEND:20300501T110000Z', `SUMMARY:Picnic ${version}`],
    ...['LOCATION:Park', 'ORGANIZER;CN=Ben:mailto:ben@example.test', 'ATTENDEE;RSVP=TRUE:mailto:anna@example.test'],
    ...['END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');

/** Subjects in an Inbox, in the order in which they came. */
const subjectsOf = async (user: string): Promise<string[]> => {
  const { folders, mail } = storesOf(host, user);
  const inbox = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
  const ids = (await mail?.list(inbox, undefined))?.ids.newest(9).reverse() ?? [];
  const found: string[] = [];
  for await (const read of mail?.read(inbox, ids, { preferences: [], mimeSupport: 0 }) ?? []) {
    if (read.outcome === 'item') found.push(read.item.subject ?? '');
  }
  return found;
};

test.each(['14.1', '16.1'] as const)(
  'the terminal phone of %s shows, adds and changes what the demo begins with',
  async (version) => {
    const input = new PassThrough();
    let printed = '';
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        printed += String(chunk);
        done();
      },
    });
    const ended = runPhone(
      { url: host.url, user: 'anna', version, demoFile: '/nonexistent' },
      { input, output, env: { POSTRIDER_PASSWORD: 'secret' } },
    );
    const says = async (line: string, answer: RegExp): Promise<string> => {
      printed = '';
      input.write(`${line}\n`);
      await until(() => answer.test(printed)).catch(() => {
        throw new Error(`${line}: ${printed}`);
      });
      return printed;
    };
    /** The number under which a line stands. */
    const numberOf = (list: string, words: string): string =>
      list
        .split('\n')
        .find((line) => /^ *\d/.test(line) && line.includes(words))
        ?.trim()
        .split(' ')[0] ?? '';
    await until(() => printed.includes('Type help'));
    await says('contacts', /Contacts: 6[\s\S]*Núñez, Carla +\+34 600 555 012 carla\.nunez@example\.org/);
    const added = await says(
      'contacts add Mia Keller mia@example.org +49 30 1234',
      /Contacts: 7[\s\S]*mia@example\.org/,
    );
    await says(`contacts set ${numberOf(added, 'mia@')} +49 30 999`, /\+49 30 999 mia@example\.org/);
    await says(`contacts delete ${numberOf(added, 'mia@')}`, /Contacts: 6/);
    await says('agenda', /Agenda: 5[\s\S]*Weekly planning +Room 2 \(repeats\)/);
    const dated = await says('agenda add 2030-01-02 15:00 30 Opera', /Agenda: 6[\s\S]*2030-01-02 15:00 Opera/);
    await says(`agenda set ${numberOf(dated, 'Opera')} Ballet`, /2030-01-02 15:00 Ballet/);
    await says(`agenda delete ${numberOf(dated, 'Opera')}`, /Agenda: 5/);
    await host.deliver('anna', invitation(version));
    await until(() => printed.includes(`Picnic ${version}`));
    const mails = await says('list', /^ *\d+ .*Picnic/m);
    await says(`answer ${numberOf(mails, 'Picnic')} perhaps`, /Answer accept, maybe or decline/);
    await says(`answer ${numberOf(mails, 'Picnic')} accept`, /Accepted: Picnic/);
    const meetings = await says('agenda', /Agenda: 6[\s\S]*2030-05-01 10:00 Picnic [\d.]+ +Park +\(accepted\)/);
    await says(`agenda answer ${numberOf(meetings, 'Picnic')} decline`, /Agenda: 5/);
    await says('tasks answer 1 accept', /Only meetings/);
    const told = await subjectsOf('ben');
    expect(told.filter((subject) => subject.endsWith(`Picnic ${version}`))).toEqual([
      `Accepted: Picnic ${version}`,
      `Declined: Picnic ${version}`,
    ]);
    await says('tasks', /Tasks: 4[\s\S]*\[x\] Book the train/);
    const tasks = await says('tasks add Water the plants', /Tasks: 5/);
    await says(`tasks done ${numberOf(tasks, 'Water')}`, /\[x\] Water the plants/);
    const again = await says('tasks', /Tasks: 5/);
    await says(`tasks delete ${numberOf(again, 'Water')}`, /Tasks: 4/);
    await says('notes', /Notes: 2[\s\S]*Soup +Two leeks/);
    const notes = await says('notes add Call Emi', /Notes: 3/);
    await says(`notes set ${numberOf(notes, 'Call Emi')} Call Emi before nine`, /Call Emi before nine/);
    await says(`notes delete ${numberOf(notes, 'Call Emi')}`, /Notes: 2/);
    await says('contacts add', /needs a name/);
    await says('agenda add tomorrow', /date, time/);
    await says('notes done 1', /Only tasks/);
    await says('tasks frob', /Write tasks/);
    await says('tasks delete 99', /no number 99/);
    input.write('quit\n');
    expect(await ended).toBe(0);
  },
  60_000,
);
