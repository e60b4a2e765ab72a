import {
  type Document,
  isCollection,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
} from 'yaml';
import type { z } from 'zod';
import { type Environment, expand } from './environment.ts';
import { adviceForKey, ConfigError, type ConfigProblem, describeSchema, type SchemaNode, schemaAt } from './problem.ts';
import { type BackendKinds, type Config, configSchema } from './schema.ts';

/** Where a configuration comes from. */
export interface ConfigSource {
  readonly text: string;
  /** Name of the file, for messages. */
  readonly file: string;
  readonly env: Environment;
  readonly kinds: BackendKinds;
}

type Path = readonly PropertyKey[];
type Offset = number | undefined;

/** Reads a configuration. Throws {@link ConfigError} with every problem and its place. */
export const readConfig = ({ text, file, env, kinds }: ConfigSource): Config => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: Offset): Pick<ConfigProblem, 'line' | 'column'> => {
    if (offset === undefined) return { line: undefined, column: undefined };
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const fail = (problems: readonly ConfigProblem[]): void => {
    if (problems.length > 0)
      throw new ConfigError(
        file,
        problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
      );
  };
  fail(
    document.errors.map(({ message, pos }) => ({ ...at(pos[0]), setting: '', message: `no valid YAML: ${message}` })),
  );
  fail(fillIn(document, env).map(({ offset, name }) => ({ ...at(offset), setting: name, message: unset(name) })));
  const schema = configSchema(kinds);
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const describe = describer(schema, kinds, document);
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, describe));
  fail(problems.map(({ path, offset, message }) => ({ ...at(offset), setting: path.map(String).join('.'), message })));
  throw result.error;
};

const unset = (name: string): string =>
  `the environment variable is not set, and the configuration gives no default for it: set ${name}`;

/** A variable that is not set, and where it is asked for. */
interface Unset {
  readonly name: string;
  readonly offset: Offset;
}

/**
 * Fills environment variables into the texts of a document, and tells those that are not set. A
 * text without quotes is then read as if it had stood in the file. A setting that this leaves empty
 * is no setting, nor is a group of which nothing is left.
 */
const fillIn = (document: Document, env: Environment): readonly Unset[] => {
  const problems: Unset[] = [];
  const empties = (node: unknown): boolean => {
    if (isScalar(node)) return typeof node.value === 'string' && fillScalar(node, env, problems) && node.value === null;
    if (!isCollection(node) || node.items.length === 0) return false;
    for (const item of [...node.items]) {
      if (empties(isPair<unknown, unknown>(item) ? item.value : item))
        node.items.splice((node.items as unknown[]).indexOf(item), 1);
    }
    return node.items.length === 0;
  };
  empties(document.contents);
  return problems;
};

/** Fills variables into one text; whether it held any. */
const fillScalar = (scalar: Scalar, env: Environment, problems: Unset[]): boolean => {
  const expanded = expand(String(scalar.value), env);
  if (!expanded.ok) {
    problems.push({ name: expanded.missing, offset: scalar.range?.[0] });
    return false;
  }
  if (!expanded.changed) return false;
  scalar.value = scalar.type === Scalar.PLAIN ? plainValue(expanded.text) : expanded.text;
  return true;
};

/** What a text without quotes means in YAML ([YAML] 10.3.2): nothing, a truth value, a whole number, a text. */
const plainValue = (text: string): unknown => {
  if (text === '' || text === 'null' || text === '~') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
};

/** A problem, its setting, and the offset of its place in the text. */
interface Placed {
  readonly path: Path;
  readonly offset: Offset;
  readonly message: string;
}

/** What is known of places in a document. */
interface Describer {
  /** The setting at a path; settings of a backend by its kind. */
  schemaAt(path: Path): SchemaNode | undefined;
  /** Where the value of a path stands, or of the nearest setting around it. */
  offsetOf(path: Path): Offset;
  /** Where a key stands in the map at a path. */
  keyOffset(path: Path, key: string): Offset;
}

const describer = (schema: z.ZodType, kinds: BackendKinds, document: Document): Describer => {
  const root = describeSchema(schema);
  const offsetOf = (path: Path): Offset => {
    const node = document.getIn(path, true) as Node | undefined;
    if (node?.range) return node.range[0];
    return path.length === 0 ? undefined : offsetOf(path.slice(0, -1));
  };
  return {
    offsetOf,
    schemaAt: (path) => {
      const kind =
        path[0] === 'backends' && path.length >= 2 ? document.getIn([...path.slice(0, 2), 'kind']) : undefined;
      const settings = kinds.get(String(kind))?.settings;
      if (settings === undefined) return schemaAt(root, path);
      return schemaAt(describeSchema(settings), path.slice(2)) ?? schemaAt(root, path);
    },
    keyOffset: (path, key) => {
      const map = document.getIn(path, true) as { items?: readonly Pair<Scalar, unknown>[] } | undefined;
      const found = map?.items?.find((pair) => pair.key.value === key);
      return found?.key.range?.[0] ?? offsetOf(path);
    },
  };
};

type Issue = z.core.$ZodIssue;

/** What an issue means, in words; several unknown keys are several problems. */
const problemsOf = (issue: Issue, places: Describer): readonly Placed[] => {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(places.schemaAt(path)?.properties ?? {});
    return issue.keys.map((key) => ({
      path: [...path, key],
      offset: places.keyOffset(path, key),
      message: adviceForKey(key, known),
    }));
  }
  if (issue.code === 'invalid_union') return [unionProblem(issue, places)];
  return [{ path, offset: places.offsetOf(path), message: messageOf(issue, places.schemaAt(path)) }];
};

/** The choice that comes nearest is the one whose problem lies deepest. */
const unionProblem = (issue: Extract<Issue, { code: 'invalid_union' }>, places: Describer): Placed => {
  const all = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length);
  const deepest = all[0];
  const path = [...issue.path, ...(deepest?.path ?? [])];
  const explanation = meaning(places.schemaAt(issue.path));
  if (deepest === undefined || deepest.path.length === 0) {
    const message = `none of the values that are allowed here${explanation}`;
    return { path, offset: places.offsetOf(path), message };
  }
  return { path, offset: places.offsetOf(path), message: `${wordsOf(deepest)}${explanation}` };
};

const messageOf = (issue: Issue, node: SchemaNode | undefined): string => `${wordsOf(issue)}${meaning(node)}`;

const wordsOf = ({ code, message }: Issue): string =>
  code === 'invalid_type' && message.endsWith('received undefined') ? 'is missing' : message;

const meaning = (node: SchemaNode | undefined): string =>
  node?.description === undefined ? '' : ` (${node.description})`;
