import { describe, expect, test } from '@jest/globals';
import {
  newNoteMessage,
  noteChange,
  noteMessageId,
  noteOf,
  patchNoteMessage,
  sentText,
  titleOf,
} from '../../../../backends/convert/note/message.ts';
import { bytesSource, readAll } from '../../../../protocol/wbxml/bytes.ts';

const date = new Date('2026-11-20T09:00:00Z');
const name = '0123456789abcdef'.repeat(4);
const facts = { date, name };
const source = (lines: readonly string[]) => bytesSource(Buffer.from(lines.join('\r\n')));
const textOf = (message: ReturnType<typeof newNoteMessage>) => Buffer.from(readAll(message)).toString('utf8');

describe('the note that a mail is', () => {
  test('has its subject, text, categories and the time at which it came', () => {
    const body = { type: 1, data: 'x' };
    expect(noteOf({ subject: 'a', body, categories: ['b'], dateReceived: date, read: true })).toEqual({
      ...{ subject: 'a', body, categories: ['b'] },
      ...{ messageClass: 'IPM.StickyNote', lastModifiedDate: date },
    });
    expect(noteOf({ subject: '', categories: [] })).toMatchObject({ subject: undefined, categories: undefined });
  });
});

describe('the text that a device sends', () => {
  test.each([
    ['what it was given', { type: 1, data: 'a\nb' }, { type: 1, data: 'a\r\nb' }, 'plain', undefined],
    ['nothing where there is nothing', { type: 1, data: '' }, undefined, 'plain', undefined],
    ['plain text', { type: 1, data: 'a\nb' }, undefined, 'plain', { form: 'plain', text: 'a\r\nb' }],
    ['HTML', { type: 2, data: '<p>a' }, { type: 2, data: 'b' }, 'plain', { form: 'html', text: '<p>a' }],
    [
      'the same letters in another form',
      { type: 2, data: 'a' },
      { type: 1, data: 'a' },
      'plain',
      { form: 'html', text: 'a' },
    ],
    [
      'nothing where there was a text',
      { type: 1, data: '' },
      { type: 1, data: 'a' },
      'html',
      { form: 'plain', text: '' },
    ],
  ] as const)('%s', (_, sent, given, native, wanted) => {
    expect(sentText(sent, given, native)).toEqual(wanted);
  });

  test('is written as HTML into a note that is HTML, and nothing in it becomes markup', () => {
    const found = sentText({ type: 1, data: '1 < 2\n\n  x' }, { type: 1, data: 'old' }, 'html');
    expect(found?.form).toBe('html');
    expect(found?.text).toContain('1 &lt; 2');
  });
});

describe('what a patch changes', () => {
  const seen = { subject: 'a', body: { type: 2, data: '<p>x' }, nativeBodyType: 2 };
  test('nothing, when the device sends what it was given', () => {
    expect(noteChange(seen, { set: { subject: 'a', body: { type: 2, data: '<p>x' } }, cleared: [] })).toBeUndefined();
    expect(noteChange(seen, { set: { categories: ['z'] }, cleared: ['categories'] })).toBeUndefined();
  });
  test('the subject, also when it is taken away; the text', () => {
    expect(noteChange(seen, { set: { subject: 'b' }, cleared: [] })).toEqual({ subject: 'b', text: undefined });
    expect(noteChange(seen, { set: {}, cleared: ['subject'] })).toEqual({ subject: '', text: undefined });
    const set = { subject: 'a', body: { type: 2, data: '<p>y' } };
    expect(noteChange(seen, { set, cleared: [] })).toEqual({
      subject: undefined,
      text: { form: 'html', text: '<p>y' },
    });
  });
});

describe('a title', () => {
  test.each([
    ['\n\n  Shopping \nmilk', 'plain', 'Shopping'],
    ['<div>Shop &amp; go</div><div>milk</div>', 'html', 'Shop & go'],
    [' \n', 'plain', ''],
    ['🍎'.repeat(300), 'plain', '🍎'.repeat(100)],
  ] as const)('of %j in %s is the first line', (text, form, title) => {
    expect(titleOf({ form, text })).toBe(title);
  });
});

describe('a new note', () => {
  const text = textOf(newNoteMessage({ subject: 'Grüße', text: { form: 'plain', text: 'a\r\nü' } }, 'a@x.test', facts));
  test.each([
    /^From: a@x\.test\r$/m,
    /^X-Uniform-Type-Identifier: com\.apple\.mail-note\r$/m,
    /^X-Universally-Unique-Identifier: 01234567-89AB-8DEF-8123-456789ABCDEF\r$/m,
    /^X-Mail-Created-Date: Fri, 20 Nov 2026 09:00:00 \+0000\r$/m,
    /^Date: Fri, 20 Nov 2026 09:00:00 \+0000\r$/m,
    /^Subject: =\?utf-8\?B\?R3LDvMOfZQ==\?=\r$/m,
    /^Content-Type: text\/plain; charset=utf-8\r$/m,
  ])('has %s', (line) => expect(text).toMatch(line));

  test('is called the same whenever it is made', () => {
    const again = newNoteMessage({ subject: 'Grüße' }, 'a@x.test', { name, date: new Date(0) });
    for (const one of [text, textOf(again)]) expect(one).toContain(`Message-ID: <${noteMessageId(name)}>\r\n`);
  });

  test('has its first line for a subject where it has none, and nothing of a subject can become a field', () => {
    const bare = newNoteMessage({ text: { form: 'plain', text: 'Line 1\r\nLine 2' } }, 'a@x.test', facts);
    expect(textOf(bare)).toMatch(/^Subject: Line 1\r$/m);
    const sly = newNoteMessage({ subject: 'a\r\nBcc: b@x.test' }, 'a@x.test', facts);
    expect(textOf(sly)).not.toMatch(/^Bcc:/m);
  });
});

describe('a changed note', () => {
  const old = [
    'X-Universally-Unique-Identifier: ABC',
    'X-Custom: kept',
    'Message-Id: <one@x.test>',
    'Subject: old',
    'Date: Mon, 2 Nov 2026 09:00:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'caf=E9',
    '--b',
    'Content-Type: image/png; name=a.png',
    'Content-Disposition: attachment; filename=a.png',
    '',
    'bytes that stay',
    '--b--',
    '',
  ];
  test('keeps fields and files, and gets a new text, date and Message-ID', () => {
    const text = textOf(patchNoteMessage(source(old), { text: { form: 'html', text: '<p>new' } }, facts));
    for (const kept of ['X-Universally-Unique-Identifier: ABC', 'X-Custom: kept', 'Subject: old', 'bytes that stay'])
      expect(text).toContain(kept);
    expect(text).toContain('<p>new');
    expect(text).toContain(`Message-ID: <${noteMessageId(name)}>`);
    for (const gone of ['one@x.test', 'caf=E9', '+0100']) expect(text).not.toContain(gone);
  });

  test('keeps its body byte for byte when its subject changes alone', () => {
    const text = textOf(patchNoteMessage(source(old), { subject: 'new' }, facts));
    expect(text).toContain('Subject: new\r\n');
    expect(text.slice(text.indexOf('--b\r\n'))).toBe(old.slice(old.indexOf('--b')).join('\r\n'));
  });
});
