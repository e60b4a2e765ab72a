import { readSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../protocol/wbxml/bytes.ts';
import type { RandomBytes } from './handlers/context.ts';

/** Bytes of a source that are in memory at a time. */
const WindowSize = 64 * 1024;

/** A file that holds what is too large for memory. It has no name: whatever ends the process, nothing is left. */
export interface Spool {
  append(bytes: Uint8Array): Promise<void>;
  /** What was appended, for who cannot wait: each read blocks. */
  source(): ByteSource;
  /** What was appended from `start` up to, not including, `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Frees the space; nothing can be read afterwards. Twice is harmless. */
  close(): Promise<void>;
}

/** Opens a spool of its own for each call. */
export type OpenSpool = () => Promise<Spool>;

const readFully = (descriptor: number, start: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const got = readSync(descriptor, bytes, at, length - at, start + at);
    if (got === 0) throw new RangeError('A spool ends too early');
    at += got;
  }
  return bytes;
};

/** A source over an open file: short reads come out of one window, long ones straight from the file. */
const fileSource = (descriptor: number, length: number): ByteSource => {
  let windowStart = 0;
  let window: Uint8Array = new Uint8Array(0);
  const read = (start: number, end: number): Uint8Array => {
    if (end - start > WindowSize) return readFully(descriptor, start, end - start);
    if (start < windowStart || end > windowStart + window.length) {
      window = readFully(descriptor, start, Math.min(WindowSize, length - start));
      windowStart = start;
    }
    return window.subarray(start - windowStart, end - windowStart);
  };
  const part = (from: number, to: number): ByteSource => ({
    length: to - from,
    read: (start, end) => read(from + clamp(start, to - from), from + clamp(end, to - from)),
    slice: (start, end) => part(from + clamp(start, to - from), from + clamp(end, to - from)),
  });
  return part(0, length);
};

const clamp = (position: number, length: number): number => Math.max(0, Math.min(position, length));

/** Spools in `folder`: mode 0600, each under a name out of random bytes that is removed at once. */
export const spoolsIn =
  (folder: string, random: RandomBytes): OpenSpool =>
  () =>
    openSpool(join(folder, `.postrider-${Buffer.from(random(12)).toString('hex')}`));

const openSpool = async (path: string): Promise<Spool> => {
  const file: FileHandle = await open(path, 'wx+', 0o600);
  await unlink(path);
  let length = 0;
  return {
    async append(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, length + at);
        at += bytesWritten;
      }
      length += bytes.length;
    },
    source: () => fileSource(file.fd, length),
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new RangeError('A spool ends too early');
        at += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
};
