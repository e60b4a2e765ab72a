import { expect, test } from '@jest/globals';
import { Turns, TurnTime } from '../../../backends/imap/turns.ts';

/** Pieces of work that each take a while of a clock that nothing else moves. */
const bench = (pieceTime: number) => {
  let time = 0;
  const done: string[] = [];
  const turns = new Turns(() => time);
  const work = async (name: string, pieces: number): Promise<void> => {
    for (let i = 0; i < pieces; i++) {
      await turns.next();
      time += pieceTime;
      done.push(name);
    }
  };
  return { work, done };
};

const round = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('in one round of the event loop works no longer than its turn, however many want to', async () => {
  const { work, done } = bench(TurnTime / 2);
  const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => work(name, 3)));
  const perRound: number[] = [];
  await round(); // begins in the middle of one
  while (done.length < 12) {
    const before = done.length;
    await round();
    perRound.push(done.length - before);
  }
  await all;
  expect(Math.max(...perRound)).toBeLessThanOrEqual(2);
});

test('nobody waits for ever: those who came take turns', async () => {
  const { work, done } = bench(TurnTime);
  await Promise.all(['a', 'b', 'c'].map((name) => work(name, 4)));
  expect(done).toHaveLength(12);
  // After the first pieces each is served once before one is served again.
  expect([...done.slice(0, 3)].sort()).toEqual(['a', 'b', 'c']);
  expect([...done.slice(3, 6)].sort()).toEqual(['a', 'b', 'c']);
});

test('short work is not held up at all', async () => {
  const { work, done } = bench(0);
  await work('a', 1000);
  let rounds = 0;
  setImmediate(() => rounds++);
  await work('a', 1000);
  expect(done).toHaveLength(2000);
  expect(rounds).toBe(0);
});
