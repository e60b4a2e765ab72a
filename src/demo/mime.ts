import type { DemoFile } from './attachments.ts';
import type { Person } from './people.ts';

/** A mail to be written down. */
export interface Letter {
  readonly from: Person;
  readonly to: readonly Person[];
  readonly cc: readonly Person[];
  readonly subject: string;
  readonly date: Date;
  /** Without angle brackets. */
  readonly messageId: string;
  /** Message-IDs of the mails before it in its conversation, the oldest first. */
  readonly references: readonly string[];
  readonly text: string;
  readonly html?: string | undefined;
  readonly picture?: DemoFile | undefined;
  readonly attachments: readonly DemoFile[];
  readonly latin1?: boolean | undefined;
  readonly important?: boolean | undefined;
  readonly listId?: string | undefined;
}

/** A part with its header lines, as text of one character a byte. */
interface Part {
  readonly headers: readonly string[];
  readonly body: string;
}

/** Writes a mail as bytes (RFC 5322, RFC 2045), lines ending with CR LF. The same letter gives the same bytes. */
export const writeLetter = (letter: Letter): Uint8Array => {
  const content = contentOf(letter);
  const lines = [...headersOf(letter), 'MIME-Version: 1.0', ...content.headers, '', content.body];
  return new Uint8Array(Buffer.from(lines.join('\r\n'), 'latin1'));
};

const headersOf = (letter: Letter): string[] => {
  const optional: [string, string | undefined][] = [
    ['Cc', letter.cc.length === 0 ? undefined : letter.cc.map(mailbox).join(',\r\n ')],
    ['In-Reply-To', letter.references.at(-1) && `<${letter.references.at(-1)}>`],
    ['References', letter.references.map((id) => `<${id}>`).join('\r\n ') || undefined],
    ['Importance', letter.important ? 'high' : undefined],
    ['List-Id', letter.listId && `<${letter.listId}>`],
  ];
  return [
    `From: ${mailbox(letter.from)}`,
    `To: ${letter.to.map(mailbox).join(',\r\n ')}`,
    `Subject: ${headerWords(letter.subject)}`,
    `Date: ${letter.date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${letter.messageId}>`,
    ...optional.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`),
  ];
};

const contentOf = (letter: Letter): Part => {
  const plain = textPart('plain', letter.text, letter.latin1);
  const readable =
    letter.html === undefined ? plain : multipart(letter, 'alternative', [plain, htmlOf(letter, letter.html)]);
  if (letter.attachments.length === 0) return readable;
  return multipart(letter, 'mixed', [readable, ...letter.attachments.map((file) => filePart(file))]);
};

const htmlOf = (letter: Letter, html: string): Part => {
  const page = textPart('html', `<!DOCTYPE html><html><body>${html}</body></html>`);
  return letter.picture === undefined
    ? page
    : multipart(letter, 'related', [page, filePart(letter.picture, 'picture')]);
};

const textPart = (subtype: 'plain' | 'html', text: string, latin1 = false): Part => ({
  headers: [
    `Content-Type: text/${subtype}; charset=${latin1 ? 'iso-8859-1' : 'utf-8'}`,
    'Content-Transfer-Encoding: quoted-printable',
  ],
  body: quotedPrintable(Buffer.from(text, latin1 ? 'latin1' : 'utf8')),
});

const filePart = (file: DemoFile, contentId?: string): Part => ({
  headers: [
    `Content-Type: ${file.type}`,
    `Content-Disposition: ${contentId === undefined ? 'attachment' : 'inline'}; ${fileName(file.name)}`,
    'Content-Transfer-Encoding: base64',
    ...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
  ],
  body: (
    Buffer.from(file.bytes)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n'),
});

const multipart = (letter: Letter, subtype: string, parts: readonly Part[]): Part => {
  const boundary = `=_${subtype}_${letter.messageId.replace(/[^A-Za-z0-9]/g, '')}`;
  const bodies = parts.map(({ headers, body }) => `--${boundary}\r\n${headers.join('\r\n')}\r\n\r\n${body}\r\n`);
  return {
    headers: [`Content-Type: multipart/${subtype};\r\n boundary="${boundary}"`],
    body: `${bodies.join('')}--${boundary}--\r\n`,
  };
};

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

const mailbox = ({ name, address }: Person): string =>
  isAscii(name) ? `"${name.replace(/["\\]/g, '\\$&')}" <${address}>` : `${headerWords(name)} <${address}>`;

/** Characters of an encoded word: 15 of up to 3 bytes stay within its 75 bytes (RFC 2047, 2). */
const WordLength = 15;

const headerWords = (text: string): string => {
  if (isAscii(text)) return text;
  const characters = [...text];
  const words: string[] = [];
  for (let at = 0; at < characters.length; at += WordLength) {
    const piece = characters.slice(at, at + WordLength).join('');
    words.push(`=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`);
  }
  return words.join('\r\n ');
};

/** A file name as RFC 2231 has it, plain where that is enough. */
const fileName = (name: string): string =>
  isAscii(name) ? `filename="${name}"` : `filename*=utf-8''${encodeURIComponent(name)}`;

/** Quoted-printable in lines of at most 76 characters (RFC 2045, 6.7). */
const quotedPrintable = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('latin1').split('\n').map(quotedLine).join('\r\n');

const quotedLine = (line: string): string => {
  const lines = [''];
  for (const [index, byte] of [...line].entries()) {
    const plain = /[\x21-\x3c\x3e-\x7e]/.test(byte) || (byte === ' ' && index < line.length - 1);
    const written = plain ? byte : `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    if ((lines.at(-1) ?? '').length + written.length > 75) lines.push('');
    lines[lines.length - 1] += written;
  }
  return lines.join('=\r\n');
};
