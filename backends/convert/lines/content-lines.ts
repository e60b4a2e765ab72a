/**
 * vCard and iCalendar as lines (RFC 5545 3.1, RFC 6350 3.2), kept as they stand: what is not edited is
 * written back byte for byte, with its folds, its order and its oddities.
 */

/** A property line, `item1.TEL;TYPE=home,cell:+49 30 1234`. */
export interface ContentLine {
  readonly kind: 'line';
  /** What groups lines in a vCard, `item1`; `undefined`: none. */
  readonly group: string | undefined;
  /** Upper case. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** As it stands: unfolded, still escaped. */
  readonly value: string;
  /** The line as it stands, with its folds and its line end. */
  readonly raw: string;
}

/** A parameter with its values, unquoted. */
export interface Parameter {
  /** Upper case. */
  readonly name: string;
  readonly values: readonly string[];
}

/** What stands between BEGIN and END. */
export interface LineComponent {
  readonly kind: 'component';
  /** Upper case. */
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  readonly items: readonly LineItem[];
}

/** A line that is none: empty, or without a colon. It is kept. */
export interface StrayLine {
  readonly kind: 'stray';
  readonly raw: string;
}

export type LineItem = ContentLine | LineComponent | StrayLine;

/** Components within each other that are read; deeper ones are lines to us. */
const MaxDepth = 8;

/** Octets of a line before it is folded (RFC 5545 3.1). */
const FoldAt = 75;

/** The first component of a text, without what stands before and after it; `undefined`: there is none. */
export const readComponent = (text: string): LineComponent | undefined => {
  const lines = logicalLines(text);
  const first = lines.findIndex((raw) => markOf(raw)?.mark === 'BEGIN');
  return first < 0 ? undefined : componentFrom(lines, first, 0).component;
};

/** The text of a component. */
export const writeComponent = (component: LineComponent): string =>
  component.begin + component.items.map(writeItem).join('') + component.end;

const writeItem = (item: LineItem): string => (item.kind === 'component' ? writeComponent(item) : item.raw);

/** Lines with their folds: each of them ends where a line begins that is no continuation. */
const logicalLines = (text: string): string[] =>
  text.match(/[^\r\n]*(?:(?:\r?\n|\r)[ \t][^\r\n]*)*(?:\r?\n|\r|$)/g) ?? [];

const markOf = (raw: string): { mark: 'BEGIN' | 'END'; name: string } | undefined => {
  const [, mark, name] = /^(BEGIN|END):\s*([\w-]{1,60})\s*$/i.exec(raw) ?? [];
  return mark === undefined || name === undefined
    ? undefined
    : { mark: mark.toUpperCase() as 'BEGIN' | 'END', name: name.toUpperCase() };
};

/** Reads a component from its BEGIN on; what is not closed is closed. `next` is the line after it. */
const componentFrom = (
  lines: readonly string[],
  at: number,
  depth: number,
): { component: LineComponent; next: number } => {
  const begin = lines[at] as string;
  const name = markOf(begin)?.name ?? '';
  const items: LineItem[] = [];
  for (let next = at + 1; next < lines.length; ) {
    const raw = lines[next] as string;
    const mark = markOf(raw);
    if (mark?.mark === 'END' && mark.name === name) return { component: of(name, begin, raw, items), next: next + 1 };
    if (mark?.mark === 'BEGIN' && depth < MaxDepth) {
      const inner = componentFrom(lines, next, depth + 1);
      items.push(inner.component);
      next = inner.next;
    } else {
      if (raw !== '') items.push(lineOf(raw));
      next++;
    }
  }
  return { component: of(name, begin, `END:${name}${lineEndOf(begin)}`, items), next: lines.length };
};

const of = (name: string, begin: string, end: string, items: readonly LineItem[]): LineComponent => ({
  kind: 'component',
  name,
  begin,
  end,
  items,
});

const lineEndOf = (raw: string): string => /(?:\r?\n|\r)$/.exec(raw)?.[0] ?? '\r\n';

const NameForm = /^(?:([\w-]+)\.)?([\w-]+)/;

/** One line, unfolded and taken apart. */
const lineOf = (raw: string): LineItem => {
  const text = raw.replace(/(?:\r?\n|\r)[ \t]/g, '').replace(/(?:\r?\n|\r)$/, '');
  const match = NameForm.exec(text);
  const parsed = match === null ? undefined : parametersFrom(text, match[0].length);
  if (match === null || parsed === undefined) return { kind: 'stray', raw };
  const [, group, name = ''] = match;
  return {
    kind: 'line',
    group,
    name: name.toUpperCase(),
    parameters: parsed.parameters,
    value: text.slice(parsed.end + 1),
    raw,
  };
};

/** Parameters from the end of the name to the colon; `undefined` when there is no colon. */
const parametersFrom = (text: string, start: number): { parameters: Parameter[]; end: number } | undefined => {
  const parameters: Parameter[] = [];
  let at = start;
  while (text[at] === ';') {
    const match = /;([\w-]*)(?:=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*))?/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null) return undefined;
    parameters.push(parameterOf(found[1] ?? '', found[2]));
    at = match.lastIndex;
  }
  return text[at] === ':' ? { parameters, end: at } : undefined;
};

