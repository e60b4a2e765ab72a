import type { Abilities } from '../../backends/contract/backend.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { Looker, WaitRequest } from '../push/waiter.ts';

/** A wait as its room knows it. */
export interface Wait<Answer> {
  readonly request: WaitRequest;
  readonly looker: Looker<Answer>;
}

/** Where the abilities of the account are while its device waits: made again for each look. */
interface AccountOfWait {
  readonly backend: Abilities;
}

/**
 * The wait of a device that is shown several folders as one: it waits for each of those, as that is what is told
 * of, and looks at the one that its device knows. Any other wait is left as it is.
 */
export const waitForMembers = async <Answer>(account: AccountOfWait, wait: Wait<Answer>): Promise<Wait<Answer>> => {
  const { backend } = account;
  if (backend.members === undefined) return wait;
  const { request, looker } = wait;
  const shownIn = new Map<FolderId, FolderId>();
  const folders = new Map<FolderId, Position | undefined>();
  for (const [folder, position] of request.folders) {
    for (const member of await backend.members(folder)) {
      shownIn.set(member, folder);
      folders.set(member, position);
    }
  }
  return { request: { ...request, folders }, looker: new MembersLooker(account, looker, shownIn) };
};

class MembersLooker<Answer> implements Looker<Answer> {
  readonly #account: AccountOfWait;
  readonly #looker: Looker<Answer>;
  /** The folder of the device by each that is waited for. */
  readonly #shownIn: ReadonlyMap<FolderId, FolderId>;

  constructor(account: AccountOfWait, looker: Looker<Answer>, shownIn: ReadonlyMap<FolderId, FolderId>) {
    this.#account = account;
    this.#looker = looker;
    this.#shownIn = shownIn;
  }

  folder(folder: FolderId, arrived: boolean): ReturnType<Looker<Answer>['folder']> {
    return this.#looker.folder(this.#shown(folder), arrived);
  }

  /** A folder that came to those that are shown as one, or went, is news of that one, and no other folder to the device. */
  async hierarchy(): Promise<Answer | undefined> {
    const answer = await this.#looker.hierarchy?.();
    if (answer !== undefined) return answer;
    if (this.#looker.hierarchy === undefined) await this.#account.backend.folders?.list();
    for (const shown of new Set(this.#shownIn.values())) {
      if (!(await this.#isOther(shown))) continue;
      const look = await this.#looker.folder(shown, true);
      if (look.kind === 'found') return look.answer;
    }
    return undefined;
  }

  async positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>> {
    const positions = await this.#looker.positions([...new Set(folders.map((folder) => this.#shown(folder)))]);
    return new Map(
      folders.flatMap((folder) => {
        const position = positions.get(this.#shown(folder));
        return position === undefined ? [] : [[folder, position] as const];
      }),
    );
  }

  ended(reason: Parameters<Looker<Answer>['ended']>[0]): Promise<Answer> {
    return this.#looker.ended(reason);
  }

  rest(): void {
    this.#looker.rest();
  }

  #shown(folder: FolderId): FolderId {
    return this.#shownIn.get(folder) ?? folder;
  }

  /** Whether a folder shows others than those that are waited for. */
  async #isOther(shown: FolderId): Promise<boolean> {
    const members = (await this.#account.backend.members?.(shown)) ?? [shown];
    const waited = [...this.#shownIn].filter(([, folder]) => folder === shown);
    return members.length !== waited.length || members.some((member) => this.#shownIn.get(member) !== shown);
  }
}
