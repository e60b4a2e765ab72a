import type { Abilities } from '../../backends/contract/backend.ts';
import type { AnyElement } from '../../protocol/schema/describe.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { Piece } from '../../protocol/wbxml/bytes.ts';
import type { StateStore } from '../state/contract.ts';

/** Time and chance come through the context, so that tests decide both. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `milliseconds`; the function returned cancels it. */
  after(milliseconds: number, call: () => void): () => void;
}

/** Random bytes for keys and tokens. */
export type RandomBytes = (length: number) => Uint8Array;

/** Structured log; never given a password, a body or an address list. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Who asks: a proved account. */
export interface AccountIdentity {
  /** The account's stable name, `anna@example.org`, lower case. */
  readonly name: string;
  /** Full primary address; phones disable sending without one. */
  readonly address: string;
  /** Other addresses that the user may send from. */
  readonly aliases: readonly string[];
  readonly displayName?: string | undefined;
}

/** The device that asks, as its request line tells. */
export interface DeviceIdentity {
  readonly id: string;
  readonly type: string;
  readonly userAgent?: string | undefined;
}

/** All that a handler may use, for one request. */
export interface Context {
  readonly requestId: string;
  readonly version: ProtocolVersion;
  readonly account: AccountIdentity;
  readonly device: DeviceIdentity;
  /** What the account's backends can do; made when it is first asked for. */
  readonly backend: Abilities;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** Has `call` called once when the client goes before it was answered: cheaper than the signal for who waits. */
  whenGone(call: () => void): void;
  /** Lets go of what is made again when it is asked for, because the device waits now: thousands do. */
  rest(): void;
}

/** Called exactly once: whether the whole response left this machine, or the client had gone. */
export type OnSent = (delivered: boolean) => void;

/** What a handler answers. */
export type Answer<Response> =
  /**
   * A document, written by the command's response schema. `reinitialize`: the device starts its
   * state anew, so the headers tell it versions and commands ([MS-ASHTTP] 3.2.5.1). `root`: the
   * response schema with its fields in another order, where that follows the request.
   */
  | {
      readonly kind: 'document';
      readonly value: Response;
      readonly root?: AnyElement | undefined;
      readonly onSent?: OnSent | undefined;
      readonly reinitialize?: boolean | undefined;
    }
  /** HTTP 200 without a body. */
  | { readonly kind: 'empty'; readonly onSent?: OnSent | undefined }
  /** A document and the parts it refers to, as application/vnd.ms-sync.multipart. */
  | {
      readonly kind: 'multipart';
      readonly value: Response;
      readonly parts: readonly Piece[];
      readonly onSent?: OnSent | undefined;
    }
  /** Bytes of a content type of their own (GetAttachment). */
  | {
      readonly kind: 'raw';
      readonly contentType: string;
      readonly content: Piece;
      readonly onSent?: OnSent | undefined;
    };
