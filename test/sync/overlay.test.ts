import { describe, expect, test } from '@jest/globals';
import { IdSet } from '../../backends/contract/id-set.ts';
import { type CollectionState, decodeCollection, encodeCollection } from '../../src/sync/collection-state.ts';
import {
  absorbChanges,
  afterSureMove,
  afterUnsureMove,
  afterWindow,
  chooseWindow,
  firstGeneration,
  type Generation,
} from '../../src/sync/generation.ts';
import { MovesRemembered, tidied } from '../../src/sync/move-book.ts';
import { DefaultOptions } from '../../src/sync/options.ts';
import { overlay } from '../../src/sync/overlay.ts';

const generation = (number: number, held: string[]): Generation => ({
  ...firstGeneration(0, 0),
  number,
  cursor: 'c',
  held: IdSet.of(held),
});

const arrived = (id: string) => ({
  changed: [{ id, revision: 'r', at: 0 }],
  gone: { removed: IdSet.empty },
  cursor: 'd',
  position: 'p',
});

/** Everything that a device is told until there is nothing more. */
const tellAll = (start: Generation): string[] => {
  const told: string[] = [];
  let now = start;
  for (let round = 0; round < 5; round++) {
    const window = chooseWindow(now, 100);
    for (const [kind, ids] of Object.entries(window)) told.push(...ids.map((id: string) => `${kind} ${id}`));
    now = afterWindow(now, { ...window, missing: [] });
  }
  return told;
};

describe('items that a device moved and keeps', () => {
  test.each(['before', 'after'])('an unsure one is deleted, then added; noticed %s the overlay', (when) => {
    const base = generation(2, ['1.1']);
    const unsure =
      when === 'before'
        ? afterUnsureMove(absorbChanges(base, arrived('1.2'), 0), ['1.2'])
        : absorbChanges(afterUnsureMove(base, ['1.2']), arrived('1.2'), 0);
    expect(tellAll(unsure)).toEqual(['deletes 1.2', 'adds 1.2']);
  });

  test.each(['before', 'after'])('a sure one is told as a Change, never as an Add; noticed %s', (when) => {
    const base = generation(2, ['1.1']);
    const sure =
      when === 'before'
        ? afterSureMove(afterUnsureMove(absorbChanges(base, arrived('1.2'), 0), ['1.2']), ['1.2'])
        : absorbChanges(afterSureMove(afterUnsureMove(base, ['1.2']), ['1.2']), arrived('1.2'), 0);
    expect(tellAll(sure)).toEqual(['changes 1.2']);
  });

  test('what the device was told to delete meanwhile is not held by a late confirmation', () => {
    const unsure = absorbChanges(afterUnsureMove(generation(2, []), ['1.2']), arrived('1.2'), 0);
    const told = afterWindow(unsure, { ...chooseWindow(unsure, 1), missing: [] });
    expect(tellAll(afterSureMove(told, ['1.2']))).toEqual(['adds 1.2']);
  });

  test('an item that the device holds is not unsure', () => {
    expect(tellAll(afterUnsureMove(generation(2, ['1.2']), ['1.2']))).toEqual([]);
  });

  test('both generations are changed, whichever key comes next, and keep their numbers', () => {
    const state: CollectionState = {
      chain: 1,
      folder: 'f',
      options: DefaultOptions,
      current: generation(3, ['1.1']),
      previous: generation(2, []),
      journals: {},
    };
    const laid = overlay(state, (one) => afterUnsureMove(one, ['1.2']));
    const { current, previous } = decodeCollection(encodeCollection(laid));
    expect([current.number, previous?.number]).toEqual([3, 2]);
    expect([current, previous].map((one) => one?.toDelete.has('1.2'))).toEqual([true, true]);
  });
});

describe('the book of moves', () => {
  const entry = (at: number) => ({ to: '2', at, done: true });

  test('forgets what is a week old, and the oldest of too many', () => {
    const week = 7 * 24 * 3_600_000;
    expect(Object.keys(tidied({ old: entry(0), new: entry(week) }, week))).toEqual(['new']);
    const many = Object.fromEntries(Array.from({ length: MovesRemembered + 5 }, (_, i) => [`m${i}`, entry(i + 1)]));
    const kept = Object.keys(tidied(many, 10));
    expect(kept).toHaveLength(MovesRemembered);
    expect(kept).not.toContain('m4');
    expect(kept).toContain('m5');
  });
});
