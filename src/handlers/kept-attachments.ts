import type { CollectedAttachment } from './attachment-content.ts';
import type { Clock } from './context.ts';

/** Bytes of attachments that are kept at most, in spools: whoever reads more of them at once reads some again. */
const MaxBytes = 512 * 1024 * 1024;

/** Milliseconds after its last use for which one is kept: a phone asks for the next range at once. */
const KeptFor = 30_000;

/** One that is kept. Those who use it hold its spool open even when it is no longer kept. */
interface Kept {
  readonly collected: CollectedAttachment;
  users: number;
  /** Ends the time for which it is kept unused. */
  cancel: () => void;
}

/**
 * Large attachments that devices read range by range: a part of a mail is encoded as a whole, so that each range
 * would read and decode all of it again. A mail never changes under its id, and a file of an event is named by a
 * digest of it, so what was read once stays right.
 */
export class KeptAttachments {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** By name, the one used last at the end. */
  readonly #kept = new Map<string, Kept>();
  #closed = false;

  constructor(clock: Clock, maxBytes: number = MaxBytes) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { collected }) => sum + collected.total, 0);
  }

  /**
   * An attachment that is kept, or else is read; to be closed by whoever borrowed it.
   *
   * @param name says whose it is, and of which item
   */
  async borrow(
    name: string,
    read: () => Promise<CollectedAttachment | undefined>,
  ): Promise<CollectedAttachment | undefined> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) return this.#lend(name, kept);
    const collected = await read();
    const isWorthwhile = collected?.isSpooled === true && collected.total <= this.#maxBytes;
    // Of two that read the same at once one is kept.
    if (!isWorthwhile || this.#closed || this.#kept.has(name)) return collected;
    const lent = this.#lend(name, { collected, users: 0, cancel: () => {} });
    for (const oldest of this.#kept.keys()) if (this.bytes > this.#maxBytes) await this.#drop(oldest);
    return lent;
  }

  /** Frees what nobody uses, and keeps nothing any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#kept.keys()].map((name) => this.#drop(name)));
  }

  #lend(name: string, kept: Kept): CollectedAttachment {
    const { collected } = kept;
    kept.users++;
    kept.cancel();
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    let isLent = true;
    return {
      contentType: collected.contentType,
      total: collected.total,
      isSpooled: true,
      content: (range, form) => collected.content(range, form),
      close: async () => {
        if (!isLent) return;
        isLent = false;
        await this.#giveBack(name, kept);
      },
    };
  }

  async #giveBack(name: string, kept: Kept): Promise<void> {
    kept.users--;
    if (kept.users > 0) return;
    if (this.#kept.get(name) !== kept) return kept.collected.close();
    kept.cancel = this.#clock.after(KeptFor, () => void this.#drop(name).catch(() => {}));
  }

  async #drop(name: string): Promise<void> {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    kept?.cancel();
    if (kept?.users === 0) await kept.collected.close();
  }
}
