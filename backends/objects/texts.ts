import type { Body } from '../../protocol/classes/air-sync-base.ts';
import type { ObjectRequest } from '../contract/groupware.ts';
import { editedText } from '../convert/text-body.ts';

/** The text of an item after a patch; `null` takes it away, `undefined` leaves it as it is. */
export const textAfter = (
  before: string | undefined,
  sent: Body | undefined,
  isCleared: boolean,
  seen: ObjectRequest,
): string | null | undefined => {
  // A Body that is absent is unchanged, whatever Supported says (MS-ASCMD_R878).
  if (sent === undefined) return isCleared ? null : undefined;
  const edited = editedText({ plain: before ?? '' }, sent, seen.preferences);
  return edited === undefined ? undefined : edited.plain || null;
};
