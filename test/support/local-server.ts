import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { type LocalBackend, LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { createPolicy, type PolicyOptions } from '../../src/devices/policy.ts';
import type { RequestFacts } from '../../src/http/active-sync.ts';
import { Device } from '../../src/phone/device.ts';
import { Phone, type PhoneOptions } from '../../src/phone/phone.ts';
import { type AccountBackend, createServer, type Server, type ServerParts } from '../../src/server.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { responseRecorder } from './record.ts';
import { quietLog, systemClock, systemRandom } from './system.ts';

/** A server on the local store, with the accounts anna and ben, password `secret`. */
export interface LocalServer {
  readonly server: Server;
  readonly local: LocalBackend;
  readonly state: StateStore;
  readonly url: string;
  readonly errors: readonly string[];
  /** Every request that was answered. */
  readonly served: readonly RequestFacts[];
  /** A device of an account. */
  device(user: string, deviceId: string, options?: Partial<ConstructorParameters<typeof Device>[0]>): Device;
  /** A phone that holds what it applies. */
  phone(
    user: string,
    deviceId: string,
    options?: PhoneOptions,
    device?: Partial<ConstructorParameters<typeof Device>[0]>,
  ): Phone;
  /** Delivers a message. */
  deliver(to: string, raw: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** How a test's server differs. */
export interface LocalServerOptions {
  readonly policy?: PolicyOptions;
  readonly parts?: Partial<ServerParts>;
  readonly folder?: string;
  readonly state?: StateStore;
}

const Domain = 'example.test';

/** Starts a server on loopback. */
export const startLocalServer = async (options: LocalServerOptions = {}): Promise<LocalServer> => {
  const log = quietLog();
  const served: RequestFacts[] = [];
  const local = openLocal(
    LocalSettings.parse({ file: options.folder === undefined ? ':memory:' : 'mail.db', passwordCost: 10 }),
    {
      log,
      now: () => (options.parts?.clock ?? systemClock).now(),
      dataFolder: options.folder ?? '',
    },
  );
  for (const user of ['anna', 'ben']) {
    const name = `${user}@${Domain}`;
    if (!(await local.accounts.has(name))) await local.accounts.create(name, 'secret', user);
  }
  const state = options.state ?? openSqliteState(':memory:');
  const server = await createServer({
    http: { host: '127.0.0.1', port: 0 },
    auth: { accounts: { domains: [Domain], upstreamUser: '{address}' } },
    policy: createPolicy(options.policy ?? { provisioning: 'required' }),
    backend: local as AccountBackend,
    state,
    composer: mailComposer,
    clock: systemClock,
    random: systemRandom,
    log,
    served: (facts) => void served.push(facts),
    ...options.parts,
  });
  const url = await server.http.listen();
  const device: LocalServer['device'] = (user, deviceId, more = {}) =>
    new Device({ url, user, password: 'secret', deviceId, onExchange: responseRecorder(), ...more });
  return {
    server,
    local,
    state,
    url,
    errors: log.errors,
    served,
    device,
    phone: (user, deviceId, phone = {}, more = {}) => new Phone(device(user, deviceId, more), phone),
    deliver: (to, raw) => {
      const bytes = typeof raw === 'string' ? new TextEncoder().encode(raw) : raw;
      return local.deliver({ from: `sender@${Domain}`, recipients: [`${to}@${Domain}`], message: bytesSource(bytes) });
    },
    close: async () => {
      await server.close();
      await local.close();
      if (options.state === undefined) await state.close();
    },
  };
};

/** A small message. */
export const message = (subject: string, text = 'Hello'): string =>
  [
    'From: Carl <carl@example.test>',
    'To: anna@example.test',
    `Subject: ${subject}`,
    `Message-ID: <${encodeURIComponent(subject)}@example.test>`,
    'Date: Mon, 23 Nov 2026 10:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
  ].join('\r\n');
