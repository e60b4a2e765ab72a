import { GlobalStatus } from '../../protocol/status.ts';
import { type ByteSource, sourceOfOpaque } from '../../protocol/wbxml/bytes.ts';
import type { OutgoingMessage, SendScope } from '../send/send-once.ts';
import { sendOnce } from '../send/send-once.ts';
import { CommandFailure } from './command.ts';

/**
 * Sends a message of SendMail, SmartReply or SmartForward. A repeated ClientId is told so; a repeated
 * raw message, which has no ClientId, was sent all the same (MS-ASCMD_R7465).
 */
export const send = async (scope: SendScope, message: OutgoingMessage): Promise<'sent' | 'sent before'> => {
  const outcome = await sendOnce(scope, message);
  if (outcome === 'sent before' && message.clientId !== undefined) {
    throw new CommandFailure(GlobalStatus.messagePreviouslySent, 'This message was sent before');
  }
  return outcome;
};

/** What the three commands have in common beside the message ([MS-ASCMD] 2.2.3.3.1; [MS-ASRM] 2.2.2.19.3). */
interface Wishes {
  readonly accountId?: string | undefined;
  readonly templateId?: string | undefined;
}

/** Refuses what a message may ask for and nobody here can do. */
export const checkWishes = ({ accountId, templateId }: Wishes): void => {
  // Settings names no AccountId, so none is valid (MS-ASCMD_R724).
  if (accountId !== undefined) throw new CommandFailure(GlobalStatus.invalidAccountId, 'There is no such AccountId');
  if (templateId !== undefined) {
    throw new CommandFailure(GlobalStatus.irmFeatureDisabled, 'This server protects no mail by rights management');
  }
};

/** A request's bytes as a source. Elements that a version does not know are missing unseen: up to 12.1 that is all of them. */
export const sourceOf = (value: unknown): ByteSource => {
  if (value === undefined) throw new CommandFailure(GlobalStatus.invalidContent, 'The request came without a message');
  return sourceOfOpaque(value);
};
