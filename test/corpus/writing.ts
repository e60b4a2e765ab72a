import iconv from 'iconv-lite';

/** Writes MIME for the corpus, from the RFCs and independent of the code that reads it. */

export type Encoding = '7bit' | '8bit' | 'base64' | 'quoted-printable';

const Crlf = Buffer.from('\r\n');

/** Text in a charset, by iconv-lite's name of it. */
export const encoded = (text: string, charset: string): Buffer => iconv.encode(text, charset);

/** Quoted-printable (RFC 2045, 6.7); line ends of the content stay line ends. */
const quotedPrintable = (content: Buffer): Buffer => {
  const lines = content
    .toString('latin1')
    .split('\r\n')
    .map((line) => {
      const marked = line.replace(
        /[^!-<>-~ \t]|[ \t]$/g,
        (char) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      );
      return marked.replace(/(?:=[0-9A-F]{2}|[^=]){72}(?=.)/g, '$&=\r\n');
    });
  return Buffer.from(lines.join('\r\n'), 'latin1');
};

const base64 = (content: Buffer): Buffer =>
  Buffer.from(content.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n'), 'latin1');

/** Content as it stands in a message. */
export const transferred = (content: Buffer, encoding: Encoding): Buffer => {
  if (encoding === 'base64') return base64(content);
  return encoding === 'quoted-printable' ? quotedPrintable(content) : content;
};

/** A part: header lines and content, which is encoded. */
export const part = (
  type: string,
  content: Buffer | string,
  encoding: Encoding = '7bit',
  ...fields: (string | Buffer)[]
): Buffer =>
  Buffer.concat([
    Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n`),
    ...fields.flatMap((field) => [Buffer.from(field), Crlf]),
    Crlf,
    transferred(Buffer.from(content), encoding),
  ]);

/** A multipart; `more` are parameters of its type. */
export const multipart = (subtype: string, parts: readonly Buffer[], more = ''): Buffer => {
  const boundary = `=_${subtype.slice(0, 3)}_${parts.length}_${parts.reduce((sum, one) => (sum * 31 + one.length) % 99_991, 7)}`;
  return Buffer.concat([
    Buffer.from(`Content-Type: multipart/${subtype};${more} boundary="${boundary}"\r\n\r\n`),
    ...parts.flatMap((one) => [Buffer.from(`--${boundary}\r\n`), one, Crlf]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
};

/** A whole message out of a part. */
export const mail = (subject: string, content: Buffer, ...fields: (string | Buffer)[]): Buffer =>
  Buffer.concat([
    Buffer.from(
      ['From: Carl <carl@example.test>', 'To: anna@example.test', `Subject: ${subject}`, ''].join('\r\n') +
        'Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n',
    ),
    ...fields.flatMap((field) => [Buffer.from(field), Crlf]),
    content,
  ]);
