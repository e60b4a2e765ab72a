import type { ZodType } from 'zod';
import { describeSchema, type SchemaNode } from './problem.ts';
import { type BackendKinds, configSchema } from './schema.ts';

/** What stands before the settings. */
const Introduction = `# Configuration

<!-- Made by \`npm run build && node dist/src/main.js config reference > docs/configuration.md\`; do not edit. -->

\`postrider serve --config FILE\` reads one YAML file. Unknown settings and wrong values are errors,
each named with its line. Examples: [examples/imap.yaml](../examples/imap.yaml).

Any text may name environment variables: \`\${NAME}\` must be set; \`\${NAME:-default}\` has a default, which also
stands for an empty variable; \`$\${\` is a literal \`\${\`. A setting without quotes that becomes empty this way counts as
left out, and so does a group of settings of which nothing is left. Put quotes around texts that could be read as a
number, such as passwords, and around variables within \`{ }\`.

Lists may also be written as one text with commas or spaces between. Relative file names start at the folder that
Postrider was started in.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const typeOf = (node: SchemaNode): string => {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ');
  if (node.type === 'array') return node.items === undefined ? 'list' : `list of ${typeOf(node.items)}`;
  if (node.type === 'boolean') return '`true` or `false`';
  if (node.type === 'object') return 'settings';
  return node.type === 'integer' ? numberType(node) : String(node.type ?? 'text').replace('string', 'text');
};

/** Limits that only say "any whole number" are not worth a word. */
const Unbounded = Number.MAX_SAFE_INTEGER;

const numberType = ({ minimum = -Unbounded, maximum = Unbounded }: SchemaNode): string => {
  if (maximum < Unbounded) return `${minimum} to ${maximum}`;
  return minimum > -Unbounded ? `${minimum} or more` : 'whole number';
};

const defaultOf = ({ default: value }: SchemaNode, required: boolean): string => {
  if (required) return 'required';
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0))
    return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
};

/** Whether a setting is a group of further ones, which get rows of their own. */
const isGroup = ({ properties }: SchemaNode): boolean => properties !== undefined;

/** A schema as it is read, and what is certainly there once it was. */
interface Described {
  readonly input: SchemaNode;
  readonly output: SchemaNode | undefined;
}

const described = (schema: ZodType): Described => ({
  input: describeSchema(schema, 'input'),
  output: describeSchema(schema, 'output'),
});

const rowsOf = ({ input, output }: Described, prefix = ''): string[] =>
  Object.entries(input.properties ?? {}).flatMap(([name, setting]) => {
    const path = `${prefix}${name}`;
    // What is always there and has no default must have been given.
    const result = output?.properties?.[name];
    const given = setting.default === undefined && result?.default === undefined;
    const required = given && output?.required?.includes(name) === true;
    const shown = [typeOf(setting), defaultOf(setting, required), setting.description ?? ''].map(cell);
    const row = `| \`${path}\` | ${shown.join(' | ')} |`;
    return isGroup(setting) ? [row, ...rowsOf({ input: setting, output: result }, `${path}.`)] : [row];
  });

const table = (schema: ZodType): string =>
  ['| Setting | Value | Default | Meaning |', '| --- | --- | --- | --- |', ...rowsOf(described(schema))].join('\n');

/** Settings that every backend has, whatever its kind. */
const BackendText = `Each backend has a name of your choice, a \`kind\`, the settings of that kind beside it, and optionally
\`user\`: the user name that this backend is sent, a template like \`logins.upstreamUser\`, where it differs from that.
`;

/** The page that documents every setting. */
export const referencePage = (kinds: BackendKinds): string => {
  const kindSections = [...kinds.values()].map(({ kind, settings }) => `### Kind \`${kind}\`\n\n${table(settings)}\n`);
  return [
    Introduction,
    '## Settings\n',
    `${table(configSchema(kinds))}\n`,
    '## Backends\n',
    BackendText,
    ...kindSections,
  ].join('\n');
};
