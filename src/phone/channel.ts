import { type CommandDocuments, CommandTable } from '../../protocol/commands/index.ts';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { ContentTypes, isWbxmlType } from '../../protocol/http/headers.ts';
import type { LineParameters, RequestLine } from '../../protocol/http/request-line.ts';
import { base64Query, plainHeaders, plainQuery } from '../../protocol/http/write-request-line.ts';
import { type AnyElement, type Infer, readDocument, writeDocument } from '../../protocol/schema/index.ts';
import { type ProtocolVersion, SupportedVersions } from '../../protocol/versions.ts';
import { bytesSource, type Piece } from '../../protocol/wbxml/bytes.ts';
import type { Clock } from './clock.ts';
import { HttpFailure, StatusFailure, UnusableAnswer } from './failures.ts';
import { type DeviceProfile, phoneProfile } from './identity.ts';
import { type Cut, type Exchange, type HttpRequest, type HttpResponse, Transport } from './transport.ts';
import type { Trust } from './trust.ts';

/** Who the device is, where its server is, and how it speaks. */
export interface DeviceOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly deviceId: string;
  readonly deviceType?: string | undefined;
  readonly userAgent?: string | undefined;
  /** `newest`: the newest that both know. */
  readonly version?: ProtocolVersion | 'newest' | undefined;
  readonly queryStyle?: 'plain' | 'base64' | undefined;
  readonly trust?: Trust | undefined;
  /**
   * Whether answers must have the order and the elements of our own tables, so that any misplaced
   * element fails. Other servers write other orders that phones accept, too.
   */
  readonly strict?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Sees every request with its answer or its failure. */
  readonly onExchange?: ((exchange: DeviceExchange) => void) | undefined;
}

/** An exchange and the command it belongs to. */
export interface DeviceExchange extends Exchange {
  readonly command: CommandName | 'OPTIONS';
}

/** How one call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 30 s unless told. */
  readonly timeout?: number | undefined;
  readonly cut?: Cut | undefined;
  /** Parameters of the request line. */
  readonly line?: Partial<LineParameters> | undefined;
  /** Policy key to send instead of the device's own. */
  readonly policyKey?: number | undefined;
}

type ValueOf<E> = E extends AnyElement ? Infer<E> : never;
/** The request of a command. */
export type RequestOf<Name extends CommandName> = ValueOf<(typeof CommandTable)[Name]['request']>;
/** The response of a command. */
export type ResponseOf<Name extends CommandName> = ValueOf<(typeof CommandTable)[Name]['response']>;

interface LastRequest {
  readonly command: CommandName;
  readonly request: HttpRequest;
}

/** The bytes of one device: makes its requests, sends them, and reads the answers. It has no memory but the key. */
export class Channel {
  readonly options: DeviceOptions;
  readonly profile: DeviceProfile;
  /** The version that requests speak. */
  version: ProtocolVersion;
  /** The key of the policy that the device has acknowledged; 0: none ([MS-ASPROV] 2.2.2.42). */
  policyKey = 0;
  readonly #transport: Transport;
  #last: LastRequest | undefined;

  constructor(options: DeviceOptions) {
    this.options = options;
    const profile = phoneProfile(options.deviceId);
    this.profile = {
      ...profile,
      deviceType: options.deviceType ?? profile.deviceType,
      userAgent: options.userAgent ?? profile.userAgent,
    };
    const { version } = options;
    this.version = version === undefined || version === 'newest' ? newestOf(SupportedVersions) : version;
    this.#transport = new Transport({ ...options, userAgent: this.profile.userAgent });
  }

  /** Closes kept connections. */
  close(): void {
    this.#transport.close();
  }

  /** Sends OPTIONS. */
  sendOptions(call: CallOptions): Promise<HttpResponse> {
    return this.#send('OPTIONS', { method: 'OPTIONS', query: '', ...transportPart(call) });
  }

  /**
   * Sends a command and reads the answer. `undefined` for the request: no body; `undefined` as
   * the answer: it was empty.
   * @throws TransportError when no answer came
   * @throws HttpFailure when the answer is not HTTP 200
   * @throws WbxmlError or SchemaError when the answer is not what the command describes
   */
  async ask<Name extends CommandName>(
    name: Name,
    request: RequestOf<Name> | undefined,
    call: CallOptions = {},
  ): Promise<ResponseOf<Name> | undefined> {
    return this.exchange(name, await this.prepare(name, request, call));
  }

