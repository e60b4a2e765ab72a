import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { destination } from 'pino';
import { demoDataFolder } from '../config/data-folder.ts';
import { configSchema } from '../config/schema.ts';
import {
  type Demo,
  DemoDomain,
  type DemoSmtp,
  issueCertificate,
  prepareDemo,
  startDemoSmtp,
  writeAccountFile,
} from '../demo/index.ts';
import type { Log } from '../handlers/context.ts';
import { createLog } from '../observe/log.ts';
import type { AccountBackend } from '../server.ts';
import { systemRandom } from '../system.ts';
import { backendKinds, openLocalStore, type PlacedConfig, type Running, run } from '../wiring.ts';
import { type Console, paintOf, print } from './console.ts';
import { CliFailure } from './failure.ts';
import { lockFolder } from './folder-lock.ts';
import { type FoundPort, findPort } from './ports.ts';
import { untilStopped } from './signals.ts';

/** What the command line said. */
export interface StartOptions {
  /** Serve phones of the local network, too. */
  readonly lan?: boolean | undefined;
  readonly port?: number | undefined;
  readonly smtpPort?: number | undefined;
  readonly data?: string | undefined;
}

/** Ports that the demo takes unless told; the next free ones when they are in use. */
const Ports = { http: 8080, https: 8443, smtp: 2525 } as const;

/** Days that a demo's certificate is valid: iOS takes no longer one than 825. */
const CertificateDays = 820;
const Day = 86_400_000;

/** The address of this machine in the local network. Throws when it has none. */
const lanAddress = (): string => {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
  const home = outer.find((address) => /^(192\.168\.|10\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address));
  const found = home ?? outer[0];
  if (found !== undefined) return found;
  throw new CliFailure(
    'This machine has no address in a local network, so no phone can reach it. Connect it to the network that the ' +
      'phone is in, or start without --lan and use `npm run phone`.',
  );
};

/** Certificate files of the demo, and the fingerprint that phones show. */
interface DemoTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly fingerprint: string;
}

/** The certificate of an earlier start when it still fits, else a new one. */
const demoTls = (folder: string, host: string): DemoTls => {
  const [certFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'certificate.key')];
  const kept = existsSync(certFile) && existsSync(keyFile) ? new X509Certificate(readFileSync(certFile)) : undefined;
  const now = Date.now();
  if (kept?.checkIP(host) === host && Date.parse(kept.validTo) > now + 30 * Day) {
    return { certFile, keyFile, fingerprint: kept.fingerprint256 };
  }
  const issued = issueCertificate({
    names: [host, 'localhost', '127.0.0.1'],
    notBefore: now - Day,
    notAfter: now + CertificateDays * Day,
    serial: systemRandom(16),
  });
  writeFileSync(keyFile, issued.key, { mode: 0o600 });
  writeFileSync(certFile, issued.certificate);
  return { certFile, keyFile, fingerprint: new X509Certificate(issued.certificate).fingerprint256 };
};

/** Where the demo listens. */
interface Place {
  readonly folder: string;
  readonly host: string;
  readonly found: FoundPort;
  readonly tls: DemoTls | undefined;
}

const placeOf = async (folder: string, { lan = false, port }: StartOptions): Promise<Place> => {
  const host = lan ? lanAddress() : '127.0.0.1';
  const found = await findPort(host, port ?? (lan ? Ports.https : Ports.http), 'the server');
  return { folder, host, found, tls: lan ? demoTls(folder, host) : undefined };
};

const urlOf = ({ host, tls }: Place, port: number): string =>
  `${tls === undefined ? 'http' : 'https'}://${host}:${port}`;

const configOf = (place: Place): PlacedConfig => {
  const { folder, host, found, tls } = place;
  const parsed = configSchema(backendKinds).parse({
    listen: {
      address: `${host}:${found.port}`,
      ...(tls === undefined ? {} : { tls: { certFile: tls.certFile, keyFile: tls.keyFile } }),
    },
    ...(found.port === 0 ? {} : { publicUrl: urlOf(place, found.port) }),
    domains: [DemoDomain],
    logins: { upstreamUser: '{address}' },
    backends: { demo: { kind: 'local' } },
  });
  return { ...parsed, dataFolder: folder };
};

/** The demo, running. */
interface RunningDemo {
  readonly running: Running;
  readonly demo: Demo;
  readonly smtp: DemoSmtp;
  readonly url: string;
  readonly place: Place;
  /** What the user should know: ports that were in use. */
  readonly notices: readonly string[];
}

