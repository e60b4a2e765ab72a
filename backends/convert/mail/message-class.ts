import { reportPart, smimeKind } from './segments.ts';
import type { MimePart } from './structure.ts';

/** MessageClass: what kind of message this is ([MS-ASEMAIL] 2.2.2.49). */

/** Bytes of a report that hold what decides the class. */
export const ClassifyingBytes = 65_536;

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

/** What else tells the class of a message. */
export interface ClassFacts {
  /** The decoded text of its report part. */
  readonly report?: string | undefined;
  /** The class of the meeting that it is about. */
  readonly meeting?: string | undefined;
  /** The class told in its winmail.dat. */
  readonly tnef?: string | undefined;
}

/**
 * Classes out of a winmail.dat that mean to a device what they say; meetings are left out: their facts are in
 * the text/calendar part, or nowhere that a device could show.
 */
const TnefClasses = /^(?:IPM\.Note|IPM\.Post|REPORT\.IPM\.Note)(?:\.[A-Za-z0-9]{1,40}){0,6}$/i;

/** The class of a message. */
export const messageClass = (root: MimePart, { report, meeting, tnef }: ClassFacts = {}): string => {
  const smime = smimeKind(root);
  if (smime === 'opaque') return 'IPM.Note.SMIME';
  if (smime === 'signed') return 'IPM.Note.SMIME.MultipartSigned';
  return meeting ?? reportClass(root, report) ?? (TnefClasses.test(tnef ?? '') ? (tnef as string) : 'IPM.Note');
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
