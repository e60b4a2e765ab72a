import { PictureError, type Work } from './bitmap.ts';
import { BitReader, type HuffmanTable } from './jpeg-bits.ts';
import type { Component, Frame, Segment, Tables } from './jpeg-frame.ts';
import { ZigZag } from './jpeg-tables.ts';

/** Reads the scans of a JPEG into coefficients: sequential ones (ITU T.81, annex F) and progressive ones (annex G). */

/** A colour in a scan, with the codes that it is read by. */
interface Scanned {
  readonly component: Component;
  readonly first: HuffmanTable | undefined;
  readonly other: HuffmanTable | undefined;
}

/** What a scan holds of the coefficients. */
interface Scan {
  readonly reader: BitReader;
  readonly colours: readonly Scanned[];
  /** First and last coefficient. */
  readonly from: number;
  readonly to: number;
  /** Bits of each that came before, 0: none did; and those that come later. */
  readonly before: number;
  readonly later: number;
  /** Blocks that still end at once. */
  ended: number;
}

type ReadBlock = (scan: Scan, colour: Scanned, at: number) => void;

/** Reads one scan; gives the place behind it. */
export function* readScan(bytes: Uint8Array, header: Segment, at: number, frame: Frame, tables: Tables): Work<number> {
  const scan = scanOf(header, new BitReader(bytes, at), frame, tables);
  const readBlock = blockReader(frame, scan);
  const [only, ...others] = scan.colours;
  const isAlone = only !== undefined && others.length === 0;
  const across = isAlone ? only.component.ownAcross : frame.unitsAcross;
  const down = isAlone ? only.component.ownDown : frame.unitsDown;
  const readUnit = isAlone ? readOwnBlock : readAllBlocks;
  restart(scan);
  for (let y = 0, count = 0; y < down; y++) {
    for (let x = 0; x < across; x++, count++) {
      if (tables.restartInterval > 0 && count > 0 && count % tables.restartInterval === 0) {
        scan.reader.restart();
        restart(scan);
      }
      readUnit(scan, readBlock, x, y);
    }
    yield;
  }
  return scan.reader.end;
}

const scanOf = (header: Segment, reader: BitReader, { components }: Frame, tables: Tables): Scan => {
  const count = header[0] ?? 0;
  const colours = Array.from({ length: count }, (_, i): Scanned => {
    const [id, codes = 0] = header.subarray(1 + i * 2, 3 + i * 2);
    const component = components.find((one) => one.id === id);
    if (component === undefined) throw new PictureError('The picture is damaged: there is no such colour');
    return { component, first: tables.first.get(codes >> 4), other: tables.other.get(codes & 15) };
  });
  const [from = 0, to = 63, bits = 0] = header.subarray(1 + count * 2);
  if (count === 0 || from > to || to > 63) throw new PictureError('The picture is damaged: a scan of nothing');
  return { reader, colours, from, to, before: bits >> 4, later: bits & 15, ended: 0 };
};

const restart = (scan: Scan): void => {
  scan.ended = 0;
  for (const { component } of scan.colours) component.last = 0;
};

const readOwnBlock = (scan: Scan, read: ReadBlock, x: number, y: number): void => {
  const [colour] = scan.colours;
  if (colour !== undefined) read(scan, colour, (y * colour.component.blocksAcross + x) * 64);
};

const readAllBlocks = (scan: Scan, read: ReadBlock, x: number, y: number): void => {
  for (const colour of scan.colours) {
    const { h, v, blocksAcross } = colour.component;
    for (let row = 0; row < v; row++)
      for (let column = 0; column < h; column++)
        read(scan, colour, ((y * v + row) * blocksAcross + x * h + column) * 64);
  }
};

const blockReader = ({ isProgressive }: Frame, { from, before }: Scan): ReadBlock => {
  if (!isProgressive) return readWhole;
  if (from === 0) return before === 0 ? readFirst : refineFirst;
  return before === 0 ? readOthers : refineOthers;
};

