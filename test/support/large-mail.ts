import { createHash } from 'node:crypto';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';

/** A mail with one attachment of any size, and the digest of what is attached. */
export interface LargeMail {
  readonly source: ByteSource;
  readonly digest: string;
}

/** Bytes of content in one line of base64. */
const LineBytes = 57;

/** Bytes of content that are alike but for their first line. */
const BlockBytes = LineBytes * 16_384;

const linesOf = (content: Uint8Array): Buffer =>
  Buffer.from(
    Buffer.from(content)
      .toString('base64')
      .replace(/.{1,76}/g, '$&\r\n'),
    'latin1',
  );

const Block = Buffer.alloc(BlockBytes, Buffer.from(Array.from({ length: 251 }, (_, i) => (i * 31) % 256)));

const Rest = linesOf(Block.subarray(LineBytes));

/** The block that begins at a place, which it names: a block that is left out or doubled shows. */
const blockAt = (at: number): Buffer => {
  Block.writeUInt32BE(at, 0);
  return Block;
};

/** A mail from anna to ben with `bytes` of attachment. */
export const largeMail = (bytes: number): LargeMail => {
  const header = [
    'From: Anna <anna@example.test>',
    'To: Ben <ben@example.test>',
    'Subject: Large',
    'Message-ID: <large@example.test>',
    'Date: Mon, 23 Nov 2026 10:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="=_large"',
    '',
    '--=_large',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'It is attached.',
    '--=_large',
    'Content-Type: application/octet-stream; name="large.bin"',
    'Content-Disposition: attachment; filename="large.bin"',
    'Content-Transfer-Encoding: base64',
    '',
    '',
  ].join('\r\n');
  const digest = createHash('sha256');
  const pieces: Buffer[] = [Buffer.from(header, 'latin1')];
  for (let at = 0; at < bytes; at += BlockBytes) {
    const content = blockAt(at).subarray(0, Math.min(BlockBytes, bytes - at));
    digest.update(content);
    // The first line alone differs from block to block, and the last block may be short.
    const lines =
      content.length < BlockBytes ? linesOf(content) : Buffer.concat([linesOf(content.subarray(0, LineBytes)), Rest]);
    pieces.push(lines);
  }
  pieces.push(Buffer.from('--=_large--\r\n', 'latin1'));
  return { source: bytesSource(Buffer.concat(pieces)), digest: digest.digest('hex') };
};
