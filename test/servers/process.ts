import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, fchownSync, mkdtempSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A real server that runs for the tests. */
export interface TestServer {
  /** Temporary folder with its configuration, data and log; removed by `stop`. */
  readonly folder: string;
  /** Sends a signal (SIGKILL to all of its processes at once, as a crash does) and waits until it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Sends a signal that does not end it, such as SIGHUP, SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Starts it again in the same folder on the same ports, ending it first when it still runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. May be called twice. */
  stop(): Promise<void>;
  /** What it has logged until now. */
  log(): Promise<string>;
}

/** How a server is run. */
export interface ServerPlan {
  readonly name: string;
  readonly folder: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** Ports that answer once it is ready. */
  readonly ports: readonly number[];
  /** Ran before each start. */
  readonly prepare?: () => Promise<void>;
  /** User and group to run as, who then own the folder; ours unless told. */
  readonly identity?: Identity;
  /** Signal that ends it in order; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /** Milliseconds that it has to end in order before it is killed; {@link StopLimit} unless told. */
  readonly patience?: number;
}

/** Numeric user and group with their names. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
}

/** Time within which a server has to answer after its start, in ms. */
const StartLimit = 30_000;
/** Time that a server has to end in order before it is killed, in ms. */
const StopLimit = 5_000;
/** Ports below the range from which the system takes those of outgoing connections, so that none is taken by chance. */
const Ports = { from: 12_000, to: 32_000 } as const;
/** Characters of its log that go into the message about a server that does not start. */
const LogTail = 2_000;

/**
 * Ends what is left and removes the folder once the test process is gone, however it went: its end
 * closes the pipe that this shell reads.
 */
const Guard = `read -r _
[ -d "$0" ] || exit 0
while read -r group; do kill -s KILL -- "-$group"; done < "$0/groups"
rm -rf "$0"`;

/** Makes a temporary folder that disappears with the test process at the latest. */
export const makeFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `postrider-${name}-`));
  appendFileSync(join(folder, 'groups'), '');
  const guard = spawn('sh', ['-c', Guard, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return folder;
};

/** A loopback port that nobody uses. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = Ports.from + Math.floor(Math.random() * (Ports.to - Ports.from));
    if (await canListen(port)) return port;
  }
};

/** As many free loopback ports as there are names. */
export const freePorts = async <Name extends string>(...names: Name[]): Promise<Record<Name, number>> => {
  const ports = new Set<number>();
  while (ports.size < names.length) ports.add(await freePort());
  const found = [...ports];
  return Object.fromEntries(names.map((name, i) => [name, found[i]])) as Record<Name, number>;
};

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** Whether something accepts connections on a loopback port. */
export const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** Without privileges: ourselves, or `nobody` when the tests run as root. */
export const unprivileged = (): Identity => {
  const { uid, gid, username } = userInfo();
  return uid === 0 ? { uid: 65_534, gid: 65_534, user: 'nobody' } : { uid, gid, user: username };
};

/** Runs a program to its end; resolves with what it printed, throws when it fails. */
export const run = async (program: string, args: readonly string[], input?: string): Promise<string> => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => output.push(bytes));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  const text = Buffer.concat(output).toString();
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed with ${code}: ${text}`);
  return text;
};

/** Starts a server and waits until its ports answer. */
export const startServer = async (plan: ServerPlan): Promise<TestServer> => {
  const { identity, folder } = plan;
  if (identity !== undefined) await run('chown', ['-R', `${identity.uid}:${identity.gid}`, folder]);
  const server = new Process(plan);
  try {
    await server.restart();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
};

interface JestGlobals {
  afterAll(action: () => Promise<void>, timeout: number): void;
}

/**
 * To be called once at the top of a test file: stops every server given to the returned function
 * once the tests of the file are through, also when some of them failed.
 */
export const stopAfterTests = (): (<S extends { stop(): Promise<void> }>(server: S | Promise<S>) => Promise<S>) => {
  const servers: { stop(): Promise<void> }[] = [];
  // Jest's global: importing it would forbid the use of these servers outside of tests, in benches.
  (globalThis as typeof globalThis & JestGlobals).afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  }, 4 * StopLimit);
  return async (starting) => {
    const server = await starting;
    servers.push(server);
    return server;
  };
};

class Process implements TestServer {
  readonly folder: string;
  readonly #plan: ServerPlan;
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  constructor(plan: ServerPlan) {
    this.#plan = plan;
    this.folder = plan.folder;
    this.#logFile = join(plan.folder, 'log');
  }

  async restart(): Promise<void> {
    await this.#end();
    await this.#plan.prepare?.();
    const child = this.#spawn();
    this.#child = child;
    await this.#ready(child);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    if (signal === 'SIGKILL') killGroup(child, signal);
    else child.kill(signal);
    await ended(child);
    await this.#clear(child);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child === undefined) return;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') killGroup(this.#child, signal);
    else this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    await this.#end();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async log(): Promise<string> {
    return await readFile(this.#logFile, 'utf8').catch(() => '');
  }

  #spawn(): ChildProcess {
    const { command, identity } = this.#plan;
    const log = openSync(this.#logFile, 'a');
    if (identity !== undefined) fchownSync(log, identity.uid, identity.gid);
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', log, log],
      ...(identity !== undefined && process.getuid?.() === 0 ? { uid: identity.uid, gid: identity.gid } : {}),
    });
    closeSync(log);
    child.unref();
    child.once('error', (error) => appendFileSync(this.#logFile, `${error.message}\n`));
    if (child.pid !== undefined) appendFileSync(join(this.folder, 'groups'), `${child.pid}\n`);
    return child;
  }

  async #ready(child: ChildProcess): Promise<void> {
    const until = Date.now() + StartLimit;
    for (const port of this.#plan.ports) {
      while (!(await answers(port))) {
        if (hasEnded(child) || Date.now() > until) throw new Error(await this.#failure(child));
        await wait(20);
      }
    }
  }

  async #failure(child: ChildProcess): Promise<string> {
    const how = hasEnded(child) ? `ended with ${child.exitCode ?? child.signalCode}` : 'does not answer';
    return `${this.#plan.name} ${how}. Its log:\n${(await this.log()).slice(-LogTail)}`;
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    killGroup(child, 'SIGCONT');
    child.kill(this.#plan.stopSignal ?? 'SIGTERM');
    await Promise.race([ended(child), wait(this.#plan.patience ?? StopLimit, undefined, { ref: false })]);
    await this.#clear(child);
  }

  /** Kills what is left of it and waits until its ports are free. */
  async #clear(child: ChildProcess): Promise<void> {
    killGroup(child, 'SIGKILL');
    await ended(child);
    const until = Date.now() + StopLimit;
    for (const port of this.#plan.ports) while (!(await canListen(port)) && Date.now() < until) await wait(10);
    this.#child = undefined;
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

const ended = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  // Who waits for it must not end before it does.
  child.ref();
  await once(child, 'exit');
};

/** Signals a process and its children; says whether there was any. */
const killGroup = (child: ChildProcess, signal: NodeJS.Signals | 0): boolean => {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
};
