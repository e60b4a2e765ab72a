import { createHash } from 'node:crypto';
import { BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { IdempotencyName, ItemId, Revision } from '../../backends/contract/items.ts';
import type { ClientCommand, SyncResponseItem } from '../../protocol/commands/sync.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';
import { SyncStatus } from '../../protocol/status.ts';
import { addSource } from '../digest.ts';
import type { Journal, JournalEntry } from './collection-state.ts';
import { CommandJournal } from './command-journal.ts';
import type { DraftPort } from './draft-port.ts';
import { afterDeviceDelete, afterDeviceSend, afterDeviceWrite, afterRefusal, type Generation } from './generation.ts';
import { type DeviceView, type ItemClassPort, ItemRefused } from './item-class.ts';
import { parseServerId, serverIdOf } from './server-id.ts';

/** What the commands of a device are applied with. */
export interface CommandScope {
  readonly port: ItemClassPort;
  readonly collectionId: string;
  /** Distinguishes creates of this request from all others: partnership, collection and SyncKey. */
  readonly createScope: string;
  /** How the device sees the items. */
  readonly view: DeviceView;
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
  if (commands.length > 0) await scope.port.prepare?.();
  for (const run of runsOfDeletes(commands)) {
    const digests = new Map(run.map((command) => [command, digestOf(command)]));
    const known = (command: ClientCommand) => journal.get(digests.get(command) ?? '');
    const fresh = run.filter((command) => command.kind === 'fetch' || known(command) === undefined);
    const outcomes = await applyRun(scope, generation, fresh, journal);
    wrote ||= fresh.some((command) => command.kind !== 'fetch');
    for (const command of run) {
      const outcome = outcomes.get(command) ?? known(command) ?? { status: SyncStatus.serverError };
      // Only what was done is remembered: what failed may be tried again, and fails again if it must.
      if (command.kind !== 'fetch' && outcome.status === SyncStatus.success) {
        journal.remember(digests.get(command) ?? '', entryOf(outcome));
      }
      generation = afterCommand(generation, command, outcome);
      const response = responseOf(command, await withAnswer(scope, command, outcome));
      if (response !== undefined) responses.push(response);
    }
  }
  return { generation, responses, journal: journal.entries, wrote };
};

interface Outcome extends JournalEntry {
  readonly applicationData?: EncodedElement;
  /** The device's change or removal of this item was refused, and it is to have again what is stored. */
  readonly refused?: ItemId | undefined;
}

const entryOf = ({ applicationData: _, refused: _refused, ...entry }: Outcome): JournalEntry => entry;

/**
 * What the device is told of an item that it made. Of one that it changed the schema has no room for
 * that, and the Add of the new draft, or the Change of the event, tells it ([MS-ASCMD] 2.2.3.154).
 */
const withAnswer = async ({ port }: CommandScope, command: ClientCommand, outcome: Outcome): Promise<Outcome> => {
  const { draft, attached = [], serverId } = outcome;
  if (command.kind !== 'add' || serverId === undefined) return outcome;
  const made = parseServerId(serverId)?.itemId ?? '';
  const applicationData =
    draft === undefined
      ? port.answerAdd?.(made, treeOf(command.applicationData))
      : await port.answer?.(draft, attached);
  return applicationData === undefined ? outcome : { ...outcome, applicationData };
};

/** A Delete of an item, not of one occurrence. */
const isRemoval = (command: ClientCommand): boolean => command.kind === 'delete' && command.instanceId === undefined;

/** Consecutive deletes belong together: one command to the backend removes them all. */
const runsOfDeletes = (commands: readonly ClientCommand[]): ClientCommand[][] => {
  const runs: ClientCommand[][] = [];
  for (const command of commands) {
    const last = runs.at(-1);
    if (isRemoval(command) && last?.[0] !== undefined && isRemoval(last[0])) last.push(command);
    else runs.push([command]);
  }
  return runs;
};

const applyRun = async (
  scope: CommandScope,
  generation: Generation,
  commands: readonly ClientCommand[],
  journal: CommandJournal,
): Promise<Map<ClientCommand, Outcome>> => {
  const [first] = commands;
  if (first === undefined) return new Map();
  if (isRemoval(first)) return applyDeletes(scope, generation, commands);
  return new Map([
    [first, await outcomeOf(scope, () => applyOne(scope, generation, first, journal), refusedOf(scope, first))],
  ]);
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
  const { status } = await outcomeOf(scope, async () => {
    await scope.port.remove(removed, how);
    return { status: SyncStatus.success };
  });
  for (const [command, id] of ids) {
    outcomes.set(
      command,
      status === SyncStatus.success ? { status, removed: [id] } : { status, refused: refusedOf(scope, command) },
    );
  }
  return outcomes;
};

const applyOne = async (
  scope: CommandScope,
  generation: Generation,
  command: ClientCommand,
  journal: CommandJournal,
): Promise<Outcome> => {
  switch (command.kind) {
    case 'add': {
      const name = createHash('sha256')
        .update(JSON.stringify([scope.createScope, command.clientId]))
        .digest('hex');
      if (scope.port.drafts !== undefined) return addDraft(scope, scope.port.drafts, command, name);
      const { id, revision } = await scope.port.create(treeOf(command.applicationData), name, scope.view);
      return { status: SyncStatus.success, serverId: serverIdOf(scope.collectionId, id), revision };
    }
    case 'change': {
      const id = heldItem(scope, generation, command.serverId);
      if (id === undefined) return { status: SyncStatus.objectNotFound };
      const { drafts } = scope.port;
      const rewrites = drafts !== undefined && (command.send || drafts.isRewrite(treeOf(command.applicationData)));
      if (rewrites) return changeDraft(scope, drafts, id, command);
      return scope.port.changesExclude
        ? changeWhole(scope, generation, id, command, journal)
        : changeItem(scope, generation, id, command);
    }
    case 'delete':
      return removeInstance(scope, generation, command);
    case 'fetch':
      return fetchItem(scope, command.serverId);
    default:
      return { status: SyncStatus.protocolError };
  }
};

type Add = Extract<ClientCommand, { kind: 'add' }>;
type Change = Extract<ClientCommand, { kind: 'change' }>;
type Delete = Extract<ClientCommand, { kind: 'delete' }>;

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
  { port, revisions, view }: CommandScope,
  generation: Generation,
  id: ItemId,
  { serverId, applicationData }: Change,
): Promise<Outcome> => {
  const expected = generation.shown.get(id) ?? revisions.get(id);
  try {
    const { revision } = await port.update(id, treeOf(applicationData), expected, view);
    return { status: SyncStatus.success, serverId, revision };
  } catch (error) {
    if (expected === undefined || !isBackendError(error, 'conflict')) throw error;
    await port.update(id, treeOf(applicationData), undefined, view);
    return { status: SyncStatus.success, serverId };
  }
};

