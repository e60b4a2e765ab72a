import { Move } from '../code-pages/index.ts';
import { container, type Infer, integer, many, optional, text } from '../schema/describe.ts';

/** A MoveItems request ([MS-ASCMD] 2.2.1.12). */
export const MoveItemsRequest = container(Move.MoveItems, {
  move: many(
    container(Move.Move, {
      srcMsgId: text(Move.SrcMsgId),
      srcFldId: text(Move.SrcFldId),
      /** Exactly one; read as many, because more than one has a Status of its own (5). */
      dstFldId: many(text(Move.DstFldId)),
    }),
  ),
});
export type MoveItemsRequest = Infer<typeof MoveItemsRequest>;

/** A MoveItems response: one `response` a move. */
export const MoveItemsResponse = container(Move.MoveItems, {
  status: optional(integer(Move.Status)),
  response: many(
    container(Move.Response, {
      srcMsgId: text(Move.SrcMsgId),
      status: integer(Move.Status),
      dstMsgId: optional(text(Move.DstMsgId)),
    }),
  ),
});
export type MoveItemsResponse = Infer<typeof MoveItemsResponse>;
