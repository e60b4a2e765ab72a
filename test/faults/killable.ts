import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { TransportError } from '../../src/phone/transport-error.ts';
import { childScript } from '../support/child-script.ts';
import type { Death, Step } from './striking.ts';

/** What the server in the other process is told. */
export type Order =
  | { readonly kind: 'open' }
  | ({ readonly kind: 'arm' } & Death)
  /** Whether steps count now. */
  | { readonly kind: 'count'; readonly on: boolean }
  | { readonly kind: 'deliver'; readonly to: string; readonly raw: string };

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

/** A server in a process of its own, on stores in files, which dies when it is told and is started again. */
export class KillableServer {
  readonly #folder: string;
  readonly #port: number;
  /** Of the store on Redis; SQLite in the folder when it is empty. */
  readonly #location: string;
  #child: ChildProcess;
  /** The next process, its modules already loaded. */
  #spare: ChildProcess;

  private constructor(folder: string, port: number, location: string) {
    this.#folder = folder;
    this.#port = port;
    this.#location = location;
    this.#child = this.#fork();
    this.#spare = this.#fork();
  }

  static async start(folder: string, location = ''): Promise<KillableServer> {
    const server = new KillableServer(folder, await freePort(), location);
    await server.tell({ kind: 'open' });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get dead(): boolean {
    return this.#child.signalCode !== null || this.#child.exitCode !== null;
  }

  /** Gives an order; throws what the server logged as errors. */
  async tell(order: Order): Promise<void> {
    const answered = once(this.#child, 'message') as Promise<[{ errors: readonly string[] }]>;
    this.#child.send(order);
    const [{ errors }] = await answered;
    if (errors.length > 0) throw new Error(errors.join('\n'));
  }

  /** Starts the server again after it died. */
  async restart(): Promise<void> {
    if (!this.dead) await once(this.#child, 'exit');
    this.#child = this.#spare;
    this.#spare = this.#fork();
    await this.tell({ kind: 'open' });
  }

  /**
   * Runs `scenario` once for each place at which one of `steps` is taken in it, dying there. The
   * scenario hands each request to `attempt`, which repeats it after a death, as a phone does.
   */
  async dyingAtEach(
    steps: readonly Step[],
    scenario: (attempt: <T>(request: () => Promise<T>) => Promise<T>, death: Death) => Promise<void>,
  ): Promise<readonly Death[]> {
    const deaths: Death[] = [];
    for (const step of steps) {
      for (const when of ['before', 'after'] as const) {
        for (let nth = 1; await this.#dyingAt({ step, when, nth }, scenario); nth++) deaths.push({ step, when, nth });
      }
    }
    return deaths;
  }

  async close(): Promise<void> {
    const children = [this.#child, this.#spare];
    await Promise.all(
      children.map(async (child) => {
        const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit');
        if (child.connected) child.disconnect();
        await gone;
      }),
    );
  }

  async #dyingAt(
    death: Death,
    scenario: (attempt: <T>(request: () => Promise<T>) => Promise<T>, death: Death) => Promise<void>,
  ): Promise<boolean> {
    let died = false;
    let armed = false;
    const attempt = async <T>(request: () => Promise<T>): Promise<T> => {
      if (!armed) await this.tell({ kind: 'arm', ...death });
      armed = true;
      await this.tell({ kind: 'count', on: true });
      try {
        const answer = await request();
        await this.tell({ kind: 'count', on: false });
        return answer;
      } catch (error) {
        if (!(error instanceof TransportError) || died) throw error;
        died = true;
        await this.restart();
        return await request();
      }
    };
    await scenario(attempt, death);
    return died;
  }

  #fork(): ChildProcess {
    const args = [this.#folder, String(this.#port), this.#location];
    return fork(childScript('test/faults/server-child.ts'), args, { execArgv: [], stdio: 'inherit' });
  }
}
