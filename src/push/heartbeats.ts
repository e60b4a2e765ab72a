import type { Partition, StateStore, Write } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import { afterAnswer, afterDeath, type HeartbeatHistory, NoHistory } from './heartbeat.ts';

/** What a Ping without parameters means ([MS-ASCMD] 3.1.5.8), and what its waits have taught. */
export interface PingState {
  /** Seconds; `undefined`: the device never said. */
  readonly heartbeat?: number | undefined;
  /** CollectionIds; `undefined`: the device never said. */
  readonly collections?: readonly string[] | undefined;
  readonly history: HeartbeatHistory;
}

/** Name of the document. */
export const PingDocument = 'ping';

/** Loads the Ping parameters of a partnership. */
export const loadPing = async (store: StateStore, partition: Partition): Promise<PingState> => {
  const document = (await store.load(partition, [PingDocument])).get(PingDocument);
  return document === undefined ? { history: NoHistory } : unpackDocument<PingState>(document.value).json;
};

/** The part of a commit that stores them. */
export const writePing = (state: PingState): Write => ({ name: PingDocument, value: packDocument(state) });

/** Devices whose broken wait is remembered at most: 100 bytes each, for as long as they stay away. */
const RememberedDeaths = 50_000;

/** What other nodes are told of a device's waits: one died after `seconds`, or it is accounted for (`undefined`). */
export interface DeathNotice {
  readonly partition: Partition;
  readonly seconds?: number | undefined;
}

/**
 * Tells a wait that a proxy cut from one that the device gave up: only when the device comes back
 * with nothing but another wait did it not mean to leave. Which node it comes back to makes no
 * difference: they tell each other.
 */
export class WaitDeaths {
  readonly #seconds = new Map<Partition, number>();
  readonly #tell: (notice: DeathNotice) => void;

  /** @param tell tells the other nodes */
  constructor(tell: (notice: DeathNotice) => void = () => undefined) {
    this.#tell = tell;
  }

  /** A wait of this device died after `seconds`. */
  died(partition: Partition, seconds: number): void {
    this.#note(partition, seconds);
    this.#tell({ partition, seconds });
  }

  /** Another node tells. */
  hear({ partition, seconds }: DeathNotice): void {
    if (seconds === undefined) this.#seconds.delete(partition);
    else this.#note(partition, seconds);
  }

  #note(partition: Partition, seconds: number): void {
    this.#seconds.delete(partition);
    this.#seconds.set(partition, seconds);
    if (this.#seconds.size <= RememberedDeaths) return;
    const [oldest] = this.#seconds.keys();
    if (oldest !== undefined) this.#seconds.delete(oldest);
  }

  /** The device came with other business: it had left on purpose. */
  forget(partition: Partition): void {
    if (this.#seconds.delete(partition)) this.#tell({ partition });
  }

  /** The history as it is when the device comes to wait again. */
  returning(partition: Partition, history: HeartbeatHistory): HeartbeatHistory {
    const seconds = this.#seconds.get(partition);
    if (seconds === undefined) return history;
    this.forget(partition);
    return afterDeath(history, seconds);
  }

  /** The history after a wait was answered. */
  answered(history: HeartbeatHistory): HeartbeatHistory {
    return afterAnswer(history);
  }
}
