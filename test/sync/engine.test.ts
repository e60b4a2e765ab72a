import { describe, expect, test } from '@jest/globals';
import { AirSync } from '../../protocol/code-pages/index.ts';
import type { ClientCommand } from '../../protocol/commands/sync.ts';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';
import { addOf, changeTo, deleteOf, ModelDevice, settled, view } from './model-device.ts';
import { FarFuture, filled, ModelFolder } from './model-folder.ts';

const Day = 86_400;

describe('first load', () => {
  test('SyncKey 0 gives a key and no items (MS-ASCMD_R5555)', async () => {
    const device = new ModelDevice(filled(2));
    const outcome = await device.sync();
    expect(outcome).toMatchObject({ status: 1, commands: [], moreAvailable: false, tell: true });
    expect(outcome.syncKey).not.toBe('0');
  });

  test('GetChanges with SyncKey 0 is Status 4 (MS-ASCMD_R3128, MS-ASCMD_R5838)', async () => {
    const device = new ModelDevice(filled(1));
    expect((await device.sync('arrives', [], true)).status).toBe(4);
    expect((await new ModelDevice(filled(1)).sync('arrives', [], false)).status).toBe(1);
  });

  test('goes from the newest to the oldest in windows, each item once', async () => {
    const folder = filled(8);
    const device = new ModelDevice(folder);
    await device.sync();
    const first = await device.sync();
    expect(first.commands.map(({ serverId }) => serverId)).toEqual(['5:e1.8', '5:e1.7', '5:e1.6']);
    expect(first.moreAvailable).toBe(true);
    await device.settle();
    expect(folder.reads).toHaveLength(8);
    expect(view(device)).toEqual(folder.expected(0));
    expect(device.anomalies).toEqual([]);
  });

  test('mail that comes during the load goes ahead of the rest', async () => {
    const folder = filled(8);
    const device = new ModelDevice(folder);
    await device.sync();
    await device.sync();
    folder.deliver('news', FarFuture);
    const next = await device.sync();
    expect(next.commands[0]?.serverId).toBe('5:e1.9');
    await device.settle();
    expect(view(device)).toEqual(folder.expected(0));
  });
});

describe('deltas', () => {
  test('nothing new: nothing to tell, and the key stays', async () => {
    const device = await settled(filled(3));
    const key = device.syncKey;
    const outcome = await device.sync();
    expect(outcome).toMatchObject({ tell: false, syncKey: key });
    expect(outcome.state).toBeUndefined();
  });

  test('a change, a removal and a new item', async () => {
    const folder = filled(3);
    const device = await settled(folder);
    folder.reads = [];
    folder.change('e1.1', 'read');
    folder.expunge('e1.2');
    folder.deliver('four', FarFuture);
    const { commands } = await device.sync();
    expect(commands.map(({ kind, serverId }) => [kind, serverId])).toEqual([
      ['delete', '5:e1.2'],
      ['change', '5:e1.1'],
      ['add', '5:e1.4'],
    ]);
    expect(folder.reads).toEqual(['e1.1', 'e1.4']);
    expect(view(device)).toEqual(folder.expected(0));
  });

  test('what the device did itself does not come back', async () => {
    const folder = filled(3);
    const device = await settled(folder);
    const outcome = await device.sync('arrives', [changeTo('5:e1.1', 'seen'), deleteOf('5:e1.2'), addOf('c1', 'mine')]);
    expect(outcome.commands).toEqual([]);
    expect(outcome.responses).toMatchObject([{ kind: 'add', clientId: 'c1', serverId: '5:e1.4', status: 1 }]);
    expect(await device.sync()).toMatchObject({ tell: false });
    expect(view(device)).toEqual(folder.expected(0));
  });

  test('what another client makes of it afterwards does come', async () => {
    const folder = filled(2);
    const device = await settled(folder);
    await device.sync('arrives', [changeTo('5:e1.1', 'seen')], false);
    folder.change('e1.1', 'flagged');
    expect((await device.sync()).commands).toMatchObject([{ kind: 'change', serverId: '5:e1.1' }]);
    expect(view(device)).toEqual(folder.expected(0));
  });

  test('a device cannot touch what it does not hold, nor another folder (MS-ASCMD Status 8)', async () => {
    const folder = filled(1);
    const device = await settled(folder);
    folder.deliver('not sent yet', FarFuture);
    const outcome = await device.sync(
      'arrives',
      [deleteOf('5:e1.2'), changeTo('6:e1.1', 'x'), deleteOf('nonsense')],
      false,
    );
    expect(outcome.responses.map(({ kind, status }) => [kind, status])).toEqual([
      ['delete', 8],
      ['change', 8],
      ['delete', 8],
    ]);
    expect(folder.items.get('e1.1')?.content).toBe('mail 1');
    expect(folder.items.has('e1.2')).toBe(true);
  });

  test('an item that cannot be taken fails alone (Status 6)', async () => {
    const device = await settled(filled(2));
    const outcome = await device.sync('arrives', [changeTo('5:e1.1', 'refuse'), changeTo('5:e1.2', 'fine')]);
    expect(outcome.responses).toMatchObject([{ serverId: '5:e1.1', status: 6 }]);
    expect(outcome.status).toBe(1);
  });
});

