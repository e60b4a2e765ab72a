import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Due, TimerWheel } from '../../src/push/timer-wheel.ts';
import { FakeClock } from '../support/fake-clock.ts';

const due = (clock: FakeClock, seconds: number, expired: number[]): Due => ({
  deadline: clock.now() + seconds * 1000,
  expire: () => void expired.push(seconds),
});

test('expires each in its second, on one timer, and rests when nobody waits', async () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const expired: number[] = [];
  for (const seconds of [5, 2, 60, 2]) wheel.add(due(clock, seconds, expired));
  expect(clock.pending).toBe(1);
  await clock.advance(3000);
  expect(expired).toEqual([2, 2]);
  await clock.advance(57_000 + 1000);
  expect(expired).toEqual([2, 2, 5, 60]);
  expect(clock.pending).toBe(0);
});

test('what is removed does not expire, and the last one removed stops the timer', async () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const expired: number[] = [];
  const [first, second] = [due(clock, 5, expired), due(clock, 6, expired)];
  wheel.add(first);
  wheel.add(second);
  wheel.remove(first);
  wheel.remove(first);
  wheel.remove(second);
  expect(clock.pending).toBe(0);
  await clock.advance(10_000);
  expect(expired).toEqual([]);
});

test('a jump of the clock expires everything that it passed', async () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const expired: number[] = [];
  for (const seconds of [10, 3000, 100_000]) wheel.add(due(clock, seconds, expired));
  const jumped = clock.now() + 50_000_000;
  const later = new FakeClock(jumped);
  clock.now = () => later.now();
  await clock.advance(1000);
  expect(expired).toEqual([10, 3000]);
});

test('whatever is added and removed, each expires once, never early, at most a second and a tick late', async () => {
  const plan = fc.array(fc.record({ wait: fc.nat(300), start: fc.nat(300), removed: fc.boolean() }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(plan, async (waits) => {
      const clock = new FakeClock();
      const wheel = new TimerWheel(clock);
      const begun = clock.now();
      const late: number[] = [];
      let expected = 0;
      for (const { wait, start, removed } of [...waits].sort((a, b) => a.start - b.start)) {
        await clock.advance(begun + start * 1000 - clock.now());
        const deadline = clock.now() + wait * 1000;
        const one: Due = { deadline, expire: () => void late.push(clock.now() - deadline) };
        wheel.add(one);
        if (removed) wheel.remove(one);
        else expected++;
      }
      await clock.advance(700_000);
      expect(late).toHaveLength(expected);
      expect(late.every((ms) => ms >= 0 && ms <= 2000)).toBe(true);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 30 },
  );
});
