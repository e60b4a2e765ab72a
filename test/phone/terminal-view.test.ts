import { describe, expect, test } from '@jest/globals';
import type { Email } from '../../protocol/classes/email.ts';
import {
  age,
  duration,
  fitted,
  folderTree,
  mailLine,
  mailList,
  newMailLine,
  oneLine,
  printable,
  senderName,
  wholeMail,
} from '../../src/phone/terminal-view.ts';

const plain = { width: 60, colours: false };
const now = Date.UTC(2026, 0, 15, 12);
const ago = (milliseconds: number): Date => new Date(now - milliseconds);
const lunch: Email = {
  from: '"Bert Müller" <bert@example.org>',
  subject: 'Lunch?',
  dateReceived: ago(3_600_000),
  read: false,
};

describe('words', () => {
  test.each([
    [0, 'now'],
    [59_000, 'now'],
    [60_000, '1 min'],
    [7_200_000, '2 h'],
    [3 * 86_400_000, '3 d'],
    [15 * 86_400_000, '2 w'],
    [800 * 86_400_000, '2 y'],
    [-5_000, 'now'],
  ])('%d ms ago is %s', (milliseconds, text) => {
    expect(age(ago(milliseconds), now)).toBe(text);
  });

  test('a mail without a date has no age', () => {
    expect(age(undefined, now)).toBe('');
  });

  test.each([
    [84.4, '84 ms'],
    [1_230, '1.2 s'],
  ])('%d ms lasts %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  test.each([
    ['"Bert Müller" <bert@example.org>', 'Bert Müller'],
    ['Bert <bert@example.org>', 'Bert'],
    ['<bert@example.org>', 'bert@example.org'],
    ['bert@example.org', 'bert@example.org'],
    [undefined, '(unknown)'],
  ])('%s is from %s', (from, name) => {
    expect(senderName(from)).toBe(name);
  });

  test('cuts and fills to a width in columns', () => {
    expect(fitted('abc', 5)).toBe('abc  ');
    expect(fitted('abcdef', 5)).toBe('abcd…');
    expect(fitted('😀😀😀', 4)).toBe('😀… ');
    expect(fitted('田中', 5)).toBe('田中 ');
    expect(fitted('e\u0301', 2)).toBe('e\u0301 ');
  });

  test('nothing that a stranger wrote acts on the terminal', () => {
    expect(oneLine('a\u001b[31mred\u001b[0m\r\n b\u0007\u009b2J')).toBe('ared b');
    expect(oneLine('\u001b]0;title\u0007x')).not.toContain('\u001b');
    expect(printable('line\nnext\u001b[2J\r')).toBe('line\nnext');
  });
});

describe('the list', () => {
  test('shows number, marks, sender, subject and age within the width', () => {
    const line = mailLine(plain, { number: 3, email: lunch }, now);
    expect(line).toBe(`   3 *   Bert Müller${' '.repeat(12)}Lunch?${' '.repeat(19)}1 h`);
    expect(line.length).toBeLessThanOrEqual(60);
  });

  test('marks read, flagged and with attachments', () => {
    const attachments = [{ kind: 'attachment', fileReference: '1' }] as const;
    const email: Email = { ...lunch, read: true, flag: { status: 2 }, attachments };
    expect(mailLine(plain, { number: 3, email }, now).slice(5, 8)).toBe(' !@');
  });

  test('has colours only where they are wanted', () => {
    expect(mailLine({ width: 60, colours: true }, { number: 1, email: lunch }, now)).toContain('\u001b[1m');
    expect(mailLine(plain, { number: 1, email: lunch }, now)).not.toContain('\u001b');
  });

  test('counts mails and unread ones', () => {
    const mails = [lunch, { ...lunch, read: true }].map((email, index) => ({ number: index + 1, email }));
    expect(mailList(plain, 'Inbox', mails, now).split('\n')[0]).toBe('Inbox: 2 mails, 1 unread');
  });

  test('shows the newest twenty and counts all', () => {
    const mails = Array.from({ length: 23 }, (_, index) => ({ number: index + 1, email: lunch }));
    const lines = mailList(plain, 'Inbox', mails, now).split('\n');
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([22, 'Inbox: 23 mails, 23 unread', '     … and 3 older']);
  });

  test('a mail without anything is still a line', () => {
    expect(mailLine(plain, { number: 1, email: {} }, now)).toContain('(unknown)              (no subject)');
  });
});

test('the folders stand as a tree', () => {
  const folder = { serverId: '1', parentId: '0', displayName: 'Inbox', type: 2 };
  const inner = { serverId: '2', parentId: '1', displayName: 'Bills', type: 12 };
  expect(
    folderTree(plain, [
      { folder, depth: 0 },
      { folder: inner, depth: 1 },
    ]),
  ).toBe('  Inbox  (inbox)\n    Bills');
});

describe('a mail to read', () => {
  test('shows headers, text, what is cut, and attachments', () => {
    const text = wholeMail(plain, {
      ...lunch,
      to: 'anna@example.org',
      body: { type: 1, data: 'At noon?\r\n\r\n', truncated: true },
      attachments: [{ kind: 'attachment', fileReference: '1', displayName: 'menu.pdf', estimatedDataSize: 1234 }],
    });
    expect(text.split('\n')).toEqual([
      'From:    "Bert Müller" <bert@example.org>',
      'To:      anna@example.org',
      'Date:    2026-01-15T11:00:00.000Z',
      'Subject: Lunch?',
      '',
      'At noon?',
      '(cut: the mail is longer)',
      '',
      'Attachments (save NUMBER @NUMBER):',
      '  @1 menu.pdf (1234 bytes)',
    ]);
  });
});

describe('new mail', () => {
  test('says how long it took, from the push and from its receipt', () => {
    const line = newMailLine(plain, { number: 4, email: { ...lunch, dateReceived: ago(850) } }, 42, now);
    expect(line).toBe('New mail 4: Bert Müller: Lunch? (shown 42 ms after the push, 850 ms after it was received)');
  });

  test.each([-2_000, 7_200_000])('a receipt %d ms ago is no measure', (milliseconds) => {
    const email = { ...lunch, dateReceived: ago(milliseconds) };
    expect(newMailLine(plain, { number: 4, email }, 42, now)).toMatch(/\(shown 42 ms after the push\)$/);
  });
});
