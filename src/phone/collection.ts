import type {
  ClientCommand,
  ServerCommand,
  SyncResponseCollection,
  SyncResponseItem,
} from '../../protocol/commands/sync.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';
import type { ReportAnomaly } from './anomaly.ts';
import { ChangeQueue, nodesOf, overlay } from './change-queue.ts';

/** An item as the phone holds it: the elements of its ApplicationData. */
export interface PhoneItem {
  readonly serverId: string;
  readonly fields: readonly TreeNode[];
}

/** What the phone sent of a collection, needed to judge the answer. */
export interface SentCollection {
  readonly collectionId: string;
  readonly syncKey: string;
  readonly windowSize?: number | undefined;
  readonly commands?: readonly ClientCommand[] | undefined;
}

/** What an answer did to the phone's memory. */
export interface Applied {
  readonly added: readonly PhoneItem[];
  readonly changed: readonly PhoneItem[];
  /** ServerIds. */
  readonly removed: readonly string[];
  /** Answers to the phone's own changes that were no success. */
  readonly refused: readonly SyncResponseItem[];
  readonly moreAvailable: boolean;
}

type Outcome = { -readonly [K in 'added' | 'changed' | 'removed' | 'refused']: Applied[K][number][] };

/** One collection as a phone holds it. */
export class Collection {
  readonly id: string;
  /** `0`: not yet begun, or begun anew. */
  syncKey = '0';
  /** How often the server refused the key (Status 3), so that everything was downloaded again. */
  wipes = 0;
  /** Answers of a Status other than 1 to the phone's own changes, over all time. */
  readonly refused: SyncResponseItem[] = [];
  readonly #items = new Map<string, PhoneItem>();
  readonly #queue = new ChangeQueue();
  /** Deleted here, not yet acknowledged: what the server still says of them is late, not wrong. */
  readonly #departing = new Set<string>();
  readonly #report: ReportAnomaly;

  constructor(id: string, report: ReportAnomaly) {
    this.id = id;
    this.#report = report;
  }

  get size(): number {
    return this.#items.size;
  }

  item(serverId: string): PhoneItem | undefined {
    return this.#items.get(serverId);
  }

  items(): readonly PhoneItem[] {
    return [...this.#items.values()];
  }

  /** Changes that wait to be sent or acknowledged. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Makes an item here; the server learns of it with the next Sync. */
  add(clientId: string, fields: readonly TreeNode[], options: { itemClass?: string; send?: boolean } = {}): void {
    const { itemClass, send } = options;
    this.#queue.push({ kind: 'add', class: itemClass, clientId, applicationData: fields, send: send || undefined });
  }

  /** Changes elements of an item here; the server learns of it with the next Sync. */
  change(serverId: string, fields: readonly TreeNode[]): void {
    const item = this.#items.get(serverId);
    if (item === undefined) throw new Error(`The phone holds no item ${serverId}`);
    this.#items.set(serverId, { serverId, fields: overlay(item.fields, fields) });
    this.#queue.push({ kind: 'change', serverId, applicationData: fields });
  }

  /** Gives an item here other content; the server learns of it with the next Sync. */
  replace(serverId: string, fields: readonly TreeNode[]): void {
    if (!this.#items.has(serverId)) throw new Error(`The phone holds no item ${serverId}`);
    this.#items.set(serverId, { serverId, fields });
    this.#queue.push({ kind: 'change', serverId, applicationData: fields });
  }

  /** Deletes an item here; the server learns of it with the next Sync. */
  delete(serverId: string): void {
    if (!this.#items.delete(serverId)) throw new Error(`The phone holds no item ${serverId}`);
    this.#departing.add(serverId);
    this.#queue.push({ kind: 'delete', serverId });
  }

  /** The changes that belong into the next request; none goes with SyncKey 0. */
  takeCommands(): readonly ClientCommand[] {
    return this.syncKey === '0' ? [] : this.#queue.take();
  }

  /** Applies the answer to `sent` as a phone does. */
  apply(response: SyncResponseCollection, sent: SentCollection): Applied {
    const outcome: Outcome = { added: [], changed: [], removed: [], refused: [] };
    if (response.status === 3) this.#wipe();
    else if (response.status === 1) this.#applySuccess(response, sent, outcome);
    return { ...outcome, moreAvailable: response.moreAvailable === true };
  }

  #wipe(): void {
    this.#items.clear();
    this.#departing.clear();
    this.#queue.clear();
    this.syncKey = '0';
    this.wipes++;
  }

  #applySuccess(response: SyncResponseCollection, sent: SentCollection, outcome: Outcome): void {
    this.#judge(response, sent);
    for (const answer of response.responses ?? []) this.#applyAnswer(answer, sent, outcome);
    this.#queue.acknowledge(sent.commands ?? []);
    for (const command of response.commands ?? []) this.#applyCommand(command, outcome);
    for (const command of sent.commands ?? []) {
      if (command.kind === 'delete') this.#departing.delete(command.serverId);
    }
    this.syncKey = response.syncKey ?? this.syncKey;
  }

  #judge(response: SyncResponseCollection, sent: SentCollection): void {
    const commands = response.commands?.length ?? 0;
    const answers = response.responses?.length ?? 0;
    if (response.syncKey === undefined) this.#report('missingSyncKey');
    if (sent.syncKey === '0' && commands > 0) this.#report('changesInFirstSync');
    if (response.syncKey === sent.syncKey && commands > 0) this.#report('changesUnderSameKey');
    if (response.moreAvailable && commands + answers === 0) this.#report('emptyWindow');
    if (sent.windowSize !== undefined && commands > sent.windowSize) this.#report('windowExceeded');
  }

