import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Abilities, Login } from '../../backends/contract/backend.ts';
import type { AnyElement } from '../../protocol/schema/describe.ts';
import { AllVersions, can, inSpan, type ProtocolVersion, SupportedVersions } from '../../protocol/versions.ts';
import type { Authenticator, Session } from '../auth/authenticator.ts';
import type { Admission, DeviceGate } from '../devices/gate.ts';
import { type Asked, kindOf } from '../devices/loop-guard.ts';
import type { LoopWatch } from '../devices/loop-watch.ts';
import type { AnyCommand } from '../handlers/command.ts';
import type { Answer, DeviceIdentity, Log } from '../handlers/context.ts';
import { type Failure, failureOf, isOwnStatus } from '../handlers/failure.ts';
import type { OpenSpool } from '../spool.ts';
import { answerOutcome, documentOutcome } from './answer.ts';
import { Challenge } from './challenge.ts';
import type { ClientAddress } from './client-address.ts';
import { type Ambient, RequestContext } from './context.ts';
import type { HttpLimits } from './options.ts';
import { type Outcome, textOutcome } from './outcome.ts';
import { type Received, receive } from './receive.ts';
import { Refusal, refused } from './refusal.ts';
import { type ActiveSyncLine, demandVersionOf, readLine } from './request-line.ts';
import { acceptsGzip, send } from './send.ts';

/** Commands by their name on the request line. */
export type CommandRegistry = ReadonlyMap<string, AnyCommand>;

/** What was served, for the request log and the metrics. Never holds a password, a body or an address list. */
export interface RequestFacts {
  readonly requestId: string;
  command: string;
  version?: string | undefined;
  account?: string | undefined;
  device?: string | undefined;
  deviceType?: string | undefined;
  client?: string | undefined;
  http: number;
  /** Status that the server itself chose for the document. */
  status?: number | undefined;
  milliseconds: number;
  /** Step by which the device is slowed, from 1; absent: it is not. */
  slowed?: number | undefined;
  /** Bytes of the response body on the wire. */
  bytes: number;
  delivered: boolean;
}

/** All that the ActiveSync endpoint stands on. */
export interface ActiveSyncServices {
  readonly commands: CommandRegistry;
  readonly authenticator: Authenticator;
  readonly gate: DeviceGate;
  /** Slows devices that repeat themselves; absent: nobody is slowed. */
  readonly loops?: Pick<LoopWatch, 'arrived' | 'answered'> | undefined;
  abilities(login: Login, device: DeviceIdentity): Abilities;
  readonly ambient: Ambient;
  /** Called once for each request that was answered. */
  served?(facts: RequestFacts): void;
}

/** The settings of the endpoint. */
export interface ActiveSyncSettings {
  readonly limits: HttpLimits;
  readonly openSpool: OpenSpool;
  clientAddress(request: IncomingMessage): ClientAddress;
}

/** One request on its way; what later steps and the log need to know of it, and no more. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: RequestFacts;
  /** Bodies of WBXML above this size are compressed. */
  readonly gzipAbove: number;
  session?: Session | undefined;
  command?: AnyCommand | undefined;
  version?: ProtocolVersion | undefined;
  /** What was asked, once its body is known. */
  asked?: Asked | undefined;
  /** Frees a spooled body. */
  release?: (() => Promise<void>) | undefined;
}

/** Serves the ActiveSync path ([MS-ASHTTP] 2.2.1, 2.2.3). */
export class ActiveSyncEndpoint {
  readonly #services: ActiveSyncServices;
  readonly #settings: ActiveSyncSettings;
  /**
   * What a device is told that begins, or begins anew ([MS-ASHTTP] 2.2.4). Android wants both headers, and
   * takes the last version that it knows, so they ascend.
   */
  readonly #announcement: Readonly<Record<string, string>>;
  #closing = false;

