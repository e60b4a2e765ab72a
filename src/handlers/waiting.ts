import type { Looker, WaitRequest } from '../push/waiter.ts';
import { type Wait, waitForMembers } from '../views/merged-wait.ts';
import type { Context } from './context.ts';
import type { Services } from './services.ts';

/**
 * Waits in the room for what is in the folders of a device. Not an async function: nothing of it is kept
 * while the device waits.
 */
export const waitInRoom = <Answer>(
  { room }: Services,
  context: Context,
  request: WaitRequest,
  looker: Looker<Answer>,
): Promise<Answer> => {
  const enter = (wait: Wait<Answer>): Promise<Answer> =>
    room.wait(wait.request, wait.looker, context.backend.watch, (call) => context.whenGone(call));
  const wait = { request, looker };
  return context.backend.members === undefined ? enter(wait) : waitForMembers(context, wait).then(enter);
};
