import { createHash } from 'node:crypto';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { IdempotencyName, ItemId, Revision } from '../../backends/contract/items.ts';
import type { ClientCommand, SyncResponseItem } from '../../protocol/commands/sync.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';
import { SyncStatus } from '../../protocol/status.ts';
import { addSource } from '../digest.ts';
import type { Journal, JournalEntry } from './collection-state.ts';
import type { DraftPort } from './draft-port.ts';
import { afterDeviceDelete, afterDeviceSend, afterDeviceWrite, type Generation } from './generation.ts';
import { type ItemClassPort, ItemRefused } from './item-class.ts';
import type { StickyOptions } from './options.ts';
import { parseServerId, serverIdOf } from './server-id.ts';

/** What the commands of a device are applied with. */
export interface CommandScope {
  readonly port: ItemClassPort;
  readonly collectionId: string;
  /** Distinguishes creates of this request from all others: partnership, collection and SyncKey. */
  readonly createScope: string;
  readonly options: StickyOptions;
  readonly deletesAsMoves: boolean;
  /** What the items of the device's Changes looked like before the last look at the backend. */
  readonly revisions: ReadonlyMap<ItemId, Revision>;
}

/** What came of them. */
export interface CommandsOutcome {
  readonly generation: Generation;
  readonly responses: readonly SyncResponseItem[];
  /** The journal with the commands of this request in it. */
  readonly journal: Journal;
  /** Whether the backend was written to. */
  readonly wrote: boolean;
}

/**
 * Applies a device's commands, each once however often the request is repeated: a command that the
 * journal knows gets its remembered outcome. A command that was applied but not yet journalled when
 * the server died is applied again, which changes nothing: flags are set, removals of what is gone
 * succeed, and a create finds the first one's item by its name.
 */
export const applyCommands = async (
  scope: CommandScope,
  commands: readonly ClientCommand[],
  start: Generation,
  remembered: Journal,
): Promise<CommandsOutcome> => {
  const journal = new CommandJournal(remembered);
  const responses: SyncResponseItem[] = [];
  let generation = start;
  let wrote = false;
  for (const run of runsOfDeletes(commands)) {
    const digests = new Map(run.map((command) => [command, digestOf(command)]));
    const known = (command: ClientCommand) => journal.get(digests.get(command) ?? '');
    const fresh = run.filter((command) => command.kind === 'fetch' || known(command) === undefined);
    const outcomes = await applyRun(scope, generation, fresh);
    wrote ||= fresh.some((command) => command.kind !== 'fetch');
    for (const command of run) {
      const outcome = outcomes.get(command) ?? known(command) ?? { status: SyncStatus.serverError };
      // Only what was done is remembered: what failed may be tried again, and fails again if it must.
      if (command.kind !== 'fetch' && outcome.status === SyncStatus.success) {
        journal.remember(digests.get(command) ?? '', withoutItem(outcome));
      }
      generation = afterCommand(generation, outcome);
      const response = responseOf(command, await withAnswer(scope, command, outcome));
      if (response !== undefined) responses.push(response);
    }
  }
  return { generation, responses, journal: journal.entries, wrote };
};

/**
 * The outcomes remembered under one SyncKey. Of the Changes of an item only the last is remembered:
 * a device that sets a mark, takes it off and sets it again means the last of them each time.
 */
class CommandJournal {
  readonly #entries: Map<string, JournalEntry>;
  readonly #lastOf = new Map<string, string>();

