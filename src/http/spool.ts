import { readSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';

/** Bytes of a spooled body that are in memory at a time. */
const WindowSize = 64 * 1024;

/** A file that holds a large request body. It has no name: whatever ends the process, nothing is left. */
export interface Spool {
  append(bytes: Uint8Array): Promise<void>;
  /** What was appended. */
  source(): ByteSource;
  /** Frees the space; the source is unusable afterwards. */
  close(): Promise<void>;
}

const readFully = (descriptor: number, start: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const got = readSync(descriptor, bytes, at, length - at, start + at);
    if (got === 0) throw new RangeError('A spooled request body ends too early');
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

/**
 * Opens a spool in `folder`: mode 0600, and its name removed at once.
 *
 * @param name Unique name, out of random bytes.
 */
export const openSpool = async (folder: string, name: string): Promise<Spool> => {
  const path = join(folder, `.postrider-body-${name}`);
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
    close: () => file.close(),
  };
};
