import { parseParameters } from './encoded-words.ts';
import { type HeaderFields, headerText, MaxHeaderBytes, parseHeaders } from './headers.ts';

/** The MIME tree of a message: one shape, whether a server told it or it was read from the bytes. */

/** One part of a message. An embedded message (`message/rfc822`) is a leaf: it is never looked into. */
export interface MimePart {
  /** IMAP section number, `1` or `1.2`; the empty string is a root that is a multipart (RFC 3501, 6.4.5). */
  readonly part: string;
  /** `text/plain`, lower case. */
  readonly type: string;
  /** Parameters of Content-Type, names in lower case, values decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Content-Transfer-Encoding, lower case; `7bit` when there is none. */
  readonly encoding: string;
  /** Bytes of the body as it stands in the message, before decoding; 0 where it is not known (a multipart). */
  readonly size: number;
  /** `attachment`, `inline` or what the sender made up, lower case. */
  readonly disposition?: string | undefined;
  readonly dispositionParameters?: Readonly<Record<string, string>> | undefined;
  /** Content-ID without angle brackets. */
  readonly id?: string | undefined;
  readonly description?: string | undefined;
  /** Content-Location. */
  readonly location?: string | undefined;
  /** Subject of an embedded message. */
  readonly subject?: string | undefined;
  /** Parts of a multipart. */
  readonly children?: readonly MimePart[] | undefined;
}

/** Multiparts within each other that are taken apart; a deeper one is a leaf. Real mail nests 5 or 6 deep. */
export const MaxDepth = 16;

/** Parts of a message that are told apart; what follows belongs to the last one. A response lists every one. */
export const MaxParts = 2_000;

/** Lines beginning with `--` that are looked at: hundreds are usual, in a patch thousands; the rest is body. */
export const MaxDashLines = 50_000;

/** What imapflow makes of BODYSTRUCTURE, as far as it is used. */
export interface ImapStructure {
  readonly part?: string | undefined;
  readonly type: string;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly id?: string | undefined;
  readonly encoding?: string | undefined;
  readonly size?: number | undefined;
  readonly disposition?: string | undefined;
  readonly dispositionParameters?: Readonly<Record<string, string>> | undefined;
  readonly childNodes?: readonly ImapStructure[] | undefined;
  readonly location?: string | undefined;
  readonly description?: string | undefined;
  readonly envelope?: { readonly subject?: string | undefined } | undefined;
}

/** The tree out of imapflow's `bodyStructure`; what lies deeper than {@link MaxDepth} is left out. */
export const fromImapStructure = (node: ImapStructure): MimePart => fromImapNode(node, 0);

const fromImapNode = (node: ImapStructure, depth: number): MimePart => {
  const type = node.type.toLowerCase();
  const children = type.startsWith('multipart/') && depth < MaxDepth ? node.childNodes : undefined;
  return {
    part: node.part ?? (children === undefined ? '1' : ''),
    type,
    parameters: node.parameters ?? {},
    encoding: node.encoding?.trim().toLowerCase() || '7bit',
    size: node.size ?? 0,
    disposition: node.disposition?.toLowerCase(),
    dispositionParameters: node.dispositionParameters,
    id: node.id === undefined ? undefined : withoutBrackets(node.id),
    description: node.description === undefined ? undefined : headerText(node.description),
    location: node.location,
    subject: node.envelope?.subject,
    children: children?.slice(0, MaxParts).map((child) => fromImapNode(child, depth + 1)),
  };
};

const withoutBrackets = (id: string): string => id.trim().replace(/^<|>$/g, '');