/** Conflict: the server's version stays ([MS-ASCMD] 2.2.3.34, MS-ASCMD_R2068); else the device's replaces it (R2067). */
const ServerWins = 1;

/**
 * Applies a Change that is one of the whole item. Where somebody changed it since the device got it last, the
 * device's Conflict decides; where somebody is quicker in this moment, it is the same.
 */
const changeWhole = async (
  { port, revisions, view }: CommandScope,
  generation: Generation,
  id: ItemId,
  { serverId, instanceId: instance, applicationData }: Change,
  journal: CommandJournal,
): Promise<Outcome> => {
  const expected = generation.shown.get(id) ?? revisions.get(id);
  const seen = { ...view, instance };
  const serverWins = view.options.conflict === ServerWins;
  // What the device itself did before its last answer was lost comes back as a change, and is no conflict.
  const isTheirs = generation.toChange.has(id) && !journal.hasRevision(serverId, expected);
  if (isTheirs && serverWins) throw new BackendError('conflict');
  try {
    const { revision } = await port.update(id, treeOf(applicationData), expected, seen);
    return { status: SyncStatus.success, serverId, ...(isTheirs ? {} : { revision }) };
  } catch (error) {
    if (serverWins || !isBackendError(error, 'conflict')) throw error;
    await port.update(id, treeOf(applicationData), undefined, seen);
    return { status: SyncStatus.success, serverId };
  }
};

