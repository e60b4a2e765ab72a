import type { LineParameters } from '../../protocol/http/request-line.ts';
import type { AnyElement } from '../../protocol/schema/describe.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { Answer, Context } from './context.ts';

export type { LineParameters };

/** A request as a handler sees it. */
export interface CommandRequest<Body> {
  /** The decoded document; `undefined` when the request had no body. */
  readonly body: Body | undefined;
  /** A body of message/rfc822, told apart by Content-Type, never by version. */
  readonly mime: ByteSource | undefined;
  readonly parameters: LineParameters;
  /** The policy key that the device sent; 0: none. */
  readonly policyKey: number;
}

/** One command: its schemas, and the function that answers it. */
export interface Command<Request, Response> {
  /** Name on the request line, `FolderSync`. */
  readonly name: string;
  readonly request: AnyElement | undefined;
  readonly response: AnyElement | undefined;
  /** Whether a request may be without a body. */
  readonly bodyOptional: boolean;
  /** Whether the request must carry a current policy key. */
  needsPolicyKey(request: CommandRequest<Request>): boolean;
  handle(context: Context, request: CommandRequest<Request>): Promise<Answer<Response>>;
  /**
   * The response document of a failure that the server found before or instead of the handler,
   * with `status` where this command's documents have it. Absent: HTTP codes only.
   */
  failure?(status: number): Response;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of commands of any types
export type AnyCommand = Command<any, any>;

/** A failure with a Status of its own, thrown by a handler for the whole request. */
export class CommandFailure extends Error {
  /** Status for the response document ([MS-ASCMD] 2.2.2 and the command's own table). */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CommandFailure';
    this.status = status;
  }
}
