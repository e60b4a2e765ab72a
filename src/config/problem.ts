import { z } from 'zod';

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Place in the file, from 1; undefined when there is none. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Name of the setting, `backends.mail.url`; empty for the whole file. */
  readonly setting: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** A configuration that cannot be used, with every reason. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super([`${file} cannot be used:`, ...problems.map((problem) => `  ${problemLine(file, problem)}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** One problem in the form `file:line:column: setting: message`, which editors jump to. */
const problemLine = (file: string, { line, column, setting, message }: ConfigProblem): string =>
  [line === undefined ? file : `${file}:${line}:${column}`, setting, message].filter((part) => part !== '').join(': ');

/** A schema as JSON Schema describes it; what is used of that. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly additionalProperties?: SchemaNode | boolean;
}

/** What may stand in a configuration, or what comes of it, as JSON Schema. */
export const describeSchema = (schema: z.ZodType, io: 'input' | 'output' = 'input'): SchemaNode =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as SchemaNode;

/** The setting at a path; undefined where the schema says nothing. */
export const schemaAt = (root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined =>
  path.reduce<SchemaNode | undefined>((node, key) => {
    const further = typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined;
    return node?.properties?.[String(key)] ?? further ?? node?.items;
  }, root);

/** Single-character edits between two words (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** Edits within which a name counts as a slip of the pen: two letters swapped are two. */
const slip = (name: string): number => (name.length < 8 ? 2 : 3);

/** What to do about a key that nobody knows: the name that was meant, or all that there are. */
export const adviceForKey = (key: string, known: readonly string[]): string => {
  const [nearest] = known
    .map((name) => ({ name, edits: distance(key, name) }))
    .filter(({ name, edits }) => edits <= slip(name))
    .sort((a, b) => a.edits - b.edits);
  if (nearest !== undefined) return `there is no such setting; did you mean ${nearest.name}?`;
  return known.length === 0
    ? 'there is no such setting'
    : `there is no such setting; here there are ${known.join(', ')}`;
};