const startOn = async (folder: string, options: StartOptions, log: Log): Promise<RunningDemo> => {
  const place = await placeOf(folder, options);
  const smtpPort = await findPort('127.0.0.1', options.smtpPort ?? Ports.smtp, 'SMTP');
  const store = openLocalStore(folder, log);
  const demo = await prepareDemo(folder, store, systemRandom, Date.now);
  const running = await run(configOf(place), { log, backend: store as AccountBackend });
  const onError = (error: Error): void => log.info({ reason: error.message }, 'An SMTP connection failed');
  const smtp = await startDemoSmtp({ store, port: smtpPort.port, onError });
  const { fingerprint } = place.tls ?? {};
  const url = running.url;
  await writeAccountFile(demo.passwordFile, {
    url,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    smtp: `smtp://127.0.0.1:${smtp.port}`,
    accounts: demo.accounts.map(({ address, password }) => ({ user: address, password })),
  });
  const notices = [place.found.notice, smtpPort.notice].filter((notice) => notice !== undefined);
  return { running, demo, smtp, url, place, notices };
};

/** Starts the demo server and serves until it is stopped. */
export const start = async (options: StartOptions, io: Console): Promise<number> => {
  const began = performance.now();
  const folder = options.data ?? demoDataFolder(io.env);
  const unlock = lockFolder(folder);
  const logFile = join(folder, 'postrider.log');
  const log = createLog({ destination: destination({ dest: logFile, sync: false, mkdir: true }) });
  try {
    const demo = await startOn(folder, options, log);
    welcome(demo, { folder, logFile, milliseconds: performance.now() - began }, io);
    const close = async (): Promise<void> => {
      await demo.smtp.close();
      await demo.running.close();
    };
    const code = await untilStopped({ close }, log, io.output);
    print(io.output, 'Everything is kept: the next `npm start` goes on from here.');
    return code;
  } finally {
    unlock();
  }
};

/** What the welcome tells beside the demo itself. */
interface Facts {
  readonly folder: string;
  readonly logFile: string;
  readonly milliseconds: number;
}

const welcome = (demo: RunningDemo, facts: Facts, io: Console): void => {
  const paint = paintOf(io);
  const { url, smtp, place, notices } = demo;
  const data = options(facts.folder, io);
  print(
    io.output,
    ...notices.map((notice) => paint('yellow', notice)),
    '',
    `${paint('bold', 'Postrider')} is running ${paint('dim', `(started in ${Math.round(facts.milliseconds)} ms)`)}`,
    '',
    `  ActiveSync   ${paint('cyan', url)}`,
    `  Mail in      ${paint('cyan', `smtp://127.0.0.1:${smtp.port}`)}  any SMTP client on this machine may deliver here`,
    ...accountLines(demo, io),
    `  Data         ${facts.folder}`,
    `  Log          ${facts.logFile}`,
    ...(place.tls === undefined ? [] : ['', ...phoneLines(demo, place.tls)]),
    '',
    'Next, in another terminal:',
    '',
    `  ${paint('bold', `npm run phone${data}`)}`,
    '',
    paint(
      'dim',
      'A phone in the terminal: it shows the folders and the Inbox, waits, and prints new mail as it comes.',
    ),
    paint('dim', 'Ctrl-C stops the server and keeps its data.'),
  );
};

/** What `npm run phone` needs to find a data folder that is not the usual one. */
const options = (folder: string, { env }: Console): string =>
  folder === demoDataFolder({ ...env, POSTRIDER_DATA: undefined }) ? '' : ` -- --data ${folder}`;

/** Passwords are shown to a person only: what is piped may end up in a log. */
const accountLines = ({ demo }: RunningDemo, io: Console): readonly string[] => {
  if (io.output.isTTY !== true)
    return [
      `  Accounts     ${demo.accounts.map(({ address }) => address).join(', ')}; passwords in ${demo.passwordFile}`,
    ];
  const paint = paintOf(io);
  return demo.accounts.map(
    ({ address, password }, i) =>
      `  ${i === 0 ? 'Accounts  ' : '          '}   ${address}  password ${paint('bold', password)}`,
  );
};

/** What people do with their phones, and what these ask. */
const phoneLines = ({ url, demo }: RunningDemo, { fingerprint }: DemoTls): readonly string[] => {
  const { host } = new URL(url);
  const [first] = demo.accounts;
  return [
    'A real phone in the same network:',
    '',
    '  Add an account of the kind "Exchange" and choose the manual set-up:',
    `  e-mail ${first?.address}, server ${host}, domain empty, user ${first?.address}, SSL on.`,
    '',
    "  The certificate is this machine's own, so the phone asks about it. Compare its SHA-256 fingerprint:",
    `  ${fingerprint.slice(0, 47)}`,
    `  ${fingerprint.slice(48)}`,
    '  iOS:     "Cannot Verify Server Identity": Details shows the fingerprint; then Trust.',
    '  Android: Gmail: security type "SSL/TLS (accept all certificates)"; other apps: "Trust all certificates".',
    "  Either then says that the server may manage the device: the demo's policy demands and forbids nothing.",
  ];
};