  constructor(services: ActiveSyncServices, settings: ActiveSyncSettings) {
    this.#services = services;
    this.#settings = settings;
    this.#announcement = {
      'MS-ASProtocolVersions': SupportedVersions.join(','),
      'MS-ASProtocolCommands': [...services.commands.keys()].join(','),
    };
  }

  /** Serves one OPTIONS or POST request to its end; never throws. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { ambient, served } = this.#services;
    const started = ambient.clock.now();
    const exchange = this.#begin(request, response);
    const { facts } = exchange;
    try {
      await this.#respond(exchange);
      request.resume();
      await exchange.release?.();
    } catch (error) {
      logBug(ambient.log, facts, error);
      response.destroy();
    }
    facts.milliseconds = ambient.clock.now() - started;
    served?.(facts);
  }

  /** From now on every response ends its connection: kept ones would hold up the end of the server. */
  close(): void {
    this.#closing = true;
  }

  #begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const requestId = Buffer.from(this.#services.ambient.random(8)).toString('hex');
    const gzip = acceptsGzip(request.headers['accept-encoding']?.toString());
    return {
      request,
      response,
      facts: { requestId, command: '', http: 0, milliseconds: 0, bytes: 0, delivered: false },
      gzipAbove: gzip ? this.#settings.limits.gzipAbove : Number.POSITIVE_INFINITY,
    };
  }

  async #respond(exchange: Exchange): Promise<void> {
    const { request, response, facts } = exchange;
    const serving = request.method === 'OPTIONS' ? this.#options(exchange) : this.#post(exchange);
    const outcome = await serving.catch((error: unknown) => this.#fail(exchange, error));
    facts.http = outcome.http;
    facts.status = outcome.status;
    if (this.#closing) response.shouldKeepAlive = false;
    try {
      Object.assign(facts, await send(response, outcome, exchange.gzipAbove));
    } catch (error) {
      const about = { requestId: facts.requestId, error: String(error) };
      this.#services.ambient.log.warn(about, 'A response broke off: its content could not be read');
    }
    outcome.onSent?.(facts.delivered);
    const { asked } = exchange;
    if (asked !== undefined && facts.delivered) this.#services.loops?.answered(askerOf(facts), asked);
  }

  async #options(exchange: Exchange): Promise<Outcome> {
    exchange.facts.command = 'OPTIONS';
    await this.#authenticate(exchange, '');
    const own = { 'MS-Server-ActiveSync': ServerVersion, Allow: Methods, Public: Methods };
    return { http: 200, headers: { ...this.#announcement, ...own } };
  }

  async #post(exchange: Exchange): Promise<Outcome> {
    const line = readLine(exchange.request);
    noteLine(exchange.facts, line);
    const session = await this.#authenticate(exchange, line.device.id);
    const command = this.#commandOf(line);
    Object.assign(exchange, { version: line.version, command });
    demandVersionOf(line);
    const context = this.#contextOf(exchange, session, line);
    const admission = await this.#services.gate.admit(context, line.command, line.policyKey);
    if (admission.always) demandAdmission(admission);
    const onBody = (digest: string) => this.#slow(exchange, context, digest);
    const answer = await receive(exchange.request, command, line, this.#settings, onBody).then((received) =>
      run(exchange, command, context, received, admission),
    );
    const outcome = answerOutcome(command, answer, line.version);
    const anew = answer.kind === 'document' && answer.reinitialize === true;
    return anew ? withHeaders(outcome, { ...this.#announcement, 'X-MS-RP': SupportedVersions.join(',') }) : outcome;
  }

  async #authenticate(exchange: Exchange, device: string): Promise<Session> {
    const { request, facts } = exchange;
    const { address, told } = this.#settings.clientAddress(request);
    facts.client = address;
    const { authorization } = request.headers;
    const presented = { authorization, device, clientAddress: address, addressTold: told };
    const session = await this.#services.authenticator.authenticate(presented);
    facts.account = session.identity.name;
    exchange.session = session;
    return session;
  }

  /** A device that asks the same again and again waits longer and longer, then is told when to come again. */
  #slow(exchange: Exchange, context: RequestContext, digest: string): Promise<void> | undefined {
    const { facts } = exchange;
    const asked = { command: facts.command, kind: kindOf(facts.command, digest !== ''), digest };
    exchange.asked = asked;
    const slowing = this.#services.loops?.arrived(askerOf(facts), asked);
    if (slowing === undefined || slowing.step === 0) return undefined;
    facts.slowed = slowing.step;
    if (slowing.retryAfter === undefined) return pause(context, slowing.delay);
    throw refused(503, 'The device repeats the same request without getting on', undefined, slowing.retryAfter);
  }

  #commandOf(line: ActiveSyncLine): AnyCommand {
    const command = this.#services.commands.get(line.command);
    if (command !== undefined) return command;
    throw refused(501, `The command "${line.command}" is not known to this server`);
  }

  #contextOf({ facts, response }: Exchange, session: Session, { version, device }: ActiveSyncLine): RequestContext {
    const { ambient } = this.#services;
    const { requestId } = facts;
    const { identity: account, login } = session;
    const abilities = () => this.#services.abilities(login, device);
    return new RequestContext(ambient, { requestId, version, account, device, abilities }, response);
  }

  async #fail(exchange: Exchange, error: unknown): Promise<Outcome> {
    const { ambient, authenticator } = this.#services;
    const { facts, session } = exchange;
    const failure: Failure = error instanceof Refusal ? error : failureOf(error);
    if (failure.bug) logBug(ambient.log, facts, error);
    else if (failure.trouble !== undefined) logTrouble(ambient.log, facts, failure.trouble);
    else ambient.log.info({ ...who(facts), reason: failure.message }, 'A request was refused');
    if (failure.http === 401 && session !== undefined) await authenticator.withdraw(session).catch(() => {});
    return failureOutcome(exchange, failure);
  }
}