  /** The bytes of a command, ready to be sent, once or more often. */
  async prepare<Name extends CommandName>(
    name: Name,
    request: RequestOf<Name> | undefined,
    call: CallOptions = {},
  ): Promise<HttpRequest> {
    const documents: CommandDocuments = CommandTable[name];
    const withBody = request !== undefined && documents.request !== undefined;
    const body = withBody ? await bytesOf(writeDocument(documents.request, request, this.version)) : undefined;
    return this.prepareRaw(name, body, ContentTypes.wbxml, call);
  }

  /** A request of any body, of a command or of nonsense. */
  prepareRaw(
    name: CommandName,
    body: Uint8Array | undefined,
    contentType: string,
    call: CallOptions = {},
  ): HttpRequest {
    const line = this.#lineOf(name, call);
    const typed = body === undefined ? {} : { 'Content-Type': contentType };
    const plain = this.options.queryStyle !== 'base64';
    const query = plain ? plainQuery(line) : base64Query(line);
    const headers = plain ? { ...plainHeaders(line), ...typed } : typed;
    return { method: 'POST', query, headers, body, ...transportPart(call) };
  }

  #lineOf(command: CommandName, call: CallOptions): RequestLine {
    // Android sends no policy key with Ping.
    const policyKey = call.policyKey ?? (command === 'Ping' ? undefined : this.policyKey);
    const { deviceId, deviceType } = this.profile;
    const parameters = { saveInSent: false, acceptMultiPart: false, ...call.line };
    return { command, version: this.version, deviceId, deviceType, user: this.options.user, policyKey, parameters };
  }

  /** Sends prepared bytes and reads the answer of the command. */
  async exchange<Name extends CommandName>(name: Name, request: HttpRequest): Promise<ResponseOf<Name> | undefined> {
    const response = await this.exchangeRaw(name, request);
    if (response.body.length === 0) return undefined;
    requireWbxml(name, response);
    return this.read(name, response.body);
  }

  /** Sends prepared bytes; any answer of HTTP 200 will do. */
  async exchangeRaw(name: CommandName, request: HttpRequest): Promise<HttpResponse> {
    this.#last = { command: name, request };
    const response = await this.#send(name, request);
    if (response.status !== 200) throw new HttpFailure(name, response.status, response.headers);
    return response;
  }

  /** Sends the last request again, byte for byte, as a phone does whose answer was lost. */
  repeat(): Promise<unknown> {
    if (this.#last === undefined) throw new Error('There is no request to repeat');
    const { command, request } = this.#last;
    return this.exchange(command, { ...request, signal: undefined, cut: undefined });
  }

  /** Reads the document of an answer. */
  read<Name extends CommandName>(name: Name, body: Uint8Array): ResponseOf<Name> {
    const documents: CommandDocuments = CommandTable[name];
    if (documents.response === undefined) throw new UnusableAnswer(name, 'this command has no document');
    return readDocument(documents.response, bytesSource(body), this.readOptions) as ResponseOf<Name>;
  }

  /** How answers are read. */
  get readOptions(): { readonly order: 'strict' | 'any'; readonly version: ProtocolVersion } {
    return { order: this.options.strict === false ? 'any' : 'strict', version: this.version };
  }

  async #send(command: CommandName | 'OPTIONS', request: HttpRequest): Promise<HttpResponse> {
    return this.#transport.send(request, (exchange) => this.options.onExchange?.({ command, ...exchange }));
  }
}

/** The newest of some versions. */
export const newestOf = (versions: readonly ProtocolVersion[]): ProtocolVersion => versions.at(-1) ?? '16.1';

const transportPart = ({ signal, timeout, cut }: CallOptions): Pick<HttpRequest, 'signal' | 'timeout' | 'cut'> => ({
  signal,
  timeout,
  cut,
});

/** An answer that has a body must say that it is WBXML ([MS-ASHTTP] 2.2.2.1.2). */
const requireWbxml = (name: CommandName, { headers }: HttpResponse): void => {
  const type = headers['content-type'];
  if (!isWbxmlType(type))
    throw new UnusableAnswer(name, `the answer is of Content-Type ${type}, not ${ContentTypes.wbxml}`);
};

/** An answer that may not be empty. */
export const notEmpty = <T>(command: string, response: T | undefined): T => {
  if (response === undefined) throw new UnusableAnswer(command, 'the answer is empty');
  return response;
};

/** Throws unless an answer's Status is 1. */
export const requireSuccess = (command: string, status: number | undefined): void => {
  if (status !== undefined && status !== 1) throw new StatusFailure(command, status);
};

const bytesOf = async (pieces: readonly Piece[]): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) parts.push(piece);
    else for await (const part of piece.open()) parts.push(part);
  }
  return Buffer.concat(parts);
};
