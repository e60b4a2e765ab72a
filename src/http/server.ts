import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { ActiveSyncPath } from '../../protocol/http/headers.ts';
import type { OpenSpool } from '../spool.ts';
import { ActiveSyncEndpoint, type ActiveSyncServices } from './active-sync.ts';
import { clientAddressReader } from './client-address.ts';
import { DefaultLimits, type HttpLimits, type HttpOptions } from './options.ts';
import { type Outcome, textOutcome } from './outcome.ts';
import { send } from './send.ts';
import { type CertificateReloader, readKeyPair, reloadCertificates } from './tls.ts';

/** What the server serves besides ActiveSync, and whom it tells that it stops. */
export interface HttpServices extends ActiveSyncServices {
  /** Adds further routes to the listener: Autodiscover, webhooks. */
  routes?(app: FastifyInstance): void;
  /** Called first when the server stops: answers the requests that wait, so that no phone sees a cut connection. */
  beforeClose?(): Promise<void>;
  /** Where large request bodies go. */
  readonly openSpool: OpenSpool;
}

/** The listener of the phones. */
export interface HttpServer {
  readonly app: FastifyInstance;
  /** Starts to listen; resolves with the address, `https://127.0.0.1:8443`. */
  listen(): Promise<string>;
  /** Reads the certificate again (SIGHUP); does nothing without TLS. */
  reloadCertificate(): void;
  /** From now on every answer ends its connection: a proxy in front opens the next one elsewhere. */
  leave(): void;
  /** Answers what waits, then closes. */
  close(): Promise<void>;
}

/** Whether only programs of this machine reach a host name or address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

const demandTls = ({ host, tls, allowPlainHttp }: HttpOptions): void => {
  if (tls !== undefined || allowPlainHttp || isLoopback(host)) return;
  throw new Error(
    `Plain HTTP on ${host} would let anyone on the way read passwords: set listen.tls, listen on loopback behind a ` +
      'proxy that ends TLS, or allow it by name (listen.allowPlainHttp)',
  );
};

/** Headers that end after this many milliseconds are no phone's: they only hold a socket. */
const HeadersTimeout = 30_000;

/** Milliseconds between looks for requests that take too long to arrive; Node's own choice. */
const CheckInterval = 30_000;

/** Connections that wait to be accepted: after a restart all phones come back within seconds. */
const Backlog = 4096;

/** Fastify leaves the timeouts of a server that it did not make alone, so all of them stand here. */
const createServer = (options: HttpOptions, limits: HttpLimits, handler: RequestListener): Server => {
  const { keepAliveTimeout, requestTimeout } = limits;
  const timeouts = {
    keepAliveTimeout,
    requestTimeout,
    headersTimeout: Math.min(HeadersTimeout, requestTimeout),
    connectionsCheckingInterval: Math.min(CheckInterval, requestTimeout / 2),
  };
  return options.tls === undefined
    ? createPlainServer(timeouts, handler)
    : createTlsServer({ ...timeouts, ...readKeyPair(options.tls) }, handler);
};

const createApp = (options: HttpOptions, limits: HttpLimits): FastifyInstance =>
  Fastify({
    // The request log is ours: it names commands, and never a query that holds a user.
    logger: false,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
    serverFactory: (handler) => createServer(options, limits, handler),
  });

const FriendlyText =
  'This is the ActiveSync endpoint of Postrider: it works. Add it to a phone as an Exchange account.';

/** Methods without a meaning here ([MS-ASHTTP] 2.2.2.1.1): a browser's GET gets a friendly answer. */
const refuseMethod = (method: string | undefined): Outcome =>
  method === 'GET' || method === 'HEAD'
    ? textOutcome(405, FriendlyText, { Allow: 'OPTIONS, POST' })
    : textOutcome(501, `The method ${method} is not supported here`, { Allow: 'OPTIONS, POST' });

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0]?.replace(/\/$/, '') ?? '';

/** All that no route serves. */
const refuseUnknown = (request: IncomingMessage): Outcome =>
  pathOf(request).toLowerCase() === ActiveSyncPath.toLowerCase()
    ? refuseMethod(request.method)
    : textOutcome(404, 'Nothing is served under this path');

/** Creates the server; it does not listen yet. Throws on options that cannot work, saying what to do. */
export const createHttpServer = (options: HttpOptions, services: HttpServices): HttpServer => {
  demandTls(options);
  const limits = { ...DefaultLimits, ...options.limits };
  const app = createApp(options, limits);
  const endpoint = new ActiveSyncEndpoint(services, {
    limits,
    openSpool: services.openSpool,
    clientAddress: clientAddressReader(options.trustedProxies ?? []),
  });

  app.route({
    method: ['OPTIONS', 'POST'],
    url: ActiveSyncPath,
    // Taken over before Fastify looks at the body or its type: it is read after the proof of password.
    onRequest: (request, reply, _done) => {
      reply.hijack();
      void endpoint.serve(request.raw, reply.raw);
    },
    handler: async () => {},
  });
  services.routes?.(app);
  app.setNotFoundHandler((request, reply) => {
    reply.hijack();
    return refuse(request.raw, reply.raw, refuseUnknown(request.raw));
  });
  app.addHook('preClose', async () => {
    endpoint.close();
    await services.beforeClose?.();
  });
  return running(app, endpoint, options, services);
};

const refuse = async (request: IncomingMessage, response: ServerResponse, outcome: Outcome): Promise<void> => {
  await send(response, outcome, Number.POSITIVE_INFINITY);
  request.resume();
};

const running = (
  app: FastifyInstance,
  endpoint: ActiveSyncEndpoint,
  options: HttpOptions,
  services: HttpServices,
): HttpServer => {
  let reloader: CertificateReloader | undefined;
  return {
    app,
    async listen() {
      await app.listen({ host: options.host, port: options.port, backlog: Backlog });
      if (options.tls !== undefined && app.server instanceof TlsServer) {
        reloader = reloadCertificates(app.server, options.tls, services.ambient.log);
      }
      return addressOf(app, options);
    },
    reloadCertificate: () => reloader?.reload(),
    leave: () => endpoint.close(),
    async close() {
      reloader?.stop();
      await app.close();
    },
  };
};

const addressOf = (app: FastifyInstance, options: HttpOptions): string => {
  const { address, port, family } = app.server.address() as AddressInfo;
  return `${options.tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};
