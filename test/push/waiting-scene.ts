import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { Watch } from '../../backends/contract/watch.ts';
import { LocalHub } from '../../src/push/hub.ts';
import { found, type Look, type Looker, nothing } from '../../src/push/waiter.ts';
import { WaitingRoom } from '../../src/push/waiting-room.ts';
import type { EndReason } from '../../src/push/wake.ts';
import { Watchers } from '../../src/push/watchers.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { quietLog } from '../support/system.ts';

/** A backend and a device reduced to positions: a look finds something where the folder has news. */
export class Scene implements Looker<string> {
  readonly now = new Map<FolderId, Position>([
    ['inbox', 'position 1'],
    ['sent', 'position 1'],
  ]);
  /** Folders that have something for this device. */
  readonly news = new Set<FolderId>();
  readonly looks: string[] = [];
  failure: Error | undefined;
  hierarchyNews = false;
  /** How often the hierarchy was compared. */
  compared = 0;
  /** Looks after which the device was at rest again. */
  rests = 0;
  /** Resolved before a look answers. */
  gate: Promise<void> = Promise.resolve();

  async folder(folder: FolderId, arrived: boolean): Promise<Look<string>> {
    this.looks.push(arrived ? `${folder} arrived` : folder);
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return arrived || this.news.has(folder) ? found(`news in ${folder}`) : nothing(this.now.get(folder));
  }

  async hierarchy(): Promise<string | undefined> {
    this.compared++;
    return this.hierarchyNews ? 'folders' : undefined;
  }

  async positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>> {
    this.looks.push('positions');
    if (this.failure !== undefined) throw this.failure;
    return new Map([...this.now].filter(([folder]) => folders.includes(folder)));
  }

  async ended(reason: EndReason): Promise<string> {
    return reason;
  }

  rest(): void {
    this.rests++;
  }
}

/** A request that waits. */
export interface Waiting {
  readonly answer: Promise<string>;
  hangUp(): void;
}

/** A waiting room with nobody in it, the scene around it, and how a device of it waits. */
export const openRoom = () => {
  const clock = new FakeClock();
  const hub = new LocalHub();
  const watchers = new Watchers({ hub, clock, log: quietLog() });
  const room = new WaitingRoom({ hub, watchers, clock });
  const scene = new Scene();
  const wait = async (
    partition = 'p1',
    {
      seconds = 60,
      account = 'anna',
      watch,
      turn,
    }: { seconds?: number; account?: string; watch?: Watch; turn?: number } = {},
  ): Promise<Waiting> => {
    let hangUp: () => void = () => undefined;
    const answer = room.wait(
      {
        account,
        partition,
        folders: new Map([
          ['inbox', 'position 1'],
          ['sent', 'position 1'],
        ]),
        deadline: clock.now() + seconds * 1000,
        turn: turn ?? room.supersede(partition),
      },
      scene,
      watch,
      (call) => {
        hangUp = call;
      },
    );
    answer.catch(() => undefined);
    await settle();
    return { answer, hangUp: () => hangUp() };
  };
  return { clock, hub, watchers, room, scene, wait };
};

/** The event of a folder that moved. */
export const moved = (folder: string, position?: string, arrived = false) =>
  ({ kind: 'moved', folder, position, arrived }) as const;
