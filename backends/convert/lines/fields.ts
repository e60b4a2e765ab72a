import {
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  type Parameter,
  replaceLines,
} from './content-lines.ts';
import { escapeText, textList, unescapeText } from './text-values.ts';

/** How one element of an item stands in the lines of a component. */
export interface LineField<T> {
  /** `undefined`: it is not there. */
  read(component: LineComponent): T | undefined;
  /** A device's value as it would be read back; as it is unless told. */
  normal?(value: T): T;
  /** The component with this value, or without one; nothing else of it changes. */
  write(component: LineComponent, value: T | undefined): LineComponent;
}

/** The first line of the first name that is there. */
export const firstLine = (component: LineComponent, names: readonly string[]): ContentLine | undefined =>
  names.flatMap((name) => linesOf(component, name)).find(({ value }) => value.trim() !== '');

export const lineIn = (
  component: LineComponent,
  name: string,
  value: string,
  parameters: readonly Parameter[] = [],
): ContentLine => makeLine({ name, value, parameters }, lineEndIn(component));

/** A line with another value: group, name and parameters stay. */
export const withValue = (
  component: LineComponent,
  { group, name, parameters }: ContentLine,
  value: string,
): ContentLine => makeLine({ group, name, parameters, value }, lineEndIn(component));

export const put = (
  component: LineComponent,
  old: ContentLine | undefined,
  name: string,
  value: string | undefined,
): LineComponent => {
  const lines =
    value === undefined ? [] : [old === undefined ? lineIn(component, name, value) : withValue(component, old, value)];
  return replaceLines(component, old === undefined ? [] : [old], lines);
};

/** One text; the first name is the one that is written, the others are those of other programs. */
export const single = (...names: [string, ...string[]]): LineField<string> => ({
  read: (component) => {
    const line = firstLine(component, names);
    return line === undefined ? undefined : unescapeText(line.value);
  },
  write: (component, value) => {
    // Taken away, it must not come back by another of its names.
    if (value === undefined)
      return replaceLines(
        component,
        names.flatMap((name) => linesOf(component, name)),
        [],
      );
    return put(component, firstLine(component, names), names[0], escapeText(value));
  },
});

/** A number that only we write. */
export const number = (name: string): LineField<number> => {
  const field = single(name);
  return {
    read: (component) => {
      const value = Number(field.read(component) ?? Number.NaN);
      return Number.isInteger(value) ? value : undefined;
    },
    write: (component, value) => field.write(component, value === undefined ? undefined : String(value)),
  };
};

/** A list of texts over all lines of a name. */
export const list = (name: string): LineField<readonly string[]> => ({
  read: (component) => {
    const texts = linesOf(component, name)
      .flatMap(({ value }) => textList(value))
      .filter((text) => text !== '');
    return texts.length === 0 ? undefined : texts;
  },
  write: (component, value) => {
    const old = linesOf(component, name);
    if (value === undefined || value.length === 0) return replaceLines(component, old, []);
    return replaceLines(component, old, [lineIn(component, name, value.map(escapeText).join(','))]);
  },
});