  constructor(known: Journal) {
    this.#entries = new Map(Object.entries(known));
    for (const [digest, { serverId }] of this.#entries) if (serverId !== undefined) this.#lastOf.set(serverId, digest);
  }

  get entries(): Journal {
    return Object.fromEntries(this.#entries);
  }

  get(digest: string): JournalEntry | undefined {
    return this.#entries.get(digest);
  }

  remember(digest: string, entry: JournalEntry): void {
    const { serverId } = entry;
    const earlier = serverId === undefined ? undefined : this.#lastOf.get(serverId);
    if (earlier !== undefined) this.#entries.delete(earlier);
    if (serverId !== undefined) this.#lastOf.set(serverId, digest);
    this.#entries.set(digest, entry);
  }
}

interface Outcome extends JournalEntry {
  readonly applicationData?: EncodedElement;
}

const withoutItem = ({ applicationData: _, ...entry }: Outcome): JournalEntry => entry;

/** What the device is told of a draft that it wrote; of a Change only where it attached something (MS-ASCMD_R6234). */
const withAnswer = async ({ port }: CommandScope, command: ClientCommand, outcome: Outcome): Promise<Outcome> => {
  const { draft, attached = [] } = outcome;
  if (draft === undefined || (command.kind === 'change' && attached.length === 0)) return outcome;
  const applicationData = await port.answer?.(draft, attached);
  return applicationData === undefined ? outcome : { ...outcome, applicationData };
};

/** Consecutive deletes belong together: one command to the backend removes them all. */
const runsOfDeletes = (commands: readonly ClientCommand[]): ClientCommand[][] => {
  const runs: ClientCommand[][] = [];
  for (const command of commands) {
    const last = runs.at(-1);
    if (command.kind === 'delete' && last?.[0]?.kind === 'delete') last.push(command);
    else runs.push([command]);
  }
  return runs;
};

const applyRun = async (
  scope: CommandScope,
  generation: Generation,
  commands: readonly ClientCommand[],
): Promise<Map<ClientCommand, Outcome>> => {
  const [first] = commands;
  if (first === undefined) return new Map();
  if (first.kind === 'delete') return applyDeletes(scope, generation, commands);
  return new Map([[first, await outcomeOf(() => applyOne(scope, generation, first))]]);
};

const applyDeletes = async (
  scope: CommandScope,
  generation: Generation,
  commands: readonly ClientCommand[],
): Promise<Map<ClientCommand, Outcome>> => {
  const outcomes = new Map<ClientCommand, Outcome>();
  const ids = new Map<ClientCommand, ItemId>();
  for (const command of commands) {
    const id = 'serverId' in command ? heldItem(scope, generation, command.serverId) : undefined;
    if (id === undefined) outcomes.set(command, { status: SyncStatus.objectNotFound });
    else ids.set(command, id);
  }
  if (ids.size === 0) return outcomes;
  const removed = [...new Set(ids.values())];
  const how = scope.deletesAsMoves ? 'trash' : 'permanent';
  const { status } = await outcomeOf(async () => {
    await scope.port.remove(removed, how);
    return { status: SyncStatus.success };
  });
  for (const [command, id] of ids) {
    outcomes.set(command, status === SyncStatus.success ? { status, removed: [id] } : { status });
  }
  return outcomes;
};

const applyOne = async (scope: CommandScope, generation: Generation, command: ClientCommand): Promise<Outcome> => {
  switch (command.kind) {
    case 'add': {
      const name = createHash('sha256')
        .update(JSON.stringify([scope.createScope, command.clientId]))
        .digest('hex');
      if (scope.port.drafts !== undefined) return addDraft(scope, scope.port.drafts, command, name);
      const { id, revision } = await scope.port.create(treeOf(command.applicationData), name);
      return { status: SyncStatus.success, serverId: serverIdOf(scope.collectionId, id), revision };
    }
    case 'change': {
      const id = heldItem(scope, generation, command.serverId);
      if (id === undefined) return { status: SyncStatus.objectNotFound };
      const { drafts } = scope.port;
      const rewrites = drafts !== undefined && (command.send || drafts.isRewrite(treeOf(command.applicationData)));
      return rewrites ? changeDraft(scope, drafts, id, command) : changeItem(scope, generation, id, command);
    }
    case 'fetch':
      return fetchItem(scope, command.serverId);
    default:
      return { status: SyncStatus.protocolError };
  }
};

type Add = Extract<ClientCommand, { kind: 'add' }>;
type Change = Extract<ClientCommand, { kind: 'change' }>;

const addDraft = async (
  { collectionId }: CommandScope,
  drafts: DraftPort,
  { applicationData, send }: Add,
  name: IdempotencyName,
): Promise<Outcome> => {
  const written = await drafts.add(treeOf(applicationData), name, send === true);
  if (written.kind === 'sent')
    return { status: SyncStatus.success, serverId: serverIdOf(collectionId, sentId(name)), sent: true };
  const { id, revision, attached } = written;
  return { status: SyncStatus.success, serverId: serverIdOf(collectionId, id), revision, draft: id, attached };
};

/** An id for a draft that is gone before it had one: a device takes an Add for done only with a ServerId. */
const sentId = (name: IdempotencyName): ItemId => `sent.${Number.parseInt(name.slice(0, 7), 16) + 1}`;

/** The new message of a changed draft has an id of its own; the next look at the folder tells the device so. */
const changeDraft = async (
  { createScope }: CommandScope,
  drafts: DraftPort,
  id: ItemId,
  command: Change,
): Promise<Outcome> => {
  const name = createHash('sha256')
    .update(JSON.stringify([createScope, digestOf(command)]))
    .digest('hex');
  const written = await drafts.change(id, treeOf(command.applicationData), name, command.send === true);
  const { serverId } = command;
  if (written.kind === 'sent') return { status: SyncStatus.success, serverId };
  return { status: SyncStatus.success, serverId, draft: written.id, attached: written.attached };
};

/**
 * Applies a Change to the item as it was at the last look. Where somebody else was quicker, it is
 * applied all the same, but its result is not taken for known, so that the device is told of theirs.
 */
const changeItem = async (
  { port, revisions }: CommandScope,
  generation: Generation,
  id: ItemId,
  { serverId, applicationData }: Change,
): Promise<Outcome> => {
  const expected = generation.shown.get(id) ?? revisions.get(id);
  try {
    const { revision } = await port.update(id, treeOf(applicationData), expected);
    return { status: SyncStatus.success, serverId, revision };
  } catch (error) {
    if (expected === undefined || !isBackendError(error, 'conflict')) throw error;
    await port.update(id, treeOf(applicationData));
    return { status: SyncStatus.success, serverId };
  }
};

const fetchItem = async (scope: CommandScope, serverId: string): Promise<Outcome> => {
  const reference = parseServerId(serverId);
  if (reference?.collectionId !== scope.collectionId) return { status: SyncStatus.objectNotFound };
  for await (const item of scope.port.read([reference.itemId], scope.options, 'whole')) {
    if (item.outcome === 'ready') return { status: SyncStatus.success, applicationData: item.applicationData };
  }
  return { status: SyncStatus.objectNotFound };
};

/** A device touches only what it holds: nothing that it could not see is changed or removed by it. */
const heldItem = (
  { collectionId }: Pick<CommandScope, 'collectionId'>,
  generation: Generation,
  serverId: string,
): ItemId | undefined => {
  const reference = parseServerId(serverId);
  if (reference?.collectionId !== collectionId) return undefined;
  return generation.held.has(reference.itemId) ? reference.itemId : undefined;
};

/** Items that the device wants to change and may. */
export const changedItems = (
  collectionId: string,
  commands: readonly ClientCommand[],
  generation: Generation,
): readonly ItemId[] => {
  const ids = commands.flatMap((command) =>
    command.kind === 'change' ? (heldItem({ collectionId }, generation, command.serverId) ?? []) : [],
  );
  return [...new Set(ids)];
};

const treeOf = (applicationData: readonly TreeNode[] | EncodedElement | undefined): readonly TreeNode[] =>
  applicationData !== undefined && 'length' in applicationData ? applicationData : [];

const outcomeOf = async (apply: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await apply();
  } catch (error) {
    if (error instanceof ItemRefused) return { status: error.status };
    if (isBackendError(error, 'notFound')) return { status: SyncStatus.objectNotFound };
    if (isBackendError(error, 'conflict')) return { status: SyncStatus.conflict };
    if (isBackendError(error, 'unavailable', 'loginRefused')) throw error;
    if (isBackendError(error)) return { status: SyncStatus.cannotComplete };
    throw error;
  }
};

const afterCommand = (generation: Generation, outcome: Outcome): Generation => {
  if (outcome.status !== SyncStatus.success) return generation;
  if (outcome.removed !== undefined) return afterDeviceDelete(generation, outcome.removed);
  const id = outcome.serverId === undefined ? undefined : parseServerId(outcome.serverId)?.itemId;
  if (id !== undefined && outcome.sent) return afterDeviceSend(generation, id);
  if (id === undefined || outcome.revision === undefined) return generation;
  return afterDeviceWrite(generation, id, outcome.revision);
};

/** Success of a Change or Delete is told by silence ([MS-ASCMD] 2.2.3.154), unless there is more to tell. */
const responseOf = (command: ClientCommand, outcome: Outcome): SyncResponseItem | undefined => {
  const { status, applicationData } = outcome;
  switch (command.kind) {
    case 'add':
      return { kind: 'add', clientId: command.clientId, serverId: outcome.serverId, status, applicationData };
    case 'fetch':
      return { kind: 'fetch', serverId: command.serverId, status, applicationData };
    case 'change':
      if (applicationData !== undefined) return { kind: 'change', serverId: command.serverId, status, applicationData };
      return status === SyncStatus.success ? undefined : { kind: 'change', serverId: command.serverId, status };
    default:
      return status === SyncStatus.success ? undefined : { kind: command.kind, serverId: command.serverId, status };
  }
};

/**
 * Digest of a command's whole content: equal commands of one request are one command. Bytes go in by
 * a digest of their own, so that a large attachment in a draft is read once, in pieces.
 */
const digestOf = (command: ClientCommand): string => {
  const content = JSON.stringify(command, (key, value) =>
    key === 'opaque' ? addSource(createHash('sha256'), value).digest('base64url') : value,
  );
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
};
