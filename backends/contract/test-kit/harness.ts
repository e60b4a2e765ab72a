/**
 * Contract suites that any backend can run, its author's included: they need jest (`@jest/globals`)
 * and a harness that acts on the mailbox as the rest of the world does.
 */
import type { Abilities } from '../backend.ts';
import { BackendError, type BackendErrorCode } from '../errors.ts';
import type { FolderId } from '../folders.ts';
import type { Changes, ItemId } from '../items.ts';

/** Flags as another mail program sets them; absent: unchanged. */
export interface OutsideFlags {
  readonly seen?: boolean;
  readonly flagged?: boolean;
  readonly answered?: boolean;
}

/** What a harness can say it cannot test; everything is `true` unless told. */
export interface HarnessLimits {
  /** The store keeps categories. */
  readonly categories?: boolean;
  /** The store keeps a follow-up flag's dates itself, not the server in front of it. */
  readonly followUpDates?: boolean;
  /** The store keeps that a message was forwarded. */
  readonly forwarded?: boolean;
  /** A folder keeps its id when it is renamed elsewhere. */
  readonly stableFolderIds?: boolean;
  /** The store takes messages that break the rules for lines and headers. */
  readonly brokenMessages?: boolean;
  /** The store takes every printable character in the name of a folder. */
  readonly anyFolderName?: boolean;
  /** A search of the whole message finds what stands in messages of several parts, names of attachments among it. */
  readonly searchesParts?: boolean;
  /** A removed folder's subfolders go with it. */
  readonly removesSubfolders?: boolean;
}

/** One account for tests on one backend, and the world around it. */
export interface MailHarness {
  /** What is tested. */
  readonly abilities: Abilities;
  readonly limits?: HarnessLimits;
  /** Makes an empty mail folder without special use, as another program does. */
  createFolder(name: string, parent?: FolderId): Promise<FolderId>;
  /** Puts a message into a folder as another program does. `received` has whole seconds. */
  deliver(folder: FolderId, raw: Uint8Array, options?: { received?: Date; seen?: boolean }): Promise<ItemId>;
  /** Changes flags as another program does. */
  setFlags(folder: FolderId, id: ItemId, flags: OutsideFlags): Promise<void>;
  /** Removes messages for good as another program does. */
  expunge(folder: FolderId, ids: readonly ItemId[]): Promise<void>;
  /** Renames a folder as another program does. Absent: cannot be done. */
  renameFolder?(folder: FolderId, name: string): Promise<void>;
  /** Gives a folder a new UIDVALIDITY, keeping its messages. Absent: cannot be done. */
  resetEpoch?(folder: FolderId): Promise<void>;
  /** A message of at least this size is refused as too large. Absent: there is no limit to be tested. */
  readonly tooLarge?: number;
  close(): Promise<void>;
}

/** Opens a harness; called once a suite. */
export type OpenHarness = () => Promise<MailHarness>;

/** An ability that the suite is about; a harness without it is a mistake in the test. */
export const abilityOf = <Name extends keyof Abilities>(
  harness: MailHarness,
  name: Name,
): NonNullable<Abilities[Name]> => {
  const ability = harness.abilities[name];
  if (ability === undefined || ability === null) throw new Error(`The harness has no ability "${name}"`);
  return ability;
};

/** The code with which a call fails; `undefined` when it succeeds. Any other error is thrown on. */
export const codeOf = async (call: Promise<unknown>): Promise<BackendErrorCode | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof BackendError) return error.code;
    throw error;
  }
};

/** All that a stream gives, as one array. */
export const collect = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
};

/** Whether `changes` says that an item is no longer there. */
export const isGone = ({ gone }: Changes, id: ItemId): boolean =>
  'removed' in gone ? gone.removed.has(id) : !gone.present.has(id);

/** A name that no other test of the run uses. */
export const uniqueName = (stem: string): string =>
  `${stem}-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;

/** A fresh idempotency name. */
export const freshName = (): string =>
  Array.from({ length: 64 }, () => Math.floor(Math.random() * 16).toString(16)).join('');
