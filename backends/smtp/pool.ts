import type { Connection } from './connection.ts';

/** What a pool needs. */
export interface PoolOptions {
  readonly open: () => Promise<Connection>;
  readonly maxConnections: number;
  readonly idleSeconds: number;
}

interface Idle {
  readonly connection: Connection;
  readonly timer: NodeJS.Timeout;
}

/** The connections of one login: at most so many, each closed once it has been without work for a while. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #idle: Idle[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Whether nothing is held and nothing is under way. */
  get isEmpty(): boolean {
    return this.#busy === 0 && this.#idle.length === 0 && this.#waiting.length === 0;
  }

  /**
   * Runs `work` on a connection: a used one when there is any (`reused`), unless `fresh` is asked for: then those kept are
   * given up.
   */
  async use<T>(work: (connection: Connection, reused: boolean) => Promise<T>, fresh = false): Promise<T> {
    await this.#turn();
    try {
      if (fresh) this.#quitIdle();
      const kept = this.#take();
      const connection = kept ?? (await this.#options.open());
      try {
        return await work(connection, kept !== undefined);
      } finally {
        this.#give(connection);
      }
    } finally {
      this.#next();
    }
  }

  /** Closes what is idle now and the rest once its work is done. */
  close(): void {
    this.#closed = true;
    this.#quitIdle();
  }

  #quitIdle(): void {
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      connection.quit();
    }
  }

  async #turn(): Promise<void> {
    if (this.#busy < this.#options.maxConnections) this.#busy++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** A turn goes to who waits longest, else it is free. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy--;
    else next();
  }

  #take(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (idle.connection.usable) return idle.connection;
    }
    return undefined;
  }

  #give(connection: Connection): void {
    if (!connection.usable) return;
    if (this.#closed) {
      connection.quit();
      return;
    }
    const timer = setTimeout(() => this.#retire(connection), this.#options.idleSeconds * 1_000);
    timer.unref();
    this.#idle.push({ connection, timer });
  }

  #retire(connection: Connection): void {
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
    connection.quit();
  }
}
