import { positionsOf } from '../../backends/contract/positions.ts';
import { SyncRequest, SyncResponse } from '../../protocol/commands/sync.ts';
import { rangeOf } from '../push/heartbeat.ts';
import { loadPing, type PingState, writePing } from '../push/heartbeats.ts';
import { found, type Looker, nothing } from '../push/waiter.ts';
import { loadCachedSync, refusedSync, type SyncOutcome, syncOnce } from '../sync/sync.ts';
import { completeRequest, type WholeSync } from '../sync/sync-request.ts';
import { markUndelivered } from '../sync/undelivered.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { partitionOf, type Services, syncScope } from './services.ts';
import { tellOthers } from './tell-others.ts';
import { learnFromEnd } from './wait-end.ts';
import { waitInRoom } from './waiting.ts';

/** Sync ([MS-ASCMD] 2.2.1.21). */
export const syncCommand = (services: Services): Command<SyncRequest, SyncResponse> => ({
  name: 'Sync',
  request: SyncRequest,
  response: SyncResponse,
  bodyOptional: true,
  needsPolicyKey: () => true,
  handle: (context, request) => sync(services, context, request),
  failure: (status) => ({ status }),
});

const sync = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<SyncRequest>,
): Promise<Answer<SyncResponse>> => {
  const scope = syncScope(services, context);
  const turn = services.room.supersede(scope.partition);
  const ping = await learnt(services, context, isQuiet(body));
  const cached = await loadCachedSync(context.state, scope.partition);
  const whole = completeRequest(body, cached, rangeOf(ping.history, services.heartbeats).max);
  if ('status' in whole) return answerOf(context, refusedSync(whole));
  const outcome = isQuiet(body)
    ? await services.locks.run(scope.partition, () => syncOnce(scope, whole))
    : await services.locks.exclusively(scope.partition, () => syncOnce(scope, whole));
  tellOthers(services, context, outcome.wrote);
  if (outcome.tell || outcome.atOnce || whole.waitSeconds === undefined) return answerOf(context, outcome);
  return wait(services, context, { whole, waitSeconds: whole.waitSeconds, positions: outcome.positions, turn });
};

/** A request that only waits: the device has nothing to say. */
const isQuiet = (body: SyncRequest | undefined): boolean =>
  body?.collections?.collection.every(({ commands }) => commands === undefined) ?? true;

/** What is known of this device's waits; a wait that died before a quiet request was cut by a proxy. */
const learnt = async (services: Services, context: Context, quiet: boolean): Promise<PingState> => {
  const partition = partitionOf(context);
  if (!quiet) services.deaths.forget(partition);
  const ping = await loadPing(context.state, partition);
  const history = services.deaths.returning(partition, ping.history);
  if (history === ping.history) return ping;
  await context.state.commit(partition, [writePing({ ...ping, history })]);
  return { ...ping, history };
};

/** Nothing to tell is an empty 200: no document without collections, which some devices fail on. */
const answerOf = (context: Context, { tell, response, told }: SyncOutcome): Answer<SyncResponse> =>
  tell
    ? {
        kind: 'document',
        value: response,
        onSent: (delivered) => {
          if (!delivered) noteUndelivered(context, told);
        },
      }
    : { kind: 'empty' };

/** What a Sync waits for. */
interface SyncWait {
  readonly whole: WholeSync;
  readonly waitSeconds: number;
  readonly positions: SyncOutcome['positions'];
  /** The turn of this request. */
  readonly turn: number;
}

/** Holds the request; the lock is free meanwhile, and each wake reads the state again. */
const wait = (
  services: Services,
  context: Context,
  { whole, waitSeconds, positions, turn }: SyncWait,
): Promise<Answer<SyncResponse>> => {
  const since = context.clock.now();
  const partition = partitionOf(context);
  const request = {
    account: context.account.name,
    partition,
    folders: positions,
    deadline: since + waitSeconds * 1000,
    turn,
  };
  const looker: Looker<Answer<SyncResponse>> = {
    folder: async (folder) => {
      const scope = syncScope(services, context);
      const next = await services.locks.run(partition, () => syncOnce(scope, whole, context.signal));
      return next.tell ? found(answerOf(context, next)) : nothing(next.positions.get(folder));
    },
    positions: (folders) => positionsOf(context.backend, folders),
    ended: async (reason) => {
      await learnFromEnd(services, context, reason, since);
      return { kind: 'empty' };
    },
    rest: () => context.rest(),
  };
  return waitInRoom(services, context, request, looker);
};

const noteUndelivered = (context: Context, told: ReadonlyMap<string, number>): void => {
  markUndelivered(context.state, partitionOf(context), told).catch((error) =>
    context.log.warn({ error: String(error) }, 'A response that was not delivered could not be noted'),
  );
};
