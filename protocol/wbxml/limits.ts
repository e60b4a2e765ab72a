/**
 * How much one document may ask for. The size of the whole document is limited where it is
 * received; these limits hold against small documents that cost much.
 */
export interface WbxmlLimits {
  /** Open elements at a time. */
  readonly depth: number;
  /** Start tags, values and page switches together. */
  readonly tokens: number;
  /** Bytes of one inline string. */
  readonly textLength: number;
  /** Bytes of all inline strings together. */
  readonly textTotal: number;
  /** Bytes of one opaque value. */
  readonly opaqueLength: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Limits that no known client reaches. */
export const DefaultLimits: WbxmlLimits = {
  // The deepest documented path (Email of an Attendee of an Exception in a Sync) has 11 elements;
  // only the operators of a Search query nest freely. Recursion over 64 levels is harmless.
  depth: 64,
  // 512 items, the largest window ([MS-ASCMD] 2.2.3.199), of 250 elements each with their values;
  // reading so many keeps the event loop busy for some 50 ms.
  tokens: 300_000,
  // Attachments of drafts and events arrive as base64 text ([MS-ASAIRS] 2.2.2.15); 32 MiB carry
  // 24 MiB of attachment, the size that mail servers commonly take. Strings are held in memory.
  textLength: 32 * MiB,
  // One such attachment, the body beside it and the rest of the request.
  textTotal: 48 * MiB,
  // A whole message in SendMail. It is never copied into memory, so this only catches nonsense.
  opaqueLength: 256 * MiB,
};

/**
 * Bytes that the reader looks at together. A source in a file is read in pieces of this size:
 * large enough that the reads cost nothing beside the decoding, small enough to hold for every
 * request at once.
 */
export const WindowSize = 64 * KiB;
