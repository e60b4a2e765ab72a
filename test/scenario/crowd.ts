import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Anomaly, describeAnomaly } from '../../src/phone/anomaly.ts';
import { Device } from '../../src/phone/device.ts';
import { Phone } from '../../src/phone/phone.ts';
import { type CliProcess, postrider } from '../cli/cli-process.ts';
import { type Dovecot, DovecotPassword, startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/process.ts';
import { type ProxyConfiguration, startNginx, type TestProxy } from '../servers/proxies.ts';
import { pause, randomOf, takeSteps, type World } from './crowd-steps.ts';
import { differences, type Truth, truthOf } from './crowd-truth.ts';

/** How big the crowd is, and how busy. */
export interface CrowdOptions {
  readonly accounts: number;
  /** Seconds of activity. */
  readonly seconds: number;
  /** What somebody does in a second, somewhere. */
  readonly stepsPerSecond: number;
  readonly seed: number;
  /** Seconds after which every phone must hold its mailbox. */
  readonly settleSeconds: number;
}

/** How it ended. */
export interface CrowdReport {
  /** Phones that do not hold exactly their mailbox, and what is wrong. */
  readonly wrong: readonly string[];
  readonly anomalies: readonly string[];
  /** Folders or hierarchies that a phone had to download anew (Status 3 and 9). */
  readonly wipes: number;
  /** Phones whose life ended with an error, as after 401. */
  readonly dead: readonly string[];
  /** What the server logged as errors: each is a bug. */
  readonly bugs: readonly string[];
  /** How often each kind of step was taken. */
  readonly steps: Readonly<Record<string, number>>;
  /** Mails that the phones hold at the end. */
  readonly mails: number;
  /** Seconds from the end of activity until every phone held its mailbox. */
  readonly settled: number;
}

/** A user's phone and its life. */
export interface Member {
  readonly user: string;
  readonly phone: Phone;
  readonly device: Device;
}

interface Stage {
  readonly dovecot: Dovecot;
  readonly server: CliProcess;
  readonly proxy: TestProxy;
  close(): Promise<void>;
}

const example = (name: string): string => readFileSync(join(import.meta.dirname, '../../examples', name), 'utf8');

/** Replaces a text of an example by what this machine needs; the example must hold it. */
const adapted = (text: string, changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`the example does not hold ${from}`);
    return all.replaceAll(from, to);
  }, text);

/** The nginx of the examples. */
const proxyTo =
  (port: number): ProxyConfiguration =>
  ({ tlsPort, certificateFile, keyFile }) =>
    adapted(example('nginx.conf'), [
      ['server 127.0.0.1:8080;', `server 127.0.0.1:${port};`],
      ['listen 443 ssl;', `listen 127.0.0.1:${tlsPort} ssl;`],
      ['listen [::]:443 ssl;', ''],
      ['mail.example.org autodiscover.example.org', 'localhost'],
      ['/etc/letsencrypt/live/mail.example.org/fullchain.pem', certificateFile],
      ['/etc/letsencrypt/live/mail.example.org/privkey.pem', keyFile],
    ]);

/**
 * Dovecot (with sdbox: of a killed one a Maildir keeps a lock file for two minutes), the server in a process of its own
 * as an administrator runs it, and nginx with TLS in front.
 */
const setStage = async (accounts: number): Promise<Stage> => {
  const data = await mkdtemp(join(tmpdir(), 'postrider-crowd-'));
  const port = await freePort();
  const dovecot = await startDovecot({ storage: 'sdbox', maxConnections: Math.max(2_000, accounts * 10) });
  const server = postrider(['serve', '--config', 'examples/imap.yaml'], {
    MAIL_DOMAIN: 'example.test',
    IMAP_URL: `imap://127.0.0.1:${dovecot.port}`,
    SMTP_URL: 'smtp://127.0.0.1:25',
    POSTRIDER_LISTEN: `127.0.0.1:${port}`,
    POSTRIDER_DATA: data,
  });
  const proxy = await startNginx(proxyTo(port));
  await server.until(/serves phones/);
  const close = async (): Promise<void> => {
    await Promise.all([server.stop(), proxy.stop(), dovecot.stop()]);
    await rm(data, { recursive: true, force: true });
  };
  return { dovecot, server, proxy, close };
};

