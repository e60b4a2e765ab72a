import { breathe } from '../contract/breathe.ts';
import { isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { MailQuery, MailSearch, SearchHit, SearchReach, SearchResult } from '../contract/search.ts';
import { joinNumbers } from './ids.ts';
import type { MessageRow } from './messages.ts';
import { hasTexts, hexOf, searchTextOf, TextForm, type TextTerm, textTerms } from './search-text.ts';
import { stateColumns } from './state.ts';
import type { FolderRow, LocalStore } from './store.ts';

/** Messages that are looked through between two breaths: their texts are 16 MB at most, which takes some 10 ms. */
const Slice = 250;

/** Milliseconds for which texts are made between two breaths. */
const MakingTime = 20;

/** A message of a slice. */
interface SliceRow extends MessageRow {
  readonly attachments: number | null;
  readonly conversation: string | null;
  /** The text, where it has the longest of the words; `null`: it has not. */
  readonly text: string | null;
}

/** Where a slice begins: after the message received then, with that uid. */
interface Place {
  readonly received: number;
  readonly uid: number;
}

/** A query, ready to be compared. */
interface Wanted {
  readonly texts: readonly TextTerm[];
  /** The longest word: what has not this has not all. */
  readonly longest: string;
  readonly from: number;
  readonly to: number;
  readonly conversation: string | undefined;
  readonly query: MailQuery;
}

/**
 * Finds mail in the local store: a part of a word is found like a word, in every language. The texts are kept as
 * they are compared, so that SQLite looks through a hundred thousand of them in about a second; an index of
 * words would find neither parts of words nor anything in Chinese.
 */
export class LocalSearch implements MailSearch {
  readonly #store: LocalStore;
  readonly #account: string;

  constructor(store: LocalStore, account: string) {
    this.#store = store;
    this.#account = account;
  }

  async search(query: MailQuery, reach: SearchReach, signal?: AbortSignal): Promise<SearchResult> {
    const wanted = wantedOf(query);
    const deadline = performance.now() + reach.budget;
    const hits: SearchHit[] = [];
    let complete = true;
    for (const id of reach.folders) {
      const folder = this.#folder(id);
      if (folder === undefined) continue;
      const found = await this.#inFolder(folder, wanted, { limit: reach.limit, deadline, signal });
      hits.push(...found.hits);
      complete &&= found.complete;
    }
    hits.sort((a, b) => b.at - a.at || uidOf(b) - uidOf(a));
    return { hits: hits.slice(0, reach.limit), complete: complete && hits.length <= reach.limit };
  }

  async #inFolder(
    folder: FolderRow,
    wanted: Wanted,
    { limit, deadline, signal }: { limit: number; deadline: number; signal: AbortSignal | undefined },
  ): Promise<SearchResult> {
    const hits: SearchHit[] = [];
    let place: Place | undefined = { received: wanted.to, uid: 0 };
    while (place !== undefined) {
      if (performance.now() >= deadline || hits.length > limit) return { hits, complete: false };
      await breathe(signal);
      place = this.#store.read(() => this.#slice(folder, wanted, place as Place, hits));
    }
    return { hits, complete: true };
  }

  /** Looks through one slice; gives where the next one begins. */
  #slice(folder: FolderRow, wanted: Wanted, place: Place, hits: SearchHit[]): Place | undefined {
    const rows = this.#store.database
      .prepare(SelectSlice)
      .all<SliceRow>(
        wanted.longest,
        TextForm,
        folder.id,
        wanted.from,
        place.received,
        place.received,
        place.uid,
        Slice,
      );
    const missing = rows.filter(({ attachments }) => attachments === null);
    // The same slice is read again once it has its texts; where making them took too long, the next time it has more.
    if (missing.length > 0 && this.#makeTexts(missing) > 0) return place;
    for (const row of rows) {
      if (matches(row, wanted)) {
        hits.push({ folder: String(folder.id), id: joinNumbers(folder.epoch, row.uid), at: row.received });
      }
    }
    const last = rows.length < Slice ? undefined : rows.at(-1);
    return last === undefined ? undefined : { received: last.received, uid: last.uid };
  }

  /** Makes and stores the texts of messages, as many as there is time for; gives how many. */
  #makeTexts(rows: readonly MessageRow[]): number {
    const until = performance.now() + MakingTime;
    const made: [content: number, text: string, attachments: boolean, conversation: string][] = [];
    for (const row of rows) {
      const { text, attachments, conversation } = this.#textOf(row);
      made.push([row.content, text, attachments, conversation]);
      if (performance.now() > until) break;
    }
    this.#store.database.transaction(() => {
      for (const [content, text, attachments, conversation] of made) {
        this.#store.database.prepare(InsertText).run(content, TextForm, text, attachments, conversation, content);
      }
    });
    return made.length;
  }

  /** A message that cannot be read has no text, and is not tried again. */
  #textOf(row: MessageRow) {
    try {
      return searchTextOf(this.#store, row);
    } catch (error) {
      if (isBackendError(error)) throw error;
      return { text: '', attachments: false, conversation: '' };
    }
  }

  #folder(id: FolderId): FolderRow | undefined {
    try {
      return this.#store.read(() => this.#store.folder(this.#account, id));
    } catch (error) {
      if (isBackendError(error, 'notFound')) return undefined;
      throw error;
    }
  }
}

const SelectSlice = `SELECT messages.id, messages.uid, messages.content, revision, received, ${stateColumns.join(', ')},
    attachments, conversation, CASE WHEN instr(text, nullif(?, '')) > 0 THEN text END AS text
  FROM messages LEFT JOIN search_texts ON search_texts.content = messages.content AND form = ?
  WHERE folder = ? AND received >= ? AND received <= ? AND (received < ? OR uid < ?)
  ORDER BY received DESC, uid DESC LIMIT ?`;

/** Nothing is stored of a message that was removed meanwhile. */
const InsertText = `INSERT OR REPLACE INTO search_texts (content, form, text, attachments, conversation)
  SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM contents WHERE id = ?)`;

/** Seconds of an instant that no message is received at. */
const Never = 253_402_300_800;

const wantedOf = (query: MailQuery): Wanted => {
  const texts = textTerms(query.terms);
  const seconds = (date: Date) => Math.ceil(date.getTime() / 1_000);
  return {
    texts,
    longest: texts.map(({ needle }) => needle).reduce((a, b) => (b.length > a.length ? b : a), ''),
    from: query.since === undefined ? 0 : seconds(query.since),
    to: query.before === undefined ? Never : seconds(query.before),
    conversation: query.conversation === undefined ? undefined : hexOf(query.conversation),
    query,
  };
};

const matches = (row: SliceRow, { texts, conversation, query }: Wanted): boolean => {
  if (texts.length > 0 && (row.text === null || !hasTexts(row.text, texts))) return false;
  if (conversation !== undefined && row.conversation !== conversation) return false;
  return query.terms.every((term) => {
    if ('attachments' in term) return (row.attachments === 1) === term.attachments;
    if ('read' in term) return (row.seen === 1) === term.read;
    return !('flagged' in term) || (row.flagged === 1) === term.flagged;
  });
};

const uidOf = ({ id }: SearchHit): number => Number(id.slice(id.indexOf('.') + 1));
