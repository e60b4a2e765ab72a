import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { MaxHeaderBytes } from './headers.ts';
import { joinRanges, outgoingEnvelope, withoutBcc } from './outgoing.ts';

/** A message that a device sends, understood without reading its body. */
export interface OutgoingSource {
  readonly from: string | undefined;
  readonly recipients: readonly string[];
  readonly unusable: readonly string[];
  /** The message without its Bcc fields, otherwise byte for byte. */
  readonly wire: ByteSource;
}

/** Reads the header of a message, in memory; the body stays where it is, however large. */
export const readOutgoing = (message: ByteSource): OutgoingSource => {
  const start = message.read(0, Math.min(message.length, MaxHeaderBytes));
  const { from, recipients, unusable, headerLength } = outgoingEnvelope(start);
  const header = start.slice(0, headerLength);
  const visible = joinRanges(header, withoutBcc(header));
  return {
    from,
    recipients,
    unusable,
    wire: joined(bytesSource(visible), message.slice(headerLength, message.length)),
  };
};

/** Two sources, one behind the other. */
const joined = (first: ByteSource, second: ByteSource): ByteSource => {
  const length = first.length + second.length;
  const at = (position: number): number => Math.max(0, Math.min(position, length));
  return {
    length,
    read: (start, end) => {
      const [from, to] = [at(start), at(end)];
      if (to <= first.length) return first.read(from, to);
      if (from >= first.length) return second.read(from - first.length, to - first.length);
      return Buffer.concat([first.read(from, first.length), second.read(0, to - first.length)]);
    },
    slice: (start, end) => slice(joined(first, second), at(start), at(end)),
  };
};

const slice = (source: ByteSource, from: number, to: number): ByteSource => ({
  length: to - from,
  read: (start, end) => source.read(Math.min(from + start, to), Math.min(from + end, to)),
  slice: (start, end) => slice(source, Math.min(from + start, to), Math.min(from + end, to)),
});
