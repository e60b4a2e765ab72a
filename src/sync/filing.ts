import { createHash } from 'node:crypto';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import type { Email } from '../../protocol/classes/email.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import type { AccountDocuments } from './account-documents.ts';
import type { FollowUps } from './follow-up.ts';

/**
 * Conversations whose mail always goes to one folder ([MS-ASCON] 3.2.5.3): no mail server does that for us, so it is
 * done when a mail that came is about to go to a device. Kept for the account, whatever device asked for it.
 */
export interface Filing {
  /** Moves a mail that came into a folder to where its conversation goes; whether it is there now. */
  file(mail: MailStore, folder: FolderId, id: ItemId, email: Email): Promise<boolean>;
  /** Has mail that comes later filed. */
  keep(conversation: Uint8Array, order: FilingOrder): Promise<void>;
  /** Follows a folder that gets another id. */
  renamed(from: FolderId, to: FolderId): Promise<void>;
}

/** Where a conversation goes. */
export interface FilingOrder {
  readonly target: FolderId;
  /** Folders whose mail stays where it is: it is not the user's to file. */
  readonly unmoved: readonly FolderId[];
}

/** Where one conversation goes, as it is kept. */
interface Rule {
  readonly target: FolderId;
  /** Milliseconds since 1970 when it was given; what was received before was moved then. */
  readonly since: number;
  /** What was filed, so that the user may put it elsewhere: digests, the newest last. */
  readonly filed: readonly string[];
}

interface Rules {
  readonly unmoved: readonly FolderId[];
  /** By ConversationId in hex, the newest last. */
  readonly rules: Readonly<Record<string, Rule>>;
}

/** Name of the document; most accounts have none. */
export const FilingDocument = 'filing';

/** Conversations of an account at most; the oldest orders are forgotten first. Some 150 bytes each. */
export const MaxFiledConversations = 500;

/** Mails of a conversation that are remembered as filed. */
const MaxFiled = 16;

/** Milliseconds by which the mail server's clock, and the whole seconds it tells, may be behind ours. */
const ClockSlack = 60_000;

const NoRules: Rules = { unmoved: [], rules: {} };

/** What filing works with. */
export interface FilingScope {
  readonly documents: AccountDocuments;
  readonly followUps: FollowUps;
  readonly now: () => number;
  /** Told of folders that got or lost mail. */
  touched(folder: FolderId): void;
}

/** Filing by the orders that are kept of an account. */
export class StoredFiling implements Filing {
  readonly #scope: FilingScope;

  constructor(scope: FilingScope) {
    this.#scope = scope;
  }

  async file(mail: MailStore, folder: FolderId, id: ItemId, email: Email): Promise<boolean> {
    const { rules, unmoved } = await this.#load();
    const name = nameOf(email.conversationId);
    const rule = name === undefined ? undefined : rules[name];
    if (name === undefined || rule === undefined || unmoved.includes(folder) || !applies(rule, folder, email)) {
      return false;
    }
    const moved = await this.#move(mail, folder, id, rule.target);
    if (moved) await this.#change((all) => withRule(all, name, withFiled(all.rules[name] ?? rule, email)));
    else if (await isGone(mail, rule.target)) await this.#change((all) => withRule(all, name, undefined));
    return moved;
  }

  async keep(conversation: Uint8Array, { target, unmoved }: FilingOrder): Promise<void> {
    const rule: Rule = { target, since: this.#scope.now(), filed: [] };
    await this.#change((all) => withRule({ ...all, unmoved }, nameOf(conversation) ?? '', rule));
  }

  async renamed(from: FolderId, to: FolderId): Promise<void> {
    const known = await this.#load();
    if (!Object.values(known.rules).some(({ target }) => target === from)) return;
    await this.#change(({ unmoved, rules }) => ({
      unmoved,
      rules: Object.fromEntries(
        Object.entries(rules).map(([name, rule]) => [name, rule.target === from ? { ...rule, target: to } : rule]),
      ),
    }));
  }

  /** Moves one mail. Where that cannot be it stays, and is told to the device like any other. */
  async #move(mail: MailStore, folder: FolderId, id: ItemId, target: FolderId): Promise<boolean> {
    const { followUps, touched } = this.#scope;
    try {
      const moved = await mail.move(folder, [id], target);
      await followUps.moved(folder, target, moved);
      for (const each of [folder, target]) touched(each);
      return true;
    } catch (error) {
      if (!isBackendError(error) || isBackendError(error, 'unavailable', 'loginRefused')) throw error;
      return false;
    }
  }

  async #change(change: (rules: Rules) => Rules): Promise<void> {
    const { documents } = this.#scope;
    for (;;) {
      const document = await documents.load(FilingDocument);
      const value = packDocument(change(rulesOf(document?.value)));
      if (await documents.commit([{ name: FilingDocument, value, expect: document?.revision ?? 0 }])) return;
    }
  }

  async #load(): Promise<Rules> {
    return rulesOf((await this.#scope.documents.load(FilingDocument))?.value);
  }
}

const rulesOf = (value: Uint8Array | undefined): Rules =>
  value === undefined ? NoRules : unpackDocument<Rules>(value).json;

const nameOf = (conversation: Email['conversationId']): string | undefined =>
  conversation instanceof Uint8Array ? Buffer.from(conversation).toString('hex') : undefined;

const applies = ({ target, since, filed }: Rule, folder: FolderId, email: Email): boolean =>
  folder !== target && (email.dateReceived?.getTime() ?? 0) >= since - ClockSlack && !filed.includes(digestOf(email));

/** What tells a mail from the others of its conversation, in whatever folder it lies. */
const digestOf = ({ from, subject, dateReceived }: Email): string =>
  createHash('sha256')
    .update(JSON.stringify([from, subject, dateReceived]))
    .digest('base64url')
    .slice(0, 11);

const withFiled = (rule: Rule, email: Email): Rule => ({
  ...rule,
  filed: [...rule.filed, digestOf(email)].slice(-MaxFiled),
});

const withRule = ({ unmoved, rules }: Rules, name: string, rule: Rule | undefined): Rules => {
  const { [name]: _, ...others } = rules;
  const kept = rule === undefined ? Object.entries(others) : [...Object.entries(others), [name, rule] as const];
  return { unmoved, rules: Object.fromEntries(kept.slice(-MaxFiledConversations)) };
};

const isGone = async (mail: MailStore, folder: FolderId): Promise<boolean> =>
  !(await mail.positions([folder])).has(folder);
