import { BoundedMap } from '../auth/bounded-map.ts';
import type { Clock, Log } from '../handlers/context.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import { partnershipPartition } from '../state/partitions.ts';
import {
  type Asked,
  answered,
  arrived,
  type LoopRecord,
  repeatsOf,
  type SlowingStep,
  SlowingSteps,
  stepOf,
  worstOf,
} from './loop-guard.ts';
import { isStorable } from './partnership.ts';

/** That a device is slowed, as stored for `postrider device list`. */
export interface Slowed {
  /** Number of the step, from 1. */
  readonly step: number;
  /** The command that it repeats. */
  readonly command: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it counts as free unless it goes on, in milliseconds since 1970. */
  readonly until: number;
}

/** Name of the document in the partnership's partition; only a device that is or was slowed has one. */
const DocumentName = 'slowed';

/** Devices that are remembered: more than one server serves, and strangers cannot fill the memory. */
const MaxDevices = 50_000;

/** Milliseconds after which what is stored of a device that stays slowed is written again. */
const NoteStep = 60_000;

/** How a request is to be treated. */
export interface Slowing {
  /** Number of the step; 0: served as usual. */
  readonly step: number;
  /** Milliseconds to wait before it is served. */
  readonly delay: number;
  /** Seconds after which the device shall come again; absent: it is served. */
  readonly retryAfter?: number | undefined;
}

const Free: Slowing = { step: 0, delay: 0 };

/** Whose request it is. */
export interface Asker {
  readonly account: string;
  readonly device: string;
}

interface Watched {
  record: LoopRecord;
  /** What is stored of it, and when it was written. */
  noted?: (Slowed & { readonly writtenAt: number }) | undefined;
}

/** What watching needs. */
export interface LoopWatchParts {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The steps; none: nobody is slowed. */
  readonly steps?: readonly SlowingStep[] | undefined;
}

/**
 * Watches what devices repeat, in memory. The store is written only while a device is slowed, so that
 * the administrator sees it.
 */
export class LoopWatch {
  readonly #parts: LoopWatchParts;
  readonly #steps: readonly SlowingStep[];
  readonly #devices = new BoundedMap<Watched>(MaxDevices);
  /** Until when devices count as slowed. */
  readonly #slowed = new Map<Partition, number>();

  constructor(parts: LoopWatchParts) {
    this.#parts = parts;
    this.#steps = parts.steps ?? SlowingSteps;
  }

  /** Devices that are slowed now. */
  get slowed(): number {
    const now = this.#parts.clock.now();
    for (const [partition, until] of this.#slowed) if (until <= now) this.#slowed.delete(partition);
    return this.#slowed.size;
  }

  /** Takes note of a request, and says how it is to be treated. */
  arrived({ account, device }: Asker, asked: Asked): Slowing {
    const now = this.#parts.clock.now();
    const partition = partnershipPartition(account, device);
    const watched: Watched = this.#devices.get(partition) ?? { record: [] };
    watched.record = arrived(watched.record, asked, now);
    this.#devices.set(partition, watched);
    const step = stepOf(repeatsOf(watched.record, asked, now), this.#steps);
    const { delay = 0, retryAfter } = this.#steps[step - 1] ?? {};
    return step === 0 ? Free : { step, delay, retryAfter };
  }

  /** The answer to a request left whole. */
  answered({ account, device }: Asker, asked: Asked): void {
    if (!isStorable(device)) return;
    const partition = partnershipPartition(account, device);
    const watched = this.#devices.get(partition);
    if (watched === undefined) return;
    watched.record = answered(watched.record, asked, this.#parts.clock.now());
    this.#note(partition, watched);
  }

  /** Stores how a device stands, when that changed. */
  #note(partition: Partition, watched: Watched): void {
    const { clock, log, state } = this.#parts;
    const now = clock.now();
    const worst = worstOf(watched.record, now, this.#steps);
    const { noted } = watched;
    if (worst === undefined && noted === undefined) return;
    if (worst === undefined) this.#slowed.delete(partition);
    else this.#slowed.set(partition, worst.until);
    if (worst?.step === noted?.step && now - (noted?.writtenAt ?? now) < NoteStep) return;
    const slowed = worst && { ...worst, since: noted?.since ?? now };
    watched.noted = slowed && { ...slowed, writtenAt: now };
    if (slowed !== undefined) log.warn({ partition, ...slowed }, 'A device repeats itself and is slowed');
    const value = slowed === undefined ? null : packDocument(slowed);
    state.commit(partition, [{ name: DocumentName, value }]).catch((error: unknown) => {
      log.warn({ partition, error: String(error) }, 'That a device is slowed could not be stored');
    });
  }
}

/** How a device is slowed at a time; `undefined`: it is not. Throws StateUnavailable. */
export const loadSlowed = async (state: StateStore, partition: Partition, now: number): Promise<Slowed | undefined> => {
  const document = (await state.load(partition, [DocumentName])).get(DocumentName);
  if (document === undefined) return undefined;
  const { json } = unpackDocument<Slowed>(document.value);
  return json.until > now ? json : undefined;
};
