import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Death } from '../faults/striking.ts';
import { freePort } from '../servers/process.ts';
import { childScript } from '../support/child-script.ts';

/** How a node runs. */
export interface NodePlan {
  readonly port: number;
  readonly imapPort: number;
  readonly smtpPort: number;
  /** A server of calendars and contacts instead of those of mail. */
  readonly davUrl?: string | undefined;
  /** Folder of the state and of large uploads. */
  readonly folder: string;
  /** The state's Redis; absent: SQLite in `folder`. */
  readonly redisUrl?: string | undefined;
  /** Milliseconds that its clock is ahead. */
  readonly clockOffset: number;
}

/** What a node is ordered. */
export type NodeOrder =
  | { readonly kind: 'open'; readonly plan: NodePlan }
  | { readonly kind: 'arm'; readonly death: Death | undefined }
  | { readonly kind: 'clock'; readonly offset: number };

/** What a node says: the first two answer an order. */
export type NodeReport =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'bug'; readonly text: string }
  | { readonly kind: 'warned'; readonly text: string };

/** Processes whose modules are loaded, ready to become nodes: a start then costs milliseconds. */
const Spares = 2;

/** Warnings kept, for whoever looks into a failure. */
const KeptWarnings = 200;

/** Starts of a node until it is given up: Redis may be slow to answer, or have been killed. */
const StartTries = 5;

const startChild = (): ChildProcess =>
  fork(childScript('test/campaign/node-child.ts'), [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

const isGone = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Gives an order and waits until it is done; `false`: the process died first. */
const order = (child: ChildProcess, what: NodeOrder): Promise<boolean> =>
  new Promise((resolve, reject) => {
    if (isGone(child) || !child.connected) return resolve(false);
    const release = (): void => {
      child.off('message', onReport).off('exit', onExit);
    };
    const onExit = (): void => {
      release();
      resolve(false);
    };
    const onReport = (report: NodeReport): void => {
      if (report.kind !== 'done' && report.kind !== 'failed') return;
      release();
      if (report.kind === 'done') resolve(true);
      else reject(new Error(`A node failed to ${what.kind}: ${report.text}`));
    };
    child.on('message', onReport).on('exit', onExit);
    child.send(what, (error) => error && onExit());
  });

/** One place where a node runs, one process after the other. */
class Place {
  readonly plan: Omit<NodePlan, 'clockOffset'>;
  child: ChildProcess | undefined;
  paused = false;

  constructor(plan: Omit<NodePlan, 'clockOffset'>) {
    this.plan = plan;
  }

  get isUp(): boolean {
    return this.child !== undefined && !isGone(this.child);
  }
}

/** The server processes of a campaign. They are started again as fast as they are killed. */
export class Nodes {
  /** Errors that nodes logged: each is a bug. */
  readonly bugs: string[] = [];
  readonly warnings: string[] = [];
  /** Processes killed. */
  kills = 0;
  /** Those of them that died at the step that they were told. */
  killsAtStep = 0;
  readonly #places: readonly Place[];
  readonly #spares: ChildProcess[] = [];
  #clockOffset = 0;
  #turn = 0;
  #closed = false;

  private constructor(places: readonly Place[]) {
    this.#places = places;
  }

  static async start(plans: readonly Omit<NodePlan, 'clockOffset' | 'port'>[]): Promise<Nodes> {
    const places = await Promise.all(plans.map(async (plan) => new Place({ ...plan, port: await freePort() })));
    const nodes = new Nodes(places);
    await nodes.heal();
    return nodes;
  }

  get count(): number {
    return this.#places.length;
  }

  /** The port for the next connection of a phone: nodes take turns, dead ones are left out. */
  readonly nextPort = (): number | undefined => {
    const up = this.#places.filter((place) => place.isUp);
    return up[this.#turn++ % Math.max(1, up.length)]?.plan.port;
  };

  /** Has a node die at a step; it lives on where it never gets there. */
  arm(index: number, death: Death | undefined): Promise<boolean> {
    const { child } = this.#place(index);
    return child === undefined ? Promise.resolve(false) : order(child, { kind: 'arm', death });
  }

  /** Resolves once a node is dead. */
  async death(index: number): Promise<void> {
    const { child } = this.#place(index);
    if (child !== undefined && !isGone(child)) await once(child, 'exit');
  }

  /** Kills a node, unless it has died already at the step that it was told. */
  async kill(index: number): Promise<void> {
    const { child } = this.#place(index);
    if (child === undefined) return;
    if (isGone(child)) this.killsAtStep++;
    else {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    this.kills++;
    this.#place(index).child = undefined;
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#places.map((_, index) => this.kill(index)));
  }

  /** Stops a node without ending it: for the others it is as good as dead. */
  pause(index: number): void {
    const place = this.#place(index);
    place.paused = place.child?.kill('SIGSTOP') ?? false;
  }

  resume(index: number): void {
    const place = this.#place(index);
    if (place.paused) place.child?.kill('SIGCONT');
    place.paused = false;
  }

  /** Sets the clocks of all nodes, milliseconds ahead. */
  async setClock(offset: number): Promise<void> {
    this.#clockOffset = offset;
    for (const { child } of this.#places) if (child !== undefined) await order(child, { kind: 'clock', offset });
  }

  /** Starts what does not run. */
  async heal(): Promise<void> {
    for (const [index, place] of this.#places.entries()) {
      this.resume(index);
      if (!place.isUp) await this.#revive(index, place);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const children = [...this.#places.map(({ child }) => child), ...this.#spares].filter(
      (child) => child !== undefined,
    );
    await Promise.all(
      children.map(async (child) => {
        if (isGone(child)) return;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }),
    );
  }

  /** Starts a node; one that cannot open its store is started again, as its supervisor would. */
  async #revive(index: number, place: Place): Promise<void> {
    if (place.child !== undefined) await this.kill(index);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#start(index, place);
      } catch (error) {
        if (tries === StartTries) throw error;
        place.child?.kill('SIGKILL');
      }
    }
  }

  async #start(index: number, place: Place): Promise<void> {
    const child = this.#spares.shift() ?? startChild();
    while (!this.#closed && this.#spares.length < Spares) this.#spares.push(startChild());
    place.child = child;
    child.on('message', (report: NodeReport) => this.#hear(index, report));
    const opened = await order(child, { kind: 'open', plan: { ...place.plan, clockOffset: this.#clockOffset } });
    if (!opened) throw new Error(`Node ${index} died while it was started`);
  }

  #hear(index: number, report: NodeReport): void {
    if (report.kind === 'bug') this.bugs.push(`node ${index}: ${report.text}`);
    if (report.kind !== 'warned') return;
    this.warnings.push(`node ${index}: ${report.text}`);
    if (this.warnings.length > KeptWarnings) this.warnings.shift();
  }

  #place(index: number): Place {
    const place = this.#places[index % this.#places.length];
    if (place === undefined) throw new RangeError(`no node ${index}`);
    return place;
  }
}
