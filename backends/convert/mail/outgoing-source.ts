import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { UnderstoodMail } from '../../contract/composer.ts';
import { joinRanges, outgoingEnvelope, withoutBcc } from './outgoing.ts';
import { headerBlock } from './outgoing-header.ts';
import { joinSources } from './sources.ts';

/** Reads the header of a message, in memory; the body stays where it is, however large. */
export const readOutgoing = (message: ByteSource): UnderstoodMail => {
  const header = headerBlock(message);
  const { from, authors, plainAuthor, replyTo, recipients, unusable } = outgoingEnvelope(header);
  const visible = joinRanges(header, withoutBcc(header));
  return {
    from,
    authors,
    plainAuthor,
    replyTo,
    recipients,
    unusable,
    wire: joinSources([bytesSource(visible), message.slice(header.length, message.length)]),
  };
};
