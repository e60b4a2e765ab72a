import { randomBytes } from 'node:crypto';
import type { Abilities } from '../../backends/contract/backend.ts';
import type { AnyElement, Infer } from '../../protocol/schema/describe.ts';
import { readDocument } from '../../protocol/schema/read.ts';
import { writeDocument } from '../../protocol/schema/write.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import type { AnyCommand } from '../../src/handlers/command.ts';
import type { AccountIdentity, Context } from '../../src/handlers/context.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { recordingLog } from '../http/fixture.ts';
import { FakeClock } from '../support/fake-clock.ts';

export const Anna: AccountIdentity = { name: 'anna@example.org', address: 'anna.smith@example.org', aliases: [] };

export interface ContextOptions {
  readonly version?: ProtocolVersion;
  readonly deviceId?: string;
  readonly account?: AccountIdentity;
  readonly backend?: Abilities;
  readonly state?: StateStore;
  readonly clock?: FakeClock;
}

/** A context over a real store in memory. */
export const contextOf = (options: ContextOptions = {}): Context => ({
  requestId: 'r1',
  version: options.version ?? '14.1',
  account: options.account ?? Anna,
  device: { id: options.deviceId ?? 'PHONE1', type: 'iPhone', userAgent: 'Apple-iPhone/1' },
  backend: options.backend ?? {},
  state: options.state ?? openSqliteState(':memory:'),
  clock: options.clock ?? new FakeClock(),
  random: (length) => randomBytes(length),
  log: recordingLog(),
  whenGone: () => undefined,
  rest: () => undefined,
  signal: new AbortController().signal,
});

const Line = { mime: undefined, parameters: { saveInSent: false, acceptMultiPart: false }, policyKey: 0 };

/** The answer of a command, as bytes for its version. */
export const answerBytes = async (command: AnyCommand, context: Context, body: unknown): Promise<Uint8Array> => {
  const answer = await command.handle(context, { ...Line, body });
  if (answer.kind !== 'document' || command.response === undefined) throw new Error(`no document but ${answer.kind}`);
  return Buffer.concat(writeDocument(answer.root ?? command.response, answer.value, context.version) as Uint8Array[]);
};

/** The answer of a command, written and read again in strict order by the schema of its response. */
export const run = async <E extends AnyElement>(
  command: AnyCommand,
  schema: E,
  context: Context,
  body: unknown,
): Promise<Infer<E>> =>
  readDocument(schema, bytesSource(await answerBytes(command, context, body)), { version: context.version });
