import { expect, test } from '@jest/globals';
import type { ServerCommand, SyncRequest, SyncResponse } from '../../protocol/commands/sync.ts';
import { Wire } from './wire.ts';

/** The judge of campaigns must find what it is there to find. */

const request = (syncKey = 'k', changed?: string): SyncRequest => ({
  collections: {
    collection: [
      {
        syncKey,
        collectionId: '1',
        options: [],
        commands: changed === undefined ? undefined : [{ kind: 'change', serverId: changed, applicationData: [] }],
      },
    ],
  },
});

const add = (serverId: string): ServerCommand => ({ kind: 'add', serverId, applicationData: [] });
const change = (serverId: string): ServerCommand => ({ kind: 'change', serverId, applicationData: [] });

const response = (status: number, ...commands: ServerCommand[]): SyncResponse => ({
  collections: { collection: [{ collectionId: '1', syncKey: 'k2', status, commands }] },
});

const wireOf = () => {
  const changed: string[] = [];
  return { wire: new Wire((serverId) => changed.push(serverId)), changed };
};

test('an item that comes twice is told, unless the store lost that it came', () => {
  const { wire } = wireOf();
  wire.told(request(), response(1, add('1:a.1'), add('1:a.2')));
  wire.losses.push({ from: Date.now() + 1_000, to: Date.now() + 2_000 });
  wire.told(request(), response(1, add('1:a.1')));
  expect(wire.complaints).toEqual(['item 1:a.1 came over the wire twice']);
  wire.losses.push({ from: Date.now() - 1_000, to: Date.now() + 1_000 });
  wire.told(request(), response(1, add('1:a.2')));
  expect(wire.complaints).toHaveLength(1);
});

test('Status 3 is told, unless the store lost the whole life of the collection', () => {
  const { wire } = wireOf();
  wire.told(request('0'), response(1));
  wire.told(request(), response(3));
  expect(wire.complaints).toEqual(['Status 3 for collection 1']);
  wire.losses.push({ from: Date.now() - 1_000, to: Date.now() + 1_000 });
  wire.told(request(), response(3));
  expect(wire.complaints).toHaveLength(1);
});

test('a change that nobody made is told; of the own ones those without an answer may come back', () => {
  const { wire, changed } = wireOf();
  wire.told(request(), response(1, change('1:a.1'), change('1:a.2')));
  const none = () => 0;
  expect(wire.idleChanges(none)).toHaveLength(2);
  expect(wire.idleChanges((serverId) => (serverId === '1:a.1' ? 1 : 0))).toEqual([
    'item 1:a.2 was changed 1 times over the wire, more often than by anybody',
  ]);
  wire.asking(request('k', '1:a.1'));
  wire.asking(request('k', '1:a.2'));
  wire.told(request('k', '1:a.2'), response(1));
  expect(wire.idleChanges(none)).toHaveLength(1);
  expect(changed).toEqual(['1:a.1', '1:a.2']);
});
