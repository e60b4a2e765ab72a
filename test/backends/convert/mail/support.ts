import type { BodyPreference, MailRequest } from '../../../../backends/contract/mail.ts';
import { buildEmail, type MailFacts, planMail } from '../../../../backends/convert/mail/email.ts';
import { type LocatedPart, type MimePart, parseStructure } from '../../../../backends/convert/mail/structure.ts';
import type { Email } from '../../../../protocol/classes/email.ts';

/** Bytes of a text whose characters are all below U+0100, one byte each. */
export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A message with CR LF line ends; lines are given as they are. */
export const message = (...lines: string[]): Uint8Array => utf8(lines.join('\r\n'));

export const noFacts: MailFacts = {
  seen: false,
  answered: false,
  forwarded: false,
  flagged: false,
  draft: false,
  categories: [],
};

export const received = new Date('2026-11-23T10:00:00.000Z');

export const request = (...preferences: BodyPreference[]): MailRequest => ({ preferences, mimeSupport: 0 });

/** Runs a message through plan and build as a store with the raw bytes does, giving out only what was planned. */
export const emailOf = (raw: Uint8Array, asked: MailRequest, facts: MailFacts = noFacts): Email => {
  const { headers, structure } = parseStructure(raw);
  const { sections, mime } = fetched(raw, structure, asked);
  return buildEmail({ headers, structure, facts, received, size: raw.length, sections, mime, request: asked });
};

/** What a store hands over for a plan, byte for byte. */
export const fetched = (
  raw: Uint8Array,
  structure: LocatedPart,
  asked: MailRequest,
): { sections: Map<string, Uint8Array>; mime: Uint8Array | undefined; bytes: number } => {
  const plan = planMail(structure, asked, raw.length);
  const sections = new Map<string, Uint8Array>();
  for (const { part, maxBytes } of plan.sections) {
    const located = partsOf(structure).find((candidate) => candidate.part === part) as LocatedPart;
    const end = Math.min(located.end, located.bodyStart + (maxBytes ?? Number.POSITIVE_INFINITY));
    sections.set(part, raw.subarray(located.bodyStart, end));
  }
  const mime = plan.mime === undefined ? undefined : raw.subarray(0, plan.mime.maxBytes ?? raw.length);
  const bytes = [...sections.values()].reduce((total, section) => total + section.length, mime?.length ?? 0);
  return { sections, mime, bytes };
};

export const partsOf = (root: LocatedPart): LocatedPart[] => [root, ...(root.children ?? []).flatMap(partsOf)];

export const leaf = (part: string, type: string, more: Partial<MimePart> = {}): MimePart => ({
  part,
  type,
  parameters: {},
  encoding: '7bit',
  size: 100,
  ...more,
});

export const multipart = (part: string, subtype: string, ...children: MimePart[]): MimePart => ({
  part,
  type: `multipart/${subtype}`,
  parameters: {},
  encoding: '7bit',
  size: 0,
  children,
});

/** How often a piece of work is timed, at most. */
const Timings = 8;

/**
 * Milliseconds of processor time that `work` takes: the first that is below `enough`, else the best of some, as others
 * share the machine.
 */
export const timeOf = (work: () => unknown, enough: number): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Timings && best >= enough; i++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
};
