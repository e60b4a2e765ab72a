import { expect, test } from '@jest/globals';
import type { CollectedAttachment } from '../../src/handlers/attachment-content.ts';
import { KeptAttachments } from '../../src/handlers/kept-attachments.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Attachments that say how often they were read, and whether their spool is freed. */
const stage = (maxBytes = 100) => {
  const clock = new FakeClock();
  const kept = new KeptAttachments(clock, maxBytes);
  const reads: string[] = [];
  const closed: string[] = [];
  const borrow = async (name: string, total = 40, isSpooled = true): Promise<CollectedAttachment> => {
    const lent = await kept.borrow(name, async () => {
      reads.push(name);
      return {
        ...{ contentType: 'a/b', total, isSpooled },
        content: () => new TextEncoder().encode(name),
        close: async () => void closed.push(name),
      };
    });
    if (lent === undefined) throw new Error('nothing was lent');
    return lent;
  };
  return { clock, kept, reads, closed, borrow };
};

test('what was read for one range is there for the next, until half a minute after the last', async () => {
  const { clock, reads, closed, borrow } = stage();
  for (let i = 0; i < 3; i++) {
    const lent = await borrow('a');
    expect([lent.total, lent.contentType, lent.content(undefined, 'bytes')]).toEqual([40, 'a/b', Buffer.from('a')]);
    await lent.close();
    clock.move(29_000);
  }
  expect([reads, closed]).toEqual([['a'], []]);
  clock.move(2_000);
  expect([closed, clock.pending]).toEqual([['a'], 0]);
  await (await borrow('a')).close();
  expect(reads).toEqual(['a', 'a']);
});

test('who uses it keeps it open, however long; given back twice it counts once', async () => {
  const { clock, closed, borrow } = stage();
  const [one, two] = [await borrow('a'), await borrow('a')];
  await one.close();
  await one.close();
  clock.move(600_000);
  expect(closed).toEqual([]);
  await two.close();
  clock.move(31_000);
  expect(closed).toEqual(['a']);
});

test('the one used longest ago makes room; in use it is freed when it is given back', async () => {
  const { kept, closed, borrow } = stage();
  const a = await borrow('a');
  await (await borrow('b')).close();
  await (await borrow('c')).close();
  expect([kept.bytes, closed]).toEqual([80, []]);
  await a.close();
  expect(closed).toEqual(['a']);
  await (await borrow('b')).close();
  await (await borrow('d')).close();
  expect([kept.bytes, closed]).toEqual([80, ['a', 'c']]);
});

test('small ones, and such as are larger than all that is kept, are the business of who reads them', async () => {
  const { kept, reads, closed, borrow } = stage();
  for (let i = 0; i < 2; i++) {
    await (await borrow('small', 40, false)).close();
    await (await borrow('huge', 101)).close();
  }
  expect([kept.bytes, reads.length, closed.length]).toEqual([0, 4, 4]);
  expect(await kept.borrow('none', async () => undefined)).toBeUndefined();
});

test('two that read the same at once each have it', async () => {
  const { kept, reads, closed, borrow } = stage();
  const both = await Promise.all([borrow('a'), borrow('a')]);
  for (const one of both) await one.close();
  expect([kept.bytes, reads.length, closed]).toEqual([40, 2, ['a']]);
});

test('after closing nothing is kept, and what is in use is freed when it is given back', async () => {
  const { clock, kept, closed, borrow } = stage();
  const a = await borrow('a');
  await (await borrow('b')).close();
  await kept.close();
  expect([closed, kept.bytes]).toEqual([['b'], 0]);
  await a.close();
  await (await borrow('c')).close();
  expect([closed, clock.pending]).toEqual([['b', 'a', 'c'], 0]);
});