  #applyCommand(command: ServerCommand, outcome: Outcome): void {
    const { serverId } = command;
    if (command.kind === 'add') this.#applyAdd(serverId, nodesOf(command.applicationData), outcome);
    else if (command.kind === 'change') this.#applyChange(serverId, nodesOf(command.applicationData), outcome);
    else this.#applyRemoval(serverId, command.kind, outcome);
  }

  #applyAdd(serverId: string, fields: readonly TreeNode[], outcome: Outcome): void {
    if (this.#items.has(serverId)) this.#report('addOfHeldItem', serverId);
    this.#departing.delete(serverId);
    outcome.added.push(this.#hold(serverId, fields));
  }

  #applyChange(serverId: string, fields: readonly TreeNode[], outcome: Outcome): void {
    const item = this.#items.get(serverId);
    if (item !== undefined)
      outcome.changed.push(this.#hold(serverId, isWhole(fields) ? fields : overlay(item.fields, fields)));
    else if (!this.#departing.has(serverId)) this.#report('changeOfUnknownItem', serverId);
  }

  #applyRemoval(serverId: string, kind: 'delete' | 'softDelete', outcome: Outcome): void {
    if (this.#items.delete(serverId)) outcome.removed.push(serverId);
    else if (!this.#departing.has(serverId)) {
      this.#report(kind === 'delete' ? 'deleteOfUnknownItem' : 'softDeleteOfUnknownItem', serverId);
    }
  }

  #hold(serverId: string, fields: readonly TreeNode[]): PhoneItem {
    // What the user changed meanwhile stays on top until the server has it.
    const current = overlay(fields, this.#queue.changesOf(serverId));
    const item = { serverId, fields: current.filter((node) => !isCleared(node)) };
    this.#items.set(serverId, item);
    return item;
  }

  #applyAnswer(answer: SyncResponseItem, sent: SentCollection, outcome: Outcome): void {
    const command = sent.commands?.find((each) => answers(answer, each));
    if (command === undefined) this.#report('answerToNothing', answer.serverId);
    else if (answer.status !== 1) {
      this.refused.push(answer);
      outcome.refused.push(answer);
    } else if (answer.kind === 'add') this.#applyAddAnswer(answer, command);
    else if (answer.kind !== 'delete') this.#applyContent(answer);
  }

  #applyContent({ serverId, applicationData }: Extract<SyncResponseItem, { kind: 'fetch' | 'change' }>): void {
    const item = this.#items.get(serverId ?? '');
    if (item !== undefined) this.#hold(item.serverId, overlay(item.fields, nodesOf(applicationData)));
  }

  #applyAddAnswer(answer: Extract<SyncResponseItem, { kind: 'add' }>, command: ClientCommand): void {
    if (answer.serverId === undefined || command.kind !== 'add') return;
    if (this.#items.has(answer.serverId)) this.#report('addOfHeldItem', answer.serverId);
    // A mail that was sent at once is never held: the server moves it to the sent ones.
    if (command.send) return;
    this.#hold(answer.serverId, overlay(nodesOf(command.applicationData), nodesOf(answer.applicationData)));
  }
}

/** A Change of a mail has what changed; that of anything else is the item as it is now ([MS-ASCMD] 2.2.3.24). */
const isWhole = (fields: readonly TreeNode[]): boolean =>
  fields.some(({ tag }) => /^(Contacts2?|Calendar|Tasks|Notes):/.test(tag.name));

/** A container that came empty takes the value away: an empty Flag or Categories ([MS-ASEMAIL] 2.2.2.34). */
const isCleared = (node: TreeNode): boolean =>
  (node.tag.name === 'Email:Flag' || node.tag.name === 'Email:Categories') && node.children.length === 0;

const answers = (answer: SyncResponseItem, command: ClientCommand): boolean => {
  if (answer.kind !== command.kind) return false;
  if (answer.kind === 'add') return command.kind === 'add' && command.clientId === answer.clientId;
  return command.kind !== 'add' && (answer.serverId === undefined || command.serverId === answer.serverId);
};
