import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ClientCommand } from '../../protocol/commands/sync.ts';
import { floorOf } from '../../src/sync/filter.ts';
import { addOf, changeTo, deleteOf, type Fate, ModelDevice, view } from './model-device.ts';
import { ModelFolder } from './model-folder.ts';

const Day = 86_400;

type Step =
  | { readonly do: 'deliver'; readonly age: number }
  | {
      readonly do: 'change' | 'expunge' | 'device change' | 'device delete';
      readonly pick: number;
      readonly fate: Fate;
    }
  | { readonly do: 'device add' | 'sync'; readonly fate: Fate; readonly pick: number }
  | { readonly do: 'forget log' | 'new epoch' | 'next day' | 'other gone style' }
  | { readonly do: 'filter'; readonly filterType: number };

const fate = fc.constantFrom<Fate>('arrives', 'arrives', 'response lost', 'killed before commit');
const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const), age: fc.nat(20) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('change' as const, 'expunge' as const, 'device change' as const, 'device delete' as const),
      pick,
      fate,
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('device add' as const, 'sync' as const), fate, pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'forget log' as const,
        'new epoch' as const,
        'next day' as const,
        'other gone style' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('filter' as const), filterType: fc.constantFrom(0, 1, 3, 5) }) },
);

/** Repeats a request as a device does until its response arrives. */
const insist = async (device: ModelDevice, first: Fate, commands: readonly ClientCommand[]): Promise<void> => {
  if (first !== 'arrives') await device.sync(first, commands);
  await device.sync('arrives', commands);
};

class Run {
  readonly folder = new ModelFolder();
  readonly device = new ModelDevice(this.folder);
  #counter = 0;

  async play(one: Step): Promise<void> {
    const { folder, device } = this;
    this.#counter++;
    switch (one.do) {
      case 'deliver':
        folder.deliver(`mail ${this.#counter}`, device.now / 1000 - one.age * Day);
        return;
      case 'change':
        folder.change(pickOf([...folder.items.keys()], one.pick), `changed ${this.#counter}`);
        return;
      case 'expunge':
        folder.expunge(pickOf([...folder.items.keys()], one.pick));
        return;
      case 'forget log':
        folder.forgetLog();
        return;
      case 'new epoch':
        folder.newEpoch(`e${this.#counter + 1}`);
        return;
      case 'next day':
        device.now += Day * 1000;
        return;
      case 'other gone style':
        folder.gone = folder.gone === 'removed' ? 'present' : 'removed';
        return;
      case 'filter':
        device.filterType = one.filterType;
        return;
      case 'device change':
      case 'device delete':
      case 'device add':
      case 'sync':
        await this.#request(one);
    }
  }

  async #request(one: Extract<Step, { fate: Fate }>): Promise<void> {
    if (this.device.syncKey === '0') await this.device.sync();
    const serverId = pickOf([...this.device.held.keys()], one.pick);
    const commands: Record<string, ClientCommand[]> = {
      'device change': serverId === '' ? [] : [changeTo(serverId, `device ${this.#counter}`)],
      'device delete': serverId === '' ? [] : [deleteOf(serverId)],
      'device add': [addOf(`c${this.#counter}`, `mine ${this.#counter}`)],
    };
    await insist(this.device, one.fate, commands[one.do] ?? []);
  }
}

const pickOf = (ids: readonly string[], pick: number): string => ids[pick % Math.max(1, ids.length)] ?? '';

test('whatever happens, a device that applies every response holds what the folder holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const run = new Run();
      for (const one of steps) await run.play(one);
      await run.device.settle();
      const { folder, device } = run;
      const floor = floorOf('Email', device.filterType, Math.floor(device.now / 1000 / Day));
      expect(view(device)).toEqual(folder.expected(floor));
      expect(device.anomalies).toEqual([]);
      expect(device.statuses).not.toContain(3);
      const mine = [...folder.items.values()]
        .map(({ content }) => content)
        .filter((content) => content.startsWith('mine'));
      expect(new Set(mine).size).toBe(mine.length);
    }),
    { numRuns: 400 },
  );
});
