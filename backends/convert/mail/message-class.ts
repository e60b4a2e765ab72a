import { calendarPart, reportPart, smimeKind } from './segments.ts';
import type { MimePart } from './structure.ts';

/** MessageClass: what kind of message this is ([MS-ASEMAIL] 2.2.2.49). */

/** Bytes of a calendar or report part that hold what decides the class. */
export const ClassifyingBytes = 65_536;

/** The part whose content decides, to be fetched up to {@link ClassifyingBytes}; `undefined` when the structure does. */
export const classifyingPart = (root: MimePart): MimePart | undefined => {
  const calendar = calendarPart(root);
  return calendar?.method === 'reply' ? calendar.part : reportPart(root);
};

/** Classes of meeting messages by iCalendar method (RFC 5546, 1.4). */
const MeetingClasses: Readonly<Record<string, string>> = {
  request: 'IPM.Schedule.Meeting.Request',
  cancel: 'IPM.Schedule.Meeting.Canceled',
  counter: 'IPM.Schedule.Meeting.Resp.Tent',
};

/** Classes of answers to a meeting request by PARTSTAT. */
const ResponseClasses: Readonly<Record<string, string>> = {
  accepted: 'IPM.Schedule.Meeting.Resp.Pos',
  declined: 'IPM.Schedule.Meeting.Resp.Neg',
  tentative: 'IPM.Schedule.Meeting.Resp.Tent',
};

/** Classes of delivery reports by Action (RFC 3464, 2.3.3). */
const DeliveryClasses: Readonly<Record<string, string>> = {
  failed: 'REPORT.IPM.NOTE.NDR',
  delayed: 'REPORT.IPM.NOTE.DELAYED',
  delivered: 'REPORT.IPM.NOTE.DR',
  relayed: 'REPORT.IPM.NOTE.DR',
  expanded: 'REPORT.IPM.NOTE.DR',
};

const lookUp = (table: Readonly<Record<string, string>>, key: string | undefined): string | undefined => {
  const name = key?.toLowerCase() ?? '';
  return Object.hasOwn(table, name) ? table[name] : undefined;
};

/** The class of a message; `content` is the decoded text of {@link classifyingPart}. */
export const messageClass = (root: MimePart, content: string | undefined): string => {
  const smime = smimeKind(root);
  if (smime === 'opaque') return 'IPM.Note.SMIME';
  if (smime === 'signed') return 'IPM.Note.SMIME.MultipartSigned';
  return meetingClass(root, content) ?? reportClass(root, content) ?? 'IPM.Note';
};

const meetingClass = (root: MimePart, content: string | undefined): string | undefined => {
  const method = calendarPart(root)?.method;
  if (method !== 'reply') return lookUp(MeetingClasses, method);
  // Folded lines are put together first (RFC 5545, 3.1).
  const unfolded = (content ?? '').replace(/\r?\n[ \t]/g, '');
  return lookUp(ResponseClasses, /^ATTENDEE[^\n]*[;]PARTSTAT="?([A-Z-]{1,30})/im.exec(unfolded)?.[1]);
};

const reportClass = (root: MimePart, content: string | undefined): string | undefined => {
  const part = reportPart(root);
  if (part === undefined) return undefined;
  if (part.type.endsWith('delivery-status')) {
    return lookUp(DeliveryClasses, /^Action:[ \t]*(\w{1,30})/im.exec(content ?? '')?.[1]) ?? 'REPORT.IPM.NOTE.NDR';
  }
  const wasRead = !/^Disposition:[^\n]*;[ \t]*deleted/im.test(content ?? '');
  return wasRead ? 'REPORT.IPM.NOTE.IPNRN' : 'REPORT.IPM.NOTE.IPNNRN';
};

/** ContentClass that goes with a class; a plain mail's is fixed ([MS-ASEMAIL] 2.2.2.20). */
export const contentClass = (className: string): string =>
  className.startsWith('IPM.Schedule.Meeting') ? 'urn:content-classes:calendarmessage' : 'urn:content-classes:message';
