import type { CheckLine } from '../../backends/contract/backend.ts';
import { StateUnavailable } from '../state/contract.ts';
import type { Console } from './console.ts';
import { type LookName, paintOf, print } from './console.ts';

/** How a line is marked. */
const Marks: readonly { readonly of: CheckLine['ok']; readonly mark: string; readonly look: LookName }[] = [
  { of: true, mark: 'ok     ', look: 'green' },
  { of: 'missing', mark: 'missing', look: 'yellow' },
  { of: false, mark: 'FAILED ', look: 'red' },
];

/** What a failure means; of the state store more than phones are told. */
const meaningOf = (error: unknown): string => {
  if (error instanceof StateUnavailable) return `${error.message}: ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
};

/** Prints lines as they come and counts what failed. */
export class CheckReport {
  readonly #io: Console;
  #failures = 0;

  constructor(io: Console) {
    this.#io = io;
  }

  /** How many lines failed. */
  get failures(): number {
    return this.#failures;
  }

  heading(text: string): void {
    print(this.#io.output, '', paintOf(this.#io)('bold', text));
  }

  line({ ok, what, meaning }: CheckLine): void {
    if (ok === false) this.#failures++;
    const found = Marks.find((each) => each.of === ok);
    const mark = found === undefined ? '' : paintOf(this.#io)(found.look, found.mark);
    print(this.#io.output, `  ${mark}  ${what}: ${meaning}`);
  }

  lines(lines: readonly CheckLine[]): void {
    for (const line of lines) this.line(line);
  }

  /** A part of the check; what it throws becomes a failed line. */
  async part(heading: string, what: string, work: () => Promise<readonly CheckLine[]>): Promise<void> {
    this.heading(heading);
    try {
      this.lines(await work());
    } catch (error) {
      this.line({ ok: false, what, meaning: meaningOf(error) });
    }
  }
}
