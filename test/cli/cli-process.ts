import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { childScript } from '../support/child-script.ts';

/** The command line in a process of its own. */
export interface CliProcess {
  /** What it has written until now, both streams. */
  readonly text: () => string;
  /** Waits until it has written something that matches; throws when it ends before, or after 20 s. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal that does not end it. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<CliEnd>;
  /** Waits for the end. */
  ended(): Promise<CliEnd>;
}

/** How a process ended. */
export interface CliEnd {
  readonly code: number | null;
  readonly text: string;
  /** Milliseconds since the signal, or since the start. */
  readonly milliseconds: number;
}

const Root = join(import.meta.dirname, '../..');
const Limit = 30_000;

/** Variables that tests set themselves; whatever this machine has must not matter. */
const Own = /^(POSTRIDER_|MAIL_|IMAP_|SMTP_|REDIS_|STATE_DIRECTORY|XDG_STATE_HOME|NO_COLOR|FORCE_COLOR|NODE_OPTIONS)/;

const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !Own.test(name)));

const running = new Set<ChildProcess>();

/** To be called in `afterAll`: ends what a failed test left behind. */
export const killLeftProcesses = (): void => {
  for (const child of running) child.kill('SIGKILL');
};

/** Runs `postrider` as it is built of the sources. */
export const postrider = (args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess => {
  const begun = performance.now();
  const child = spawn(process.execPath, [childScript('src/main.ts'), ...args], {
    cwd: Root,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const closed = once(child, 'close').then(() => void running.delete(child));
  const endedSince = async (since: number): Promise<CliEnd> => {
    await closed;
    return { code: child.exitCode, text, milliseconds: performance.now() - since };
  };
  return {
    text: () => text,
    signal: (signal) => void child.kill(signal),
    ended: () => endedSince(begun),
    stop: (signal = 'SIGTERM') => {
      const since = performance.now();
      child.kill(signal);
      return endedSince(since);
    },
    until: async (pattern) => {
      for (const end = performance.now() + Limit; performance.now() < end; await wait(20)) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        if (!running.has(child)) throw new Error(`postrider ${args.join(' ')} ended with ${child.exitCode}:\n${text}`);
      }
      throw new Error(`postrider ${args.join(' ')} did not write ${pattern} but:\n${text}`);
    },
  };
};
