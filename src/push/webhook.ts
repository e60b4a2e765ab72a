import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { ChangeEvent, ChangeHub } from './hub.ts';

/** Header that carries the signature: `t=<seconds since 1970>,v1=<hex>`. */
export const SignatureHeader = 'x-postrider-signature';

/** Seconds that a signature may be old or ahead: clocks of mail servers differ, replays are harmless wakes. */
export const SignatureAge = 300;

/** Bytes of one notice: a thousand events of long mailbox names. */
export const MaxNotice = 256 * 1024;

/** Events in one notice at most. */
const MaxEvents = 1000;

/** What a mail server tells: whose mailboxes changed, and how. Unknown members are ignored. */
const Notice = z.object({
  user: z.string().min(1).max(320),
  events: z
    .array(z.object({ mailbox: z.string().max(2000), event: z.string().max(40) }))
    .min(1)
    .max(MaxEvents),
});

type NoticeEvent = z.infer<typeof Notice>['events'][number];

/** Signs a notice as a mail server does: HMAC-SHA256 over `<seconds>.<body>`. */
export const signNotice = (secret: string, body: Uint8Array | string, seconds: number): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`;

/** Whether a signature is right and fresh. */
export const verifyNotice = (secret: string, body: Uint8Array, signature: string | undefined, now: number): boolean => {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '');
  if (match === null || Math.abs(now / 1000 - Number(match[1])) > SignatureAge) return false;
  const expected = Buffer.from(signNotice(secret, body, Number(match[1])));
  const given = Buffer.from(match[0]);
  return expected.length === given.length && timingSafeEqual(expected, given);
};

/** What the notices of a mail server are taken in with. */
export interface WebhookScope {
  readonly secret: string;
  readonly hub: Pick<ChangeHub, 'publish'>;
  readonly now: () => number;
  /** The account of a user name as the mail server says it; `undefined`: none of ours. */
  accountOf(user: string): string | undefined;
  /** The folder that the mail server calls so, out of what is known without asking it; `undefined`: unknown. */
  locate(account: string, mailbox: string): FolderId | undefined;
}

/** What became of a notice. */
export type NoticeOutcome = 'taken' | 'bad signature' | 'malformed' | 'unknown user';

/** Takes in one notice: whoever waits for these folders is woken. */
export const takeNotice = (scope: WebhookScope, body: Uint8Array, signature: string | undefined): NoticeOutcome => {
  if (!verifyNotice(scope.secret, body, signature, scope.now())) return 'bad signature';
  const notice = parse(body);
  if (notice === undefined) return 'malformed';
  const account = scope.accountOf(notice.user);
  if (account === undefined) return 'unknown user';
  for (const event of notice.events) scope.hub.publish(account, eventOf(scope, account, event));
  return 'taken';
};

const parse = (body: Uint8Array): z.infer<typeof Notice> | undefined => {
  try {
    return Notice.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
};

/** Events of RFC 5423 that change the hierarchy. */
const HierarchyEvents: ReadonlySet<string> = new Set([
  'MailboxCreate',
  'MailboxDelete',
  'MailboxRename',
  'MailboxSubscribe',
  'MailboxUnsubscribe',
]);

/** Events that bring an item in, so that nobody needs to look first. */
const ArrivalEvents: ReadonlySet<string> = new Set(['MessageNew', 'MessageAppend']);

const eventOf = (scope: WebhookScope, account: string, { mailbox, event }: NoticeEvent): ChangeEvent => {
  if (HierarchyEvents.has(event)) return { kind: 'hierarchy' };
  const arrived = ArrivalEvents.has(event);
  const folder = scope.locate(account, mailbox);
  // Another node may know the account's folders: it is told the name.
  if (folder === undefined) return { kind: 'unsure', mailbox: { path: mailbox, arrived } };
  return { kind: 'moved', folder, position: undefined, arrived };
};
