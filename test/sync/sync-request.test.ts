import { describe, expect, test } from '@jest/globals';
import type { SyncRequest, SyncRequestCollection } from '../../protocol/commands/sync.ts';
import {
  cacheableOf,
  completeRequest,
  MaxCollections,
  MaxIdLength,
  type WholeSync,
} from '../../src/sync/sync-request.ts';

const collection = (collectionId: string, more: Partial<SyncRequestCollection> = {}): SyncRequestCollection => ({
  syncKey: `key ${collectionId}`,
  collectionId,
  options: [],
  ...more,
});

const request = (ids: readonly string[], more: Partial<SyncRequest> = {}): SyncRequest => ({
  collections: { collection: ids.map((id) => collection(id)) },
  partial: false,
  ...more,
});

const whole = (made: ReturnType<typeof completeRequest>): WholeSync => {
  if ('status' in made) throw new Error(`refused with ${made.status}`);
  return made;
};

describe('an empty request', () => {
  test('is the cached one over again (MS-ASCMD_R673)', () => {
    const cached = cacheableOf(whole(completeRequest(request(['1', '2'], { wait: 5, windowSize: 7 }), undefined)));
    expect(whole(completeRequest(undefined, cached))).toEqual({
      collections: [collection('1'), collection('2')],
      waitSeconds: 300,
      windowSize: 7,
    });
  });

  test('without a cached one is Status 13 (MS-ASCMD_R4456)', () => {
    expect(completeRequest(undefined, undefined)).toEqual({ status: 13 });
  });

  test('one with commands is never cached', () => {
    const withCommands = collection('1', { commands: [{ kind: 'delete', serverId: '1:a.1' }] });
    expect(cacheableOf({ collections: [withCommands], waitSeconds: undefined, windowSize: undefined })).toBeUndefined();
  });
});

describe('Partial', () => {
  const cached = cacheableOf(whole(completeRequest(request(['1', '2'], { heartbeatInterval: 120 }), undefined)));

  test('takes what it leaves out from the cache, keys included (MS-ASCMD_R3644)', () => {
    const partial = request(['2', '3'], { partial: true });
    const made = whole(completeRequest(partial, cached));
    expect(made.collections.map(({ collectionId }) => collectionId)).toEqual(['2', '3', '1']);
    expect(made.collections[2]?.syncKey).toBe('key 1');
    expect(made.waitSeconds).toBe(120);
  });

  test('may change the wait alone (MS-ASCMD_R3643)', () => {
    const made = whole(completeRequest({ partial: true, wait: 2 }, cached));
    expect(made).toMatchObject({ waitSeconds: 120 });
    expect(made.collections).toHaveLength(2);
  });

  test('without a cached request is Status 13', () => {
    expect(completeRequest({ partial: true, wait: 2 }, undefined)).toEqual({ status: 13 });
  });
});

describe('limits', () => {
  test.each([
    [{ wait: 0 }, 1],
    [{ wait: 60 }, 59],
    [{ heartbeatInterval: 59 }, 60],
    [{ heartbeatInterval: 3541 }, 3540],
  ])('%j is Status 14 with Limit %d (MS-ASCMD_R3227 to MS-ASCMD_R3230)', (wait, limit) => {
    expect(completeRequest(request(['1'], wait), undefined)).toEqual({ status: 14, limit });
  });

  test('Wait and HeartbeatInterval together are Status 4 (MS-ASCMD_R3162, MS-ASCMD_R4748)', () => {
    expect(completeRequest(request(['1'], { wait: 1, heartbeatInterval: 60 }), undefined)).toEqual({ status: 4 });
  });

  test('a device behind a proxy that cuts is told the shorter limit', () => {
    expect(completeRequest(request(['1'], { heartbeatInterval: 600 }), undefined, 285)).toEqual({
      status: 14,
      limit: 285,
    });
    expect(completeRequest(request(['1'], { wait: 10 }), undefined, 285)).toEqual({ status: 14, limit: 4 });
  });

  test('too many collections are Status 15 with the limit (MS-ASCMD_R4464, MS-ASCMD_R3223)', () => {
    const ids = Array.from({ length: MaxCollections + 1 }, (_, i) => String(i));
    expect(completeRequest(request(ids), undefined)).toEqual({ status: 15, limit: MaxCollections });
    expect(whole(completeRequest(request(ids.slice(1)), undefined)).collections).toHaveLength(MaxCollections);
  });

  test('an id that is too long to be echoed is Status 4', () => {
    const long = 'x'.repeat(MaxIdLength + 1);
    const fitting = collection('x'.repeat(MaxIdLength), {
      syncKey: '0',
      commands: [{ kind: 'delete', serverId: '1:a.1' }],
    });
    const asked = (one: SyncRequestCollection) =>
      completeRequest({ partial: false, collections: { collection: [one] } }, undefined);
    expect(whole(asked(fitting)).collections).toHaveLength(1);
    expect(asked(collection(long, { syncKey: '0' }))).toEqual({ status: 4 });
    expect(asked(collection('1', { syncKey: long }))).toEqual({ status: 4 });
    expect(asked(collection('1', { commands: [{ kind: 'delete', serverId: long }] }))).toEqual({ status: 4 });
    expect(asked(collection('1', { commands: [{ kind: 'add', clientId: long, send: false }] }))).toEqual({ status: 4 });
  });

  test('none at all, and one named twice, are Status 4', () => {
    expect(completeRequest(request([]), undefined)).toEqual({ status: 4 });
    expect(completeRequest(request(['1', '1']), undefined)).toEqual({ status: 4 });
  });
});
