import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A relay in front of Redis that can lose answers. */
export interface CuttingRelay {
  readonly port: number;
  /** The next time that a client sends something with `word` in it, Redis gets it, and the client no answer: its connection ends. */
  cutAnswerTo(word: string): void;
  /** How many answers were cut. */
  readonly cuts: () => number;
  stop(): Promise<void>;
}

/** Starts a relay to a port of this machine. */
export const startCuttingRelay = async (target: number): Promise<CuttingRelay> => {
  let [word, cuts]: [string | undefined, number] = [undefined, 0];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(target, '127.0.0.1');
    let cutting = false;
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes: Buffer) => {
      if (word !== undefined && bytes.includes(word)) [cutting, word] = [true, undefined];
      redis.write(bytes);
    });
    redis.on('data', (bytes: Buffer) => {
      if (!cutting) return client.write(bytes);
      // Redis has answered, so it has done what it was asked.
      cuts++;
      client.destroy();
      return redis.destroy();
    });
    client.on('close', () => redis.destroy());
    redis.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cutAnswerTo: (text) => {
      word = text;
    },
    cuts: () => cuts,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
