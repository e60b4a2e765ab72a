import { isAscii } from 'node:buffer';
import { domainToASCII } from 'node:url';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { bodyOffset } from '../convert/mail/headers.ts';
import { encodeParts, MaxLine } from '../convert/mail/recode.ts';

/** What of a message a server can carry. */
interface Carries {
  readonly eightBit: boolean;
}

/** A message as one server takes it. */
export interface ServerMessage {
  readonly message: ByteSource;
  /** Whether its body must be declared as 8BITMIME. */
  readonly use8BitMime: boolean;
}

/**
 * The message as a server takes it: parts with lines that SMTP does not carry are encoded, and without
 * 8BITMIME those beyond ASCII, too. 8BITMIME is declared only where it is offered and needed: some
 * servers convert what is declared, and break signatures by it.
 */
export const forServer = async (message: ByteSource, { eightBit }: Carries): Promise<ServerMessage> => {
  const found = await inspect(message);
  const mustEncode = found.hasHeader && (found.unlined || (found.eightBit && !eightBit));
  const fit = mustEncode ? encodeParts(message, { eightBit: !eightBit }) : message;
  return { message: fit, use8BitMime: eightBit && (found.eightBit || found.utf8Header) };
};

/** An address for a server without SMTPUTF8: its domain in ASCII. What stands before the @ has no such form. */
export const asciiAddress = (address: string): string => {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[\0-\x7f]*$/.test(domain)) return address;
  return `${address.slice(0, at + 1)}${domainToASCII(domain) || domain}`;
};

/** What of a message not every mail server carries. */
interface Peculiarities {
  /** Its header ends: what is none has no parts to be encoded. */
  readonly hasHeader: boolean;
  /** Bytes beyond ASCII in the header: it takes SMTPUTF8 (RFC 6531). */
  readonly utf8Header: boolean;
  /** Bytes beyond ASCII in the body: it takes 8BITMIME (RFC 6152). */
  readonly eightBit: boolean;
  /** Lines longer than SMTP carries (RFC 5321, 4.5.3.1.6), or NUL. */
  readonly unlined: boolean;
}

/** Bytes of a message in which the end of its header is looked for. */
const HeaderBytes = 262_144;

/** Bytes looked at before others are served. */
const Chunk = 262_144;

/** Looks through a message, a piece at a time. */
export const inspect = async (message: ByteSource): Promise<Peculiarities> => {
  const start = message.read(0, Math.min(message.length, HeaderBytes));
  const headerEnd = bodyOffset(start);
  let [eightBit, unlined, lineStart] = [false, false, 0];
  for (let at = 0; at < message.length && !(eightBit && unlined); at += Chunk) {
    const read = message.read(at, Math.min(message.length, at + Chunk));
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    eightBit ||= !isAscii(at < headerEnd ? bytes.subarray(headerEnd - at) : bytes);
    unlined ||= bytes.includes(0);
    for (let lf = bytes.indexOf(0x0a); lf >= 0 && !unlined; lf = bytes.indexOf(0x0a, lf + 1)) {
      unlined = at + lf - lineStart > MaxLine + 1;
      lineStart = at + lf + 1;
    }
    unlined ||= at + bytes.length - lineStart > MaxLine + 1;
    if (at + Chunk < message.length) await new Promise((resolve) => setImmediate(resolve));
  }
  const hasHeader = /(?:^|\n)\r?\n$/.test(
    Buffer.from(start.subarray(Math.max(0, headerEnd - 3), headerEnd)).toString('latin1'),
  );
  return { hasHeader, utf8Header: !isAscii(start.subarray(0, headerEnd)), eightBit, unlined };
};
