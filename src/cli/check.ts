import { accessSync, constants, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { CheckLine, Login } from '../../backends/contract/backend.ts';
import { accountResolver } from '../auth/accounts.ts';
import { createLog } from '../observe/log.ts';
import { Device } from '../phone/device.ts';
import { probeServer } from '../phone/probe.ts';
import { terminalDeviceId } from '../phone/terminal.ts';
import { askSecret } from '../phone/terminal-io.ts';
import { accountOptionsOf, openBackends, type PlacedConfig } from '../wiring.ts';
import { accountLines } from './check-account.ts';
import { CheckReport } from './check-lines.ts';
import { certificateLine, publicUrlLines } from './check-public.ts';
import { type Console, print } from './console.ts';
import { CliFailure } from './failure.ts';
import { type TrustOptions, trustOf } from './phone.ts';
import { readConfigFile, refuseDemo } from './serve.ts';
import { stateLines } from './state-check.ts';

/** What the command line said. */
export interface CheckOptions extends TrustOptions {
  readonly config: string;
  readonly user?: string | undefined;
  /** Address to try from outside. */
  readonly url?: string | undefined;
  /** Minutes of the Pings to try there. */
  readonly ping?: readonly number[] | undefined;
}

/** Checks a configuration and all that stands behind it; 1 when anything fails. */
export const check = async (options: CheckOptions, io: Console): Promise<number> => {
  const config = readConfigFile(options.config, io);
  refuseDemo(config);
  const login = await loginOf(options, config, io);
  const report = new CheckReport(io);
  await report.part('Configuration', 'data folder', async () => configLines(options.config, config));
  await report.part('State store', 'state', () => stateLines(config));
  await checkBackends(config, login, report);
  await report.part('Phones', 'publicUrl', () => phoneLines(config));
  if (options.url !== undefined) await checkFromOutside(options, options.url, login, report, io);
  print(io.output, '', verdict(report.failures, login));
  return report.failures === 0 ? 0 : 1;
};

const verdict = (failures: number, login: Login | undefined): string => {
  if (failures > 0) return `${failures} of these must be put right before phones work.`;
  return login === undefined ? 'All is well. With --user NAME the account is looked at, too.' : 'All is well.';
};

/** Who is looked at; asks for the password unless POSTRIDER_PASSWORD has it. */
const loginOf = async ({ user, url }: CheckOptions, config: PlacedConfig, io: Console): Promise<Login | undefined> => {
  if (user === undefined) {
    if (url !== undefined) throw new CliFailure('--url looks as a phone does and needs an account: add --user NAME.');
    return undefined;
  }
  const resolved = accountResolver(accountOptionsOf(config))(user);
  if (!resolved.ok)
    throw new CliFailure(`--user ${user}: ${resolved.reason}. Served are ${config.domains.join(', ')}.`);
  const password = io.env.POSTRIDER_PASSWORD ?? (await askSecret(io, `Password of ${user}: `));
  if (!password) throw new CliFailure(`No password for ${user}: type it, or set POSTRIDER_PASSWORD.`);
  const { identity, upstreamUser } = resolved.account;
  return { account: identity.name, user: upstreamUser, password };
};

const configLines = (file: string, config: PlacedConfig): readonly CheckLine[] => {
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  accessSync(config.dataFolder, constants.R_OK | constants.W_OK);
  const { host, port } = config.listen.address;
  return [
    { ok: true, what: file, meaning: `valid; serves ${config.domains.join(', ')} on ${host}:${port}` },
    { ok: true, what: 'data folder', meaning: `${config.dataFolder} can be written` },
  ];
};

/** Asks the backends what they can do; with a login also what the account has. */
const checkBackends = async (config: PlacedConfig, login: Login | undefined, report: CheckReport): Promise<void> => {
  const backend = openBackends(config, createLog({ level: 'silent' }));
  try {
    await report.part('Backends', 'backends', () => backend.check(login));
    if (login === undefined) return;
    await report.part(`Account ${login.account}`, 'login', async () => {
      if (await backend.prove(login)) return accountLines(backend.account(login));
      return [{ ok: false, what: 'login', meaning: `the mail server refuses ${login.user} with this password` }];
    });
  } finally {
    await backend.close();
  }
};

const phoneLines = async ({ listen, publicUrl }: PlacedConfig): Promise<readonly CheckLine[]> => {
  const now = Date.now();
  const tls = listen.tls === undefined ? [] : [certificateLine(listen.tls.certFile, now)];
  if (publicUrl !== undefined) return [...tls, ...(await publicUrlLines(publicUrl, now))];
  const meaning =
    'not set: Autodiscover is off, and users type the server name into their phones. Set it to the address that ' +
    'phones use, https://mail.example.org';
  return [...tls, { ok: 'missing', what: 'publicUrl', meaning }];
};

/** Looks at the server as a phone does, through all that stands in front of it. */
const checkFromOutside = async (
  options: CheckOptions,
  url: string,
  login: Login | undefined,
  report: CheckReport,
  io: Console,
): Promise<void> => {
  const user = options.user ?? '';
  const deviceId = terminalDeviceId(`check ${user}`, hostname());
  const trust = trustOf(options);
  const device = new Device({ url, user, password: login?.password ?? '', deviceId, trust, version: 'newest' });
  const durations = options.ping?.map((minutes) => minutes * 60);
  report.heading(`From outside: ${url}`);
  if (durations === undefined)
    print(io.output, '  The longest Ping takes 29 minutes; --ping 1,5 tries shorter ones only.');
  try {
    await probeServer(device, { durations, onLine: (line) => report.line(line) });
  } finally {
    device.close();
  }
};
