import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import type { Watch } from '../../backends/contract/watch.ts';
import type { Clock } from '../handlers/context.ts';
import type { Waiter, WaitingRoom, WaitRequest, Wake } from './waiting-room.ts';
import type { Watchers } from './watchers.ts';

/** Milliseconds after which a waiter looks again at a backend that did not answer. */
export const LookAgainTime = 15_000;

/** What waiting needs. */
export interface WaitScope extends WaitRequest {
  readonly room: WaitingRoom;
  readonly watchers: Watchers;
  readonly clock: Clock;
  readonly mail: Pick<MailStore, 'positions'> | undefined;
  readonly watch: Watch | undefined;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** What a look at one folder gave: something to answer, or the position up to which there is nothing. */
export type Look<Found> =
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'nothing'; readonly position: Position | undefined };

/** A look that found something. */
export const found = <Found>(value: Found): Look<Found> => ({ kind: 'found', found: value });

/** A look that found nothing up to a position. */
export const nothing = (position: Position | undefined): Look<never> => ({ kind: 'nothing', position });

/** How a waiter finds out whether a wake is for its device. */
export interface Looker<Found> {
  /** `arrived`: something certainly came in, so a device that only wants to know need not look. */
  folder(folder: FolderId, arrived: boolean): Promise<Look<Found>>;
  hierarchy(): Promise<Found | undefined>;
}

/** How a wait ended without anything found. */
export type WaitEnd = 'expired' | 'superseded' | 'gone' | 'closing';

/**
 * Waits until a look finds something, or the wait ends. Subscribes first and compares positions
 * afterwards, so that no change between the device's last Sync and now is missed. A backend that is
 * down keeps its devices waiting.
 */
export const waitForChanges = async <Found>(
  scope: WaitScope,
  looker: Looker<Found>,
): Promise<{ found: Found } | { ended: WaitEnd }> => {
  const waiter = scope.room.enter(scope);
  const gone = (): void => waiter.end('gone');
  scope.signal.addEventListener('abort', gone, { once: true });
  if (scope.signal.aborted) gone();
  let release: (() => void) | undefined;
  try {
    const folders = [...scope.folders.keys()];
    if (scope.watch !== undefined) release = await scope.watchers.acquire(scope.account, scope.watch, folders);
    return await untilFound(scope, looker, waiter);
  } finally {
    scope.signal.removeEventListener('abort', gone);
    waiter.leave();
    release?.();
  }
};

const untilFound = async <Found>(
  scope: WaitScope,
  looker: Looker<Found>,
  waiter: Waiter,
): Promise<{ found: Found } | { ended: WaitEnd }> => {
  let wake: Wake = { reason: 'unsure' };
  for (;;) {
    const result = await lookSafely(scope, waiter, () => lookAfter(scope, looker, waiter, wake));
    if (result !== undefined) return { found: result };
    wake = await waiter.next();
    if (isEnd(wake)) return { ended: wake.reason };
  }
};

const isEnd = (wake: Wake): wake is Extract<Wake, { reason: WaitEnd }> =>
  wake.reason === 'expired' || wake.reason === 'superseded' || wake.reason === 'gone' || wake.reason === 'closing';

/** A backend that does not answer is looked at again later; every other failure ends the request. */
const lookSafely = async <Found>(
  { clock }: WaitScope,
  waiter: Waiter,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> => {
  try {
    return await look();
  } catch (error) {
    if (!isBackendError(error, 'unavailable')) throw error;
    clock.after(LookAgainTime, () => waiter.notice({ kind: 'unsure' }));
    return undefined;
  }
};

const lookAfter = async <Found>(
  scope: WaitScope,
  looker: Looker<Found>,
  waiter: Waiter,
  wake: Wake,
): Promise<Found | undefined> => {
  if (wake.reason === 'hierarchy') return looker.hierarchy();
  if (wake.reason === 'moved') return lookAt(looker, waiter, wake.folder, wake.arrived);
  const moved = await movedFolders(scope, waiter);
  for (const folder of moved) {
    const result = await lookAt(looker, waiter, folder, false);
    if (result !== undefined) return result;
  }
  return undefined;
};

const lookAt = async <Found>(
  looker: Looker<Found>,
  waiter: Waiter,
  folder: FolderId,
  arrived: boolean,
): Promise<Found | undefined> => {
  const look = await looker.folder(folder, arrived);
  if (look.kind === 'found') return look.found;
  waiter.settle(folder, look.position);
  return undefined;
};

/** Folders whose position is not the one that the device knows; one that is gone counts as moved. */
const movedFolders = async ({ mail, signal }: WaitScope, waiter: Waiter): Promise<FolderId[]> => {
  const folders = [...waiter.folders.keys()];
  const positions = (await mail?.positions(folders, signal)) ?? new Map<FolderId, Position>();
  return folders.filter(
    (folder) => positions.get(folder) === undefined || positions.get(folder) !== waiter.folders.get(folder),
  );
};
