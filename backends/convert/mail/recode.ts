import { type ByteSource, readAll } from '../../../protocol/wbxml/bytes.ts';
import { quotedPrintable } from './encode-text.ts';
import { contentTypeOf, type Entity, type Leaf, mapLeaves, readTree, writeTree } from './entity.ts';
import { parseHeaders } from './headers.ts';
import { base64Source, textSource } from './sources.ts';

/** Messages made fit for what carries them. */

/** Characters of a line in SMTP, its CR LF left out (RFC 5321, 4.5.3.1.6). */
export const MaxLine = 998;

/** Bytes read at a time. */
const Chunk = 262_144;

/**
 * The message with every part encoded that would not survive 7-bit lines; all others stay as they
 * are. Nothing within a signed or encrypted part is changed, and no message within the message: they go as they
 * are, which servers bear, while a broken signature does not heal.
 *
 * @param only which parts need it: those that are not plain ASCII, or only those with lines too long
 */
export const encodeParts = (message: ByteSource, only: { readonly eightBit: boolean }): ByteSource => {
  const tree = readTree(message);
  const root = mapLeaves(tree.root, (leaf) => encoded(leaf, only.eightBit));
  if (root === tree.root) return message;
  const header = parseHeaders(tree.header, 0, tree.header.length);
  const version = header.get('mime-version') === undefined ? [Buffer.from('MIME-Version: 1.0\r\n')] : [];
  return writeTree({ header: Buffer.concat([tree.header, ...version]), root });
};

const Untouched = /^(?:multipart|message)\//;

const encoded = (leaf: Leaf, eightBit: boolean): Entity => {
  const { value } = contentTypeOf(leaf);
  const encoding = parseHeaders(leaf.fields, 0, leaf.fields.length).get('content-transfer-encoding')?.trim();
  const isPlain = encoding === undefined || /^(?:7bit|8bit|binary)$/i.test(encoding);
  if (Untouched.test(value) || !isPlain || !needsEncoding(leaf.body, eightBit)) return leaf;
  const isText = value === '' || value.startsWith('text/');
  return isText
    ? { fields: withEncoding(leaf.fields, 'quoted-printable'), body: textSource(quotedPrintable(canonical(leaf.body))) }
    : { fields: withEncoding(leaf.fields, 'base64'), body: base64Source(leaf.body) };
};

/** Text with CR LF at the end of each line, as it would have gone through SMTP (RFC 2049, 4). */
const canonical = (body: ByteSource): Uint8Array =>
  Buffer.from(
    Buffer.from(readAll(body))
      .toString('latin1')
      .replace(/\r\n|\r|\n/g, '\r\n'),
    'latin1',
  );

const needsEncoding = (body: ByteSource, eightBit: boolean): boolean => {
  let lineStart = 0;
  for (let at = 0; at < body.length; at += Chunk) {
    const bytes = body.read(at, Math.min(body.length, at + Chunk));
    if ((eightBit && bytes.some((byte) => byte > 0x7f)) || bytes.includes(0)) return true;
    for (let lf = bytes.indexOf(0x0a); lf >= 0; lf = bytes.indexOf(0x0a, lf + 1)) {
      if (at + lf - lineStart > MaxLine + 1) return true;
      lineStart = at + lf + 1;
    }
  }
  return body.length - lineStart > MaxLine;
};

const withEncoding = (fields: Uint8Array, encoding: string): Uint8Array => {
  const text = Buffer.from(fields)
    .toString('latin1')
    .replace(/^content-transfer-encoding[ \t]*:(?:.*\r?\n)(?:[ \t].*\r?\n)*/gim, '');
  return Buffer.from(`${text}Content-Transfer-Encoding: ${encoding}\r\n`, 'latin1');
};
