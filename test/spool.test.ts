import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesSource, readAll } from '../protocol/wbxml/bytes.ts';
import { SpoolUnavailable, spoolsIn } from '../src/spool.ts';

const folder = mkdtempSync(join(tmpdir(), 'postrider-spool-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 31) % 251);

const openSpool = spoolsIn(folder, (length) => randomBytes(length));

describe('a spool', () => {
  test('leaves no name in its folder, and nothing that others may read', async () => {
    const spool = await openSpool();
    await spool.append(pattern(10));
    expect(readdirSync(folder)).toEqual([]);
    await spool.close();
  });

  test('refuses a name that exists, so that no link planted there is followed', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'precious', { mode: 0o600 });
    symlinkSync(target, join(folder, `.postrider-${Buffer.from('b').toString('hex')}`));
    const refusal = await spoolsIn(folder, () => Buffer.from('b'))().catch((error: unknown) => error);
    expect((refusal as SpoolUnavailable).reason).toContain('EEXIST');
    expect(statSync(target).size).toBe(8);
    for (const name of ['target', `.postrider-${Buffer.from('b').toString('hex')}`]) unlinkSync(join(folder, name));
  });

  test('whose folder is gone is told as such', async () => {
    const open = spoolsIn(join(folder, 'gone'), (length) => randomBytes(length));
    await expect(open()).rejects.toBeInstanceOf(SpoolUnavailable);
  });

  test('reads like the same bytes in memory, at any place and in any slice', async () => {
    const bytes = pattern(200_000);
    const spool = await openSpool();
    await spool.append(bytes.subarray(0, 70_000));
    await spool.append(bytes.subarray(70_000));
    const [file, memory] = [spool.source(), bytesSource(bytes)];
    expect(file.length).toBe(200_000);
    expect(Buffer.from(readAll(file)).equals(Buffer.from(bytes))).toBe(true);
    const place = fc.integer({ min: 0, max: 200_100 });
    fc.assert(
      fc.property(place, place, place, place, (a, b, c, d) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const [from, to] = [Math.min(c, d), Math.max(c, d)];
        const got = file.slice(start, end).read(from, to);
        expect(Buffer.from(got).equals(Buffer.from(memory.slice(start, end).read(from, to)))).toBe(true);
      }),
      { numRuns: 200 },
    );
    await spool.close();
  });

  test('is read without blocking, too, and tells when bytes are missing', async () => {
    const spool = await openSpool();
    await spool.append(pattern(100_000));
    expect(Buffer.from(await spool.read(0, 100_000)).equals(Buffer.from(pattern(100_000)))).toBe(true);
    expect([...(await spool.read(70_000, 70_003))]).toEqual([...pattern(70_003).subarray(70_000)]);
    await expect(spool.read(99_999, 100_001)).rejects.toThrow(RangeError);
    await spool.close();
    await spool.close();
  });

  test('a piece that was read stays as it was when other places are read', async () => {
    const spool = await openSpool();
    await spool.append(pattern(300_000));
    const source = spool.source();
    const first = source.read(0, 100);
    source.read(250_000, 250_100);
    expect(first).toEqual(pattern(100));
    await spool.close();
  });
});