/** The part of the given section number; `undefined` when there is none. */
export const findPart = (root: MimePart, part: string): MimePart | undefined => {
  if (root.part === part) return root;
  for (const child of root.children ?? []) {
    const found = findPart(child, part);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Every part that is not a multipart, in order, at most {@link MaxParts}. */
export const leavesOf = (root: MimePart): MimePart[] => {
  const leaves: MimePart[] = [];
  const visit = (node: MimePart): void => {
    if (node.children === undefined) {
      if (leaves.length < MaxParts) leaves.push(node);
    } else node.children.forEach(visit);
  };
  visit(root);
  return leaves;
};

/** A part of a message that is at hand, with its place in it. */
export interface LocatedPart extends MimePart {
  readonly headerStart: number;
  readonly bodyStart: number;
  /** After the last byte of the body; the line end before a boundary belongs to the boundary. */
  readonly end: number;
  readonly children?: readonly LocatedPart[] | undefined;
}

/** What {@link parseStructure} finds. */
export interface ParsedMessage {
  readonly headers: HeaderFields;
  readonly structure: LocatedPart;
}

/** A part while it is being read. */
interface OpenPart {
  readonly headers: HeaderFields;
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Delimiter of a multipart that is taken apart. */
  readonly boundary: string | undefined;
  /** Subject of an embedded message. */
  readonly subject: string | undefined;
  readonly children: OpenPart[];
  end: number;
}

/** Characters of a boundary (RFC 2046, 5.1.1 allows 70); longer ones are in use, endless ones are not. */
const MaxBoundaryLength = 250;

const [Lf, Cr, Dash] = [0x0a, 0x0d, 0x2d];

/**
 * Reads the parts of a message without decoding them: one pass, linear in its length whatever it
 * holds. Missing boundaries, bare LF, unclosed parts and endless nesting give a smaller tree, never an error.
 */
export const parseStructure = (raw: Uint8Array): ParsedMessage => {
  const root = new StructureReader(raw).read();
  return { headers: root.headers, structure: locatedPart(root, '') };
};

/** The one pass: goes from delimiter to delimiter, keeping the multiparts that are open. */
class StructureReader {
  readonly #raw: Buffer;
  /** Multiparts that are open, the outermost first. */
  readonly #open: OpenPart[] = [];
  /** Their places in `#open`, by boundary. */
  readonly #levels = new Map<string, number>();
  /** The part that the next bytes belong to; `undefined` in an epilogue. */
  #current: OpenPart | undefined;
  #parts = 0;

  constructor(raw: Uint8Array) {
    this.#raw = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  read(): OpenPart {
    const root = this.#openPart(0);
    let line = this.#nextDashes(root.bodyStart);
    for (let lines = 0; line >= 0 && this.#levels.size > 0 && lines < MaxDashLines; lines++) {
      line = this.#nextDashes(this.#readLine(line));
    }
    this.#closeDownTo(0, this.#raw.length);
    return root;
  }

  /** Start of the next line from `from` (a line start) on that begins with `--`; -1 when there is none. */
  #nextDashes(from: number): number {
    if (this.#raw[from] === Dash && this.#raw[from + 1] === Dash) return from;
    const found = this.#raw.indexOf('\n--', from, 'latin1');
    return found < 0 ? -1 : found + 1;
  }

  /** Deals with a line that begins with `--` and gives where reading goes on. */
  #readLine(line: number): number {
    const lf = this.#raw.subarray(line, line + MaxBoundaryLength + 80).indexOf(Lf);
    const end = lf < 0 ? Math.min(this.#raw.length, line + MaxBoundaryLength + 80) : line + lf + 1;
    const mark = this.#raw.toString('latin1', line + 2, end).trimEnd();
    const level = this.#levels.get(mark);
    if (level !== undefined) return this.#parts < MaxParts ? this.#nextPart(level, line, end) : end;
    const closing = mark.endsWith('--') ? this.#levels.get(mark.slice(0, -2)) : undefined;
    if (closing !== undefined) this.#closeMultipart(closing, line, end);
    return end;
  }

  #nextPart(level: number, line: number, start: number): number {
    this.#closeDownTo(level + 1, lineEndBefore(this.#raw, line));
    const outer = this.#open[level];
    // Parts of a digest are messages unless they say otherwise (RFC 2046, 5.1.5).
    const part = this.#openPart(start, outer?.type === 'multipart/digest' ? 'message/rfc822' : '');
    outer?.children.push(part);
    if (part.boundary !== undefined) this.#enter(part, part.boundary);
    return part.bodyStart;
  }

  #closeMultipart(level: number, line: number, end: number): void {
    this.#closeDownTo(level + 1, lineEndBefore(this.#raw, line));
    this.#closeDownTo(level, end);
  }

  /** Ends the current part and every multipart from `level` on. */
  #closeDownTo(level: number, end: number): void {
    if (this.#current !== undefined) this.#current.end = Math.max(this.#current.bodyStart, end);
    this.#current = undefined;
    for (const part of this.#open.splice(level)) {
      part.end = Math.max(part.bodyStart, end);
      this.#levels.delete(part.boundary as string);
    }
  }

  #openPart(start: number, usualType = ''): OpenPart {
    this.#parts++;
    const bodyStart = partBodyOffset(this.#raw, start);
    const headers = parseHeaders(this.#raw, start, bodyStart);
    const { value, parameters } = parseParameters(headers.get('content-type') ?? usualType);
    const part: OpenPart = {
      headers,
      headerStart: start,
      bodyStart,
      type: /^[^\s/]+\/[^\s/]+$/.test(value) ? value : 'text/plain',
      parameters,
      boundary: value.startsWith('multipart/') ? this.#usableBoundary(parameters.boundary) : undefined,
      subject: value === 'message/rfc822' ? this.#subjectAt(bodyStart) : undefined,
      children: [],
      end: this.#raw.length,
    };
    this.#current = part;
    if (this.#parts === 1 && part.boundary !== undefined) this.#enter(part, part.boundary);
    return part;
  }

  #subjectAt(start: number): string | undefined {
    const subject = parseHeaders(this.#raw, start, partBodyOffset(this.#raw, start)).get('subject');
    return subject === undefined ? undefined : headerText(subject);
  }

  #enter(part: OpenPart, boundary: string): void {
    this.#levels.set(boundary, this.#open.length);
    this.#open.push(part);
  }

  /** A boundary that is in use already would never come to its end. */
  #usableBoundary(boundary: string | undefined): string | undefined {
    const mark = boundary?.trimEnd();
    if (mark === undefined || mark === '' || mark.length > MaxBoundaryLength) return undefined;
    return this.#open.length < MaxDepth && !this.#levels.has(mark) ? mark : undefined;
  }
}

