import type { UnderstoodMail } from '../../backends/contract/composer.ts';
import type { AccountIdentity } from '../handlers/context.ts';
import { ownAddress } from './sender.ts';

/** Values of LastVerbExecuted ([MS-ASEMAIL] 2.2.2.44). */
export const LastVerb = { replyToSender: 1, replyToAll: 2, forward: 3 } as const;
export type LastVerb = (typeof LastVerb)[keyof typeof LastVerb];

type Understood = Pick<UnderstoodMail, 'authors' | 'replyTo' | 'recipients'>;

/**
 * Which kind of reply was sent: no request says it, so the recipients do. It went to all when it went to
 * somebody whom the original names beside its sender and the user.
 */
export const replyVerb = (account: AccountIdentity, original: Understood, sent: Understood): LastVerb => {
  const senders = new Set([...original.authors, ...original.replyTo].map(folded));
  const recipients = new Set(sent.recipients.map(folded));
  const isOther = (address: string): boolean =>
    !senders.has(folded(address)) && ownAddress(account, address) === undefined;
  const toOthers = original.recipients.some((address) => isOther(address) && recipients.has(folded(address)));
  return toOthers ? LastVerb.replyToAll : LastVerb.replyToSender;
};

const folded = (address: string): string => address.toLowerCase();
