import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  appendComponent,
  componentsOf,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeComponent,
  makeLine,
  parameterValues,
  readComponent,
  replaceComponent,
  replaceLines,
  writeComponent,
} from '../../../../backends/convert/lines/content-lines.ts';

const read = (text: string): LineComponent => {
  const component = readComponent(text);
  if (component === undefined) throw new Error('no component');
  return component;
};

const card = (...lines: string[]): string => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');

describe('what is read', () => {
  test('is a name, a group, parameters and a value, unfolded', () => {
    const [line] = linesOf(read(card('item1.tel;TYPE="home","cell";pref=1:+49 3', ' 0 12', '\t34')), 'TEL');
    expect(line).toMatchObject({ group: 'item1', name: 'TEL', value: '+49 30 1234' });
    expect(line && parameterValues(line, 'TYPE')).toEqual(['home', 'cell']);
    expect(line && parameterValues(line, 'PREF')).toEqual(['1']);
  });

  test('has types without their name as vCard 2.1 writes them', () => {
    const [line] = linesOf(read(card('TEL;HOME;CELL:1')), 'TEL');
    expect(line && parameterValues(line, 'TYPE')).toEqual(['HOME', 'CELL']);
  });

  test('has colons, semicolons and commas in quotes, and marks for what cannot be quoted (RFC 6868)', () => {
    const [line] = linesOf(read(card(`ADR;LABEL="a:b;c,d^n^'e^'^^":x`)), 'ADR');
    expect(line && parameterValues(line, 'LABEL')).toEqual(['a:b;c,d\n"e"^']);
    expect(line?.value).toBe('x');
  });

  test('keeps what is no line, and closes what is open', () => {
    const text = 'BEGIN:VCARD\nnonsense\n\nN:a\n';
    const component = read(text);
    expect(linesOf(component, 'N')).toHaveLength(1);
    expect(writeComponent(component)).toBe(`${text}END:VCARD\n`);
  });

  test('is the first component of a text', () => {
    expect(writeComponent(read(`x\r\n${card('N:a')}${card('N:b')}`))).toBe(card('N:a'));
    expect(readComponent('N:a\r\n')).toBeUndefined();
  });

  test('has components within components', () => {
    const text = 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
    const [event] = componentsOf(read(text), 'VEVENT');
    expect(event && linesOf(event, 'UID')[0]?.value).toBe('1');
    expect(writeComponent(read(text))).toBe(text);
  });

  test('may be nested as deep as a hostile text likes', () => {
    const text = 'BEGIN:A\r\n'.repeat(50_000);
    expect(writeComponent(read(text)).startsWith(text)).toBe(true);
  });
});

describe('what is not edited', () => {
  const piece = fc.oneof(
    fc.constantFrom('BEGIN:VCARD', 'END:VCARD', 'BEGIN:VALARM', 'END:VALARM', 'N:Doe;Jane', ' folded', '\tfolded', ''),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.constantFrom('TEL;TYPE=home:1', 'NOTE:a\\, b', 'X;A="b:c":d', 'A;;=:', ';:'),
  );
  const end = fc.constantFrom('\r\n', '\n');

  test('is written back byte for byte', () => {
    fc.assert(
      fc.property(fc.array(piece), end, (lines, lineEnd) => {
        const body = lines.map((line) => `${line.replace(/[\r\n]/g, '')}${lineEnd}`).join('');
        const text = `BEGIN:X${lineEnd}A:1${lineEnd}${body}`;
        const written = writeComponent(read(text));
        expect(text.startsWith(written) || written.startsWith(text.replace(/(\r?\n){2,}$/, lineEnd))).toBe(true);
      }),
    );
  });

  test('stays in its place when another line is replaced, added or taken away', () => {
    const component = read(card('N:a', 'TEL:1', 'X-ODD:  spaces', 'TEL:2', 'NOTE:n'));
    const [first, second] = linesOf(component, 'TEL');
    const line = makeLine({ name: 'TEL', value: '3' });
    expect(writeComponent(replaceLines(component, first ? [first] : [], [line]))).toBe(
      card('N:a', 'TEL:3', 'X-ODD:  spaces', 'TEL:2', 'NOTE:n'),
    );
    expect(writeComponent(replaceLines(component, first && second ? [first, second] : [], []))).toBe(
      card('N:a', 'X-ODD:  spaces', 'NOTE:n'),
    );
    expect(writeComponent(replaceLines(component, [], [line]))).toBe(
      card('N:a', 'TEL:1', 'X-ODD:  spaces', 'TEL:2', 'NOTE:n', 'TEL:3'),
    );
  });

  test('stays when a component in it is replaced, added or taken away', () => {
    const calendar = read('BEGIN:VCALENDAR\nX:1\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n');
    const [event] = componentsOf(calendar, 'VEVENT');
    if (event === undefined) throw new Error('no event');
    const other = makeComponent('VEVENT', [makeLine({ name: 'UID', value: '2' }, '\n')], lineEndIn(calendar));
    expect(writeComponent(replaceComponent(calendar, event, other))).toBe(
      'BEGIN:VCALENDAR\nX:1\nBEGIN:VEVENT\nUID:2\nEND:VEVENT\nEND:VCALENDAR\n',
    );
    expect(writeComponent(replaceComponent(calendar, event, undefined))).toBe('BEGIN:VCALENDAR\nX:1\nEND:VCALENDAR\n');
    expect(componentsOf(appendComponent(calendar, other), 'VEVENT')).toHaveLength(2);
    // New lines of the calendar itself come before its components.
    const line = makeLine({ name: 'Y', value: '2' }, '\n');
    expect(writeComponent(replaceLines(calendar, [], [line]))).toContain('X:1\nY:2\nBEGIN:VEVENT');
  });
});

describe('a line that is made', () => {
  test('is read as it was meant', () => {
    const parameter = fc.record({
      name: fc.constantFrom('TYPE', 'LABEL', 'X-A'),
      values: fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 }),
    });
    const plain = (text: string) => !/[\r\n]/.test(text);
    fc.assert(
      fc.property(
        fc.array(parameter, { maxLength: 3 }),
        fc.string({ unit: 'grapheme' }).filter(plain),
        (some, value) => {
          const parameters = some.map(({ name, values }) => ({ name, values: values.filter(plain) }));
          const usable = parameters.filter(({ values }) => values.length > 0);
          const { raw } = makeLine({ group: 'item1', name: 'X-B', parameters: usable, value });
          const [line] = linesOf(read(`BEGIN:V\r\n${raw}END:V\r\n`), 'X-B');
          expect(line).toMatchObject({ group: 'item1', parameters: usable, value });
        },
      ),
    );
  });

  test('is folded at 75 octets, never within a character', () => {
    for (const value of ['a'.repeat(1000), '😀'.repeat(100), 'ü'.repeat(100), 'aü'.repeat(100)]) {
      const { raw } = makeLine({ name: 'NOTE', value });
      for (const line of raw.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
      expect(linesOf(read(`BEGIN:V\r\n${raw}END:V\r\n`), 'NOTE')[0]?.value).toBe(value);
      expect(raw).not.toContain('\ufffd');
    }
  });

  test('cannot begin another property', () => {
    const { raw } = makeLine({
      name: 'NOTE',
      parameters: [{ name: 'X', values: ['a\r\nTEL:1'] }],
      value: 'a\r\nTEL:2',
    });
    expect(linesOf(read(card(raw.trimEnd())), 'TEL')).toEqual([]);
  });
});
