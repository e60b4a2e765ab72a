import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { can, type ProtocolVersion, SupportedVersions } from '../../protocol/versions.ts';
import { Device } from '../../src/phone/device.ts';
import { HttpFailure } from '../../src/phone/failures.ts';
import { searchMail } from '../../src/phone/search-commands.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { Chance } from '../support/chance.ts';
import { Client } from '../support/client.ts';
import { mutated } from './mutate.ts';
import { type NamedIds, type Sample, withIds } from './names.ts';

const corpus = fileURLToPath(new URL('./corpus/', import.meta.url));

/** The requests of the corpus. */
export const loadCorpus = (): readonly Sample[] =>
  readdirSync(corpus)
    .filter((name) => name.endsWith('.wbxml'))
    .sort()
    .map((name) => ({ command: name.split('-')[0] as CommandName, body: readFileSync(`${corpus}${name}`) }));

/** What a request may be answered with; 501, 503 and 507 are specified, any other 5xx is a bug. */
const Proper: ReadonlySet<number> = new Set([200, 400, 401, 403, 404, 413, 449, 501, 503, 507]);

/** Before 14.0 a Status without an HTTP code of its own is 500 ([MS-ASCMD] 2.2.2); what is a bug is logged as one. */
const isProper = (status: number, version: ProtocolVersion): boolean =>
  Proper.has(status) || (status === 500 && !can(version, 'statusInBody'));

/** Milliseconds after which a Ping or Sync that is not answered counts as held, as it may be. */
const HeldAfter = 300;

const MayBeHeld: ReadonlySet<CommandName> = new Set<CommandName>(['Ping', 'Sync']);

/** What is fuzzed, and how. */
export interface FuzzPlan {
  readonly url: string;
  /** Users to log in as, password `secret`. */
  readonly users: readonly string[];
  /** The same seed makes the same requests of each batch. */
  readonly seed: number;
  /** Requests of one device; the next batch begins with a fresh one. */
  readonly batchSize: number;
  /** Milliseconds that an answer may take. */
  readonly slowest: number;
  /** The clock for that: processor time of the server in milliseconds, so that what else the machine does does not count. */
  readonly now: () => number;
}

/** An answer that should not be. */
export interface Finding {
  readonly batch: number;
  readonly command: CommandName;
  readonly version: string;
  /** The body, in hex. */
  readonly body: string;
  readonly problem: string;
}

/** What came of a batch. */
export interface BatchResult {
  readonly sent: number;
  readonly held: number;
  readonly slowest: number;
  readonly findings: readonly Finding[];
  /** Requests that took too long: where others are served in the same time, it may be for their sake. */
  readonly slow: readonly Finding[];
}

/** Devices that take part. */
const Devices = 50;

/** Whose mailbox a batch is about. */
export const userOfBatch = ({ users }: Pick<FuzzPlan, 'users'>, batch: number): string =>
  users[batch % users.length] ?? '';

/** Device that sends a batch. */
export const deviceOfBatch = (batch: number): string => `fz${batch % Devices}`;

/** Sends one batch of mutated requests as one device. */
export const fuzzBatch = async (plan: FuzzPlan, batch: number): Promise<BatchResult> => {
  const chance = new Chance((plan.seed * 7919 + batch * 104_729) | 1);
  const version = SupportedVersions[batch % SupportedVersions.length] ?? '16.1';
  const user = userOfBatch(plan, batch);
  const device = new Device({ url: plan.url, user, password: 'secret', deviceId: deviceOfBatch(batch), version });
  const samples = loadCorpus();
  const findings: Finding[] = [];
  const slow: Finding[] = [];
  const result = { sent: 0, held: 0, slowest: 0 };
  try {
    const ids = await idsOf(device, user, batch);
    const bodies = samples.map(({ command, body }) => ({ command, body: withIds(body, ids) }));
    for (; result.sent < plan.batchSize; result.sent++) {
      const { command, body } = chance.one(bodies) as Sample;
      const lent = chance.one(bodies)?.body ?? body;
      // Some go as they are: what they do to the device's state is what the next ones meet.
      const bytes = chance.percent(5) ? body : mutated(chance, body, lent);
      const answer = await judge(device, command, bytes, plan);
      result.slowest = Math.max(result.slowest, answer.milliseconds);
      if (answer.held) result.held++;
      const found = { batch, command, version, body: Buffer.from(bytes).toString('hex') };
      if (answer.problem !== undefined) findings.push({ ...found, problem: answer.problem });
      else if (answer.tooSlow !== undefined) slow.push({ ...found, problem: answer.tooSlow });
    }
  } finally {
    device.close();
  }
  return { ...result, findings, slow };
};

interface Judged {
  readonly milliseconds: number;
  readonly held: boolean;
  readonly problem?: string | undefined;
  readonly tooSlow?: string | undefined;
}

/** Sends one request, and looks whether its answer is one that the specification has. */
export const judge = async (
  device: Device,
  command: CommandName,
  body: Uint8Array,
  { slowest, now }: Pick<FuzzPlan, 'slowest' | 'now'>,
): Promise<Judged> => {
  const { channel } = device;
  const started = now();
  const controller = new AbortController();
  const giveUp = MayBeHeld.has(command) ? setTimeout(() => controller.abort(), HeldAfter) : undefined;
  const outcome = async (): Promise<{ held: boolean; problem?: string }> => {
    try {
      const request = channel.prepareRaw(command, body, ContentTypes.wbxml, { signal: controller.signal });
      const { headers, body: answer } = await channel.exchangeRaw(command, request);
      // A document that its schema does not describe throws.
      if (answer.length > 0 && headers['content-type'] === ContentTypes.wbxml) channel.read(command, answer);
      return { held: false };
    } catch (error) {
      if (error instanceof TransportError && error.failure === 'aborted') return { held: true };
      const fits = error instanceof HttpFailure && isProper(error.status, device.version);
      return { held: false, ...(fits ? {} : { problem: String(error) }) };
    }
  };
  const { held, problem } = await outcome();
  clearTimeout(giveUp);
  const milliseconds = held ? 0 : now() - started;
  const tooSlow = milliseconds > slowest ? `it took ${Math.round(milliseconds)} ms` : undefined;
  return { milliseconds, held, problem, tooSlow };
};

/** Ids of a device that has begun: what the names in the corpus stand for. */
const idsOf = async (device: Device, user: string, batch: number): Promise<NamedIds> => {
  const client = new Client(undefined, user, device);
  await client.folderSync();
  const { inbox } = client;
  await client.sync(inbox, { syncKey: '0' });
  await client.sync(inbox, { windowSize: 5 });
  const [serverId = `${inbox}:1.1`, otherServerId = serverId] = client.emails(inbox).keys();
  const [found] = (await searchMail(device, { freeText: 'attached', range: '0-0' })).mails;
  const attachment = found?.email.attachments?.[0];
  return {
    hierarchyKey: client.mailbox.folders.syncKey,
    syncKey: client.mailbox.collection(inbox).syncKey,
    inbox,
    trash: client.folder('trash'),
    folder: client.mailbox.folders.all().find(({ type }) => type === 12)?.serverId ?? '77',
    serverId,
    otherServerId,
    fileReference: attachment?.kind === 'attachment' ? attachment.fileReference : `${serverId}:2`,
    longId: found?.longId ?? 'M',
    clientId: `fuzz${batch}`,
  };
};
