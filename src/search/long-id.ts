import { type ItemReference, parseServerId, serverIdOf } from '../sync/server-id.ts';

/** What a LongId begins with, so that no ServerId passes for one. */
const Prefix = 'M';

const LongIdForm = /^M([A-Za-z0-9_-]{1,80})$/;

/**
 * The LongId of an item ([MS-ASCMD] 2.2.3.98.3): what names it in a search's results, and then in
 * ItemOperations, SmartForward and SmartReply. It holds the item's ServerId, which holds its
 * CollectionId: like those it means nothing outside the account and the partnership that it was given to.
 */
export const longIdOf = ({ collectionId, itemId }: ItemReference): string =>
  Prefix + Buffer.from(serverIdOf(collectionId, itemId), 'latin1').toString('base64url');

/** What a LongId names; `undefined` when it is none. */
export const parseLongId = (text: string): ItemReference | undefined => {
  const encoded = LongIdForm.exec(text)?.[1];
  const reference =
    encoded === undefined ? undefined : parseServerId(Buffer.from(encoded, 'base64url').toString('latin1'));
  // Only the one way of writing it is taken: base64 has several for some texts.
  return reference !== undefined && longIdOf(reference) === text ? reference : undefined;
};
