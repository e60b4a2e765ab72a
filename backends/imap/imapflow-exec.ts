import type { Writable } from 'node:stream';
import type { ImapResponse } from 'imapflow';
import type { Argument } from './tokens.ts';

/** What imapflow gives back once a command was answered with OK. */
export interface ExecResult {
  readonly response: ImapResponse;
  /** Lets imapflow go on reading; nothing else arrives before it is called. */
  next(): void;
}

/** How imapflow runs a command. */
export interface ExecOptions {
  /** Called for each untagged response while the command runs, by upper-case name. */
  readonly untagged?: Readonly<Record<string, (line: ImapResponse) => void | Promise<void>>>;
  /** Called for a continuation request. */
  readonly onPlusTag?: (line: ImapResponse) => void | Promise<void>;
}

/**
 * The part of imapflow that sends any command and gives its untagged responses to own handlers. It
 * is how imapflow implements its own commands, and it is left out of its published types; the
 * version is pinned for that reason, and the tests of this folder run it against real servers.
 */
declare module 'imapflow' {
  interface ImapFlow {
    exec(command: string, attributes: readonly Argument[] | false, options?: ExecOptions): Promise<ExecResult>;
    /** Handlers of untagged responses that no running command has one for. */
    readonly untaggedHandlers: Record<string, ((line: ImapResponse) => void | Promise<void>) | null>;
    /** Writes a line by itself, such as `DONE`. */
    write(line: string): void;
    /** Where commands are written; `false` until connected. */
    readonly writeSocket: Writable | false;
  }
}
