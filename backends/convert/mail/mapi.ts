import { decodeText } from './charset.ts';

/**
 * MAPI properties as a winmail.dat holds them ([MS-OXTNEF] 2.1.3.4): a count, then each property with
 * its type, id, for ids from 0x8000 on a name, and its values, all in steps of four bytes.
 */

/** Properties that are read ([MS-OXPROPS] 2). */
export const PropertyId = {
  messageClass: 0x001a,
  subject: 0x0037,
  clientSubmitTime: 0x0039,
  senderName: 0x0c1a,
  senderAddress: 0x0c1f,
  senderSmtpAddress: 0x5d01,
  displayTo: 0x0e04,
  displayCc: 0x0e03,
  messageDeliveryTime: 0x0e06,
  body: 0x1000,
  compressedRtf: 0x1009,
  html: 0x1013,
  internetMessageId: 0x1035,
  displayName: 0x3001,
  attachData: 0x3701,
  attachFilename: 0x3704,
  attachMethod: 0x3705,
  attachLongFilename: 0x3707,
  attachMimeTag: 0x370e,
  attachContentId: 0x3712,
  attachContentLocation: 0x3713,
  attachFlags: 0x3714,
  internetCodepage: 0x3fde,
} as const;

/** Properties of one table that are read. */
const MaxProperties = 5_000;

/** Values of one property that are passed over at most. */
const MaxValues = 10_000;

/** Bytes of the types of fixed size ([MS-OXCDATA] 2.11.1), padded. */
const FixedSizes: ReadonlyMap<number, number> = new Map([
  [0x0002, 4],
  [0x0003, 4],
  [0x0004, 4],
  [0x0005, 8],
  [0x0006, 8],
  [0x0007, 8],
  [0x000a, 4],
  [0x000b, 4],
  [0x0014, 8],
  [0x0040, 8],
  [0x0048, 16],
]);

const [Int16, Int32, Boolean32, Time] = [0x0002, 0x0003, 0x000b, 0x0040];
const [ObjectType, String8, Unicode, Binary] = [0x000d, 0x001e, 0x001f, 0x0102];
const SizedTypes = new Set([ObjectType, String8, Unicode, Binary]);
const Multiple = 0x1000;
const FirstNamed = 0x8000;

interface Value {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Properties of a message or an attachment. Each accessor gives `undefined` for what is absent or of another type. */
export interface MapiProperties {
  text(id: number): string | undefined;
  integer(id: number): number | undefined;
  bytes(id: number): Uint8Array | undefined;
  /** An embedded object, with the 16 bytes before it that tell its kind. */
  object(id: number): Uint8Array | undefined;
  time(id: number): Date | undefined;
}

/** Reads a table of properties; 8-bit text is in `charset`. A table that ends early gives what was there. */
export const mapiProperties = (table: Uint8Array, charset: string): MapiProperties => {
  const values = new TableReader(table).read();
  const of = (id: number, ...types: number[]): Uint8Array | undefined => {
    const value = values.get(id);
    return value !== undefined && types.includes(value.type) ? value.bytes : undefined;
  };
  return {
    text: (id) => {
      const value = values.get(id);
      const isText = value?.type === Unicode || value?.type === String8;
      const text = isText ? decodeText(value.bytes, value.type === Unicode ? 'utf-16le' : charset) : '';
      return text.replace(/\0[\s\S]*$/, '') || undefined;
    },
    integer: (id) => {
      const bytes = of(id, Int16, Int32, Boolean32);
      return bytes === undefined ? undefined : viewOf(bytes).getInt32(0, true);
    },
    bytes: (id) => of(id, Binary),
    object: (id) => of(id, ObjectType),
    time: (id) => {
      const bytes = of(id, Time);
      return bytes === undefined ? undefined : dateOfFiletime(viewOf(bytes).getBigUint64(0, true));
    },
  };
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A FILETIME, steps of 100 ns since 1601; `undefined` outside of the years 1970 to 9999. */
const dateOfFiletime = (filetime: bigint): Date | undefined => {
  const date = new Date(Number(filetime / 10_000n) - 11_644_473_600_000);
  return date.getTime() >= 0 && date.getUTCFullYear() <= 9999 ? date : undefined;
};

class TableReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** The first value of each property. */
  read(): ReadonlyMap<number, Value> {
    const values = new Map<number, Value>();
    const count = Math.min(this.#uint32(), MaxProperties);
    for (let i = 0; i < count && this.#at + 4 <= this.#bytes.length; i++) {
      const [type, id] = [this.#view.getUint16(this.#at, true), this.#view.getUint16(this.#at + 2, true)];
      this.#at += 4;
      if (id >= FirstNamed) this.#skipName();
      const value = this.#readValues(type);
      if (value === undefined) break;
      if (!values.has(id)) values.set(id, value);
    }
    return values;
  }

  #uint32(): number {
    const value = this.#at + 4 <= this.#bytes.length ? this.#view.getUint32(this.#at, true) : 0;
    this.#at += 4;
    return value;
  }

  /** A GUID, then a number, or the length of a name and the name. */
  #skipName(): void {
    this.#at += 16;
    const isText = this.#uint32() !== 0;
    const value = this.#uint32();
    if (isText) this.#at += padded(value);
  }

  #readValues(type: number): Value | undefined {
    const single = type & ~Multiple;
    const isSized = SizedTypes.has(single);
    const count = isSized || single !== type ? this.#uint32() : 1;
    if (count > MaxValues) return undefined;
    let first: Value | undefined = { type: single, bytes: new Uint8Array(0) };
    for (let i = 0; i < count; i++) {
      const length = isSized ? this.#uint32() : FixedSizes.get(single);
      if (length === undefined || this.#at + length > this.#bytes.length) return undefined;
      if (i === 0) first = { type: single, bytes: this.#bytes.subarray(this.#at, this.#at + length) };
      this.#at += padded(length);
    }
    if (first.bytes.length === 0 && !isSized) first = { type: 0, bytes: first.bytes };
    return first;
  }
}

/** Not by bits: lengths of 2 GB and more would become negative. */
const padded = (length: number): number => Math.ceil(length / 4) * 4;
