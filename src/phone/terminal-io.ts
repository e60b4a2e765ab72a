import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import type { Look } from './terminal-view.ts';

/** What a terminal program talks to. */
export interface PhoneIo {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the program, as after Ctrl-C. */
  readonly signal?: AbortSignal | undefined;
}

/** Characters a line has when the output does not say. */
const DefaultWidth = 100;

/** The look of an output: colours only on a terminal whose user did not refuse them. */
export const lookOf = ({ output, env }: PhoneIo): Look => ({
  width: output.columns ?? DefaultWidth,
  colours: output.isTTY === true && env.NO_COLOR === undefined,
});

/** Lines in and out of a terminal; what is printed while the user types does not disturb the prompt. */
export class Terminal {
  readonly #io: PhoneIo;
  readonly #reader: Interface;
  readonly #lines: string[] = [];
  #waiting: ((line: string | undefined) => void) | undefined;
  #closed = false;
  #prompting = false;

  /** @param onInterrupt - called on Ctrl-C */
  constructor(io: PhoneIo, onInterrupt: () => void) {
    this.#io = io;
    const interactive = io.output.isTTY === true && io.input.isTTY === true;
    // Without a person there is nobody to prompt, and nothing to echo.
    this.#reader = createInterface({ input: io.input, ...(interactive ? { output: io.output, terminal: true } : {}) });
    this.#reader.on('line', (line) => this.#deliver(line));
    this.#reader.on('SIGINT', onInterrupt);
    this.#reader.on('close', () => this.#end());
  }

  /** Prints, and shows the prompt again when it was there. */
  print(text: string): void {
    if (this.#prompting && this.#io.output.isTTY) this.#io.output.write('\r\u001b[K');
    this.#io.output.write(`${text}\n`);
    if (this.#prompting) this.#reader.prompt(true);
  }

  /** The next line; `undefined`: the user has left. */
  ask(prompt: string): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#closed) return Promise.resolve(undefined);
    this.#reader.setPrompt(prompt);
    this.#prompting = true;
    this.#reader.prompt();
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    this.#reader.close();
  }

  #deliver(line: string): void {
    if (this.#waiting === undefined) this.#lines.push(line);
    else this.#resolve(line);
  }

  #end(): void {
    this.#closed = true;
    this.#resolve(undefined);
  }

  #resolve(line: string | undefined): void {
    this.#prompting = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(line);
  }
}

/** Asks for a secret without showing what is typed; `undefined`: the user has left. */
export const askSecret = (io: PhoneIo, prompt: string): Promise<string | undefined> => {
  io.output.write(prompt);
  const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: io.input, output: mute, terminal: io.input.isTTY === true });
  return new Promise((resolve) => {
    const finish = (line?: string): void => {
      io.output.write('\n');
      resolve(line);
      reader.close();
    };
    reader.once('line', finish);
    reader.once('SIGINT', () => finish());
    reader.once('close', () => resolve(undefined));
  });
};
