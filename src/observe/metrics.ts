import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { RequestFacts } from '../http/active-sync.ts';

/** Upper bounds in seconds: short commands at the left, held ones (Ping, Sync with Wait) at the right. */
const Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600];

/** Metrics of the server. */
export interface Metrics {
  /** For further metrics: of the waiting room, of the watchers. */
  readonly registry: Registry;
  /** Counts a request that was served. */
  served(facts: RequestFacts): void;
  /** The page that Prometheus reads. */
  page(): Promise<string>;
  readonly contentType: string;
}

/**
 * Makes the metrics, in a registry of their own. Labels are names out of our own tables, never what a
 * client chose, so that their number is bounded.
 *
 * @param withProcess Also those of the process: memory, CPU, event-loop delay.
 */
export const createMetrics = (withProcess = true): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  if (withProcess) collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'postrider_requests_total',
    help: 'Requests answered, by command, protocol version and HTTP status',
    labelNames: ['command', 'version', 'http'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'postrider_request_seconds',
    help: 'Time from the request line until the response has left; waiting included',
    labelNames: ['command'] as const,
    buckets: Seconds,
    registers,
  });
  const bytes = new Counter({
    name: 'postrider_response_bytes_total',
    help: 'Bytes of response bodies on the wire',
    labelNames: ['command'] as const,
    registers,
  });
  const undelivered = new Counter({
    name: 'postrider_responses_undelivered_total',
    help: 'Responses whose client had gone before they were sent whole',
    labelNames: ['command'] as const,
    registers,
  });
  const slowed = new Counter({
    name: 'postrider_requests_slowed_total',
    help: 'Requests of devices that repeat themselves, by command and the step by which they were slowed',
    labelNames: ['command', 'step'] as const,
    registers,
  });
  return {
    registry,
    served({ command: name, version = 'none', http, milliseconds, bytes: size, delivered, slowed: step }) {
      const command = name || 'none';
      requests.inc({ command, version, http });
      seconds.observe({ command }, milliseconds / 1000);
      bytes.inc({ command }, size);
      if (!delivered) undelivered.inc({ command });
      if (step !== undefined) slowed.inc({ command, step });
    },
    page: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
