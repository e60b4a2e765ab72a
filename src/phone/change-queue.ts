import type { ClientCommand } from '../../protocol/commands/sync.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';

/** The elements of an ApplicationData that was read or made here; never one encoded ahead. */
export const nodesOf = (data: readonly TreeNode[] | EncodedElement | undefined): readonly TreeNode[] =>
  data === undefined || 'pieces' in data ? [] : data;

/** Lays elements over others: an element of the same tag is replaced whole. */
export const overlay = (below: readonly TreeNode[], above: readonly TreeNode[]): readonly TreeNode[] => [
  ...below.filter((node) => above.every((other) => other.tag !== node.tag)),
  ...above,
];

/** What a command is about: the item's ServerId, or the ClientId of a new one. */
const subjectOf = (command: ClientCommand): string =>
  command.kind === 'add' ? `new ${command.clientId}` : command.serverId;

interface Waiting {
  command: ClientCommand;
  /** Sent at least once; the server may have it although no answer came, so it must not change any more. */
  sent: boolean;
}

/** Changes made on the phone that the server has not acknowledged, in order. */
export class ChangeQueue {
  #waiting: Waiting[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  /** Queues a change; what another change of the same item makes needless is dropped. */
  push(command: ClientCommand): void {
    const unsent = this.#waiting.find((entry) => !entry.sent && subjectOf(entry.command) === subjectOf(command));
    if (unsent === undefined) this.#waiting.push({ command, sent: false });
    else unsent.command = merged(unsent.command, command);
  }

  /**
   * The changes for the next request. After a lost response these are those of the lost request
   * and the new ones; a second change of an item waits for the answer to its first.
   */
  take(): readonly ClientCommand[] {
    const subjects = new Set<string>();
    const taken = this.#waiting.filter(({ command }) => {
      const subject = subjectOf(command);
      return !subjects.has(subject) && subjects.add(subject);
    });
    for (const entry of taken) entry.sent = true;
    return taken.map((entry) => entry.command);
  }

  /** Forgets changes that the server has answered. */
  acknowledge(commands: readonly ClientCommand[]): void {
    const answered = new Set(commands);
    this.#waiting = this.#waiting.filter((entry) => !answered.has(entry.command));
  }

  /** Elements of an item that the server does not yet have. */
  changesOf(serverId: string): readonly TreeNode[] {
    return this.#waiting.reduce<readonly TreeNode[]>((fields, { command }) => {
      if (command.kind !== 'change' || command.serverId !== serverId) return fields;
      return overlay(fields, nodesOf(command.applicationData));
    }, []);
  }

  clear(): void {
    this.#waiting = [];
  }
}

const merged = (first: ClientCommand, second: ClientCommand): ClientCommand => {
  if (first.kind !== 'change' || second.kind !== 'change') return second;
  return { ...second, applicationData: overlay(nodesOf(first.applicationData), nodesOf(second.applicationData)) };
};
