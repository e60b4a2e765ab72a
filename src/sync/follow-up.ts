import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FolderId, MovedItem } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { EmailFlag } from '../../backends/contract/mail.ts';
import { type Email, flagOfJson } from '../../protocol/classes/email.ts';
import type { LastVerb } from '../send/last-verb.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import type { AccountDocuments } from './account-documents.ts';

/**
 * What a mail server cannot hold of a mail. It knows only whether a mail is flagged, answered and
 * forwarded; dates, reminders and "completed", the last verb and its time are kept here, for all
 * devices of the account, and count as long as they agree with what the mail server says.
 */
export interface FollowUps {
  /** A mail as a device shall see it: what the backend tells, with the details remembered. */
  complete(folder: FolderId, id: ItemId, email: Email): Promise<Email>;
  /** Remembers the flag that a device set; `null` forgets. `false`: that was remembered already. */
  remember(folder: FolderId, id: ItemId, flag: EmailFlag | null): Promise<boolean>;
  /** Remembers what a device did with a mail last. */
  executed(folder: FolderId, id: ItemId, verb: ExecutedVerb): Promise<void>;
  /** Takes the details along when mails go to another folder. */
  moved(from: FolderId, to: FolderId, items: readonly MovedItem[]): Promise<void>;
  /** Takes the details along when a folder gets another id. */
  renamed(from: FolderId, to: FolderId): Promise<void>;
}

/** A mail was answered or forwarded by a device. */
export interface ExecutedVerb {
  readonly verb: LastVerb;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The verb that the flags of the mail server tell since then: when they tell another one, another client did it. */
  readonly told: number;
}

/** Status of a flag ([MS-ASEMAIL] 2.2.2.70). */
const FlagStatus = { cleared: 0, complete: 1, active: 2 } as const;

/** What is kept of the mails of one folder. */
interface Kept {
  readonly flags: Readonly<Record<ItemId, EmailFlag>>;
  readonly verbs: Readonly<Record<ItemId, ExecutedVerb>>;
}

/** What is kept of one mail. */
interface Details {
  readonly flag: EmailFlag | undefined;
  readonly verb: ExecutedVerb | undefined;
}

/** Flags, and verbs, of one folder that are kept at most: the oldest entries go first. 200 and 70 bytes each. */
const FollowUpsPerFolder = 2000;

/** What is kept of the mails of an account, in its partition; one document a folder, read once a request. */
export class StoredFollowUps implements FollowUps {
  readonly #documents: AccountDocuments;
  readonly #loaded = new Map<string, Promise<{ kept: Kept; revision: number }>>();

  constructor(documents: AccountDocuments) {
    this.#documents = documents;
  }

