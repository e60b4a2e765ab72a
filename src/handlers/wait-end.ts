import { loadPing, writePing } from '../push/heartbeats.ts';
import type { EndReason } from '../push/wake.ts';
import type { Context } from './context.ts';
import { partitionOf, type Services } from './services.ts';

/**
 * Learns from how a wait ended. One whose client went away may have been cut by a proxy; one that
 * lived to its end shows that nothing cuts waits of that length.
 *
 * @param since When the wait began, in milliseconds since 1970.
 */
export const learnFromEnd = async (
  { deaths }: Services,
  context: Context,
  reason: EndReason,
  since: number,
): Promise<void> => {
  const partition = partitionOf(context);
  if (reason === 'gone') deaths.died(partition, (context.clock.now() - since) / 1000);
  if (reason !== 'expired') return;
  const ping = await loadPing(context.state, partition);
  const history = deaths.answered(ping.history);
  if (history !== ping.history) await context.state.commit(partition, [writePing({ ...ping, history })]);
};