describe('filter', () => {
  test('items age out by soft deletion, once a day', async () => {
    const folder = new ModelFolder();
    const device = new ModelDevice(folder);
    device.filterType = 1;
    const today = Math.floor(device.now / 1000 / Day) * Day;
    folder.deliver('old', today - 3 * Day);
    folder.deliver('young', today);
    await device.settle();
    expect([...view(device).values()]).toEqual(['young']);
    device.now += 2 * Day * 1000;
    const { commands } = await device.sync();
    expect(commands).toEqual([{ kind: 'softDelete', serverId: '5:e1.2' }]);
    expect(view(device).size).toBe(0);
  });

  test('a wider filter adds, a narrower one takes away', async () => {
    const folder = new ModelFolder();
    const device = new ModelDevice(folder);
    const today = Math.floor(device.now / 1000 / Day) * Day;
    folder.deliver('old', today - 10 * Day);
    folder.deliver('young', today);
    device.filterType = 1;
    await device.settle();
    device.filterType = 4;
    await device.settle();
    expect(view(device).size).toBe(2);
    device.filterType = 1;
    await device.settle();
    expect([...view(device).values()]).toEqual(['young']);
    expect(device.anomalies).toEqual([]);
  });

  test('a filter that mail does not know is Status 4', async () => {
    const device = new ModelDevice(filled(1));
    device.filterType = 8;
    expect((await device.sync()).status).toBe(4);
  });
});

