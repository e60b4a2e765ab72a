import { MoveItemsRequest, MoveItemsResponse } from '../../protocol/commands/move-items.ts';
import { GlobalStatus, MoveItemsStatus } from '../../protocol/status.ts';
import { moveItems, type WantedMove } from '../sync/move-items.ts';
import { MaxIdLength } from '../sync/sync-request.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { partitionOf, type Services, syncScope } from './services.ts';
import { tellOthers } from './tell-others.ts';

/** Moves in one request at most ([MS-ASCMD] 3.1.5.10, R5653). */
const MaxMoves = 1000;

/** MoveItems ([MS-ASCMD] 2.2.1.12). */
export const moveItemsCommand = (services: Services): Command<MoveItemsRequest, MoveItemsResponse> => ({
  name: 'MoveItems',
  request: MoveItemsRequest,
  response: MoveItemsResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => move(services, context, request),
  failure: (status) => ({ status, response: [] }),
});

const move = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<MoveItemsRequest>,
): Promise<Answer<MoveItemsResponse>> => {
  const moves = demandMoves(body);
  const partition = partitionOf(context);
  const outcome = await services.locks.run(partition, () => moveItems(syncScope(services, context), moves));
  tellOthers(services, context, outcome.touched);
  const response = moves.map(({ srcMsgId }, i) => ({
    srcMsgId,
    status: MoveItemsStatus.moveFailed,
    ...outcome.results[i],
  }));
  const onSent = (delivered: boolean): void => {
    if (delivered) noteDelivered(services, context, outcome.delivered);
  };
  return { kind: 'document', value: { response }, onSent };
};

const demandMoves = (body: MoveItemsRequest | undefined): readonly WantedMove[] => {
  const moves = body?.move ?? [];
  if (moves.length === 0 || moves.length > MaxMoves) {
    throw new CommandFailure(GlobalStatus.invalidXml, `A request has 1 to ${MaxMoves} Moves, not ${moves.length}`);
  }
  return moves.map(({ srcMsgId, srcFldId, dstFldId: [dstFldId, ...more] }) => {
    if (dstFldId === undefined || [srcMsgId, srcFldId, dstFldId].some(({ length }) => length > MaxIdLength)) {
      throw new CommandFailure(GlobalStatus.invalidXml, 'A Move names an item, its folder and another folder');
    }
    if (more.length > 0) throw new CommandFailure(MoveItemsStatus.moveFailed, 'A Move has more than one DstFldId');
    return { srcMsgId, srcFldId, dstFldId };
  });
};

/** Takes the lock at once, so that the device's next request finds what it holds. */
const noteDelivered = (services: Services, context: Context, delivered: () => Promise<void>): void => {
  services.locks
    .run(partitionOf(context), delivered)
    .catch((error) => context.log.warn({ error: String(error) }, 'That moved items arrived could not be noted'));
};
