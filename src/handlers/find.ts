import { isBackendError } from '../../backends/contract/errors.ts';
import type { MailRequest } from '../../backends/contract/mail.ts';
import type { SearchHit } from '../../backends/contract/search.ts';
import type { Email } from '../../protocol/classes/email.ts';
import { FindRequest, FindResponse } from '../../protocol/commands/find.ts';
import { FindStatus } from '../../protocol/status.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import { parseFreeText } from '../search/free-text.ts';
import { type Found, searchPage } from '../search/mail-search.ts';
import { ResultMemory } from '../search/result-memory.ts';
import { searchedFolders } from '../search/scope.ts';
import { serverIdOf } from '../sync/server-id.ts';
import type { Command } from './command.ts';
import type { Answer, Context } from './context.ts';
import { type ByteRange, formatRange, parseRange } from './range.ts';
import { type Services, syncScope } from './services.ts';

/** The highest index of a Range ([MS-ASCMD] 2.2.3.143.1, MS-ASCMD_R37071812). */
const MaxIndex = 999;

/** Results in one response at most, and where a device names no range. */
const MaxPage = 100;

/** Characters of a SearchId: real ones are GUIDs. */
const MaxSearchId = 256;

/** The name of the store in every response (MS-ASCMD_R45251807). */
const Mailbox = 'Mailbox';

/** Of a mail its headers, and the beginning of its text ([MS-ASCMD] 2.2.3.137). */
const ResultRequest: MailRequest = { preferences: [{ type: 1, truncationSize: 0, preview: 255 }], mimeSupport: 0 };

/** Bytes of a result, about: its texts are short. */
const ResultBytes = 2_000;

type Response = NonNullable<FindResponse['response']>;
type Result = Response['result'][number];
type Criterion = NonNullable<FindRequest['executeSearch']['mailBoxSearchCriterion']>;

/** Find, 16.1 ([MS-ASCMD] 2.2.1.2). */
export const findCommand = (services: Services): Command<FindRequest, FindResponse> => {
  const memory = new ResultMemory();
  return {
    name: 'Find',
    request: FindRequest,
    response: FindResponse,
    bodyOptional: false,
    needsPolicyKey: () => true,
    handle: async (context, { body }): Promise<Answer<FindResponse>> => ({
      kind: 'document',
      value: body === undefined ? failed(FindStatus.invalidRequest) : await find({ services, context, memory }, body),
    }),
    failure: (status) => ({ status }),
  };
};

interface Scope {
  readonly services: Services;
  readonly context: Context;
  readonly memory: ResultMemory;
}

const failed = (status: number): FindResponse => ({ status });

const answer = (response: Omit<Response, 'store'>): FindResponse => ({
  status: FindStatus.success,
  response: { store: Mailbox, ...response },
});

/** Nothing was found: there is no Result at all (MS-ASCMD_R38391805). */
const nothing = answer({ status: FindStatus.success, result: [], total: 0 });

const find = async (scope: Scope, { searchId, executeSearch }: FindRequest): Promise<FindResponse> => {
  const { mailBoxSearchCriterion: mailbox, galSearchCriterion: directory } = executeSearch;
  const isOne = (mailbox === undefined) !== (directory === undefined);
  const range = rangeOf((mailbox ?? directory)?.options?.range);
  if (!isOne || range === undefined || searchId === '' || searchId.length > MaxSearchId) {
    return failed(FindStatus.invalidRequest);
  }
  // Where there is no directory nobody is in it.
  return mailbox === undefined ? nothing : findMail(scope, searchId, mailbox, range);
};

const rangeOf = (text = `0-${MaxPage - 1}`): ByteRange | undefined => {
  const range = parseRange(text);
  return range === undefined || range.last > MaxIndex ? undefined : range;
};

const findMail = async (
  scope: Scope,
  searchId: string,
  { query, options }: Criterion,
  range: ByteRange,
): Promise<FindResponse> => {
  const { context, memory, services } = scope;
  const terms = parseFreeText(query.freeText ?? '');
  if (terms.length === 0) return failed(FindStatus.invalidRequest);
  const { partition, now, signal } = syncScope(services, context);
  const { state } = await loadHierarchy(context.state, partition);
  const collectionIds = query.collectionId === undefined ? [] : [query.collectionId];
  const folders = searchedFolders(state, collectionIds, options?.deepTraversal ?? false);
  if (folders === undefined) return failed(FindStatus.folderSyncRequired);
  const { search } = context.backend;
  if (search === undefined || (query.class ?? 'Email') !== 'Email') return nothing;
  const last = Math.min(range.last, range.first + MaxPage - 1);
  const page = await searchPage<Result>({
    search,
    memory,
    partition,
    name: `Find ${searchId}`,
    query: { terms },
    folders,
    range: { first: range.first, last },
    rebuild: false,
    resumesOnly: range.first > 0,
    now,
    signal,
    read: (folder, hits) => readResults(scope, folder, hits),
  });
  // The results that this page belongs to are forgotten: the device begins again (MS-ASCMD_R72172518).
  if (page === undefined) return answer({ status: FindStatus.startWithRangeZero, result: [] });
  if (page.range === undefined) return { ...nothing, response: { ...nothing.response, total: page.total } as Response };
  return answer({
    status: FindStatus.success,
    result: page.results,
    range: formatRange(page.range),
    total: page.total,
  });
};

const readResults = async (
  { context }: Scope,
  folder: DeviceFolder,
  hits: readonly SearchHit[],
): Promise<readonly (Found<Result> | undefined)[]> => {
  const { mail } = context.backend;
  const found: (Found<Result> | undefined)[] = [];
  const ids = hits.map(({ id }) => id);
  try {
    for await (const result of mail?.read(folder.folder, ids, ResultRequest, context.signal) ?? []) {
      const serverId = serverIdOf(folder.collectionId, result.id);
      const { collectionId } = folder;
      found.push(
        result.outcome === 'item'
          ? {
              result: { class: 'Email', serverId, collectionId, properties: propertiesOf(result.item) },
              bytes: ResultBytes,
            }
          : undefined,
      );
    }
  } catch (error) {
    // The folder was removed with all that was found in it.
    if (!isBackendError(error, 'notFound')) throw error;
  }
  return found;
};

/** What a list of results shows of a mail ([MS-ASCMD] 2.2.3.139.1). */
const propertiesOf = (email: Email): Result['properties'] => ({
  subject: email.subject,
  dateReceived: email.dateReceived,
  displayTo: email.displayTo,
  displayCc: namesOf(email.cc),
  displayBcc: namesOf(email.bcc),
  importance: email.importance,
  read: email.read,
  isDraft: email.isDraft ?? false,
  preview: email.body?.preview,
  hasAttachments: (email.attachments ?? []).some((each) => each.kind === 'attachment' && each.isInline !== true),
  from: email.from,
});

/** `"Anna Ek" <anna@example.org>`, or the address alone, as backends write lists of addresses. */
const Mailboxes = /"((?:[^"\\]|\\.)*)"(?: <[^>]*>)?|[^\s,"][^,"]*/g;

/** The names of a list of addresses, or the addresses, divided by `; ` as in DisplayTo. */
const namesOf = (list: string | undefined): string | undefined => {
  const names = [...(list ?? '').matchAll(Mailboxes)].map(
    ([whole, name]) => name?.replace(/\\(.)/g, '$1') ?? whole.trim(),
  );
  return names.length === 0 ? undefined : names.map((name) => name.replaceAll(';', ',')).join('; ');
};
