import type { UnderstoodMail } from '../../backends/contract/composer.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { CommandFailure } from '../handlers/command.ts';
import type { AccountIdentity } from '../handlers/context.ts';

/**
 * What becomes of a mail whose From is none of the user's own addresses: `rewrite` puts the primary
 * one there (MS-ASCMD_R448), `refuse` does not send it, `allow` sends it and says in Sender who did.
 */
export const FromPolicies = ['rewrite', 'refuse', 'allow'] as const;
export type FromPolicy = (typeof FromPolicies)[number];

/** As whom a mail goes out. */
export interface SenderChoice {
  /** Sender in the envelope, who gets what bounces: always an address of the user's own. */
  readonly envelope: string;
  /** Address to write into From; absent: what stands there is right. */
  readonly from?: string;
  /** Address to write into Sender (RFC 5322, 3.6.2). */
  readonly sender?: string;
}

/** Decides as whom a mail goes out. Throws {@link CommandFailure} when it may not. */
export const chooseSender = (
  account: AccountIdentity,
  policy: FromPolicy,
  { authors, plainAuthor }: Pick<UnderstoodMail, 'authors' | 'plainAuthor'>,
): SenderChoice => {
  const primary = account.address;
  const [author] = authors;
  if (author === undefined) return { envelope: primary, from: primary };
  const own = authors.every((each) => ownAddress(account, each) !== undefined);
  if (own) {
    const envelope = ownAddress(account, author) ?? primary;
    // Written anew unless it is plain: what one program takes for a name, another takes for the address.
    return plainAuthor ? { envelope } : { envelope, from: author };
  }
  if (policy === 'refuse') {
    throw new CommandFailure(GlobalStatus.mailSubmissionFailed, 'From is none of the addresses of this account');
  }
  return policy === 'allow' ? { envelope: primary, sender: primary } : { envelope: primary, from: primary };
};

/** The address of the account that `address` is, or is a subaddress of (RFC 5233): those reach the same user. */
export const ownAddress = ({ address: primary, aliases }: AccountIdentity, address: string): string | undefined => {
  const wanted = address.toLowerCase();
  return [primary, ...aliases].find((own) => {
    const lower = own.toLowerCase();
    const at = lower.lastIndexOf('@');
    return wanted === lower || (wanted.startsWith(`${lower.slice(0, at)}+`) && wanted.endsWith(lower.slice(at)));
  });
};
