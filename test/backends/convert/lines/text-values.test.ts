import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  escapeText,
  replaceFields,
  splitValue,
  structure,
  textList,
  unescapeText,
} from '../../../../backends/convert/lines/text-values.ts';

const texts = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\r\n?/g, '\n'));

test('a text is the same after it was escaped', () => {
  fc.assert(fc.property(texts, (text) => expect(unescapeText(escapeText(text))).toBe(text)));
  expect(escapeText('a;b,c\\d\r\ne')).toBe('a\\;b\\,c\\\\d\\ne');
  expect(unescapeText('http\\://x\\Ny')).toBe('http://x\ny');
});

test('a list keeps its texts apart', () => {
  const lists = fc.array(texts, { minLength: 1 });
  fc.assert(fc.property(lists, (list) => expect(textList(list.map(escapeText).join(','))).toEqual(list)));
});

test('a structure keeps its fields apart; a list within a field is joined', () => {
  expect(structure('Doe;Jane,Mary;;Dr.;')).toEqual(['Doe', 'Jane, Mary', '', 'Dr.', '']);
  expect(structure('a\\;b;c\\,d')).toEqual(['a;b', 'c,d']);
  expect(splitValue('', ';')).toEqual(['']);
});

test('fields are replaced alone, and the structure grows as far as it must', () => {
  expect(replaceFields('Doe;Jane\\,x;;Dr.;', { 0: 'Roe;' })).toBe('Roe\\;;Jane\\,x;;Dr.;');
  expect(replaceFields('a', { 3: 'd' })).toBe('a;;;d');
  expect(replaceFields('', { 1: 'b' })).toBe(';b');
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1 }), fc.nat(10), texts, (fields, index, text) => {
      const value = replaceFields(fields.map(escapeText).join(';'), { [index]: text });
      const kept = splitValue(value, ';').map(unescapeText);
      expect(kept[index]).toBe(text);
      for (const [at, field] of fields.entries()) if (at !== index) expect(kept[at]).toBe(field);
    }),
  );
});
