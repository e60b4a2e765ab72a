import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as the canned server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
  /** Number of the connection that carried it, counted from 1. */
  readonly connection: number;
}

/** Answers one request. */
export type Reply = (request: SeenRequest, response: ServerResponse) => void;

/** An HTTP server that answers what it is told. */
export interface CannedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** Starts a server on a free loopback port; with a certificate it speaks TLS. */
export const cannedServer = async (reply: Reply, tls?: { key: string; cert: string }): Promise<CannedServer> => {
  const seen: SeenRequest[] = [];
  const connections = new WeakMap<object, number>();
  let count = 0;
  const listener: RequestListener = async (incoming, response) => {
    const connection = connections.get(incoming.socket) ?? ++count;
    connections.set(incoming.socket, connection);
    const body = await bodyOf(incoming);
    if (body === undefined) return;
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body, connection };
    seen.push(request);
    reply(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, seen, close };
};

const bodyOf = async (incoming: IncomingMessage): Promise<Uint8Array | undefined> => {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of incoming) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch {
    return undefined;
  }
};
