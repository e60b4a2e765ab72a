import { readSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../protocol/wbxml/bytes.ts';
import type { RandomBytes } from './handlers/context.ts';

/** Bytes of a source that are in memory at a time. */
const WindowSize = 64 * 1024;

/** The folder of spools cannot be written: what is too large for memory cannot pass until that is mended. */
export class SpoolUnavailable extends Error {
  constructor(cause: unknown) {
    super('There is no room for a large request', { cause });
    this.name = 'SpoolUnavailable';
  }

  /** Why, for those who run the server: the message is also told to phones. */
  get reason(): string {
    const { code, message } = this.cause as NodeJS.ErrnoException;
    return `the folder for large requests cannot be written (${code ?? message}): see that its disk has room`;
  }
}

/** A full disk, a quota, a folder that is gone: errors of the system, never of this program. */
const demandRoom = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : new SpoolUnavailable(error);
  }
};

/** A file that holds what is too large for memory. It has no name: whatever ends the process, nothing is left. */
export interface Spool {
  /** Throws SpoolUnavailable. */
  append(bytes: Uint8Array): Promise<void>;
  /** What was appended, for who cannot wait: each read blocks. */
  source(): ByteSource;
  /** What was appended from `start` up to, not including, `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Frees the space; nothing can be read afterwards. Twice is harmless. */
  close(): Promise<void>;
}

/** Opens a spool of its own for each call. Throws SpoolUnavailable. */
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
  const file: FileHandle = await demandRoom(async () => {
    const opened = await open(path, 'wx+', 0o600);
    await unlink(path);
    return opened;
  });
  let length = 0;
  return {
    async append(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await demandRoom(() => file.write(bytes, at, bytes.length - at, length + at));
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
