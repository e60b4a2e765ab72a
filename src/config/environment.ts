/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its variables filled in, or the name of the first one that is not set. */
export type Expanded =
  | { readonly ok: true; readonly text: string; readonly changed: boolean }
  | { readonly ok: false; readonly missing: string };

/** `$${` for a literal `${`; else a variable with an optional default, in which braces come in pairs. */
const Reference = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\}/g;

/**
 * Fills in `${NAME}` and `${NAME:-default}`. As in a shell the default also stands for an empty
 * variable. `$${` is a literal `${`. What is filled in is not looked at again.
 */
export const expand = (text: string, env: Environment): Expanded => {
  let missing: string | undefined;
  const expanded = text.replace(Reference, (whole, name: string | undefined, otherwise: string | undefined) => {
    if (name === undefined) return whole.slice(1);
    const value = env[name];
    if (value !== undefined && (value !== '' || otherwise === undefined)) return value;
    if (otherwise === undefined) missing ??= name;
    return otherwise ?? '';
  });
  return missing === undefined ? { ok: true, text: expanded, changed: expanded !== text } : { ok: false, missing };
};

/** The names of the variables that a text refers to. */
export const variablesOf = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(Reference)].flatMap(([, name]) => (name === undefined ? [] : [name]))),
];
