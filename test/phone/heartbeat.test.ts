import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AndroidHabit, Heartbeat } from '../../src/phone/heartbeat.ts';

const secondsAfter = (act: (heartbeat: Heartbeat) => void, habit = AndroidHabit): number => {
  const heartbeat = new Heartbeat(habit);
  act(heartbeat);
  return heartbeat.seconds;
};

describe('Heartbeat', () => {
  test('grows with each quiet Ping up to the longest', () => {
    expect(secondsAfter((heartbeat) => heartbeat.quiet())).toBe(780);
    expect(secondsAfter((heartbeat) => Array.from({ length: 9 }, () => heartbeat.quiet()))).toBe(1680);
  });

  test('shrinks with each broken one down to the shortest', () => {
    expect(secondsAfter((heartbeat) => heartbeat.lost())).toBe(180);
    expect(secondsAfter((heartbeat) => Array.from({ length: 9 }, () => heartbeat.lost()))).toBe(60);
  });

  test('takes the limit that the server names and never passes it again', () => {
    const limited = (heartbeat: Heartbeat): void => {
      heartbeat.quiet();
      heartbeat.limit(500);
      heartbeat.quiet();
    };
    expect(secondsAfter(limited)).toBe(500);
  });

  test('takes the shortest that the server allows when its own is shorter', () => {
    const habit = { start: 20, step: 10, shortest: 10, longest: 100 };
    const tooShort = (heartbeat: Heartbeat): void => {
      heartbeat.limit(60);
      heartbeat.lost();
    };
    expect(secondsAfter(tooShort, habit)).toBe(60);
  });

  test('a limit beyond everything the phone would ask is obeyed, too', () => {
    expect(secondsAfter((heartbeat) => heartbeat.limit(30))).toBe(30);
    expect(secondsAfter((heartbeat) => heartbeat.limit(3000))).toBe(3000);
  });

  test('whatever happens, it stays between the limits that it was told', () => {
    const steps = fc.array(fc.constantFrom('quiet', 'lost'), { maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 3540 }), steps, (limit, actions) => {
        const heartbeat = new Heartbeat();
        heartbeat.limit(limit);
        for (const action of actions) action === 'quiet' ? heartbeat.quiet() : heartbeat.lost();
        return limit <= 480 ? heartbeat.seconds <= limit : heartbeat.seconds >= limit;
      }),
    );
  });
});
