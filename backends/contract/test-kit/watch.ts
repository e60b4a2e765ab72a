import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FolderId } from '../folders.ts';
import type { Position } from '../items.ts';
import type { Watch, WatchListener } from '../watch.ts';
import { abilityOf, type MailHarness, type OpenHarness, uniqueName } from './harness.ts';
import { plainMessage } from './samples.ts';

/** Milliseconds of grace beside what a watch promises: on a busy machine a server needs seconds to answer. */
const Grace = 15_000;

/** Milliseconds in which nothing may be told where nothing is to be told. */
const Quiet = 150;

/** A listener that remembers what it was told, and lets a test wait for it. */
class Ear implements WatchListener {
  readonly heard: { readonly folder: FolderId; readonly position: Position | undefined }[] = [];
  hierarchyChanges = 0;
  lostWith: unknown;
  #wake: () => void = () => undefined;

  moved(folder: FolderId, position: Position | undefined): void {
    this.heard.push({ folder, position });
    this.#wake();
  }

  hierarchyChanged(): void {
    this.hierarchyChanges++;
    this.#wake();
  }

  lost(error: unknown): void {
    this.lostWith = error;
    this.#wake();
  }

  /** Resolves once `until` holds; `false` when it does not within `milliseconds`. */
  async hears(until: () => boolean, milliseconds: number): Promise<boolean> {
    const end = Date.now() + milliseconds;
    while (!until()) {
      const left = end - Date.now();
      if (left <= 0) return false;
      await new Promise<void>((resume) => {
        const timer = setTimeout(resume, left);
        this.#wake = () => {
          clearTimeout(timer);
          resume();
        };
      });
    }
    return true;
  }

  /** Waits for the word that `folder` moved. */
  async hearsOf(folder: FolderId, watch: Watch): Promise<boolean> {
    return this.hears(() => this.heard.some((word) => word.folder === folder), timeFor(watch, folder));
  }
}

const timeFor = (watch: Watch, folder: FolderId): number => watch.promise(folder).seconds * 1000 + Grace;

/** What {@link Watch} promises. */
export const watchContract = (name: string, open: OpenHarness): void => {
  let harness: MailHarness;
  let watch: Watch;
  const freshFolder = (): Promise<FolderId> => harness.createFolder(uniqueName('watched'));

  beforeAll(async () => {
    harness = await open();
    watch = abilityOf(harness, 'watch');
  });
  afterAll(() => harness.close());

  describe(`${name}: watch`, () => {
    test('tells of new mail, of flags and of removals made elsewhere', async () => {
      const folder = await freshFolder();
      const ear = new Ear();
      const watcher = await watch.open([folder], ear);
      const id = await harness.deliver(folder, plainMessage('wakes'));
      expect(await ear.hearsOf(folder, watch)).toBe(true);
      ear.heard.length = 0;
      await harness.setFlags(folder, id, { seen: true });
      expect(await ear.hearsOf(folder, watch)).toBe(true);
      ear.heard.length = 0;
      await harness.expunge(folder, [id]);
      expect(await ear.hearsOf(folder, watch)).toBe(true);
      await watcher.close();
    }, 600_000);

    test('a position that it tells is the one that positions gives', async () => {
      const folder = await freshFolder();
      const ear = new Ear();
      const watcher = await watch.open([folder], ear);
      await harness.deliver(folder, plainMessage('position'));
      expect(await ear.hearsOf(folder, watch)).toBe(true);
      const now = (await abilityOf(harness, 'mail').positions([folder])).get(folder);
      const told = ear.heard.at(-1)?.position;
      if (told !== undefined) expect(told).toBe(now);
      await watcher.close();
    }, 600_000);

    test('tells of the folders it was last given, and of no other', async () => {
      const [first, second] = [await freshFolder(), await freshFolder()];
      const ear = new Ear();
      const watcher = await watch.open([first], ear);
      watcher.watch([second]);
      // What is given while open counts from the moment the watch got to it.
      await new Promise((resume) => setTimeout(resume, Quiet));
      await harness.deliver(second, plainMessage('second'));
      expect(await ear.hearsOf(second, watch)).toBe(true);
      await harness.deliver(first, plainMessage('first'));
      expect(await ear.hears(() => ear.heard.some(({ folder }) => folder === first), Quiet)).toBe(false);
      await watcher.close();
    }, 600_000);

    test('several watches are all told', async () => {
      const folder = await freshFolder();
      const ears = [new Ear(), new Ear()];
      const watchers = await Promise.all(ears.map((ear) => watch.open([folder], ear)));
      await harness.deliver(folder, plainMessage('both'));
      expect(await Promise.all(ears.map((ear) => ear.hearsOf(folder, watch)))).toEqual([true, true]);
      await Promise.all(watchers.map((watcher) => watcher.close()));
    }, 600_000);

    test('after close nothing is told, not even the end; closing again is harmless', async () => {
      const folder = await freshFolder();
      const ear = new Ear();
      const watcher = await watch.open([folder], ear);
      await watcher.close();
      await watcher.close();
      await harness.deliver(folder, plainMessage('unheard'));
      expect(
        await ear.hears(() => ear.heard.length + ear.hierarchyChanges > 0 || ear.lostWith !== undefined, Quiet),
      ).toBe(false);
    });

    test('tells of a folder that was made', async () => {
      const folder = await freshFolder();
      const ear = new Ear();
      const watcher = await watch.open([folder], ear);
      await harness.createFolder(uniqueName('new in the tree'));
      expect(await ear.hears(() => ear.hierarchyChanges > 0, timeFor(watch, folder))).toBe(true);
      await watcher.close();
    }, 600_000);

    test('says how quickly', async () => {
      const { how, seconds } = watch.promise(await freshFolder());
      expect(['push', 'poll']).toContain(how);
      expect(seconds).toBeGreaterThanOrEqual(0);
    });
  });
};
