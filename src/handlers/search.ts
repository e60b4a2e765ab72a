import type { SearchHit } from '../../backends/contract/search.ts';
import { Search as Page } from '../../protocol/code-pages/index.ts';
import type { Tag } from '../../protocol/code-pages/tag.ts';
import {
  type SearchOptions,
  SearchOptionsFields,
  SearchRequest,
  SearchResponse,
} from '../../protocol/commands/search.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { GlobalStatus, SearchStatus } from '../../protocol/status.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import { longIdOf } from '../search/long-id.ts';
import { type Found, type SearchPage, searchPage } from '../search/mail-search.ts';
import { readMailboxQuery } from '../search/mailbox-query.ts';
import { MaxHits, ResultMemory } from '../search/result-memory.ts';
import { searchedFolders } from '../search/scope.ts';
import { bodiesValid, bodyPartAllowed, DefaultOptions, mailRequestOf, type StickyOptions } from '../sync/options.ts';
import { portOf } from '../sync/sync.ts';
import type { Command } from './command.ts';
import type { Answer, Context } from './context.ts';
import { type ByteRange, formatRange, parseRange } from './range.ts';
import { type Services, syncScope } from './services.ts';

/** Results in one response at most, and where a device names no range ([MS-ASCMD] 2.2.3.143.3, MS-ASCMD_R3733). */
const MaxPage = 100;

type Store = NonNullable<SearchResponse['response']>['store'];
type Result = Store['result'][number];

/** Search ([MS-ASCMD] 2.2.1.16). */
export const searchCommand = (services: Services): Command<SearchRequest, SearchResponse> => {
  const memory = new ResultMemory();
  return {
    name: 'Search',
    request: SearchRequest,
    response: SearchResponse,
    bodyOptional: false,
    needsPolicyKey: () => true,
    handle: async (context, { body }): Promise<Answer<SearchResponse>> => {
      const store = await searchStore({ services, context, memory }, nodesOf(body?.store));
      return { kind: 'document', value: { status: SearchStatus.success, response: { store } } };
    },
    failure: (status) => ({ status }),
  };
};

interface Scope {
  readonly services: Services;
  readonly context: Context;
  readonly memory: ResultMemory;
}

const nodesOf = (store: SearchRequest['store'] | undefined): readonly TreeNode[] =>
  store !== undefined && 'pieces' in store ? [] : (store ?? []);

const failed = (status: number): Store => ({ status, result: [] });

/** A search without results is told by one empty result ([MS-ASCMD] 2.2.3.155.3, MS-ASCMD_R3850). */
const nothing: Store = { status: SearchStatus.success, result: [{}], total: 0 };

const searchStore = async (scope: Scope, store: readonly TreeNode[]): Promise<Store> => {
  const child = (wanted: Tag) => store.find(({ tag }) => tag === wanted);
  const options = readOptions(child(Page.Options)?.children ?? [], scope.context.version);
  if (options === undefined || !bodiesValid(options)) return failed(SearchStatus.invalidRequest);
  if (!bodyPartAllowed(options)) return failed(GlobalStatus.bodyPartPreferenceTypeNotSupported);
  switch (child(Page.Name)?.text?.trim().toLowerCase()) {
    case 'mailbox':
      return searchMailbox(scope, child(Page.Query)?.children ?? [], options);
    case 'gal':
      // Where there is no directory nobody is in it: an error would stand in the way of writing an address.
      return child(Page.Query) === undefined ? failed(SearchStatus.invalidRequest) : nothing;
    case 'documentlibrary':
      return failed(SearchStatus.accessBlocked);
    default:
      return failed(SearchStatus.invalidRequest);
  }
};

const readOptions = (nodes: readonly TreeNode[], version: ProtocolVersion): SearchOptions | undefined => {
  try {
    return readTree(SearchOptionsFields, nodes, { version });
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
};

const searchMailbox = async (scope: Scope, query: readonly TreeNode[], options: SearchOptions): Promise<Store> => {
  const { context, memory, services } = scope;
  const wanted = readMailboxQuery(query, context.version);
  if (typeof wanted === 'number') return failed(wanted);
  const range = parseRange(options.range ?? `0-${MaxPage - 1}`);
  if (range === undefined) return failed(SearchStatus.invalidRequest);
  const { partition, now } = syncScope(services, context);
  const { state } = await loadHierarchy(context.state, partition);
  const folders = searchedFolders(state, wanted.collectionIds, options.deepTraversal ?? false);
  if (folders === undefined) return failed(SearchStatus.folderSyncRequired);
  const { search } = context.backend;
  if (search === undefined || !wanted.wantsMail) return nothing;
  const page = await searchPage<Result>({
    search,
    memory,
    partition,
    name: 'Search',
    query: wanted.query,
    folders,
    range: { first: range.first, last: Math.min(range.last, range.first + MaxPage - 1) },
    rebuild: options.rebuildResults ?? false,
    now,
    signal: context.signal,
    read: (folder, hits) => readResults(scope, folder, hits, options),
  });
  return page === undefined ? nothing : storeOf(page, range);
};

const storeOf = ({ results, range, total, complete }: SearchPage<Result>, asked: ByteRange): Store => {
  if (range !== undefined) {
    // More than is given at once was asked for; what there is of it comes along (MS-ASCMD_R3736, R4361).
    const isBeyond = asked.last - asked.first >= MaxPage || asked.last >= MaxHits;
    const status = isBeyond ? SearchStatus.endOfRetrievableRange : SearchStatus.success;
    return { status, result: results, range: formatRange(range), total };
  }
  if (total > 0) return { ...failed(SearchStatus.endOfRetrievableRange), total };
  return complete ? nothing : failed(SearchStatus.timedOut);
};

/** Mails as Sync would show them, in the form that the Options ask for. */
const readResults = async (
  { services, context }: Scope,
  folder: DeviceFolder,
  hits: readonly SearchHit[],
  options: SearchOptions,
): Promise<readonly (Found<Result> | undefined)[]> => {
  const port = portOf(syncScope(services, context), folder);
  if (port === undefined) return [];
  const { collectionId } = folder;
  const sticky: StickyOptions = { ...DefaultOptions, mail: mailRequestOf({ ...options, mimeTruncation: undefined }) };
  const found: (Found<Result> | undefined)[] = [];
  const ids = hits.map(({ id }) => id);
  for await (const item of port.read(ids, sticky, 'whole')) {
    if (item.outcome !== 'ready') found.push(undefined);
    else {
      const longId = longIdOf({ collectionId, itemId: item.id });
      const properties = item.applicationData;
      found.push({ result: { class: 'Email', longId, collectionId, properties }, bytes: properties.byteLength });
    }
  }
  return found;
};
