import { PropertyId } from './mapi.ts';
import { readRtf } from './rtf.ts';
import { unpackRtf } from './rtf-compression.ts';
import type { TnefAttachment, TnefMessage } from './tnef.ts';

/** The text of a winmail.dat, and a message attached in one as the .eml file that every mail program opens. */

/** Forms of the text of a winmail.dat. */
export interface TnefText {
  readonly plain: string | undefined;
  /** HTML as bytes. */
  readonly html: { readonly bytes: Uint8Array; readonly charset: string } | undefined;
}

/** Plain text and HTML of a winmail.dat; its RTF is used where one of them is not there beside it. */
export const textOfTnef = ({ text, html, htmlCharset, compressedRtf }: TnefMessage): TnefText => {
  const rtf = compressedRtf === undefined || html !== undefined ? undefined : unpackRtf(compressedRtf);
  const read = rtf === undefined ? undefined : readRtf(rtf);
  const wrapped = read?.isHtml === true ? { bytes: new TextEncoder().encode(read.text), charset: 'utf-8' } : undefined;
  return {
    plain: text ?? (read?.isHtml === false ? read.text : undefined),
    html: html === undefined ? wrapped : { bytes: html, charset: htmlCharset },
  };
};

const Crlf = '\r\n';

/** An attached message as bytes of MIME: its parts are encoded, so that it is ASCII in short lines. */
export const messageOfTnef = (message: TnefMessage): Uint8Array =>
  new TextEncoder().encode([...headerLines(message), ...partLines(message, 0)].join(Crlf));

const headerLines = ({ properties }: TnefMessage): string[] => {
  const address = properties.text(PropertyId.senderSmtpAddress) ?? properties.text(PropertyId.senderAddress) ?? '';
  const date = properties.time(PropertyId.clientSubmitTime) ?? properties.time(PropertyId.messageDeliveryTime);
  const from = [
    encodedWords(properties.text(PropertyId.senderName)),
    /^[\w.+-]+@[\w.-]+$/.test(address) ? `<${address}>` : '',
  ];
  const fields: [string, string][] = [
    ['From', from.filter(Boolean).join(' ')],
    ['To', encodedWords(properties.text(PropertyId.displayTo))],
    ['Cc', encodedWords(properties.text(PropertyId.displayCc))],
    ['Subject', encodedWords(properties.text(PropertyId.subject))],
    ['Date', date === undefined ? '' : date.toUTCString().replace('GMT', '+0000')],
    ['Message-ID', /^<[^<>\s]{1,900}>$/.exec(properties.text(PropertyId.internetMessageId) ?? '')?.[0] ?? ''],
  ];
  return [...fields.flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`])), 'MIME-Version: 1.0'];
};

/** Bytes of an encoded word: 75 characters at most (RFC 2047, 2). */
const WordBytes = 42;

/** Text in encoded words, one a line; no word divides a character. */
const encodedWords = (text: string | undefined): string => {
  const words: string[] = [];
  let word = '';
  for (const char of (text ?? '').replace(/[\p{Cc}]+/gu, ' ').slice(0, 2_000)) {
    if (Buffer.byteLength(word + char) > WordBytes) {
      words.push(word);
      word = '';
    }
    word += char;
  }
  if (word !== '') words.push(word);
  return words.map((piece) => `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`).join(`${Crlf} `);
};

/** The lines of a multipart. Its boundary holds `=_`, which no line of base64 does; those within each other differ. */
const multipartLines = (subtype: string, boundary: string, parts: readonly (readonly string[])[]): string[] => [
  `Content-Type: multipart/${subtype}; boundary="${boundary}"`,
  '',
  ...parts.flatMap((lines) => [`--${boundary}`, ...lines]),
  `--${boundary}--`,
  '',
];

const partLines = (message: TnefMessage, depth: number): string[] => {
  const { plain, html } = textOfTnef(message);
  const texts = [
    ...(plain === undefined ? [] : [leafLines('text/plain; charset=utf-8', [], Buffer.from(plain))]),
    ...(html === undefined ? [] : [leafLines(`text/html; charset=${html.charset}`, [], html.bytes)]),
  ];
  const forms = texts.length < 2 ? texts : [multipartLines('alternative', `=_forms_${depth}`, texts)];
  const files = message.attachments.map((attachment) => attachmentLines(attachment, depth));
  return multipartLines('mixed', `=_winmail_${depth}`, [...forms, ...files]);
};

const leafLines = (type: string, fields: readonly string[], bytes: Uint8Array): string[] => [
  `Content-Type: ${type}`,
  'Content-Transfer-Encoding: base64',
  ...fields,
  '',
  ...(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('base64')
    .match(/.{1,76}/g) ?? []),
];

const attachmentLines = (attachment: TnefAttachment, depth: number): string[] => {
  const name = attachmentName(attachment);
  const disposition = `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name).replace(/['()*]/g, '_')}`;
  if (attachment.message !== undefined) {
    const inner = [...headerLines(attachment.message), ...partLines(attachment.message, depth + 1)];
    return ['Content-Type: message/rfc822', disposition, '', ...inner];
  }
  const id = attachment.contentId?.replace(/[<>\s\p{Cc}]/gu, '').slice(0, 500);
  return leafLines(typeOf(attachment), [disposition, ...(id ? [`Content-ID: <${id}>`] : [])], attachment.bytes);
};

/** The type of an attachment, as far as it is one that a file can have. */
export const typeOf = ({ contentType, message }: TnefAttachment): string => {
  if (message !== undefined) return 'message/rfc822';
  const isType = /^[a-z0-9][\w.+-]{0,60}\/[\w.+-]{1,100}$/.test(contentType ?? '');
  return isType && !/^(?:multipart|message)\//.test(contentType ?? '')
    ? (contentType as string)
    : 'application/octet-stream';
};

/** The name of an attachment, of a message its subject. Halves of surrogate pairs would make it no text. */
export const attachmentName = ({ name, message }: TnefAttachment): string => {
  const given = name || (message?.properties.text(PropertyId.subject) ?? '');
  return given
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, 200);
};
