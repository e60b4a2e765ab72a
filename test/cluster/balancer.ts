import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in front of nodes and sends each request to the next of them, as no phone may notice. */
export interface Balancer {
  readonly url: string;
  /** Node of each request passed on, by its index. */
  readonly passed: number[];
  /** The node that takes all requests from now on; `undefined`: each in turn. */
  to(node: number | undefined): void;
  close(): void;
}

/** Starts a balancer on loopback; what its client breaks off is broken off at the node, too. */
export const startBalancer = async (urls: readonly string[]): Promise<Balancer> => {
  const passed: number[] = [];
  let only: number | undefined;
  const server = createServer((incoming, answer) => {
    const node = only ?? passed.length % urls.length;
    passed.push(node);
    const { method, url: path, headers } = incoming;
    const outgoing = request(new URL(path ?? '/', urls[node]), { method, headers, agent: false });
    outgoing.on('response', (response) => {
      const { connection: _, ...kept } = response.headers;
      answer.writeHead(response.statusCode ?? 500, kept);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    to: (node) => {
      only = node;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
