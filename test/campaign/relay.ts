import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a way does to what passes. */
export interface Weather {
  /** Milliseconds that each piece is kept back; 0: none. */
  readonly delay: number;
  /** Whether each piece arrives in two halves, one after the other. */
  readonly halved: boolean;
  /** Whether nothing arrives at all; it does once the weather is better, as TCP sends again. */
  readonly blocked: boolean;
}

const Fair: Weather = { delay: 0, halved: false, blocked: false };

/** Milliseconds between two halves of a piece: enough for them to be read apart. */
const HalfPause = 3;

/** A way between two parts that breaks as ways do. */
export interface WeatherRelay {
  readonly port: number;
  weather(weather?: Partial<Weather>): void;
  /** Breaks all connections; new ones are accepted. */
  cut(): void;
  /**
   * Swallows the answer to the next request that matches and breaks the connection: the other side
   * did it, and nobody hears of it. `then` runs once the answer was there.
   */
  swallowAnswerTo(request: RegExp, then?: () => void): void;
  /** Forgets what was to be swallowed; says whether it was still to be. */
  spare(): boolean;
  close(): Promise<void>;
}

interface Doom {
  readonly request: RegExp;
  readonly then: (() => void) | undefined;
}

/** One direction of a connection: pieces arrive in their order, however late. */
class Lane {
  readonly #to: Socket;
  readonly #sky: () => Weather;
  readonly #cleared: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  constructor(to: Socket, sky: () => Weather, cleared: () => Promise<void>) {
    this.#to = to;
    this.#sky = sky;
    this.#cleared = cleared;
  }

  pass(bytes: Buffer): void {
    this.#last = this.#last.then(() => this.#deliver(bytes));
  }

  async #deliver(bytes: Buffer): Promise<void> {
    while (this.#sky().blocked && !this.#to.destroyed) await this.#cleared();
    const { delay, halved } = this.#sky();
    if (delay > 0) await pause(delay);
    if (!halved || bytes.length < 2) return this.#write(bytes);
    const middle = bytes.length >> 1;
    this.#write(bytes.subarray(0, middle));
    await pause(HalfPause);
    this.#write(bytes.subarray(middle));
  }

  #write(bytes: Buffer): void {
    if (!this.#to.destroyed) this.#to.write(bytes);
  }
}

/** Lets time pass. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Starts a relay on loopback; `target` gives the port for each new connection, `undefined`: nobody is
 * there, and the connection is refused.
 */
export const startWeatherRelay = async (target: () => number | undefined): Promise<WeatherRelay> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let sky = Fair;
  let doom: Doom | undefined;
  let clearing: { promise: Promise<void>; resolve: () => void } | undefined;

  const cleared = (): Promise<void> => {
    if (clearing === undefined) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      clearing = { promise, resolve };
    }
    return clearing.promise;
  };
  const clear = (): void => {
    clearing?.resolve();
    clearing = undefined;
  };
  const cut = (pair: readonly [Socket, Socket]): void => {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  const join = (client: Socket, port: number): void => {
    const upstream = connect(port, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const lanes = [new Lane(upstream, () => sky, cleared), new Lane(client, () => sky, cleared)] as const;
    let fate: Doom | undefined;
    client.on('data', (bytes) => {
      if (doom?.request.test(bytes.toString('latin1'))) [fate, doom] = [doom, undefined];
      lanes[0].pass(bytes);
    });
    upstream.on('data', (bytes) => {
      if (fate === undefined) return lanes[1].pass(bytes);
      fate.then?.();
      cut(pair);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => cut(pair)).on('close', () => cut(pair));
    }
  };

  const server = createServer((client) => {
    const port = target();
    if (port === undefined) client.resetAndDestroy();
    else join(client, port);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    weather: (weather = {}) => {
      sky = { ...Fair, ...weather };
      if (!sky.blocked) clear();
    },
    cut: () => {
      for (const pair of [...pairs]) cut(pair);
      clear();
    },
    swallowAnswerTo: (request, then) => {
      doom = { request, then };
    },
    spare: () => {
      const was = doom !== undefined;
      doom = undefined;
      return was;
    },
    close: async () => {
      for (const pair of [...pairs]) cut(pair);
      clear();
      server.close();
      await once(server, 'close');
    },
  };
};
