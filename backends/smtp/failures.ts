import { BackendError, type BackendErrorCode } from '../contract/errors.ts';
import type { RefusedRecipient } from '../contract/mail.ts';

/** What nodemailer puts on its errors, as far as it is looked at. */
interface SmtpFailure {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly response?: unknown;
  readonly responseCode?: unknown;
  readonly recipient?: unknown;
}

/** Who was refused, by which reply, of which code; code 0: it was no refusal. */
export const refusalOf = (error: unknown): { recipient: string; reply: string; code: number } => {
  const { recipient, response, responseCode } = asFailure(error);
  return {
    recipient: typeof recipient === 'string' ? recipient : '',
    reply: typeof response === 'string' ? response : String(error),
    code: typeof responseCode === 'number' ? responseCode : 0,
  };
};

/** Enhanced status codes that say more than their reply code (RFC 3463). */
const MeaningOfEnhanced: Readonly<Record<string, BackendErrorCode>> = {
  '5.2.2': 'overQuota',
  '5.2.3': 'tooLarge',
  '5.3.4': 'tooLarge',
};

/** Permanent replies that do not speak of the mail or its addresses (RFC 5321, RFC 4954). */
const MeaningOfReply: Readonly<Record<number, BackendErrorCode>> = {
  421: 'unavailable',
  // Bad sequence, not implemented, login demanded, TLS demanded: the server or its settings, not the mail.
  502: 'unavailable',
  503: 'unavailable',
  530: 'unavailable',
  534: 'unavailable',
  538: 'unavailable',
  552: 'tooLarge',
};

/** Commands whose refusal speaks of the mail; a refused greeting, EHLO or STARTTLS speaks of the server. */
const MailCommands = /^(MAIL FROM|RCPT TO|DATA)/;

/** Seconds after which to try a server again that does not answer. */
const RetrySeconds = 30;

/**
 * Turns what went wrong while a mail was handed over into a {@link BackendError}. Refusals for good
 * are `rejected`, `tooLarge` or `overQuota`; all that may pass is `unavailable`.
 */
export const sendFailure = (error: unknown, recipients: readonly RefusedRecipient[] = []): BackendError => {
  if (error instanceof BackendError) return error;
  const { code, command, responseCode } = asFailure(error);
  if (code === 'EMESSAGE' && responseCode === undefined) return new BackendError('tooLarge', { cause: error });
  if (code === 'EENVELOPE' && command === 'API') return new BackendError('rejected', { detail: describe(error) });
  const refused = typeof responseCode === 'number' && responseCode >= 500 && MailCommands.test(String(command));
  const meaning = refused ? meaningOf(responseCode, error) : 'unavailable';
  return meaning === 'unavailable'
    ? unavailable(error)
    : new BackendError(meaning, { detail: describe(error), cause: error, refused: recipients });
};

const meaningOf = (responseCode: number, error: unknown): BackendErrorCode => {
  const enhanced = /^\d{3}[ -](\d\.\d+\.\d+)/.exec(String(asFailure(error).response))?.[1] ?? '';
  return MeaningOfEnhanced[enhanced] ?? MeaningOfReply[responseCode] ?? 'rejected';
};

/**
 * The failure of a login. Only 535 to the user's own password is `loginRefused`: what happens to a
 * password of the configuration is not the user's affair.
 */
export const loginFailure = (error: unknown, whose: 'user' | 'fixed'): BackendError =>
  asFailure(error).responseCode === 535 && whose === 'user'
    ? new BackendError('loginRefused', { detail: describe(error), cause: error })
    : unavailable(error, `login: ${describe(error)}`);

/** `unavailable`, with what happened. */
export const unavailable = (cause: unknown, detail = describe(cause)): BackendError =>
  new BackendError('unavailable', { detail, cause, retryAfter: RetrySeconds });

const asFailure = (error: unknown): SmtpFailure =>
  typeof error === 'object' && error !== null ? (error as SmtpFailure) : {};

/** The reply or the error's own words, without the addresses that servers like to repeat. */
const describe = (error: unknown): string => {
  const { response, code } = asFailure(error);
  const words = typeof response === 'string' ? response : error instanceof Error ? error.message : String(error);
  return `${words.replace(/\S+@\S+/g, '<address>')}${typeof code === 'string' ? ` (${code})` : ''}`;
};
