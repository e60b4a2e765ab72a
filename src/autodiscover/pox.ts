import { XMLParser } from 'fast-xml-parser';
import type { AccountIdentity } from '../handlers/context.ts';

/** Namespaces of plain old XML Autodiscover for mobile devices ([MS-ASCMD] 2.2.1.1). */
const ResponseNamespace = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006';
const MobileSyncNamespace = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006';

/** Largest request in bytes: one has some 400. */
export const MaxPoxBody = 16 * 1024;

/** What went wrong, as Exchange numbers it. */
export const PoxErrors = {
  invalidRequest: { code: 600, message: 'Invalid Request' },
  providerNotAvailable: { code: 601, message: 'Provider is not available' },
} as const;

export type PoxError = (typeof PoxErrors)[keyof typeof PoxErrors];

/** A request, or what is wrong with it. */
export type PoxRequest =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly error: PoxError };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const child = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

const parse = (xml: string): unknown => {
  try {
    // Entities of the document's own are not needed, so none are resolved.
    return new XMLParser({ removeNSPrefix: true, parseTagValue: false, processEntities: false }).parse(xml, true);
  } catch {
    return undefined;
  }
};

/** Reads a request: Autodiscover > Request > EMailAddress, AcceptableResponseSchema ([MS-ASCMD] 2.2.1.1). */
export const parsePoxRequest = (xml: string): PoxRequest => {
  const request = child(child(parse(xml), 'Autodiscover'), 'Request');
  const address = textOf(child(request, 'EMailAddress'));
  const schema = textOf(child(request, 'AcceptableResponseSchema'));
  if (!/^[^@\s]+@[^@\s]+$/.test(address) || schema === '') return { ok: false, error: PoxErrors.invalidRequest };
  if (schema.toLowerCase() !== MobileSyncNamespace) return { ok: false, error: PoxErrors.providerNotAvailable };
  return { ok: true, address };
};

const Escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => Escapes[character] ?? character);

const document = (response: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<Autodiscover xmlns="${ResponseNamespace}">${response}</Autodiscover>\n`;

/** Where the account's server is ([MS-ASCMD] 4.2.4). `url` is that of the ActiveSync endpoint. */
export const poxSettings = (account: AccountIdentity, url: string): string => {
  const server = `<Server><Type>MobileSync</Type><Url>${escapeXml(url)}</Url><Name>${escapeXml(url)}</Name></Server>`;
  const user =
    `<User><DisplayName>${escapeXml(account.displayName ?? account.address)}</DisplayName>` +
    `<EMailAddress>${escapeXml(account.address)}</EMailAddress></User>`;
  return document(
    `<Response xmlns="${MobileSyncNamespace}"><Culture>en:us</Culture>${user}` +
      `<Action><Settings>${server}</Settings></Action></Response>`,
  );
};

/**
 * An error of the request as a whole ([MS-ASCMD] 2.2.3.63).
 *
 * @param now Milliseconds since 1970.
 * @param id Number that the log knows this answer by, unsigned 32-bit.
 */
export const poxError = ({ code, message }: PoxError, now: number, id: number): string => {
  const time = new Date(now).toISOString().slice(11, 23);
  return document(
    `<Response><Error Time="${time}" Id="${id}"><ErrorCode>${code}</ErrorCode>` +
      `<Message>${message}</Message><DebugData/></Error></Response>`,
  );
};
