/**
 * GlobalObjId ([MS-ASEMAIL] 2.2.2.37): what names a meeting up to 14.1. From 16.0 on its UID does.
 *
 *     16   class: 04000000 8200E000 74C5B710 1A82E008
 *     4    date of the instance: year (big-endian), month, day; zero for the series
 *     8    time of creation, a FILETIME, little-endian
 *     8    zero
 *     4    bytes of what follows, little-endian
 *     …    what Outlook made up, or `vCal-Uid`, 01000000, the UID and a zero byte
 */

const ClassId = [4, 0, 0, 0, 0x82, 0, 0xe0, 0, 0x74, 0xc5, 0xb7, 0x10, 0x1a, 0x82, 0xe0, 8] as const;
const InstanceDateAt = 16;
const CountAt = 36;
const DataAt = 40;
const UidAt = 52;
/** `vCal-Uid` and its version, 1. */
const Marker = [0x76, 0x43, 0x61, 0x6c, 0x2d, 0x55, 0x69, 0x64, 1, 0, 0, 0] as const;

/** The day of one instance of a series, in the time zone of the meeting. */
export interface InstanceDay {
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  readonly day: number;
}

/** A UID that Outlook made is such an id in hexadecimal digits. */
const OutlookUid = /^040000008200E00074C5B7101A82E008(?:[0-9A-F]{2}){24,1000}$/i;

/** The GlobalObjId of a meeting, or of one instance of it ([MS-ASEMAIL] 3.1.4.7). */
export const globalObjectId = (uid: string, instance?: InstanceDay): Uint8Array => {
  const bytes = OutlookUid.test(uid) ? fromHex(uid) : wrapped(new TextEncoder().encode(uid));
  if (instance === undefined) return bytes;
  const { year, month, day } = instance;
  bytes.set([year >> 8, year & 255, month, day], InstanceDateAt);
  return bytes;
};

const wrapped = (uid: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(UidAt + uid.length + 1);
  bytes.set(ClassId);
  new DataView(bytes.buffer).setUint32(CountAt, Marker.length + uid.length + 1, true);
  bytes.set(Marker, DataAt);
  bytes.set(uid, UidAt);
  return bytes;
};

/** The UID of the meeting that a GlobalObjId names ([MS-ASEMAIL] 3.1.4.7). */
export const uidOfGlobalObjectId = (id: Uint8Array): string => {
  const length = id.length < UidAt + 1 ? 0 : new DataView(id.buffer, id.byteOffset).getUint32(CountAt, true);
  const isUid = Marker.every((byte, i) => i >= 8 || id[DataAt + i] === byte);
  if (isUid && length > Marker.length && length <= id.length - DataAt) {
    return new TextDecoder().decode(id.subarray(UidAt, DataAt + length - 1));
  }
  const series = id.slice();
  series.fill(0, InstanceDateAt, InstanceDateAt + 4);
  return toHex(series);
};

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