const needed = (table: HuffmanTable | undefined): HuffmanTable => {
  if (table === undefined) throw new PictureError('The picture is damaged: it lacks a table of codes');
  return table;
};

/** The first coefficient is told as the difference from that of the block before. */
const readDifference = ({ reader }: Scan, { component, first }: Scanned): number => {
  component.last += reader.signed(reader.code(needed(first)) & 15);
  return component.last;
};

const readWhole: ReadBlock = (scan, colour, at) => {
  const { reader } = scan;
  const { coefficients } = colour.component;
  const other = needed(colour.other);
  coefficients[at] = readDifference(scan, colour);
  for (let k = 1; k < 64; k++) {
    const code = reader.code(other);
    const [zeros, size] = [code >> 4, code & 15];
    if (size === 0 && zeros < 15) return;
    k += zeros;
    if (size > 0 && k < 64) coefficients[at + (ZigZag[k] as number)] = reader.signed(size);
  }
};

const readFirst: ReadBlock = (scan, colour, at) => {
  colour.component.coefficients[at] = readDifference(scan, colour) << scan.later;
};

const refineFirst: ReadBlock = ({ reader, later }, { component: { coefficients } }, at) => {
  if (reader.bit() === 1) coefficients[at] = (coefficients[at] as number) | (1 << later);
};

/** How many blocks end here, this one among them (G.1.2.2). */
const endsOf = (reader: BitReader, zeros: number): number => (1 << zeros) + (zeros > 0 ? reader.number(zeros) : 0);

const readOthers: ReadBlock = (scan, { component: { coefficients }, other }, at) => {
  const { reader, from, to, later } = scan;
  if (scan.ended > 0) {
    scan.ended--;
    return;
  }
  const table = needed(other);
  for (let k = from; k <= to; k++) {
    const code = reader.code(table);
    const [zeros, size] = [code >> 4, code & 15];
    if (size === 0 && zeros < 15) {
      scan.ended = endsOf(reader, zeros) - 1;
      return;
    }
    k += zeros;
    if (size > 0 && k <= to) coefficients[at + (ZigZag[k] as number)] = reader.signed(size) << later;
  }
};

const refineOthers: ReadBlock = (scan, { component: { coefficients }, other }, at) => {
  const start = scan.ended > 0 ? scan.from : refineCoded(scan, coefficients, at, needed(other));
  if (scan.ended === 0) return;
  refineUpTo(scan, coefficients, at, start, Number.POSITIVE_INFINITY);
  scan.ended--;
};

/** Reads new coefficients between those that are refined (G.1.2.3); gives where the codes end. */
const refineCoded = (scan: Scan, coefficients: Int16Array, at: number, table: HuffmanTable): number => {
  const { reader, from, to, later } = scan;
  for (let k = from; k <= to; k++) {
    const code = reader.code(table);
    const [zeros, size] = [code >> 4, code & 15];
    if (size === 0 && zeros < 15) {
      scan.ended = endsOf(reader, zeros);
      return k;
    }
    const isPositive = size > 0 && reader.bit() === 1;
    k = refineUpTo(scan, coefficients, at, k, zeros);
    if (size > 0 && k <= to) coefficients[at + (ZigZag[k] as number)] = (isPositive ? 1 : -1) << later;
  }
  return to + 1;
};

/** Gives a further bit to each coefficient that is not zero, and goes past `zeros` that are; gives where it stops. */
const refineUpTo = (
  { reader, to, later }: Scan,
  coefficients: Int16Array,
  at: number,
  start: number,
  zeros: number,
): number => {
  let left = zeros;
  for (let k = start; k <= to; k++) {
    const place = at + (ZigZag[k] as number);
    const value = coefficients[place] as number;
    if (value === 0) {
      if (left === 0) return k;
      left--;
    } else if (reader.bit() === 1 && (Math.abs(value) & (1 << later)) === 0) {
      coefficients[place] = value + (value > 0 ? 1 << later : -1 << later);
    }
  }
  return to + 1;
};