const startMembers = async ({ proxy }: Stage, count: number): Promise<readonly Member[]> => {
  const ca = await readFile(proxy.caFile, 'utf8');
  const url = `https://127.0.0.1:${proxy.tlsPort}`;
  return Array.from({ length: count }, (_, i) => {
    const user = `user${i}`;
    const device = new Device({ url, user, password: DovecotPassword, deviceId: `${user}phone`, trust: { ca } });
    const wish = { filterType: 0, windowSize: 25, bodyPreferences: [{ type: 2, truncationSize: 500 }] };
    return { user, device, phone: new Phone(device, { wish: { ...wish, deletesAsMoves: true } }) };
  });
};

/** The lives of all phones; they begin within seconds of each other, as after a power cut. */
class Lives {
  readonly dead: string[] = [];
  readonly #end = new AbortController();
  readonly #lives: Promise<void>[];

  constructor(members: readonly Member[]) {
    this.#lives = members.map(async ({ user, phone }) => {
      await phone.run(this.#end.signal).catch((error: unknown) => void this.dead.push(`${user}: ${String(error)}`));
    });
  }

  async end(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#lives);
  }
}

/** Has a crowd of phones live through its time, Dovecot restarted in the middle, and looks what they hold. */
export const runCrowd = async (options: CrowdOptions): Promise<CrowdReport> => {
  const stage = await setStage(options.accounts);
  const members = await startMembers(stage, options.accounts);
  const lives = new Lives(members);
  try {
    const random = randomOf(options.seed);
    const world: World = { dovecot: stage.dovecot, members, random, steps: {} };
    await act(world, stage, options);
    const truth = await truthOf(stage.dovecot, members);
    const { wrong, settled } = await settle(members, truth, options.settleSeconds);
    await lives.end();
    return { ...reportOf(members, stage.server), wrong, settled, dead: lives.dead, steps: world.steps };
  } finally {
    await lives.end();
    for (const { device } of members) device.close();
    await stage.close();
  }
};

/** Everybody does things; half-way Dovecot is killed and started again. */
const act = async (world: World, { dovecot }: Stage, { seconds, stepsPerSecond }: CrowdOptions): Promise<void> => {
  const restart = async (): Promise<void> => {
    await pause((seconds * 1000) / 2);
    await dovecot.kill();
    await dovecot.restart();
  };
  await Promise.all([restart(), takeSteps(world, stepsPerSecond, Date.now() + seconds * 1000)]);
};

const settle = async (
  members: readonly Member[],
  truth: Truth,
  seconds: number,
): Promise<{ wrong: readonly string[]; settled: number }> => {
  const begun = Date.now();
  for (;;) {
    const wrong = members.flatMap((member) => differences(member, truth));
    const settled = (Date.now() - begun) / 1000;
    if (wrong.length === 0 || settled > seconds) return { wrong, settled };
    await pause(500);
  }
};

const reportOf = (members: readonly Member[], server: CliProcess) => {
  const tell = (user: string, anomalies: readonly Anomaly[]) =>
    anomalies.map((anomaly) => `${user}: ${describeAnomaly(anomaly)}`);
  return {
    anomalies: members.flatMap(({ user, phone }) => tell(user, phone.mailbox.anomalies)),
    wipes: members.reduce((sum, { phone }) => sum + phone.mailbox.wipes, 0),
    mails: members.reduce(
      (sum, { phone }) => sum + phone.mailbox.collections().reduce((inner, { size }) => inner + size, 0),
      0,
    ),
    bugs: server
      .text()
      .split('\n')
      .filter((line) => /"level":(50|60|"error"|"fatal")/.test(line)),
  };
};
