import { type BackendErrorCode, isBackendError } from '../../backends/contract/errors.ts';
import type { RefusedRecipient } from '../../backends/contract/mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { CommandFailure } from '../handlers/command.ts';

/** Why a mail was not sent, as a device tells its user ([MS-ASCMD] 2.2.2). */
const StatusOf: Partial<Record<BackendErrorCode, number>> = {
  rejected: GlobalStatus.mailSubmissionFailed,
  tooLarge: GlobalStatus.sendQuotaExceeded,
  overQuota: GlobalStatus.mailboxQuotaExceeded,
};

/** Replies that say that there is no such recipient (RFC 3463, 3.2). */
const Unknown = /^5\d\d[ -]5\.1\.[0-9]\b/;

/** The Status of a refused submission; any other error is itself. */
export const submissionFailure = (error: unknown): unknown => {
  if (!isBackendError(error)) return error;
  const status = StatusOf[error.code];
  if (status === undefined) return error;
  const unknown = error.refused.length > 0 && error.refused.every(({ reply }) => Unknown.test(reply));
  return new CommandFailure(unknown ? GlobalStatus.messageRecipientUnresolved : status, error.message, error);
};

/** What a refusal says for the user: by recipient, or of the whole mail. */
export const refusalsIn = (error: unknown, recipients: readonly string[]): readonly RefusedRecipient[] => {
  if (!isBackendError(error, 'rejected', 'tooLarge', 'overQuota')) return [];
  if (error.refused.length > 0) return error.refused;
  return recipients.map((address) => ({ address, reply: error.message }));
};
