import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseFreeText } from '../../src/search/free-text.ts';

const any = (text: string) => ({ field: 'any', text });

describe('a free text', () => {
  test.each<[string, unknown[]]>([
    ['budget', [any('budget')]],
    ['third  quarter', [any('third'), any('quarter')]],
    ['"third quarter" budget', [any('third quarter'), any('budget')]],
    ['from:anna', [{ field: 'from', text: 'anna' }]],
    ['FROM:"Anna Weber" lunch', [{ field: 'from', text: 'Anna Weber' }, any('lunch')]],
    ['subject:Re: hello', [{ field: 'subject', text: 'Re:' }, any('hello')]],
    [
      'to:a@b.example cc:c bcc:d body:e',
      ['to', 'cc', 'bcc', 'body'].map((field, i) => ({ field, text: ['a@b.example', 'c', 'd', 'e'][i] })),
    ],
    ['sender:x participants:y', [{ field: 'from', text: 'x' }, any('y')]],
    ['hasattachment:true', [{ attachments: true }]],
    ['HasAttachments:no plan', [{ attachments: false }, any('plan')]],
    ['isread:false isflagged:yes', [{ read: false }, { flagged: true }]],
    ['hasattachment:maybe', [any('hasattachment:maybe')]],
    ['http://example.org/a?b=c', [any('http://example.org/a?b=c')]],
    ['this AND that', [any('this'), any('that')]],
    ['repo*', [any('repo')]],
    ['"never closed', [any('never closed')]],
    ['日本語 Übersicht', [any('日本語'), any('Übersicht')]],
    ['', []],
    [' \t ', []],
    ['* "" from:""', []],
  ])('%j', (text, terms) => {
    expect(parseFreeText(text)).toEqual(terms);
  });

  test('a line end or a control character in it is a blank', () => {
    expect(parseFreeText('"a\r\nb" c\0d')).toEqual([any('a b'), any('c d')]);
  });

  test('sixteen words are looked for at most, each of two hundred characters', () => {
    const many = parseFreeText(Array.from({ length: 100 }, (_, i) => `w${i}`).join(' '));
    expect(many).toHaveLength(16);
    expect(parseFreeText('x'.repeat(900))).toEqual([any('x'.repeat(200))]);
  });

  test('no text makes it fail, and no term is empty', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_500 }), (text) => {
        for (const term of parseFreeText(text)) {
          if ('text' in term) expect(term.text.trim()).toBe(term.text.trim() === '' ? 'never' : term.text.trim());
        }
      }),
    );
  });
});
