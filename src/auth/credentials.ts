/** What a device sent to prove who it is. */
export interface Credentials {
  /** As typed: `anna`, `anna@example.org` or `EXAMPLE\anna`. */
  readonly user: string;
  readonly password: string;
}

/** Credentials, or why there are none. */
export type CredentialsResult =
  | { readonly ok: true; readonly credentials: Credentials }
  | { readonly ok: false; readonly reason: string };

/** Longest user name in characters: an address has at most 254 ([RFC5321] 4.5.3.1), a Windows domain goes before it. */
export const MaxUserLength = 320;
/** Longest password in characters: app passwords and tokens fit; a longer one only costs time to digest. */
export const MaxPasswordLength = 4096;

const refuse = (reason: string): CredentialsResult => ({ ok: false, reason });

const decodeUtf8OrLatin1 = (bytes: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
};

/** NUL, CR, LF and the like: no mail server has such a name, and they would end a line of IMAP or LDAP. */
const hasControlCharacter = (text: string): boolean => /\p{Cc}/u.test(text);

const checked = (user: string, password: string): CredentialsResult => {
  if (user === '') return refuse('The user name is empty');
  if (password === '') return refuse('The password is empty');
  if (user.length > MaxUserLength) return refuse(`The user name is longer than ${MaxUserLength} characters`);
  if (password.length > MaxPasswordLength) return refuse(`The password is longer than ${MaxPasswordLength} characters`);
  if (hasControlCharacter(user)) return refuse('The user name holds a control character');
  if (hasControlCharacter(password)) return refuse('The password holds a control character');
  return { ok: true, credentials: { user: user.normalize('NFC'), password } };
};

/**
 * Reads an Authorization header of the Basic scheme ([MS-ASHTTP] 2.2.1.1.2.1, [RFC7617]). The text is
 * taken as UTF-8, and as Latin-1 where it is not UTF-8: old clients send that.
 */
export const parseBasic = (header: string | undefined): CredentialsResult => {
  if (header === undefined || header === '') return refuse('No user name and password were sent');
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header);
  if (match?.[1] === undefined) return refuse('Only Basic authentication is understood');
  const text = decodeUtf8OrLatin1(Buffer.from(match[1], 'base64'));
  const colon = text.indexOf(':');
  if (colon < 0) return refuse('User name and password are not separated by a colon');
  return checked(text.slice(0, colon), text.slice(colon + 1));
};
