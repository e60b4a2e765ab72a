import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/environment.ts';

/** What a command talks to. */
export interface Console {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly errors: Writable;
  readonly env: Environment;
}

/** ANSI codes ([ECMA-48] 8.3.117) of the looks that the commands use. */
const Looks = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  cyan: [36, 39],
} as const;
export type LookName = keyof typeof Looks;

/** Makes a text look: only on a terminal whose user did not refuse colours (https://no-color.org). */
export type Paint = (look: LookName, text: string) => string;

export const paintOf = ({ output, env }: Pick<Console, 'output' | 'env'>): Paint => {
  if (output.isTTY !== true || env.NO_COLOR) return (_look, text) => text;
  return (look, text) => `\u001b[${Looks[look][0]}m${text}\u001b[${Looks[look][1]}m`;
};

/** Writes lines. */
export const print = (output: Writable, ...lines: readonly string[]): void => {
  output.write(`${lines.join('\n')}\n`);
};
