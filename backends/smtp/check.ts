import type { CheckLine } from '../contract/backend.ts';
import { isBackendError } from '../contract/errors.ts';
import type { Connection } from './connection.ts';
import type { SmtpSettings } from './settings.ts';

/** Looks whether the server answers and what it can do, as whoever `open` logs in. */
export const checkServer = async (settings: SmtpSettings, open: () => Promise<Connection>): Promise<CheckLine[]> => {
  try {
    const connection = await open();
    const lines = [answers(settings), security(connection), login(connection, settings), size(connection)];
    connection.quit();
    return lines;
  } catch (error) {
    return [failure(error, settings)];
  }
};

const answers = ({ url }: SmtpSettings): CheckLine => ({ ok: true, what: 'SMTP', meaning: `${url} answers.` });

const failure = (error: unknown, { url }: SmtpSettings): CheckLine => {
  const message = error instanceof Error ? error.message : String(error);
  return isBackendError(error, 'loginRefused')
    ? {
        ok: false,
        what: 'SMTP login',
        meaning: `${message}. Phones receive mail but cannot send: set the right login.`,
      }
    : {
        ok: false,
        what: 'SMTP',
        meaning: `${url}: ${message}. Phones cannot send mail: check address, TLS and firewall.`,
      };
};

const security = ({ abilities }: Connection): CheckLine =>
  abilities.tls
    ? { ok: true, what: 'SMTP TLS', meaning: 'Mail and passwords go out encrypted.' }
    : { ok: 'missing', what: 'SMTP TLS', meaning: 'Unencrypted, which is allowed on loopback only.' };

const login = ({ abilities }: Connection, settings: SmtpSettings): CheckLine => {
  if (settings.login === 'none') {
    return { ok: true, what: 'SMTP login', meaning: 'Nobody logs in: the server must accept mail from this address.' };
  }
  return abilities.login
    ? { ok: true, what: 'SMTP login', meaning: 'The server takes user and password.' }
    : {
        ok: 'missing',
        what: 'SMTP login',
        meaning: 'The server offers no login: mail is sent without. It must accept it from this address.',
      };
};

const size = ({ abilities }: Connection): CheckLine =>
  abilities.maxSize > 0
    ? { ok: true, what: 'SMTP SIZE', meaning: `Mails of up to ${abilities.maxSize} bytes are accepted.` }
    : { ok: 'missing', what: 'SMTP SIZE', meaning: 'The server names no limit: too large a mail fails at its end.' };
