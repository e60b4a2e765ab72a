import { describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import { parseStructure } from '../../backends/convert/mail/structure.ts';
import { demoFiles } from '../../src/demo/attachments.ts';
import { demoMailbox } from '../../src/demo/mailbox.ts';
import { owners, people } from '../../src/demo/people.ts';
import type { DemoMail } from '../../src/demo/store.ts';

const now = Date.UTC(2026, 10, 23, 12, 34, 56);
const Day = 86_400_000;
const folderOf = ({ folder }: DemoMail): string => ('role' in folder ? folder.role : folder.name);
const parsed = (mail: DemoMail[]) => Promise.all(mail.map(({ raw }) => PostalMime.parse(raw)));

describe.each(owners)('the demo mailbox of %s', (owner) => {
  const mail = demoMailbox(owner, now);

  test('is of a believable size, in several folders', () => {
    expect(mail.length).toBeGreaterThanOrEqual(130);
    expect(mail.length).toBeLessThanOrEqual(180);
    const folders = new Set(mail.map(folderOf));
    for (const folder of ['inbox', 'sent', 'drafts', 'junk', 'archive', 'Narrow Gauge'])
      expect(folders).toContain(folder);
  });

  test('is the same each time', () => {
    expect(demoMailbox(owner, now)).toEqual(mail);
  });

  test.each([
    ['at noon', now],
    ['after midnight', Date.UTC(2026, 2, 29, 0, 5)],
    ['before midnight', Date.UTC(2028, 1, 29, 23, 59)],
  ])('is recent, and nothing comes from the future: %s', (_, at) => {
    const ages = demoMailbox(owner, at).map(({ received }) => at - received.getTime());
    expect(Math.min(...ages)).toBeGreaterThan(0);
    expect(Math.min(...ages)).toBeLessThan(Day);
    expect(Math.max(...ages)).toBeLessThan(200 * Day);
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
  });

  test('is unread where it is new, and only there', () => {
    const unread = mail.filter(({ state }) => state.seen !== true);
    expect(unread.length).toBeGreaterThan(5);
    expect(unread.length).toBeLessThan(30);
    expect(mail.filter((one) => ['sent', 'drafts'].includes(folderOf(one)) && one.state.seen !== true)).toEqual([]);
  });

  test('has flags, answers and categories', () => {
    const states = mail.map(({ state }) => state);
    expect(states.some(({ flag }) => flag?.status === 2 && (flag.dueDate?.getTime() ?? 0) > now)).toBe(true);
    expect(states.some(({ flag }) => flag?.status === 1 && flag.completeTime !== undefined)).toBe(true);
    expect(states.every(({ flag, flagged }) => (flag !== undefined) === (flagged === true))).toBe(true);
    expect(states.some(({ answered, lastVerbAt }) => answered && lastVerbAt !== undefined)).toBe(true);
    expect(states.some(({ categories }) => categories?.includes('Project'))).toBe(true);
  });

  test('is right MIME as another parser reads it', async () => {
    const letters = await parsed(mail);
    for (const letter of letters) {
      expect(letter.from?.address).toMatch(/@/);
      expect(letter.to?.length).toBeGreaterThan(0);
      expect(letter.subject).toBeTruthy();
      expect(letter.text).toBeTruthy();
      expect(Number.isNaN(Date.parse(letter.date ?? ''))).toBe(false);
    }
    const subjects = letters.map(({ subject }) => subject);
    expect(subjects).toContain('Übergabe der Schlüssel am Freitag');
    expect(new Set(letters.map(({ messageId }) => messageId)).size).toBe(letters.length);
    const recipe = letters.find(({ subject }) => subject === 'Re: Rezept für den Apfelkuchen');
    if (owner === 'ben') expect(recipe?.text).toContain('1 kg Äpfel (Boskoop!), Zimt, Nüsse');
    const paint = letters.find(({ subject }) => subject === 'Re-painting of coach 7');
    if (owner === 'ben') expect(paint?.text).toContain('Größe der Dosen: 5 l. Für die Beschläge fehlt uns noch Öl.');
  });

  test('has pictures in the text, and attachments with any name', async () => {
    const letters = await parsed(mail);
    const files = letters.flatMap(({ attachments }) => attachments);
    expect(files.some(({ disposition, contentId }) => disposition === 'inline' && contentId === '<picture>')).toBe(
      true,
    );
    expect(files.map(({ filename }) => filename)).toContain('Übergabeprotokoll.pdf');
    const photo = files.find(({ filename }) => filename === 'Brücke.png');
    expect(Buffer.from(photo?.content as ArrayBuffer).equals(demoFiles()('bridge').bytes)).toBe(true);
  });

  test('keeps the lines that RFC 5322, 2.1.1 allows, in ASCII', () => {
    for (const { raw } of mail) {
      const lines = Buffer.from(raw).toString('latin1').split('\r\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
      expect(lines.every((line) => /^[\t\x20-\x7e]*$/.test(line))).toBe(true);
    }
  });

  test('has conversations whose mails refer to each other', async () => {
    const letters = await parsed(mail);
    const replies = letters.filter(({ inReplyTo }) => inReplyTo !== undefined);
    expect(replies.length).toBeGreaterThan(15);
    for (const { inReplyTo, references, subject } of replies) {
      expect(references?.endsWith(inReplyTo ?? '')).toBe(true);
      expect(subject).toMatch(/^Re: /);
    }
  });
});

test('what one demo account sent the other has received, byte for byte', () => {
  const [anna, ben] = owners.map((owner) => demoMailbox(owner, now)) as [DemoMail[], DemoMail[]];
  const received = new Set(anna.map(({ raw }) => Buffer.from(raw).toString('base64')));
  const sent = ben.filter(
    (one) => folderOf(one) === 'sent' && Buffer.from(one.raw).toString('latin1').includes(people.anna.address),
  );
  expect(sent.length).toBeGreaterThan(5);
  for (const { raw } of sent) expect(received).toContain(Buffer.from(raw).toString('base64'));
});

test('files are what they are called', () => {
  const file = demoFiles();
  expect(Buffer.from(file('agenda').bytes).toString('latin1')).toMatch(/^%PDF-1\.4\n[\s\S]*%%EOF\n$/);
  expect(Buffer.from(file('harbour').bytes.subarray(0, 8)).toString('hex')).toBe('89504e470d0a1a0a');
  expect(Buffer.from(file('harbour').bytes).readUInt32BE(16)).toBe(360);
  expect(file('harbour')).toBe(file('harbour'));
  const structure = parseStructure(
    demoMailbox('anna', now).find(({ raw }) => raw.length > 50_000)?.raw ?? new Uint8Array(),
  );
  expect(structure.structure.type).toBe('multipart/mixed');
});