/**
 * Where the body of a part begins: after the first empty line, or at a line that begins with `--`,
 * which no header does: the part ends before its header did.
 */
const partBodyOffset = (raw: Uint8Array, start: number): number => {
  const limit = Math.min(raw.length, start + MaxHeaderBytes);
  for (let line = start; line < limit; ) {
    if (raw[line] === Lf) return line + 1;
    if (raw[line] === Cr && raw[line + 1] === Lf) return line + 2;
    if (raw[line] === Dash && raw[line + 1] === Dash) return line;
    const lf = raw.indexOf(Lf, line);
    if (lf < 0 || lf >= limit) break;
    line = lf + 1;
  }
  return limit;
};

/** The end of the line before `line`, its line end left out. */
const lineEndBefore = (raw: Uint8Array, line: number): number => {
  if (line === 0 || raw[line - 1] !== Lf) return line;
  return line > 1 && raw[line - 2] === Cr ? line - 2 : line - 1;
};

const locatedPart = (open: OpenPart, number: string): LocatedPart => {
  const { headers, headerStart, bodyStart, end, parameters } = open;
  const disposition = parseParameters(headers.get('content-disposition') ?? '');
  const id = headers.get('content-id');
  const description = headers.get('content-description');
  const isMultipart = open.children.length > 0;
  return {
    part: number === '' && !isMultipart ? '1' : number,
    type: isMultipart ? open.type : leafType(open),
    parameters,
    encoding: parseParameters(headers.get('content-transfer-encoding') ?? '').value || '7bit',
    size: isMultipart ? 0 : end - bodyStart,
    disposition: disposition.value || undefined,
    dispositionParameters: disposition.value === '' ? undefined : disposition.parameters,
    id: id === undefined ? undefined : withoutBrackets(id),
    description: description === undefined ? undefined : headerText(description),
    location: headers.get('content-location'),
    subject: open.subject,
    children: isMultipart
      ? open.children.map((child, i) => locatedPart(child, number === '' ? `${i + 1}` : `${number}.${i + 1}`))
      : undefined,
    headerStart,
    bodyStart,
    end,
  };
};

/** A multipart without parts is shown as the text it is; one that was not taken apart, as a file. */
const leafType = (open: OpenPart): string => {
  if (!open.type.startsWith('multipart/')) return open.type;
  return open.boundary !== undefined || open.parameters.boundary === undefined
    ? 'text/plain'
    : 'application/octet-stream';
};
