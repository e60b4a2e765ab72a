import type { FolderId } from '../../backends/contract/folders.ts';
import { type ChangeEvent, type ChangeHub, type ChangeListener, LocalHub } from './hub.ts';
import type { RedisWire } from './redis-wire.ts';

/** Finds the folder that a mail server calls so, out of what this node knows without asking. */
export type Locate = (account: string, path: string) => FolderId | undefined;

/**
 * The hub of a node among others. News reaches this node's listeners at once, whatever becomes of
 * Redis, and those of other nodes through it; nothing comes back to where it was published.
 */
export class ClusterHub implements ChangeHub {
  readonly #wire: RedisWire;
  readonly #locate: Locate;
  readonly #local = new LocalHub();

  constructor(wire: RedisWire, locate: Locate) {
    this.#wire = wire;
    this.#locate = locate;
    wire.listen({
      account: (account, message) => {
        if (message.kind === 'event') this.tell(account, message.event);
        if (message.kind === 'opened') this.tell(account, { kind: 'unsure' });
      },
      missed: (account) => this.tell(account, { kind: 'unsure' }),
    });
  }

  publish(account: string, event: ChangeEvent): void {
    this.tell(account, event);
    this.#wire.send(account, { kind: 'event', event });
  }

  tell(account: string, event: ChangeEvent): void {
    if (this.#local.has(account)) this.#local.publish(account, this.#located(account, event));
    else this.#local.publish(account, event);
  }

  subscribe(account: string, listener: ChangeListener): void {
    this.#local.subscribe(account, listener);
    this.#wire.hear(account);
  }

  unsubscribe(account: string, listener: ChangeListener): void {
    this.#local.unsubscribe(account, listener);
    if (!this.#local.has(account)) this.#wire.leave(account);
  }

  overhear(listener: ChangeListener): void {
    this.#local.overhear(listener);
  }

  heard(account: string): Promise<void> | undefined {
    return this.#wire.heard(account);
  }

  /** Whoever received the notice may not know the account's folders, but a node on which it waits does. */
  #located(account: string, event: ChangeEvent): ChangeEvent {
    if (event.kind !== 'unsure' || event.mailbox === undefined) return event;
    const folder = this.#locate(account, event.mailbox.path);
    if (folder === undefined) return event;
    return { kind: 'moved', folder, position: undefined, arrived: event.mailbox.arrived };
  }
}
