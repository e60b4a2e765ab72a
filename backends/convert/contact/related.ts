import {
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  parameterValues,
  replaceLines,
} from '../lines/content-lines.ts';
import type { LineField } from '../lines/fields.ts';
import { escapeText, unescapeText } from '../lines/text-values.ts';

/**
 * People of a contact. vCard 4 has RELATED with a type (RFC 6350 6.6.6); vCard 3 has nothing, so that
 * every program has a property of its own, Apple's with a label beside it.
 */

/** How a kind of person is named. */
interface Kind {
  /** TYPE of RELATED. */
  readonly type: string;
  /** Properties of other programs; the first is written into vCard 3. */
  readonly names: readonly [string, ...string[]];
  /** Apple's label of X-ABRELATEDNAMES. */
  readonly label: string;
}

const related = (card: LineComponent, { type, names, label }: Kind): ContentLine[] => [
  ...names.flatMap((name) => linesOf(card, name)),
  ...linesOf(card, 'RELATED').filter(
    (line) =>
      parameterValues(line, 'TYPE').some((value) => value.toLowerCase() === type) &&
      !/^urn:|^mailto:/i.test(line.value),
  ),
  ...linesOf(card, 'X-ABRELATEDNAMES').filter((line) => labelOf(card, line) === label),
];

/** `item1.X-ABLABEL:_$!<Spouse>!$_` says what `item1.X-ABRELATEDNAMES` is. */
const labelOf = (card: LineComponent, { group }: ContentLine): string | undefined =>
  linesOf(card, 'X-ABLABEL')
    .find((label) => label.group !== undefined && label.group === group)
    ?.value.replace(/^_\$!<(.*)>!\$_$/, '$1')
    .toLowerCase();

/** A line and the label that belongs to it. */
const withLabels = (card: LineComponent, lines: readonly ContentLine[]): ContentLine[] => {
  const groups = new Set(lines.filter(({ name }) => name === 'X-ABRELATEDNAMES').map(({ group }) => group));
  return [...lines, ...linesOf(card, 'X-ABLABEL').filter(({ group }) => group !== undefined && groups.has(group))];
};

const newLine = (card: LineComponent, { type, names }: Kind, text: string): ContentLine => {
  const isVersion4 = linesOf(card, 'VERSION')[0]?.value.trim() === '4.0';
  const parameters = [
    { name: 'TYPE', values: [type] },
    { name: 'VALUE', values: ['text'] },
  ];
  const value = escapeText(text);
  return makeLine(isVersion4 ? { name: 'RELATED', parameters, value } : { name: names[0], value }, lineEndIn(card));
};

/** One person, such as the spouse. */
export const person = (kind: Kind): LineField<string> => ({
  read: (card) => {
    const line = related(card, kind).find(({ value }) => value.trim() !== '');
    return line === undefined ? undefined : unescapeText(line.value);
  },
  write: (card, value) => {
    const [first, ...others] = related(card, kind);
    if (value === undefined)
      return first === undefined ? card : replaceLines(card, withLabels(card, [first, ...others]), []);
    if (first === undefined) return replaceLines(card, [], [newLine(card, kind, value)]);
    return replaceLines(card, [first], [makeLine({ ...first, value: escapeText(value) }, lineEndIn(card))]);
  },
});

/** Several people, such as the children. */
export const people = (kind: Kind): LineField<readonly string[]> => ({
  read: (card) => {
    const texts = related(card, kind)
      .map(({ value }) => unescapeText(value))
      .filter((text) => text !== '');
    return texts.length === 0 ? undefined : texts;
  },
  write: (card, value) => {
    const old = related(card, kind);
    return replaceLines(card, withLabels(card, old), value?.map((text) => newLine(card, kind, text)) ?? []);
  },
});