/**
 * Starts the handler. Not an async function, so that no frame of it keeps the body alive while the
 * handler waits.
 */
const run = (
  exchange: Exchange,
  command: AnyCommand,
  context: RequestContext,
  received: Received,
  admission: Admission,
): Promise<Answer<unknown>> => {
  exchange.release = received.release;
  if (command.needsPolicyKey(received.request)) demandAdmission(admission);
  forgetHeaders(exchange.request);
  return command.handle(context, received.request);
};

/** Lets time pass, as long as the client is there. */
const pause = (context: RequestContext, milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const cancel = context.clock.after(milliseconds, resolve);
    context.whenGone(() => {
      cancel();
      resolve();
    });
  });

/** Some clients look for a version of Exchange here; 15.1 is the first that speaks 16.0. */
const ServerVersion = '15.1';
const Methods = 'OPTIONS,POST';

const noteLine = (facts: RequestFacts, line: ActiveSyncLine): void => {
  facts.command = line.command;
  facts.version = line.version;
  facts.device = line.device.id;
  facts.deviceType = line.device.type;
};

/** [MS-ASPROV] 3.2.5.1: HTTP 449 or 403 up to 12.1, a Status later. */
const demandAdmission = ({ status, http, reason }: Admission): void => {
  if (status !== undefined) throw refused(http, reason ?? 'The device has to provision before this command', status);
};

/** A handler may wait for an hour, and nobody looks at the headers any more: a kilobyte for each waiting phone. */
const forgetHeaders = (request: IncomingMessage): void => {
  request.rawHeaders = [];
  request.headers = {};
};

const withHeaders = (outcome: Outcome, headers: Readonly<Record<string, string>>): Outcome => ({
  ...outcome,
  headers: { ...outcome.headers, ...headers },
});

/** Whose request it is, for the guard against loops. */
const askerOf = ({ account = '', device = '' }: RequestFacts) => ({ account, device });

/** Who asked for what, for the log. */
const who = ({ requestId, command, account, device }: RequestFacts) => ({ requestId, command, account, device });

const logTrouble = (log: Log, facts: RequestFacts, reason: string): void =>
  log.error({ ...who(facts), reason }, 'Postrider cannot store anything: phones are told to come again');

const logBug = (log: Log, facts: RequestFacts, error: unknown): void => {
  const [reason, stack] = error instanceof Error ? [error.message, error.stack] : [String(error), undefined];
  log.error({ ...who(facts), reason, stack }, 'A bug: please report it with this entry');
};

/** Whether a version has the document of a command at all. */
const isWritable = (document: AnyElement | undefined, version: ProtocolVersion): document is AnyElement =>
  document !== undefined && inSpan(version, document.tag.versions ?? AllVersions);

/**
 * A failure as the version wants it ([MS-ASCMD] 2.2.2): 14.0 and later a Status in the command's own
 * document, before that an HTTP status. A Status of the command itself is in the document always.
 */
const failureOutcome = ({ command, version, facts }: Exchange, failure: Failure): Outcome => {
  const { status } = failure;
  const inBody = version !== undefined && (can(version, 'statusInBody') || isOwnStatus(failure));
  if (inBody && status !== undefined && command?.failure !== undefined && isWritable(command.response, version)) {
    return { ...documentOutcome(command.response, command.failure(status), version), status };
  }
  const id = failure.bug ? ` (request ${facts.requestId})` : '';
  const text = failure.bug ? `Postrider met an unexpected condition${id}` : failure.message;
  return textOutcome(failure.http, text, {
    'X-Request-Id': facts.requestId,
    ...(failure.http === 401 && { 'WWW-Authenticate': Challenge }),
    ...(failure.retryAfter !== undefined && { 'Retry-After': String(failure.retryAfter) }),
  });
};