/** vCard 2.1 and careless writers leave `TYPE=` out: `TEL;HOME;CELL:`. */
const parameterOf = (name: string, values: string | undefined): Parameter =>
  values === undefined
    ? { name: 'TYPE', values: [name] }
    : { name: name.toUpperCase(), values: values.match(/(?:"[^"]*"|[^",])+/g)?.map(unquoted) ?? [''] };

const unquoted = (value: string): string =>
  value.replaceAll('"', '').replace(/\^([n'^])/g, (_, mark: string) => ParameterMarks[mark] ?? mark);

/** Characters that a parameter cannot hold (RFC 6868). */
const ParameterMarks: Readonly<Record<string, string>> = { n: '\n', "'": '"', '^': '^' };

/** All lines of a name, directly in a component. */
export const linesOf = (component: LineComponent, name: string): ContentLine[] =>
  component.items.filter((item): item is ContentLine => item.kind === 'line' && item.name === name);

/** The components of a name, directly in another. */
export const componentsOf = (component: LineComponent, name: string): LineComponent[] =>
  component.items.filter((item): item is LineComponent => item.kind === 'component' && item.name === name);

/** Values of a parameter, over all its occurrences. */
export const parameterValues = (line: ContentLine, name: string): string[] =>
  line.parameters.filter((parameter) => parameter.name === name).flatMap(({ values }) => values);

/** What a new line is made of. */
export interface LineParts {
  readonly group?: string | undefined;
  readonly name: string;
  readonly parameters?: readonly Parameter[];
  /** Escaped as its type wants it. */
  readonly value: string;
}

/** A line as it is written: folded at 75 octets, never within a character. */
export const makeLine = (parts: LineParts, lineEnd = '\r\n'): ContentLine => {
  const { group, name, parameters = [], value } = parts;
  const head = `${group === undefined ? '' : `${group}.`}${name}${parameters.map(writeParameter).join('')}`;
  // A line break within a value would begin another property.
  const text = `${head}:${value.replace(/[\r\n]+/g, ' ')}`;
  return { kind: 'line', group, name, parameters, value, raw: fold(text, lineEnd) + lineEnd };
};

const writeParameter = ({ name, values }: Parameter): string => `;${name}=${values.map(quoted).join(',')}`;

const quoted = (value: string): string => {
  const safe = value
    .replace(/\^/g, '^^')
    .replace(/\r?\n|\r/g, '^n')
    .replace(/"/g, "^'");
  return /[;:,]/.test(safe) ? `"${safe}"` : safe;
};

const fold = (text: string, lineEnd: string): string => {
  const joint = `${lineEnd} `;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every character of one octet
  if (/^[\x00-\x7f]*$/.test(text)) return [text.slice(0, FoldAt), ...pieces(text, FoldAt, FoldAt - 1)].join(joint);
  let [folded, length] = ['', 0];
  for (const character of text) {
    const octets = utf8Length(character.codePointAt(0) ?? 0);
    if (length + octets > FoldAt) {
      folded += joint;
      length = 1;
    }
    folded += character;
    length += octets;
  }
  return folded;
};

const pieces = (text: string, from: number, length: number): string[] => {
  const found: string[] = [];
  for (let at = from; at < text.length; at += length) found.push(text.slice(at, at + length));
  return found;
};

const utf8Length = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);

/** The line end that a component uses. */
export const lineEndIn = (component: LineComponent): string => lineEndOf(component.begin);

/**
 * A component with other lines in the place of the given ones: the first new line stands where the
 * first old one stood, the rest after it; without an old one they come last, before inner components.
 */
export const replaceLines = (
  component: LineComponent,
  old: readonly ContentLine[],
  lines: readonly ContentLine[],
): LineComponent => {
  const gone = new Set<LineItem>(old);
  const kept = component.items.filter((item) => !gone.has(item));
  const first = component.items.findIndex((item) => gone.has(item));
  const inner = kept.findIndex(({ kind }) => kind === 'component');
  const at = first >= 0 ? first : inner >= 0 ? inner : kept.length;
  return { ...component, items: [...kept.slice(0, at), ...lines, ...kept.slice(at)] };
};

/** A component with another in the place of an inner one; `undefined` takes it out. */
export const replaceComponent = (
  component: LineComponent,
  old: LineComponent,
  other: LineComponent | undefined,
): LineComponent => ({
  ...component,
  items: component.items.flatMap((item) => (item !== old ? [item] : other === undefined ? [] : [other])),
});

/** A component with another one at its end. */
export const appendComponent = (component: LineComponent, inner: LineComponent): LineComponent => ({
  ...component,
  items: [...component.items, inner],
});

/** A new component. */
export const makeComponent = (name: string, items: readonly LineItem[], lineEnd = '\r\n'): LineComponent =>
  of(name, `BEGIN:${name}${lineEnd}`, `END:${name}${lineEnd}`, items);
