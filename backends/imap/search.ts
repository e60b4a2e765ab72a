import type { Login } from '../contract/backend.ts';
import { isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { MailQuery, MailSearch, SearchHit, SearchReach, SearchResult } from '../contract/search.ts';
import type { Account, OpenMailbox } from './account.ts';
import { backendError } from './failures.ts';
import { uidSearch } from './fetch.ts';
import { contentCriteria, stateCriteria, uidSearchWithin } from './search-criteria.ts';
import { judge, type Root, rootOf } from './search-judge.ts';

/** Messages that the first command looks through: so few that even a server without an index answers soon. */
const FirstWindow = 200;

/** Messages that one command looks through at most: servers with an index answer for that many in no time. */
const LastWindow = 50_000;

/** A window that took less than this is followed by one four times as large, in milliseconds. */
const Quick = 500;

/** A window that took longer than this is followed by one half as large, in milliseconds. */
const Slow = 2_000;

/** Messages whose headers are read at a time to find a mail of a conversation. */
const HeaderWindow = 500;

/** Milliseconds after the end of the time for which a command under way is waited for; then its connection is closed. */
const Grace = 2_000;

/** What a search works with. */
export interface ImapSearchOptions {
  readonly account: () => Account;
  readonly login: Login;
  /** Milliseconds, for the time that a search may take. */
  readonly clock?: () => number;
}

/** How far a search has come in one folder. */
interface Scan {
  readonly folder: FolderId;
  /** UIDs still to be looked at, ascending; `undefined`: not begun. */
  rest: readonly number[] | undefined;
  epoch: string;
  window: number;
  readonly hits: SearchHit[];
  done: boolean;
}

/** What all folders of one search share. */
interface Job {
  readonly query: MailQuery;
  readonly limit: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** How the wanted conversation is found, once a mail of it was met. */
  root: Root | undefined;
  failure: unknown;
}

/**
 * Finds mail with SEARCH. No server can be told to stop a SEARCH, and one without an index takes minutes for the
 * texts of a large mailbox; hence it is asked for pieces of a mailbox, from the newest end, each as large as it
 * answers soon. One connection is used at a time, and is free for others between two folders.
 */
export class ImapSearch implements MailSearch {
  readonly #options: ImapSearchOptions;
  readonly #clock: () => number;

  constructor(options: ImapSearchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  async search(query: MailQuery, reach: SearchReach, signal?: AbortSignal): Promise<SearchResult> {
    const { limit, budget, folders } = reach;
    const job: Job = { query, limit, deadline: this.#clock() + budget, signal, root: undefined, failure: undefined };
    const scans = folders.map(newScan);
    // A conversation is known by a digest: only a mail of it tells its first Message-ID, which is then looked for.
    if (query.conversation !== undefined) await this.#findRoot(job, scans);
    await this.#inTurn(job, scans);
    await this.#inTurn(
      job,
      scans.filter(({ done }) => !done),
    );
    const hits = scans.flatMap((scan) => scan.hits).sort(newestFirst);
    if (job.failure !== undefined && scans.every(({ rest }) => rest === undefined)) throw job.failure;
    return { hits: hits.slice(0, limit), complete: scans.every(({ done }) => done) && hits.length <= limit };
  }

  /** Gives each folder its share of the time that is left, so that one large folder does not hide the others. */
  async #inTurn(job: Job, scans: readonly Scan[]): Promise<void> {
    for (const [index, scan] of scans.entries()) {
      const left = job.deadline - this.#clock();
      if (left <= 0 || (job.query.conversation !== undefined && job.root === undefined)) return;
      await this.#inFolder(job, scan, (mailbox) =>
        this.#scan(job, scan, mailbox, this.#clock() + left / (scans.length - index)),
      );
    }
  }

  /** A folder that cannot be searched leaves the result incomplete; one that is gone does not. */
  async #inFolder(job: Job, scan: Scan, work: (mailbox: OpenMailbox) => Promise<void>): Promise<void> {
    const { account, login } = this.#options;
    try {
      await account().open(login, scan.folder, { signal: job.signal, repeatable: false }, async (mailbox) => {
        const patience = Math.max(0, job.deadline - this.#clock()) + Grace;
        const guard = setTimeout(() => mailbox.connection.destroy(), patience);
        try {
          await work(mailbox);
        } catch (error) {
          throw backendError(error, 'unavailable');
        } finally {
          clearTimeout(guard);
        }
      });
    } catch (error) {
      if (!isBackendError(error) || isBackendError(error, 'loginRefused')) throw error;
      if (isBackendError(error, 'notFound')) scan.done = true;
      else job.failure ??= error;
    }
  }

  async #scan(job: Job, scan: Scan, mailbox: OpenMailbox, until: number): Promise<void> {
    await begin(scan, mailbox, job.query);
    const content = contentCriteria(job.query, mailbox.connection, job.root);
    while (scan.rest !== undefined && scan.rest.length > 0 && scan.hits.length <= job.limit && this.#clock() < until) {
      const started = this.#clock();
      const part = content.length === 0 ? scan.rest : scan.rest.slice(-scan.window);
      const found = content.length === 0 ? part : await uidSearchWithin(mailbox.connection, part, job.query, content);
      const wanted = found.slice(-(job.limit + 1 - scan.hits.length));
      scan.hits.push(...(await judge(mailbox, wanted, job.query)).map((hit) => ({ ...hit, folder: scan.folder })));
      // What was found but is beyond the limit is still to be looked at.
      const upTo = wanted.length < found.length ? wanted[0] : part[0];
      scan.rest = scan.rest.slice(0, scan.rest.indexOf(upTo ?? 0));
      scan.window = windowAfter(scan.window, this.#clock() - started);
    }
    scan.done = scan.rest?.length === 0;
  }

  /** Looks through the headers of all folders, the newest mails first, until a mail of the conversation is met. */
  async #findRoot(job: Job, scans: readonly Scan[]): Promise<void> {
    const { conversation } = job.query;
    if (conversation === undefined) return;
    for (const scan of scans) {
      if (job.root !== undefined || this.#clock() >= job.deadline) return;
      await this.#inFolder(job, scan, async (mailbox) => {
        const all = await uidSearch(mailbox.connection, stateCriteria({ terms: [] }));
        for (let end = all.length; end > 0 && job.root === undefined; end -= HeaderWindow) {
          if (this.#clock() >= job.deadline) return;
          job.root = await rootOf(mailbox, all.slice(Math.max(0, end - HeaderWindow), end), conversation);
        }
      });
    }
    // Nobody has a mail of it: there is nothing to find.
    if (job.root === undefined && this.#clock() < job.deadline) for (const scan of scans) scan.done = true;
  }
}

const newScan = (folder: FolderId): Scan => ({
  folder,
  rest: undefined,
  epoch: '',
  window: FirstWindow,
  hits: [],
  done: false,
});

/** Finds out what is to be looked through; anew when the folder's ids came to mean other mails meanwhile. */
const begin = async (scan: Scan, mailbox: OpenMailbox, query: MailQuery): Promise<void> => {
  if (scan.rest !== undefined && scan.epoch === mailbox.epoch) return;
  scan.hits.length = 0;
  scan.epoch = mailbox.epoch;
  scan.rest = await uidSearch(mailbox.connection, stateCriteria(query));
};

const windowAfter = (window: number, took: number): number => {
  if (took > Slow) return Math.max(FirstWindow, window >> 1);
  return took < Quick ? Math.min(LastWindow, window * 4) : window;
};

/** The order of results; mails of one second by their number. */
const newestFirst = (a: SearchHit, b: SearchHit): number => b.at - a.at || numberOf(b) - numberOf(a);

const numberOf = ({ id }: SearchHit): number => Number(id.slice(id.indexOf('.') + 1));
