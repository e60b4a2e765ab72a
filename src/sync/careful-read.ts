import { isBackendError } from '../../backends/contract/errors.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import { StateUnavailable } from '../state/contract.ts';
import type { ItemClassPort, ReadScope, ReadyItem } from './item-class.ts';
import type { StickyOptions } from './options.ts';

/**
 * Reads items in the order of `ids`, such that one whose reading meets a bug costs nobody else: what
 * was left is read again in halves, until the item is alone. That one becomes a notice. What was
 * foreseen (a server that is down) is thrown as it is.
 */
export async function* readCarefully(
  port: ItemClassPort,
  ids: readonly ItemId[],
  options: StickyOptions,
  scope: ReadScope,
): AsyncIterable<ReadyItem> {
  let read = 0;
  try {
    for await (const item of port.read(ids, options, scope)) {
      read++;
      yield item;
    }
  } catch (error) {
    const rest = ids.slice(read);
    if (isForeseen(error) || rest.length === 0) throw error;
    yield* readInHalves(port, rest, options, scope, error);
  }
}

async function* readInHalves(
  port: ItemClassPort,
  ids: readonly ItemId[],
  options: StickyOptions,
  scope: ReadScope,
  error: unknown,
): AsyncIterable<ReadyItem> {
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0) {
    yield port.standIn(only, error instanceof Error ? error.message : String(error));
    return;
  }
  const half = ids.length >> 1;
  yield* readCarefully(port, ids.slice(0, half), options, scope);
  yield* readCarefully(port, ids.slice(half), options, scope);
}

/** Failures of servers and stores, and work given up, are no item's fault. */
const isForeseen = (error: unknown): boolean =>
  isBackendError(error) || error instanceof StateUnavailable || (error instanceof Error && error.name === 'AbortError');
