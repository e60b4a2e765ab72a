import { createHash } from 'node:crypto';
import type { FolderId, MovedItem } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { EmailFlag } from '../../backends/contract/mail.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';

/**
 * Follow-up flags in full. A mail server knows only whether a mail is flagged; dates, reminders and
 * "completed" are kept here, for all devices of the account, and count as long as they agree with
 * what the mail server says.
 */
export interface FollowUps {
  /** The flag as a device shall see it: what the backend tells, with the details remembered. */
  complete(folder: FolderId, id: ItemId, flag: EmailFlag | undefined): Promise<EmailFlag | undefined>;
  /** Remembers what a device set; `null` forgets. */
  remember(folder: FolderId, id: ItemId, flag: EmailFlag | null): Promise<void>;
  /** Takes the details along when mails go to another folder. */
  moved(from: FolderId, to: FolderId, items: readonly MovedItem[]): Promise<void>;
  /** Takes the details along when a folder gets another id. */
  renamed(from: FolderId, to: FolderId): Promise<void>;
}

/** Status of a flag ([MS-ASEMAIL] 2.2.2.70). */
const FlagStatus = { cleared: 0, complete: 1, active: 2 } as const;

type Stored = Readonly<Record<ItemId, EmailFlag>>;

/** Flags of one folder that are kept at most: the oldest entries go first. 200 bytes each. */
const FollowUpsPerFolder = 2000;

/** Follow-up flags of an account, in its partition; one document a folder, read once a request. */
export class StoredFollowUps implements FollowUps {
  readonly #state: StateStore;
  readonly #partition: Partition;
  readonly #loaded = new Map<string, Promise<{ flags: Stored; revision: number }>>();

  constructor(state: StateStore, partition: Partition) {
    this.#state = state;
    this.#partition = partition;
  }

  async complete(folder: FolderId, id: ItemId, flag: EmailFlag | undefined): Promise<EmailFlag | undefined> {
    const { flags } = await this.#load(folder);
    const kept = flags[id];
    if (kept === undefined) return flag;
    const flagged = flag?.status === FlagStatus.active;
    const agrees = flagged === (kept.status === FlagStatus.active);
    return agrees ? kept : flag;
  }

  async remember(folder: FolderId, id: ItemId, flag: EmailFlag | null): Promise<void> {
    for (;;) {
      const { flags, revision } = await this.#load(folder);
      if (flag === null && flags[id] === undefined) return;
      const { [id]: _, ...others } = flags;
      const kept = flag === null ? others : newestOf({ ...others, [id]: flag });
      const name = documentName(folder);
      this.#loaded.delete(name);
      const value = packDocument({ flags: kept });
      if (await this.#state.commit(this.#partition, [{ name, value, expect: revision }])) return;
    }
  }

  async moved(from: FolderId, to: FolderId, items: readonly MovedItem[]): Promise<void> {
    const { flags } = await this.#load(from);
    for (const { id, newId } of items) {
      const flag = flags[id];
      if (flag === undefined) continue;
      if (newId !== undefined) await this.remember(to, newId, flag);
      await this.remember(from, id, null);
    }
  }

  async renamed(from: FolderId, to: FolderId): Promise<void> {
    const [name, target] = [documentName(from), documentName(to)];
    const document = (await this.#state.load(this.#partition, [name])).get(name);
    if (document === undefined) return;
    this.#loaded.clear();
    const moved = [
      { name, value: null },
      { name: target, value: document.value },
    ];
    await this.#state.commit(this.#partition, moved);
  }

  #load(folder: FolderId): Promise<{ flags: Stored; revision: number }> {
    const name = documentName(folder);
    const loaded = this.#loaded.get(name) ?? this.#read(name);
    this.#loaded.set(name, loaded);
    return loaded;
  }

  async #read(name: string): Promise<{ flags: Stored; revision: number }> {
    const document = (await this.#state.load(this.#partition, [name])).get(name);
    if (document === undefined) return { flags: {}, revision: 0 };
    const { json } = unpackDocument<{ flags: Record<ItemId, Record<string, unknown>> }>(document.value);
    const flags = Object.entries(json.flags).map(([id, flag]) => [id, withDates(flag)] as const);
    return { flags: Object.fromEntries(flags), revision: document.revision };
  }
}

const documentName = (folder: FolderId): string =>
  `follow-up/${createHash('sha256').update(folder).digest('base64url').slice(0, 22)}`;

const newestOf = (flags: Stored): Stored => Object.fromEntries(Object.entries(flags).slice(-FollowUpsPerFolder));

const DateForm = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** JSON keeps dates as text; a flag's dates are dates again. */
const withDates = (flag: Record<string, unknown>): EmailFlag =>
  Object.fromEntries(
    Object.entries(flag).map(([name, value]) =>
      name !== 'subject' && typeof value === 'string' && DateForm.test(value) ? [name, new Date(value)] : [name, value],
    ),
  );
