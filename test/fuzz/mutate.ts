import type { Chance } from '../support/chance.ts';

/** Bytes that mean something in WBXML: ends, switches of pages, strings, opaque data, lengths without end. */
const Telling = [0x00, 0x01, 0x02, 0x03, 0x04, 0x40, 0x7f, 0x80, 0xc3, 0xff];

/** The most that a request grows to, so that a million of them stay requests and not floods. */
const MaxLength = 20_000;

/** A way to change bytes at a place. */
type Way = (bytes: Uint8Array, at: number, chance: Chance, other: Uint8Array) => Uint8Array;

const replaced = (bytes: Uint8Array, at: number, away: number, put: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(Math.min(bytes.length, at + away))]);

const random = (chance: Chance, length: number): Uint8Array => Uint8Array.from({ length }, () => chance.below(256));

/** Another value, a flipped bit, bytes left out, doubled, put in or taken from another request, the end cut off. */
const Ways: readonly Way[] = [
  (bytes, at, chance) => replaced(bytes, at, 1, random(chance, 1)),
  (bytes, at, chance) => replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << chance.below(8)))),
  (bytes, at, chance) => replaced(bytes, at, 1, Uint8Array.of(chance.one(Telling) ?? 0)),
  (bytes, at, chance) => replaced(bytes, at, 1 + chance.below(8), new Uint8Array(0)),
  (bytes, at, chance) => replaced(bytes, at, 0, random(chance, 1 + chance.below(8))),
  (bytes, at, chance) => replaced(bytes, at, 0, bytes.subarray(at, at + 1 + chance.below(40))),
  (bytes, at, chance, other) => {
    const from = chance.below(Math.max(1, other.length));
    return replaced(bytes, at, chance.below(20), other.subarray(from, from + 1 + chance.below(60)));
  },
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, chance) => {
    const piece = bytes.subarray(at, at + 1 + chance.below(6));
    return replaced(bytes, at, 0, Buffer.concat(Array.from({ length: 1 + chance.below(300) }, () => piece)));
  },
];

/** A request with one to four changes; `other` lends it bytes. */
export const mutated = (chance: Chance, body: Uint8Array, other: Uint8Array): Uint8Array => {
  let bytes: Uint8Array = body;
  for (let changes = 1 + chance.below(4); changes > 0 && bytes.length > 0; changes--) {
    const way = chance.one(Ways);
    bytes = way?.(bytes, chance.below(bytes.length), chance, other) ?? bytes;
  }
  return bytes.subarray(0, MaxLength);
};
