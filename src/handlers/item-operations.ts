import {
  type FetchResponse,
  ItemOperationsRequest,
  ItemOperationsResponse,
} from '../../protocol/commands/item-operations.ts';
import { GlobalStatus, ItemOperationsStatus } from '../../protocol/status.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { emptyFolderContents, moveConversation } from './folder-operations.ts';
import { type FetchScope, fetchSafely } from './item-fetch.ts';
import { partitionOf, type Services } from './services.ts';

/** Operations in one request at most: a device fetches a screenful, not a mailbox. */
const MaxOperations = 200;

/** ItemOperations ([MS-ASCMD] 2.2.1.10). */
export const itemOperationsCommand = (services: Services): Command<ItemOperationsRequest, ItemOperationsResponse> => ({
  name: 'ItemOperations',
  request: ItemOperationsRequest,
  response: ItemOperationsResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => itemOperations(services, context, request),
  // A request that is not as the schema says is a protocol error (R765, R4154).
  failure: (status) => ({ status: status === GlobalStatus.invalidXml ? ItemOperationsStatus.protocolError : status }),
});

const itemOperations = async (
  services: Services,
  context: Context,
  { body, parameters }: CommandRequest<ItemOperationsRequest>,
): Promise<Answer<ItemOperationsResponse>> => {
  const operations = body ?? [];
  if (operations.length === 0 || operations.length > MaxOperations) {
    return { kind: 'document', value: { status: ItemOperationsStatus.protocolError } };
  }
  const scope: FetchScope = {
    services,
    context,
    hierarchy: (await loadHierarchy(context.state, partitionOf(context))).state,
    mail: context.backend.mail,
    parts: parameters.acceptMultiPart ? [] : undefined,
    closers: [],
  };
  const onSent = (): void => {
    for (const close of scope.closers) close().catch(() => {});
  };
  try {
    const value = await answerAll(scope, operations);
    const { parts } = scope;
    return parts === undefined ? { kind: 'document', value, onSent } : { kind: 'multipart', value, parts, onSent };
  } catch (error) {
    onSent();
    throw error;
  }
};

/** Operations are done in their order (R193), and answered by kind, as the schema wants them. */
const answerAll = async (scope: FetchScope, operations: ItemOperationsRequest): Promise<ItemOperationsResponse> => {
  const response = { move: [], emptyFolderContents: [], fetch: [] } as Answers;
  for (const operation of operations) {
    if (operation.kind === 'fetch') response.fetch.push(await fetchSafely(scope, operation));
    else if (operation.kind === 'move') response.move.push(await moveConversation(scope, operation));
    else response.emptyFolderContents.push(await emptyFolderContents(scope, operation));
  }
  return { status: ItemOperationsStatus.success, response };
};

type Response = NonNullable<ItemOperationsResponse['response']>;

interface Answers {
  readonly move: Response['move'][number][];
  readonly emptyFolderContents: Response['emptyFolderContents'][number][];
  readonly fetch: FetchResponse[];
}
