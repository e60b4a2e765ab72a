import type { FolderId } from './folders.ts';
import type { ItemId } from './items.ts';

/** Where a word is looked for; `any` is the whole message: its addresses, its subject and its text. */
export type SearchField = 'any' | 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body';

/**
 * One thing that a mail must have. A text is found as a part of words or as whole words, as the store can
 * do quickly; letters match whatever their case.
 */
export type SearchTerm =
  | { readonly field: SearchField; readonly text: string }
  | { readonly attachments: boolean }
  | { readonly read: boolean }
  | { readonly flagged: boolean };

/** What to look for; a mail is found when all of it holds. */
export interface MailQuery {
  readonly terms: readonly SearchTerm[];
  /** Received at this instant or later. */
  readonly since?: Date | undefined;
  /** Received before this instant. */
  readonly before?: Date | undefined;
  /** ConversationId as `read` gives it ([MS-ASCON] 2.2.2.3): only mails of this conversation. */
  readonly conversation?: Uint8Array | undefined;
}

/** How far a search goes. */
export interface SearchReach {
  /** Folders to look in, each once, the most likely first. One that is gone has no mails. */
  readonly folders: readonly FolderId[];
  /** Mails at most: the newest ones. */
  readonly limit: number;
  /** Milliseconds after which what was found so far is the result. */
  readonly budget: number;
}

/** A mail that was found. */
export interface SearchHit {
  readonly folder: FolderId;
  readonly id: ItemId;
  /** When it was received, in seconds since 1970. */
  readonly at: number;
}

/** What a search found. */
export interface SearchResult {
  /** The newest first, over all folders. */
  readonly hits: readonly SearchHit[];
  /** `false`: the limit or the time ended the search; there may be more. */
  readonly complete: boolean;
}

/** The ability to find mail. Throws {@link BackendError} `unavailable` only when nothing could be looked at. */
export interface MailSearch {
  search(query: MailQuery, reach: SearchReach, signal?: AbortSignal): Promise<SearchResult>;
}
