import { describe, expect, test } from '@jest/globals';
import {
  keptInformation,
  loadPartnership,
  SeenStep,
  updatePartnership,
  type Visit,
} from '../../src/devices/partnership.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';

const Anna = 'anna@example.org';
const visit = (now: number, more: Partial<Visit['device']> = {}): Visit => ({
  device: { id: 'PHONE1', type: 'iPhone', userAgent: 'Apple-iPhone/1', ...more },
  version: '14.1',
  now,
});

/** Counts commits of a real store. */
const counting = (): StateStore & { commits: number } => {
  const state = openSqliteState(':memory:');
  const store = Object.assign(Object.create(state) as StateStore, { commits: 0 });
  for (const name of ['load', 'list', 'partitions', 'drop', 'close'] as const) {
    Object.assign(store, { [name]: state[name].bind(state) });
  }
  store.commit = (partition, writes) => {
    store.commits += 1;
    return state.commit(partition, writes);
  };
  return store;
};

test('what a device tells about itself is kept up to 1024 characters a value', () => {
  const long = 'x'.repeat(1025);
  const kept = keptInformation({ model: long, imei: long.slice(1), enableOutboundSms: true, os: undefined });
  expect(kept).toEqual({ model: long.slice(1), imei: long.slice(1), enableOutboundSms: true, os: undefined });
});

describe('a partnership', () => {
  test('begins with the first visit', async () => {
    const state = openSqliteState(':memory:');
    expect(await loadPartnership(state, Anna, 'PHONE1')).toBeUndefined();
    await updatePartnership(state, Anna, visit(5));
    expect(await loadPartnership(state, Anna, 'PHONE1')).toEqual({
      deviceId: 'PHONE1',
      deviceType: 'iPhone',
      userAgent: 'Apple-iPhone/1',
      version: '14.1',
      firstSeen: 5,
      lastSeen: 5,
    });
  });

  test('is of one account: the same device of another account is another', async () => {
    const state = openSqliteState(':memory:');
    await updatePartnership(state, Anna, visit(5));
    expect(await loadPartnership(state, 'ben@example.org', 'PHONE1')).toBeUndefined();
  });

  test('is not written at every visit, only once an hour or when something is new', async () => {
    const state = counting();
    await updatePartnership(state, Anna, visit(0));
    for (let now = 0; now < SeenStep; now += SeenStep / 60) await updatePartnership(state, Anna, visit(now));
    expect(state.commits).toBe(1);
    await updatePartnership(state, Anna, visit(SeenStep));
    await updatePartnership(state, Anna, { ...visit(SeenStep + 1), version: '16.1' });
    await updatePartnership(state, Anna, { ...visit(SeenStep + 2, { userAgent: 'new' }), version: '16.1' });
    await updatePartnership(state, Anna, { ...visit(SeenStep + 3, { userAgent: undefined }), version: '16.1' });
    expect(state.commits).toBe(4);
    expect(await loadPartnership(state, Anna, 'PHONE1')).toMatchObject({
      firstSeen: 0,
      lastSeen: SeenStep + 2,
      userAgent: 'new',
      version: '16.1',
    });
  });

  test('keeps the changes of all who write at once', async () => {
    const state = openSqliteState(':memory:');
    await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        updatePartnership(state, Anna, visit(index), (partnership) => ({
          ...partnership,
          information: { ...partnership.information, model: `${partnership.information?.model ?? ''}${index}` },
        })),
      ),
    );
    const model = (await loadPartnership(state, Anna, 'PHONE1'))?.information?.model ?? '';
    expect([...model].sort().join('')).toBe('01234');
  });

  test('that never stops changing under a writer is a store that cannot be used', async () => {
    const state = counting();
    state.commit = async () => false;
    await expect(updatePartnership(state, Anna, visit(1))).rejects.toThrow('state store');
  });

  test.each(['validate', 'VALIDATE'])('with the id "%s" is never stored', async (id) => {
    const state = counting();
    const seen = await updatePartnership(state, Anna, visit(1, { id }));
    expect([seen.deviceId, state.commits]).toEqual([id, 0]);
    expect((await state.list(partnershipPartition(Anna, id), '')).size).toBe(0);
  });
});
