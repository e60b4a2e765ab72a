import { describe, expect, test } from '@jest/globals';
import type { Abilities } from '../../backends/contract/backend.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import { found, type Looker, nothing } from '../../src/push/waiter.ts';
import { waitForMembers } from '../../src/views/merged-wait.ts';

/** A device that waits for its Inbox and for a calendar that shows others, and what it was asked. */
const open = async () => {
  const shown = new Map<FolderId, readonly FolderId[]>([['home', ['home', 'work']]]);
  const asked: unknown[] = [];
  let listings = 0;
  const backend = {
    members: async (folder: FolderId) => shown.get(folder) ?? [folder],
    folders: {
      list: async () => {
        listings++;
        return [];
      },
    },
  } as object as Abilities;
  const looker = {
    folder: async (folder: FolderId, arrived: boolean) => {
      asked.push([folder, arrived]);
      return arrived ? found(`news of ${folder}`) : nothing('p2');
    },
    positions: async (folders: readonly FolderId[]) => new Map(folders.map((folder) => [folder, `${folder} now`])),
    ended: async () => 'ended',
    rest: () => void asked.push('rest'),
  } as Looker<string> & { hierarchy?: Looker<string>['hierarchy'] };
  const folders = new Map([
    ['inbox', 'p1'],
    ['home', 'p1'],
  ]);
  const request = { account: 'a', partition: 'p', folders, deadline: 0, turn: 1 };
  const wait = () => waitForMembers({ backend }, { request, looker });
  return { shown, asked, backend, looker, request, wait, listings: () => listings };
};

describe('a wait for folders that show others', () => {
  test('is left as it is for a device that has none', async () => {
    const { looker, request } = await open();
    const wait = { request, looker };
    expect(await waitForMembers({ backend: {} }, wait)).toBe(wait);
  });

  test('is one for all of them, with the position that the device knows', async () => {
    const { request } = await (await open()).wait();
    expect([...request.folders]).toEqual([
      ['inbox', 'p1'],
      ['home', 'p1'],
      ['work', 'p1'],
    ]);
  });

  test('looks at the one that the device has, whichever moved', async () => {
    const { wait, asked } = await open();
    const { looker } = await wait();
    expect(await looker.folder('work', false)).toEqual(nothing('p2'));
    expect(await looker.folder('inbox', true)).toEqual(found('news of inbox'));
    expect(asked).toEqual([
      ['home', false],
      ['inbox', true],
    ]);
    expect([...(await looker.positions(['inbox', 'work', 'home']))]).toEqual([
      ['inbox', 'inbox now'],
      ['work', 'home now'],
      ['home', 'home now'],
    ]);
    expect(await looker.ended('expired')).toBe('ended');
  });

  test('rests as the wait of one folder does', async () => {
    const { wait, asked } = await open();
    (await wait()).looker.rest();
    expect(asked).toEqual(['rest']);
  });

  test('tells of a folder that came, and of none that did not', async () => {
    const { wait, shown, listings } = await open();
    const { looker } = await wait();
    expect(await looker.hierarchy?.()).toBeUndefined();
    shown.set('home', ['home', 'work', 'club']);
    expect(await looker.hierarchy?.()).toBe('news of home');
    shown.set('home', ['home', 'club']);
    expect(await looker.hierarchy?.()).toBe('news of home');
    expect(listings()).toBe(3);
  });

  test('leaves the hierarchy to the device that asks for it', async () => {
    const { wait, looker, listings } = await open();
    looker.hierarchy = async () => 'folders';
    expect(await (await wait()).looker.hierarchy?.()).toBe('folders');
    expect(listings()).toBe(0);
  });
});
