import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { Metrics } from './metrics.ts';

/** The listener for those who watch over the server; no phone needs it, so it has an address of its own. */
export interface ObserveOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** What keeps the server from serving. */
export interface Hindrance {
  /** What does not work, `state store`. */
  readonly part: string;
  readonly reason: string;
}

/** What the listener shows. */
export interface ObserveServices {
  readonly metrics: Metrics;
  /** Looks whether the server can serve now; empty: it can. */
  ready(): Promise<readonly Hindrance[]>;
}

/** The running listener. */
export interface ObserveServer {
  /** `http://127.0.0.1:9090`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A check that answers no sooner counts as failed: those who ask give up after some seconds, too. */
const ReadyTimeout = 5000;

const lateHindrance: readonly Hindrance[] = [{ part: 'server', reason: `No answer within ${ReadyTimeout} ms` }];

const hindrances = async (services: ObserveServices): Promise<readonly Hindrance[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Hindrance[]>((resolve) => {
    timer = setTimeout(resolve, ReadyTimeout, lateHindrance);
  });
  const asked = services.ready().catch((error: unknown) => [{ part: 'server', reason: String(error) }]);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
};

/**
 * Starts the listener: `/healthz` (the process lives), `/readyz` (it can serve; 503 and what is in the
 * way when not), `/metrics`.
 */
export const startObserving = async (options: ObserveOptions, services: ObserveServices): Promise<ObserveServer> => {
  const app = Fastify({ logger: false });
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const problems = await hindrances(services);
    return problems.length === 0 ? { status: 'ok' } : reply.code(503).send({ status: 'not ready', problems });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.header('Content-Type', services.metrics.contentType).send(await services.metrics.page()),
  );
  await app.listen({ host: options.host, port: options.port });
  const { address, port, family } = app.server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, close: () => app.close() };
};
