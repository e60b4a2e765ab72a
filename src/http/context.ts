import type { ServerResponse } from 'node:http';
import type { Abilities } from '../../backends/contract/backend.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { AccountIdentity, Context, DeviceIdentity } from '../handlers/context.ts';

/** What every request shares. */
export type Ambient = Pick<Context, 'state' | 'clock' | 'random' | 'log'>;

/** What one request adds. */
export interface RequestParts {
  readonly requestId: string;
  readonly version: ProtocolVersion;
  readonly account: AccountIdentity;
  readonly device: DeviceIdentity;
  /** Makes what the account's backends can do: cheap, no I/O. */
  abilities(): Abilities;
}

/**
 * The context of one request. Thousands of them wait at a time, so it holds nothing of the request
 * itself, and its signal is made only for a handler that asks for it.
 */
export class RequestContext implements Context {
  readonly requestId: string;
  readonly version: ProtocolVersion;
  readonly account: AccountIdentity;
  readonly device: DeviceIdentity;
  readonly #abilities: () => Abilities;
  readonly #ambient: Ambient;
  readonly #response: ServerResponse;
  #backend: Abilities | undefined;
  #signal: AbortSignal | undefined;

  constructor(ambient: Ambient, parts: RequestParts, response: ServerResponse) {
    this.requestId = parts.requestId;
    this.version = parts.version;
    this.account = parts.account;
    this.device = parts.device;
    this.#abilities = parts.abilities;
    this.#ambient = ambient;
    this.#response = response;
  }

  get backend(): Abilities {
    this.#backend ??= this.#abilities();
    return this.#backend;
  }

  get state() {
    return this.#ambient.state;
  }

  get clock() {
    return this.#ambient.clock;
  }

  get random() {
    return this.#ambient.random;
  }

  get log() {
    return this.#ambient.log;
  }

  /** Aborts when the connection ends before the response: the request's own `close` comes once its body is read. */
  get signal(): AbortSignal {
    this.#signal ??= this.#abortWhenGone();
    return this.#signal;
  }

  whenGone(call: () => void): void {
    const response = this.#response;
    if (response.destroyed || response.socket?.destroyed) call();
    else
      response.once('close', () => {
        if (!response.writableFinished) call();
      });
  }

  rest(): void {
    this.#backend = undefined;
  }

  #abortWhenGone(): AbortSignal {
    const controller = new AbortController();
    this.whenGone(() => controller.abort());
    return controller.signal;
  }
}
