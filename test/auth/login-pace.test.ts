import { describe, expect, test } from '@jest/globals';
import { LoginsQueued } from '../../src/auth/errors.ts';
import { DefaultLoginPace, LoginPace, type LoginPaceOptions } from '../../src/auth/login-pace.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';

/** A pace whose logins end when the test says, and what became of each. */
const stage = (options: Partial<LoginPaceOptions> = {}, byte = 0) => {
  const clock = new FakeClock();
  const pace = new LoginPace(clock, () => Uint8Array.of(byte), { perSecond: 10, patience: 20_000, ...options });
  const begun: string[] = [];
  const refused: LoginsQueued[] = [];
  const ends: (() => void)[] = [];
  const login = (account: string, held = false): void => {
    const work = (): Promise<void> => {
      begun.push(account);
      return held ? new Promise((resolve) => ends.push(resolve)) : Promise.resolve();
    };
    pace.run(account, work).catch((error: LoginsQueued) => refused.push(error));
  };
  return { clock, pace, begun, refused, ends, login };
};

describe('the pace of logins', () => {
  test('lets a second’s worth begin at once, and the others at the pace', async () => {
    const { clock, pace, begun, login } = stage();
    for (let i = 0; i < 30; i++) login(`user${i}`);
    await settle();
    expect([begun.length, pace.waiting]).toEqual([10, 20]);
    for (let tenth = 1; tenth <= 20; tenth++) {
      await clock.advance(100);
      expect(begun.length).toBe(10 + tenth);
    }
    expect(begun).toEqual(Array.from({ length: 30 }, (_, i) => `user${i}`));
    expect([pace.waiting, clock.pending]).toEqual([0, 0]);
  });

  test('2,000 phones after a restart are through within 20 s at the default', async () => {
    const { clock, begun, refused, login } = stage(DefaultLoginPace);
    for (let i = 0; i < 2000; i++) login(`user${i}`);
    await clock.advance(20_000);
    expect([begun.length, refused]).toEqual([2000, []]);
  });

  test('takes turns by account: one with many logins holds up nobody', async () => {
    const { clock, begun, login } = stage({ perSecond: 1 });
    for (let i = 0; i < 10; i++) login('greedy');
    login('anna');
    login('ben');
    await clock.advance(3000);
    expect(begun).toEqual(['greedy', 'greedy', 'anna', 'ben']);
  });

  test('has no more under way than begin in a second, however slow the server', async () => {
    const { clock, begun, ends, login } = stage();
    for (let i = 0; i < 15; i++) login(`user${i}`, true);
    await clock.advance(5000);
    expect(begun).toHaveLength(10);
    for (const end of ends.splice(0, 3)) end();
    await clock.advance(500);
    expect(begun).toHaveLength(13);
  });

  test('who would wait too long is told when to come again, at once', async () => {
    const { pace, refused, login } = stage();
    for (let i = 0; i < 10 + 200 + 1; i++) login(`user${i}`);
    await settle();
    expect([pace.waiting, refused.length]).toEqual([200, 1]);
    expect(refused[0]).toBeInstanceOf(LoginsQueued);
    expect(refused[0]?.retryAfter).toBe(21);
  });

  test('spreads those who come again over half a minute, at random', async () => {
    const refusedWith = async (byte: number): Promise<number | undefined> => {
      const { refused, login } = stage({}, byte);
      for (let i = 0; i < 211; i++) login(`user${i}`);
      await settle();
      return refused[0]?.retryAfter;
    };
    expect([await refusedWith(0), await refusedWith(128), await refusedWith(255)]).toEqual([21, 36, 50]);
  });

  test('who waited in vain while the server hangs is told so, and leaves the row', async () => {
    const { clock, pace, refused, ends, login } = stage({ perSecond: 1, patience: 3000 });
    login('anna', true);
    login('ben');
    login('carl');
    await clock.advance(2500);
    expect(refused).toEqual([]);
    await clock.advance(1000);
    expect([refused.length, pace.waiting]).toEqual([2, 0]);
    ends[0]?.();
    await settle();
    expect(clock.pending).toBe(0);
  });

  test('a login that fails gives its place to the next', async () => {
    const { pace } = stage({ perSecond: 1 });
    await expect(pace.run('anna', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    const { clock, pace: other, begun, login } = stage({ perSecond: 1 });
    other.run('anna', () => Promise.reject(new Error('down'))).catch(() => undefined);
    login('ben');
    await clock.advance(1000);
    expect(begun).toEqual(['ben']);
  });
});
