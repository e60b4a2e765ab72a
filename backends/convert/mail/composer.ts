import type { ByteSource } from '../../../protocol/wbxml/bytes.ts';
import type { MailComposer } from '../../contract/composer.ts';
import { meetings } from '../calendar/meetings.ts';
import { contentKind, joinOriginal, messagePart, neededForms, textForms } from './compose.ts';
import { attachmentLeaf, writeDraft } from './draft.ts';
import { forwardMessage } from './forward-message.ts';
import { calendarLeaf, meetingIn, meetingMail } from './meeting-mail.ts';
import { threadOf, withHeader } from './outgoing-header.ts';
import { readOutgoing } from './outgoing-source.ts';
import { refusalReport } from './refusal-report.ts';
import { piecesOf } from './sources.ts';

/** Where the given bodies stand in a message that was made of them; those that are not in it are left out. */
const placesOf = (
  message: ByteSource,
  bodies: readonly ByteSource[],
): { readonly start: number; readonly body: ByteSource }[] => {
  const wanted = new Set(bodies);
  const places: { start: number; body: ByteSource }[] = [];
  let start = 0;
  for (const piece of piecesOf(message)) {
    if (wanted.has(piece)) places.push({ start, body: piece });
    start += piece.length;
  }
  return places;
};

/** All that sending knows of MIME. Given to the server by its wiring, as only a backend's side knows MIME. */
export const mailComposer: MailComposer = {
  read: readOutgoing,
  withHeader,
  textForms,
  neededForms,
  contentKind,
  threadOf,
  joinOriginal,
  messagePart,
  attachmentPart: attachmentLeaf,
  forwardMessage,
  meetings,
  meetingMail,
  calendarPart: (message) => calendarLeaf(message, 'invite.ics'),
  meetingIn,
  writeDraft,
  refusalReport,
  placesOf,
};
