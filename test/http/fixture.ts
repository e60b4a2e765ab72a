import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Backend, Login } from '../../backends/contract/backend.ts';
import { BackendError } from '../../backends/contract/errors.ts';
import { FolderHierarchy } from '../../protocol/code-pages/index.ts';
import { container, type Infer, integer, opaque, optional, text } from '../../protocol/schema/describe.ts';
import { readDocument } from '../../protocol/schema/read.ts';
import { writeDocument } from '../../protocol/schema/write.ts';
import type { KnownVersion } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { type AuthOptions, createAuthenticator } from '../../src/auth/authenticator.ts';
import { createDeviceGate } from '../../src/devices/gate.ts';
import { createPolicy, type PolicyOptions } from '../../src/devices/policy.ts';
import type { AnyCommand, Command, CommandRequest } from '../../src/handlers/command.ts';
import type { Answer, Context, Log } from '../../src/handlers/context.ts';
import type { RequestFacts } from '../../src/http/active-sync.ts';
import type { HttpOptions } from '../../src/http/options.ts';
import { createHttpServer, type HttpServer, type HttpServices } from '../../src/http/server.ts';
import { spoolsIn } from '../../src/spool.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A backend that knows passwords, counts how often it is asked, and can be down. */
export class CountingBackend implements Backend {
  readonly passwords = new Map([
    ['anna', 'geheim'],
    ['ben', 'pass'],
  ]);
  readonly logins: Login[] = [];
  readonly forgotten: string[] = [];
  down = false;
  /** Resolved before an answer is given. */
  gate: Promise<void> = Promise.resolve();

  async prove(login: Login): Promise<boolean> {
    this.logins.push(login);
    await this.gate;
    if (this.down) throw new BackendError('unavailable', { retryAfter: 7 });
    return this.passwords.get(login.user) === login.password;
  }

  account() {
    return {};
  }

  async forget(account: string): Promise<void> {
    this.forgotten.push(account);
  }

  async check() {
    return [];
  }

  async close(): Promise<void> {}
}

export interface LogEntry {
  readonly level: string;
  readonly facts: object;
  readonly message: string;
}

/** A log that can be read. */
export const recordingLog = (): Log & { readonly entries: LogEntry[] } => {
  const entries: LogEntry[] = [];
  const at = (level: string) => (facts: object, message: string) => void entries.push({ level, facts, message });
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

/** A small document: FolderSync's own request with a large opaque beside it. */
export const EchoDocument = container(FolderHierarchy.FolderSync, {
  status: optional(integer(FolderHierarchy.Status)),
  syncKey: optional(text(FolderHierarchy.SyncKey)),
  bytes: optional(opaque(FolderHierarchy.DisplayName)),
});
export type EchoDocument = Infer<typeof EchoDocument>;

type Handle = (context: Context, request: CommandRequest<EchoDocument>) => Promise<Answer<EchoDocument>>;

/** A command of the given name that does what a test says. */
export const testCommand = (
  name: string,
  handle: Handle,
  more: Partial<Command<EchoDocument, EchoDocument>> = {},
): AnyCommand => ({
  name,
  request: EchoDocument,
  response: EchoDocument,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle,
  failure: (status) => ({ status }),
  ...more,
});

export const encode = (value: EchoDocument, version: KnownVersion = '14.1'): Buffer =>
  Buffer.concat(writeDocument(EchoDocument, value, version) as Uint8Array[]);

export const decode = (body: Uint8Array): EchoDocument => readDocument(EchoDocument, bytesSource(body));

export interface Fixture {
  readonly server: HttpServer;
  readonly url: string;
  readonly backend: CountingBackend;
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof recordingLog>;
  readonly served: RequestFacts[];
  readonly spoolFolder: string;
}

export interface FixtureOptions {
  readonly commands?: readonly AnyCommand[];
  readonly http?: Partial<HttpOptions>;
  readonly policy?: PolicyOptions;
  readonly auth?: Partial<AuthOptions>;
  readonly services?: Partial<HttpServices>;
}

/** A server that listens, over a real state store in memory. */
export const startServer = async (options: FixtureOptions = {}): Promise<Fixture> => {
  const spoolFolder = mkdtempSync(join(tmpdir(), 'postrider-http-'));
  const cleanUp = (): void => rmSync(spoolFolder, { recursive: true, force: true });
  return listening(options, spoolFolder, cleanUp).catch((error: unknown) => {
    cleanUp();
    throw error;
  });
};

const listening = async (options: FixtureOptions, spoolFolder: string, cleanUp: () => void): Promise<Fixture> => {
  const [backend, clock, log] = [new CountingBackend(), new FakeClock(), recordingLog()];
  const served: RequestFacts[] = [];
  const random = (length: number): Uint8Array => randomBytes(length);
  const auth = { accounts: { domains: ['example.org'] }, ...options.auth };
  const server = createHttpServer(
    { host: '127.0.0.1', port: 0, ...options.http },
    {
      commands: new Map((options.commands ?? []).map((command) => [command.name, command])),
      authenticator: createAuthenticator(auth, backend, clock, random),
      gate: createDeviceGate(createPolicy(options.policy ?? { provisioning: 'off' })),
      abilities: () => backend.account(),
      ambient: { state: openSqliteState(':memory:'), clock, random, log },
      served: (facts) => void served.push({ ...facts }),
      openSpool: spoolsIn(spoolFolder, random),
      ...options.services,
    },
  );
  const close = async (): Promise<void> => {
    await server.close();
    cleanUp();
  };
  return { server: { ...server, close }, url: await server.listen(), backend, clock, log, served, spoolFolder };
};

/** Gives a function that starts a server as {@link startServer} does, which ends with its test. */
export const startedServers = (): typeof startServer => {
  const started: Fixture[] = [];
  afterEach(async () => {
    for (const { server } of started.splice(0)) await server.close();
  });
  return async (options) => {
    const fixture = await startServer(options);
    started.push(fixture);
    return fixture;
  };
};

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export const lineOf = (command: string, device = 'PHONE1'): string =>
  `/Microsoft-Server-ActiveSync?Cmd=${command}&User=anna&DeviceId=${device}&DeviceType=iPhone`;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RequestInput {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array | string;
}

const Defaults = {
  Authorization: basic('anna', 'geheim'),
  'Content-Type': 'application/vnd.ms-sync.wbxml',
  'MS-ASProtocolVersion': '14.1',
};

/** One request over a real socket; a header of `undefined` is left out. */
export const ask = (url: string, input: RequestInput = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = Object.fromEntries(
      Object.entries({ ...Defaults, ...input.headers }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    const target = new URL(url);
    const path = input.path ?? lineOf('FolderSync');
    const { hostname: host, port } = target;
    const request = httpRequest(
      { host, port, path, method: input.method ?? 'POST', headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(input.body);
  });
