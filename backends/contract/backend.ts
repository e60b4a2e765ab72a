import type { ZodType } from 'zod';
import type { FolderId, FolderStore } from './folders.ts';
import type { ContactStore, EventStore, NoteStore, TaskStore } from './groupware.ts';
import type { Position } from './items.ts';
import type { MailStore, Submission } from './mail.ts';
import type { Scheduling } from './scheduling.ts';
import type { MailSearch } from './search.ts';
import type { Watch } from './watch.ts';

/** Who wants in, after the server has settled which account is meant. */
export interface Login {
  /** The account's stable name, `anna@example.org`, lower case: the key of everything stored. */
  readonly account: string;
  /** Name to send to this backend. */
  readonly user: string;
  readonly password: string;
  /** The user's mail addresses, the main one first: whose meetings are the user's own. Absent: the account's name. */
  readonly addresses?: readonly string[] | undefined;
  /** Address of the client as told by a trusted proxy or the socket, to pass on. */
  readonly clientAddress?: string | undefined;
}

/** What an account can do through a backend: only what is there is offered to devices. */
export interface Abilities {
  readonly folders?: FolderStore;
  readonly mail?: MailStore;
  readonly submission?: Submission;
  readonly watch?: Watch;
  readonly search?: MailSearch;
  readonly contacts?: ContactStore;
  readonly events?: EventStore;
  readonly tasks?: TaskStore;
  readonly notes?: NoteStore;
  /** Absent: the server behind sends no invitations. */
  readonly scheduling?: Scheduling;
  /**
   * Where folders of any class are now, as stores tell of their own; those gone, and those of a part of
   * the account that is away, are left out. Absent: the stores are asked one after the other.
   */
  positions?(folders: readonly FolderId[], signal?: AbortSignal): Promise<ReadonlyMap<FolderId, Position>>;
  /** The folders of which a folder shows the items, itself among them. Absent: each shows its own alone. */
  members?(folder: FolderId, signal?: AbortSignal): Promise<readonly FolderId[]>;
}

/** One line of `postrider check`. */
export interface CheckLine {
  readonly ok: boolean | 'missing';
  /** What was looked at, `IMAP QRESYNC`. */
  readonly what: string;
  /** What that means and what to do. */
  readonly meaning: string;
}

/** An open backend: the connections and pools behind one entry of the configuration. */
export interface Backend {
  /**
   * Proves a password by asking the server, never by a pooled connection. Resolves `false` when it
   * is refused, throws `unavailable` when it cannot be told. Absent: this backend proves nothing.
   */
  prove?(login: Login): Promise<boolean>;
  /** The account's abilities. No I/O until they are used; cheap enough for each request. */
  account(login: Login): Abilities;
  /**
   * The folder that the server behind calls by this path (decoded, as its own notices say it), out of
   * what is known without asking: `undefined` when it is not. Absent: this backend gets no notices.
   */
  locate?(account: string, path: string): FolderId | undefined;
  /** Drops whatever is kept for an account (connections, caches), after a failed proof. */
  forget(account: string): Promise<void>;
  /** Looks whether the server answers and what it can do; with a login also as the user. */
  check(login: Login | undefined): Promise<readonly CheckLine[]>;
  close(): Promise<void>;
}

/** What the server lends a backend. */
export interface BackendContext {
  readonly log: BackendLog;
  readonly now: () => number;
  /** Folder for the backend's own files. */
  readonly dataFolder: string;
  /** Whether notices of changes come in by themselves (a webhook), so that nothing need be watched for. */
  readonly hasNotices?: boolean | undefined;
}

/** Structured log; never given a password, a body or an address list. */
export interface BackendLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** A kind of backend, as the table of kinds lists it. */
export interface BackendKind<Settings> {
  /** Name in the configuration, `imap`. */
  readonly kind: string;
  readonly settings: ZodType<Settings>;
  open(settings: Settings, context: BackendContext): Backend;
}
