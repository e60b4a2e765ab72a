import { BoundedMap } from '../auth/bounded-map.ts';
import type { ChangeEvent } from './hub.ts';

/** Accounts, and devices, that are remembered: those unused for longest are compared once more. 100 bytes each. */
const Remembered = 100_000;

/**
 * For which devices folders may have been made, renamed or removed since their hierarchies were
 * compared. Each account has a number, a new one whenever its hierarchy changed or nobody listened
 * for it; a device that was compared at the number of now has nothing to ask the mail server.
 */
export class HierarchyNews {
  readonly #numbers = new BoundedMap<number>(Remembered);
  /** The numbers at which devices had the hierarchy of their account, by partition. */
  readonly #compared = new BoundedMap<number>(Remembered);
  #last = 0;

  /** Takes in what is told of an account, whether anybody waits for it or not. */
  hear(account: string, event: ChangeEvent): void {
    if (event.kind === 'hierarchy' || (event.kind === 'unsure' && event.mailbox === undefined)) this.doubt(account);
  }

  /** The hierarchy of an account changed, or may have changed unheard. */
  doubt(account: string): void {
    this.#numbers.set(account, ++this.#last);
  }

  /** What {@link compared} is told later; to be read before the mail server is asked. */
  numberOf(account: string): number {
    const known = this.#numbers.get(account);
    if (known === undefined) this.doubt(account);
    return known ?? this.#last;
  }

  /** Notes that a device has the hierarchy as it was at a number. */
  compared(partition: string, number: number): void {
    this.#compared.set(partition, number);
  }

  /** Has a device compared again, whatever was told. */
  forget(partition: string): void {
    this.#compared.delete(partition);
  }

  /** Whether a device certainly has the hierarchy of now. */
  isCurrent(partition: string, account: string): boolean {
    return this.#compared.get(partition) === this.numberOf(account);
  }
}
