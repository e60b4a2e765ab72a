/**
 * TimeZone, as meetings carry it ([MS-ASDTYPE] 2.7.6): 172 bytes, little-endian.
 *
 *     0    4   Bias: minutes to add to local time to get UTC
 *     4   64   StandardName: 32 UTF-16 units, filled up with zeros
 *     68  16   StandardDate: when standard time begins
 *     84   4   StandardBias: minutes added to Bias in standard time
 *     88  64   DaylightName
 *     152 16   DaylightDate: when daylight time begins
 *     168  4   DaylightBias: minutes added to Bias in daylight time
 *
 * A date is a SYSTEMTIME: eight numbers of 16 bits, for year, month, day of the week (0 Sunday), day,
 * hour, minute, second, millisecond. Year 0 is every year, and `day` then counts weekdays of the month, 5 the last one.
 * Month 0: there is no daylight time.
 */

/** When the clock is changed, in the local time that is shown before. */
export interface ZoneDate {
  /** 0: every year; else this year alone, and `day` is the day of the month. */
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  /** 0 Sunday to 6 Saturday. */
  readonly dayOfWeek: number;
  /** Which such weekday of the month: 1-4, or 5 for the last; with a year the day of the month. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** A TimeZone. All biases are minutes. */
export interface TimeZone {
  readonly bias: number;
  /** For display at most: devices send it empty, translated or cut. */
  readonly standardName: string;
  /** `undefined`: no daylight time. */
  readonly standardDate: ZoneDate | undefined;
  readonly standardBias: number;
  readonly daylightName: string;
  readonly daylightDate: ZoneDate | undefined;
  readonly daylightBias: number;
}

/** Bytes of a TimeZone. */
export const TimeZoneLength = 172;

/** UTF-16 units of a name. */
const NameUnits = 32;

/** Where things stand. */
const Offsets = {
  bias: 0,
  standardName: 4,
  standardDate: 68,
  standardBias: 84,
  daylightName: 88,
  daylightDate: 152,
  daylightBias: 168,
} as const;

/** A zone of one offset, without daylight time. */
export const fixedZone = (bias: number): TimeZone => ({
  bias,
  standardName: '',
  standardDate: undefined,
  standardBias: 0,
  daylightName: '',
  daylightDate: undefined,
  daylightBias: 0,
});

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The 172 bytes of a zone; names are cut to 31 characters and a zero. */
export const encodeTimeZone = (zone: TimeZone): Uint8Array => {
  const bytes = new Uint8Array(TimeZoneLength);
  const view = viewOf(bytes);
  view.setInt32(Offsets.bias, zone.bias, true);
  view.setInt32(Offsets.standardBias, zone.standardBias, true);
  view.setInt32(Offsets.daylightBias, zone.daylightBias, true);
  writeName(view, Offsets.standardName, zone.standardName);
  writeName(view, Offsets.daylightName, zone.daylightName);
  writeDate(view, Offsets.standardDate, zone.standardDate);
  writeDate(view, Offsets.daylightDate, zone.daylightDate);
  return bytes;
};

/** Reads a TimeZone; `undefined` when the bytes are none. */
export const decodeTimeZone = (bytes: Uint8Array): TimeZone | undefined => {
  if (bytes.length < TimeZoneLength) return undefined;
  const view = viewOf(bytes);
  return {
    bias: view.getInt32(Offsets.bias, true),
    standardName: readName(view, Offsets.standardName),
    standardDate: readDate(view, Offsets.standardDate),
    standardBias: view.getInt32(Offsets.standardBias, true),
    daylightName: readName(view, Offsets.daylightName),
    daylightDate: readDate(view, Offsets.daylightDate),
    daylightBias: view.getInt32(Offsets.daylightBias, true),
  };
};

const writeName = (view: DataView, at: number, name: string): void => {
  const length = Math.min(name.length, NameUnits - 1);
  for (let i = 0; i < length; i++) view.setUint16(at + 2 * i, name.charCodeAt(i), true);
};

const readName = (view: DataView, at: number): string => {
  let name = '';
  for (let i = 0; i < NameUnits; i++) {
    const unit = view.getUint16(at + 2 * i, true);
    if (unit === 0) break;
    name += String.fromCharCode(unit);
  }
  return name;
};

const writeDate = (view: DataView, at: number, date: ZoneDate | undefined): void => {
  if (date === undefined) return;
  const { year, month, dayOfWeek, day, hour, minute, second, millisecond } = date;
  [year, month, dayOfWeek, day, hour, minute, second, millisecond].forEach((value, i) => {
    view.setUint16(at + 2 * i, value, true);
  });
};

const readDate = (view: DataView, at: number): ZoneDate | undefined => {
  const field = (i: number): number => view.getUint16(at + 2 * i, true);
  if (field(1) === 0) return undefined;
  return {
    year: field(0),
    month: field(1),
    dayOfWeek: field(2),
    day: field(3),
    hour: field(4),
    minute: field(5),
    second: field(6),
    millisecond: field(7),
  };
};