  async complete(folder: FolderId, id: ItemId, email: Email): Promise<Email> {
    const { flag, verb } = detailsOf((await this.#load(folder)).kept, id);
    const withFlag = flag !== undefined && agrees(flag, email.flag) ? { ...email, flag } : email;
    if (verb === undefined || (email.lastVerbExecuted ?? verb.told) !== verb.told) return withFlag;
    return { ...withFlag, lastVerbExecuted: verb.verb, lastVerbExecutionTime: new Date(verb.at) };
  }

  remember(folder: FolderId, id: ItemId, flag: EmailFlag | null): Promise<boolean> {
    return this.#change(folder, [id], ({ verb }) => ({ verb, flag: flag ?? undefined }));
  }

  async executed(folder: FolderId, id: ItemId, verb: ExecutedVerb): Promise<void> {
    await this.#change(folder, [id], ({ flag }) => ({ flag, verb }));
  }

  async moved(from: FolderId, to: FolderId, items: readonly MovedItem[]): Promise<void> {
    const { kept } = await this.#load(from);
    const known = items.filter(({ id }) => kept.flags[id] !== undefined || kept.verbs[id] !== undefined);
    const arrived = new Map(
      known.flatMap(({ id, newId }) => (newId === undefined ? [] : [[newId, detailsOf(kept, id)] as const])),
    );
    await this.#change(to, [...arrived.keys()], (before, id) => arrived.get(id) ?? before);
    await this.#change(
      from,
      known.map(({ id }) => id),
      () => Nothing,
    );
  }

  async renamed(from: FolderId, to: FolderId): Promise<void> {
    const [name, target] = [documentName(from), documentName(to)];
    const document = await this.#documents.load(name);
    if (document === undefined) return;
    this.#loaded.clear();
    const moved = [
      { name, value: null },
      { name: target, value: document.value },
    ];
    await this.#documents.commit(moved);
  }

  /**
   * Commits what becomes of some mails; again when another request came between, not at all when nothing changes: then
   * it gives `false`.
   */
  async #change(
    folder: FolderId,
    ids: readonly ItemId[],
    change: (before: Details, id: ItemId) => Details,
  ): Promise<boolean> {
    if (ids.length === 0) return false;
    const name = documentName(folder);
    for (;;) {
      const { kept, revision } = await this.#load(folder);
      const changed = ids.reduce((all, id) => withDetails(all, id, change(detailsOf(all, id), id)), kept);
      if (changed === kept) return false;
      this.#loaded.delete(name);
      const value = packDocument({ flags: newestOf(changed.flags), verbs: newestOf(changed.verbs) });
      if (await this.#documents.commit([{ name, value, expect: revision }])) return true;
    }
  }

  #load(folder: FolderId): Promise<{ kept: Kept; revision: number }> {
    const name = documentName(folder);
    const loaded = this.#loaded.get(name) ?? this.#read(name);
    this.#loaded.set(name, loaded);
    return loaded;
  }

  async #read(name: string): Promise<{ kept: Kept; revision: number }> {
    const document = await this.#documents.load(name);
    if (document === undefined) return { kept: { flags: {}, verbs: {} }, revision: 0 };
    const { json } = unpackDocument<StoredForm>(document.value);
    const flags = Object.entries(json.flags).map(([id, flag]) => [id, flagOfJson(flag)] as const);
    return { kept: { flags: Object.fromEntries(flags), verbs: json.verbs ?? {} }, revision: document.revision };
  }
}

/** The document of a folder; one that an older release wrote has no verbs. */
interface StoredForm {
  readonly flags: Readonly<Record<ItemId, Record<string, unknown>>>;
  readonly verbs?: Readonly<Record<ItemId, ExecutedVerb>>;
}

const Nothing: Details = { flag: undefined, verb: undefined };

const detailsOf = ({ flags, verbs }: Kept, id: ItemId): Details => ({ flag: flags[id], verb: verbs[id] });

const withDetails = (kept: Kept, id: ItemId, { flag, verb }: Details): Kept => {
  const [flags, verbs] = [withEntry(kept.flags, id, flag), withEntry(kept.verbs, id, verb)];
  return flags === kept.flags && verbs === kept.verbs ? kept : { flags, verbs };
};

/** The newest entry stands last. */
const withEntry = <T>(all: Readonly<Record<ItemId, T>>, id: ItemId, entry: T | undefined) => {
  if (isDeepStrictEqual(all[id], entry)) return all;
  const { [id]: _, ...others } = all;
  return entry === undefined ? others : { ...others, [id]: entry };
};

/** Whether a flag that was kept is still the one that the mail server speaks of. */
const agrees = (kept: EmailFlag, told: EmailFlag | undefined): boolean =>
  (told?.status === FlagStatus.active) === (kept.status === FlagStatus.active);

const documentName = (folder: FolderId): string =>
  `follow-up/${createHash('sha256').update(folder).digest('base64url').slice(0, 22)}`;

const newestOf = <T>(all: Readonly<Record<ItemId, T>>): Readonly<Record<ItemId, T>> =>
  Object.fromEntries(Object.entries(all).slice(-FollowUpsPerFolder));
