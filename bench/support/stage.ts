import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Relay, startRelay } from '../../test/backends/imap/relay.ts';
import { type Dovecot, startDovecot } from '../../test/servers/dovecot.ts';
import { freePorts } from '../../test/servers/process.ts';
import type { ImapServerOptions } from './imap-server.ts';
import { type Part, startPart } from './process.ts';

/** A real Dovecot, a relay that counts what is said to it, and Postrider in front of them. */
export interface Stage {
  readonly dovecot: Dovecot;
  readonly relay: Relay;
  /** The server that runs now. */
  readonly server: Part;
  readonly url: string;
  /** Folder of the server's state. */
  readonly folder: string;
  /** Kills the server, and starts another one on the same state and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** How the parts run. */
export interface StageOptions extends Pick<ImapServerOptions, 'watch' | 'idleSeconds'> {
  /** Dovecot tells of changes by the webhook. */
  readonly webhook?: boolean;
  /** More configuration of Dovecot. */
  readonly dovecot?: string;
  /** Connections that Dovecot takes altogether. */
  readonly maxConnections?: number;
}

export const Domain = 'bench.test';
const Secret = 'a secret that only the bench and its Dovecot know, of more than 64 bytes';

/** LMTP delivers mail for `user+Folder@domain` into that folder. */
const Details = `
recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
`;

/** Starts all three. */
export const openStage = async (options: StageOptions = {}): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-bench-'));
  const { port } = await freePorts('port');
  const url = `http://127.0.0.1:${port}/postrider/changes`;
  const dovecot = await startDovecot({
    extra: `${Details}${options.dovecot ?? ''}`,
    ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
    ...(options.webhook
      ? {
          pushScript: 'examples/dovecot-push.lua',
          pluginSettings: { postrider_url: url, postrider_secret: Secret },
        }
      : {}),
  });
  const relay = await startRelay(dovecot.port);
  const { watch, idleSeconds } = options;
  const webhook = options.webhook ? Secret : undefined;
  const plan: ImapServerOptions = { imapPort: relay.port, port, folder, watch, idleSeconds, webhook, domain: Domain };
  const start = (): Promise<Part> => startPart(import.meta.url, './imap-server', [JSON.stringify(plan)]);
  let server = await start();
  const address = await server.ask<{ url: string }>({ kind: 'address' });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await server.ended();
  };
  const restart = async (): Promise<void> => {
    await end('SIGKILL');
    server = await start();
  };
  const stop = async (): Promise<void> => {
    await end('SIGTERM');
    await relay.close();
    await dovecot.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    dovecot,
    relay,
    get server() {
      return server;
    },
    url: address.url,
    folder,
    restart,
    stop,
  };
};

/**
 * Dovecot notices news for IDLE and NOTIFY by inotify, one instance a connection; where the system
 * allows fewer it looks itself, every 30 s only.
 */
export const demandInotify = (accounts: number): void => {
  const name = 'fs.inotify.max_user_instances';
  const allowed = Number(readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8'));
  if (allowed < 2 * accounts) {
    throw new Error(`${name} is ${allowed}, too few for ${accounts} accounts: sysctl -w ${name}=${4 * accounts}`);
  }
};

/** Name of an account. */
export const userOf = (index: number): string => `user${index}@${Domain}`;

/** Where the figures come from: they mean nothing without. */
export const printMachine = (): void => {
  const [load] = readFileSync('/proc/loadavg', 'utf8').split(' ');
  const [cpu] = cpus();
  console.log(`machine   ${cpus().length} x ${cpu?.model.trim()}, Node ${process.version}, load ${load} at the start`);
};

/** One figure, and beside it what is demanded. */
export const print = (what: string, value: string, target = ''): void =>
  console.log(`${what.padEnd(46)} ${value.padEnd(28)} ${target}`);

/** Begins to measure the peak of a process's memory anew. */
export const resetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Resident memory of a process in MB: now, and at its peak since {@link resetPeak}. */
export const residentOf = (pid: number): { readonly now: number; readonly peak: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
};