describe('keys', () => {
  test('a forged and a foreign key are Status 3', async () => {
    const device = await settled(filled(1));
    const other = new ModelDevice(filled(1), '6');
    await other.settle();
    for (const key of ['1', 'x.1.AAAAAAAAAAAAAAAA', other.syncKey]) {
      device.syncKey = key;
      expect((await device.sync('response lost')).status).toBe(3);
    }
  });

  test('a lost response is computed again, also with a command more', async () => {
    const folder = filled(3);
    const device = await settled(folder);
    const add = addOf('c1', 'mine');
    await device.sync('response lost', [add, deleteOf('5:e1.1')]);
    folder.deliver('meanwhile', FarFuture);
    await device.sync('arrives', [add, deleteOf('5:e1.1'), deleteOf('5:e1.2')]);
    await device.settle();
    expect([...folder.items.values()].filter(({ content }) => content === 'mine')).toHaveLength(1);
    expect(view(device)).toEqual(folder.expected(0));
    expect(device.anomalies).toEqual([]);
    expect(device.statuses.every((status) => status === 1)).toBe(true);
  });

  test('an item that a device made in a request that the server died in is not added beside it, whatever else it sends', async () => {
    const folder = filled(2);
    const device = await settled(folder);
    const commands = [changeTo('5:e1.1', 'changed'), addOf('c1', 'mine')];
    await device.sync('killed before commit', commands);
    const { commands: told } = await device.sync('arrives', commands);
    expect(told.filter(({ kind }) => kind === 'add')).toEqual([]);
    await device.settle();
    expect(view(device)).toEqual(folder.expected(0));
    expect(device.anomalies).toEqual([]);
  });

  test('a store that lost commits is caught up without Status 3', async () => {
    const folder = filled(4);
    const device = await settled(folder);
    const backup = device.stored;
    folder.deliver('five', FarFuture);
    folder.expunge('e1.1');
    await device.settle();
    folder.deliver('six', FarFuture);
    device.stored = backup;
    await device.settle();
    expect(view(device)).toEqual(folder.expected(0));
    expect(device.statuses).not.toContain(3);
  });

  test('a store that lost the collection gives a device that holds nothing its items', async () => {
    const folder = filled(4);
    const device = new ModelDevice(folder);
    await device.sync();
    device.stored = undefined;
    await device.settle();
    expect(view(device)).toEqual(folder.expected(0));
    expect(device.statuses).not.toContain(3);
  });

  test('one that held items has to begin anew: nothing tells what to take away from it', async () => {
    const folder = filled(4);
    const device = await settled(folder);
    device.stored = undefined;
    folder.expunge('e1.2');
    expect((await device.sync()).status).toBe(3);
    await device.settle();
    expect(view(device)).toEqual(folder.expected(0));
  });

  test('a new epoch replaces all items under the same chain, and queued commands touch nothing', async () => {
    const folder = filled(3);
    const device = await settled(folder);
    folder.newEpoch('e2');
    const outcome = await device.sync('arrives', [deleteOf('5:e1.1')]);
    expect(outcome.status).toBe(1);
    await device.settle();
    expect(folder.items.size).toBe(3);
    expect(view(device)).toEqual(folder.expected(0));
    expect(device.statuses).not.toContain(3);
  });

  test('a large attachment in a command is read in pieces, and its bytes tell two commands apart', async () => {
    const folder = filled(1);
    const device = await settled(folder);
    const reads: number[] = [];
    const opaque = (byte: number): ByteSource => {
      const bytes = bytesSource(new Uint8Array(3_000_000).fill(byte));
      const read = (start: number, end: number): Uint8Array => {
        reads.push(end - start);
        return bytes.read(start, end);
      };
      return { length: bytes.length, read, slice: bytes.slice };
    };
    const add = (byte: number): ClientCommand => ({
      kind: 'add',
      clientId: 'c1',
      send: false,
      applicationData: [{ tag: AirSync.Class, children: [], text: 'draft', opaque: opaque(byte) }],
    });
    await device.sync('arrives', [add(1)]);
    expect(Math.max(...reads)).toBeLessThan(1_000_000);
    const digests = async (command: ClientCommand): Promise<string[]> => {
      const outcome = await (await settled(filled(1))).sync('response lost', [command]);
      return Object.values(outcome.state?.journals ?? {}).flatMap((journal) => Object.keys(journal));
    };
    expect(await digests(add(1))).toEqual(await digests(add(1)));
    expect(await digests(add(1))).not.toEqual(await digests(add(2)));
  });

  test('GetChanges 0 sends commands without getting changes', async () => {
    const folder = filled(2);
    const device = await settled(folder);
    folder.deliver('three', FarFuture);
    expect((await device.sync('arrives', [changeTo('5:e1.1', 'seen')], false)).commands).toEqual([]);
    expect((await device.sync()).commands).toMatchObject([{ kind: 'add', serverId: '5:e1.3' }]);
  });
});
