import { describe, expect, test } from '@jest/globals';
import {
  afterAnswer,
  afterDeath,
  NoHistory,
  nearestAllowed,
  rangeOf,
  StandardHeartbeat,
} from '../../src/push/heartbeat.ts';
import { WaitDeaths } from '../../src/push/heartbeats.ts';

const died = (...seconds: number[]) => seconds.reduce(afterDeath, NoHistory);

describe('what waits teach', () => {
  test('three deaths in a row at the same time show a proxy; the limit lies below them', () => {
    expect(rangeOf(died(300, 301)).max).toBe(StandardHeartbeat.max);
    expect(rangeOf(died(300, 301, 300)).max).toBe(285);
  });

  test('deaths at odd times are people on the move', () => {
    expect(rangeOf(died(300, 120, 300)).max).toBe(StandardHeartbeat.max);
  });

  test('very short ones would leave no heartbeat at all', () => {
    expect(rangeOf(died(5, 5, 5)).max).toBe(StandardHeartbeat.max);
    expect(rangeOf(died(76, 76, 76)).max).toBe(61);
  });

  test('a wait that was answered between them starts the count anew', () => {
    const history = afterAnswer(died(300, 300));
    expect(rangeOf(afterDeath(history, 300)).max).toBe(StandardHeartbeat.max);
  });

  test('the limit goes down further, never under the smallest allowed', () => {
    const once = died(300, 300, 300);
    const twice = [200, 200, 200].reduce(afterDeath, once);
    expect(rangeOf(twice).max).toBe(185);
    expect(rangeOf({ deaths: [], limit: 10 })).toEqual({ min: 60, max: 60 });
  });

  test('what the administrator allows counts too', () => {
    expect(rangeOf(NoHistory, { min: 120, max: 900 })).toEqual({ min: 120, max: 900 });
    expect(rangeOf(died(300, 300, 300), { min: 120, max: 900 })).toEqual({ min: 120, max: 285 });
  });
});

test('a heartbeat out of range is answered with the nearest one (MS-ASCMD_R5690, MS-ASCMD_R5691)', () => {
  expect(nearestAllowed(59, StandardHeartbeat)).toBe(60);
  expect(nearestAllowed(3541, StandardHeartbeat)).toBe(3540);
  expect(nearestAllowed(60, StandardHeartbeat)).toBeUndefined();
  expect(nearestAllowed(3540, StandardHeartbeat)).toBeUndefined();
});

describe('deaths of waits', () => {
  test('count when the device comes back to wait', () => {
    const deaths = new WaitDeaths();
    deaths.died('p', 300);
    expect(deaths.returning('p', NoHistory)).toEqual({ deaths: [300] });
    expect(deaths.returning('p', NoHistory)).toBe(NoHistory);
  });

  test('do not count when it came with other business first', () => {
    const deaths = new WaitDeaths();
    deaths.died('p', 300);
    deaths.forget('p');
    expect(deaths.returning('p', NoHistory)).toBe(NoHistory);
  });
});
