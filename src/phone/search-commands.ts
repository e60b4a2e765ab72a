import type { BodyPreference } from '../../protocol/classes/air-sync-base.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import { Search } from '../../protocol/code-pages/index.ts';
import type { FindRequest, FindResponse } from '../../protocol/commands/find.ts';
import { MailboxQueryFields, type SearchOptions, SearchOptionsFields } from '../../protocol/commands/search.ts';
import { container, encodeTree, type InferFields, optional, readTree, text } from '../../protocol/schema/index.ts';
import { nodesOf } from './change-queue.ts';
import { type CallOptions, notEmpty } from './channel.ts';
import type { Device } from './device.ts';

/** The Store of a search in the mailbox, as a device writes it ([MS-ASCMD] 2.2.3.178.3). */
const MailboxStoreFields = {
  name: text(Search.Name),
  query: container(Search.Query, MailboxQueryFields),
  options: optional(container(Search.Options, SearchOptionsFields)),
};
type Query = InferFields<typeof MailboxQueryFields>;
type Conditions = NonNullable<Query['and']>;

/** What is looked for. All that is given must hold. */
export interface SearchWish {
  readonly freeText?: string | undefined;
  /** Folders to look in; absent: all. */
  readonly collectionIds?: readonly string[] | undefined;
  readonly deepTraversal?: boolean | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly conversationId?: Uint8Array | undefined;
  readonly after?: Date | undefined;
  readonly before?: Date | undefined;
  /** First and last result, `0-9`. */
  readonly range?: string | undefined;
  readonly rebuildResults?: boolean | undefined;
  readonly bodyPreferences?: readonly BodyPreference[] | undefined;
  readonly bodyPartPreference?: SearchOptions['bodyPartPreference'];
  readonly mimeSupport?: number | undefined;
  /** Another query than the conditions above make. */
  readonly query?: Partial<Query> | undefined;
  /** Another store than the mailbox. */
  readonly store?: string | undefined;
}

/** A mail that was found. */
export interface FoundMail {
  readonly longId: string;
  readonly collectionId: string;
  readonly email: Email;
}

/** What a search found. */
export interface FoundMails {
  /** Status of the store ([MS-ASCMD] 2.2.3.177.13). */
  readonly status: number;
  readonly mails: readonly FoundMail[];
  readonly range: string | undefined;
  readonly total: number | undefined;
}

/** Looks for mail with Search ([MS-ASCMD] 2.2.1.16). Throws StatusFailure when the command itself fails. */
export const searchMail = async (device: Device, wish: SearchWish, call: CallOptions = {}): Promise<FoundMails> => {
  const store = encodeTree(MailboxStoreFields, storeOf(wish), device.version);
  const response = notEmpty('Search', await device.command('Search', { store }, call));
  const answered = response.response?.store;
  if (answered === undefined) return { status: response.status ?? 0, mails: [], range: undefined, total: undefined };
  return {
    status: answered.status,
    range: answered.range,
    total: answered.total,
    mails: answered.result.flatMap(({ longId, collectionId, properties }) =>
      longId === undefined || collectionId === undefined || properties === undefined
        ? []
        : [{ longId, collectionId, email: readTree(EmailFields, nodesOf(properties), device.channel.readOptions) }],
    ),
  };
};

const storeOf = (wish: SearchWish): InferFields<typeof MailboxStoreFields> => {
  const comparison = (value: Date | undefined) => value && { dateReceived: true, value };
  const and: Conditions = {
    freeText: wish.freeText,
    class: wish.classes ?? [],
    collectionId: wish.collectionIds ?? [],
    conversationId: wish.conversationId,
    greaterThan: comparison(wish.after),
    lessThan: comparison(wish.before),
  };
  return {
    name: wish.store ?? 'Mailbox',
    query: { class: [], collectionId: [], ...(wish.query ?? { and }) },
    options: {
      mimeSupport: wish.mimeSupport,
      bodyPreferences: wish.bodyPreferences ?? [],
      bodyPartPreference: wish.bodyPartPreference,
      range: wish.range,
      deepTraversal: wish.deepTraversal || undefined,
      rebuildResults: wish.rebuildResults || undefined,
    },
  };
};

/** What is looked for with Find. */
export interface FindWish {
  readonly searchId: string;
  readonly freeText?: string | undefined;
  readonly collectionId?: string | undefined;
  readonly itemClass?: string | undefined;
  readonly range?: string | undefined;
  readonly deepTraversal?: boolean | undefined;
}

/** Looks for mail with Find, 16.1 ([MS-ASCMD] 2.2.1.2). */
export const findMail = async (
  device: Device,
  { searchId, freeText, collectionId, itemClass, range, deepTraversal }: FindWish,
  call: CallOptions = {},
): Promise<FindResponse> => {
  const options = { range, deepTraversal: deepTraversal || undefined };
  const request: FindRequest = {
    searchId,
    executeSearch: {
      mailBoxSearchCriterion: { query: { class: itemClass, collectionId, freeText }, options },
    },
  };
  return notEmpty('Find', await device.command('Find', request, call));
};
