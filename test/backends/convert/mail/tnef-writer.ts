/** Writes winmail.dat files for tests, after [MS-OXTNEF]; knows nothing of the reader. */

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** An attribute: level, id, length, data, checksum. */
export const attribute = (level: 1 | 2, id: number, data: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from([level]),
    ...[u32(id), u32(data.length), data],
    u16(data.reduce((sum, byte) => sum + byte, 0)),
  ]);

/** A winmail.dat of these attributes. */
export const tnef = (...attributes: Uint8Array[]): Buffer => Buffer.concat([u32(0x223e9f78), u16(1), ...attributes]);

const padded = (data: Uint8Array): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);

/** A property with one value. */
const sized = (type: number, id: number, data: Uint8Array): Buffer =>
  Buffer.concat([u16(type), u16(id), u32(1), u32(data.length), padded(data)]);

export const unicode = (id: number, text: string): Buffer => sized(0x1f, id, Buffer.from(`${text}\0`, 'utf16le'));
export const string8 = (id: number, bytes: Uint8Array): Buffer => sized(0x1e, id, bytes);
export const binary = (id: number, bytes: Uint8Array): Buffer => sized(0x102, id, bytes);
export const object = (id: number, bytes: Uint8Array): Buffer => sized(0x0d, id, bytes);
export const integer = (id: number, value: number): Buffer => Buffer.concat([u16(3), u16(id), u32(value)]);
export const filetime = (id: number, date: Date): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((BigInt(date.getTime()) + 11_644_473_600_000n) * 10_000n);
  return Buffer.concat([u16(0x40), u16(id), bytes]);
};
/** A property that is named by a text, of a type with a fixed size. */
export const namedFlag = (name: string, value: number): Buffer => {
  const text = Buffer.from(`${name}\0`, 'utf16le');
  return Buffer.concat([
    u16(0x0b),
    u16(0x8001),
    Buffer.alloc(16, 7),
    u32(1),
    u32(text.length),
    padded(text),
    u32(value),
  ]);
};
/** A property with several values. */
export const numbers = (id: number, ...values: number[]): Buffer =>
  Buffer.concat([u16(0x1003), u16(id), u32(values.length), ...values.map(u32)]);

/** A table of properties. */
export const table = (...properties: Uint8Array[]): Buffer => Buffer.concat([u32(properties.length), ...properties]);

export const messageProperties = (...properties: Uint8Array[]): Buffer =>
  attribute(1, 0x00069003, table(...properties));

export const messageClass = (name: string): Buffer => attribute(1, 0x00078008, Buffer.from(`${name}\0`));
export const codepage = (number: number): Buffer => attribute(1, 0x00069007, Buffer.concat([u32(number), u32(0)]));

/** An attachment as Outlook writes it: beginning, old title, data, properties. */
export const attachment = (title: string, data: Uint8Array | undefined, ...properties: Uint8Array[]): Buffer =>
  Buffer.concat([
    attribute(2, 0x00069002, Buffer.alloc(14)),
    attribute(2, 0x00018010, Buffer.from(`${title}\0`, 'latin1')),
    ...(data === undefined ? [] : [attribute(2, 0x0006800f, data)]),
    ...(properties.length === 0 ? [] : [attribute(2, 0x00069005, table(...properties))]),
  ]);

/** The 16 bytes before an attached message: IID_IMessage. */
export const messageKind = Buffer.from('0703020000000000c000000000000046', 'hex');
