import iconv from 'iconv-lite';

/** Encodes a mailbox name for the wire: modified UTF-7 (RFC 3501, 5.1.3). */
export const encodeMailboxName = (name: string): string => iconv.encode(name, 'utf-7-imap').toString('latin1');

/**
 * Decodes a mailbox name off the wire. A name that is not modified UTF-7 (servers that send UTF-8
 * as it is) is taken as it stands, so every name can be shown.
 */
export const decodeMailboxName = (wire: string): string => {
  const decoded = iconv.decode(Buffer.from(wire, 'latin1'), 'utf-7-imap');
  return encodeMailboxName(decoded) === wire ? decoded : wire;
};

/** Whether a name for a new folder can be put into a path: no control characters, not the delimiter, not empty. */
export const isFolderName = (name: string, delimiter: string | undefined): boolean =>
  name.trim() !== '' && !hasControls(name) && (delimiter === undefined || !name.includes(delimiter));

/** Whether a text holds CR, LF, NUL or another control character. */
export const hasControls = (text: string): boolean => /\p{Cc}/u.test(text);