/** Takes one occurrence away (MS-ASCMD_R6420). A removal goes before changes of others (MS-ASCMD_R2076). */
const removeInstance = async (
  scope: CommandScope,
  generation: Generation,
  { serverId, instanceId }: Delete,
): Promise<Outcome> => {
  const id = heldItem(scope, generation, serverId);
  if (id === undefined) return { status: SyncStatus.objectNotFound };
  if (instanceId === undefined || scope.port.removeInstance === undefined) return { status: SyncStatus.protocolError };
  const { revision } = await scope.port.removeInstance(id, instanceId);
  const isSeen = !generation.toChange.has(id);
  return { status: SyncStatus.success, serverId, ...(isSeen ? { revision } : {}) };
};

const fetchItem = async (scope: CommandScope, serverId: string): Promise<Outcome> => {
  const reference = parseServerId(serverId);
  if (reference?.collectionId !== scope.collectionId) return { status: SyncStatus.objectNotFound };
  for await (const item of scope.port.read([reference.itemId], scope.view.options, 'whole')) {
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
    command.kind === 'change' || (command.kind === 'delete' && !isRemoval(command))
      ? (heldItem({ collectionId }, generation, command.serverId) ?? [])
      : [],
  );
  return [...new Set(ids)];
};

const treeOf = (applicationData: readonly TreeNode[] | EncodedElement | undefined): readonly TreeNode[] =>
  applicationData !== undefined && 'length' in applicationData ? applicationData : [];

/** The item whose change is refused, if the command is one. */
const refusedOf = ({ collectionId, port }: CommandScope, command: ClientCommand): ItemId | undefined => {
  if (!port.changesExclude || !('serverId' in command) || command.kind === 'fetch') return undefined;
  const reference = parseServerId(command.serverId);
  return reference?.collectionId === collectionId ? reference.itemId : undefined;
};

const outcomeOf = async (
  { port }: CommandScope,
  apply: () => Promise<Outcome>,
  refused?: ItemId | undefined,
): Promise<Outcome> => {
  try {
    return await apply();
  } catch (error) {
    if (error instanceof ItemRefused) return { status: error.status };
    if (isBackendError(error, 'notFound')) return { status: SyncStatus.objectNotFound };
    if (isBackendError(error, 'conflict')) return { status: SyncStatus.conflict, refused };
    if (isBackendError(error, 'unavailable', 'loginRefused')) throw error;
    if (isBackendError(error, 'forbidden') && port.changesExclude) return forbidden(refused);
    if (isBackendError(error)) return { status: SyncStatus.cannotComplete };
    throw error;
  }
};

/**
 * In a folder that the user may only read, a Change ends like a conflict that the server wins, so that the device shows what is
 * there; what is new is refused for good: no other Status ends its tries ([MS-ASCMD] 2.2.3.177.17).
 */
const forbidden = (refused: ItemId | undefined): Outcome =>
  refused === undefined ? { status: SyncStatus.conversionError } : { status: SyncStatus.conflict, refused };

const afterCommand = (generation: Generation, command: ClientCommand, outcome: Outcome): Generation => {
  if (outcome.refused !== undefined) {
    const removes = isRemoval(command);
    const refused = [outcome.refused];
    return afterRefusal(generation, { changed: removes ? [] : refused, removed: removes ? refused : [] });
  }
  if (outcome.status !== SyncStatus.success) return generation;
  if (outcome.removed !== undefined) return afterDeviceDelete(generation, outcome.removed);
  const id = outcome.serverId === undefined ? undefined : parseServerId(outcome.serverId)?.itemId;
  if (id !== undefined && outcome.sent) return afterDeviceSend(generation, id);
  if (id === undefined || outcome.revision === undefined) return generation;
  return afterDeviceWrite(generation, id, outcome.revision);
};

/** Success of a Change or Delete is told by silence ([MS-ASCMD] 2.2.3.154). */
const responseOf = (command: ClientCommand, outcome: Outcome): SyncResponseItem | undefined => {
  const { status, applicationData } = outcome;
  switch (command.kind) {
    case 'add':
      return { kind: 'add', clientId: command.clientId, serverId: outcome.serverId, status, applicationData };
    case 'fetch':
      return { kind: 'fetch', serverId: command.serverId, status, applicationData };
    default: {
      // An occurrence is named by its item and its InstanceId in answers, too (MS-ASAIRS_R1178).
      const { kind, serverId, instanceId } = command;
      return status === SyncStatus.success ? undefined : { kind, serverId, instanceId, status };
    }
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
