import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { editJson, type JsonDocument, loadJson } from '../state/json-document.ts';

/** A change of a meeting that its people have still to be told of. */
export interface OpenAnnouncement {
  readonly folder: FolderId;
  readonly id: ItemId;
  /** The event as they know it. */
  readonly before: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** By folder and item. */
type Book = Readonly<Record<string, OpenAnnouncement>>;

/** Changes that are remembered a partnership at most: who has more open cannot send mail for days. The oldest go first. */
const MaxOpen = 100;

/**
 * Characters of events that are remembered a partnership at most. An event has some 2,000; one with a picture in it may have
 * millions, and the book is written twice a change. One that does not fit is told of all the same, unless the server
 * dies in that moment.
 */
export const MaxRemembered = 262_144;

const Announcements: JsonDocument<Book> = { name: 'announcements', empty: {} };

const keyOf = ({ folder, id }: Pick<OpenAnnouncement, 'folder' | 'id'>): string => JSON.stringify([folder, id]);

const nothingIfEmpty = (book: Book): Book | undefined => (Object.keys(book).length === 0 ? undefined : book);

/** The newest that there is room for, the oldest first. */
const fitting = (all: readonly (readonly [string, OpenAnnouncement])[]) => {
  let room = MaxRemembered;
  const kept = [...all]
    .sort(([, a], [, b]) => b.at - a.at)
    .filter(([, { before }]) => {
      const fits = before.length <= room;
      if (fits) room -= before.length;
      return fits;
    });
  return kept.slice(0, MaxOpen).reverse();
};

/** What people of meetings have still to be told; most partnerships have no such document. */
export class AnnouncementBook {
  readonly #store: StateStore;
  readonly #partition: Partition;

  constructor(store: StateStore, partition: Partition) {
    [this.#store, this.#partition] = [store, partition];
  }

  async of(folder: FolderId): Promise<readonly OpenAnnouncement[]> {
    const { value } = await loadJson(this.#store, this.#partition, Announcements);
    return Object.values(value).filter((one) => one.folder === folder);
  }

  /** Records changes before they are made. */
  open(announcements: readonly OpenAnnouncement[]): Promise<void> {
    const entries = announcements.map((one) => [keyOf(one), one] as const);
    return editJson(this.#store, this.#partition, Announcements, (book) => {
      const all = Object.entries({ ...book, ...Object.fromEntries(entries) });
      return nothingIfEmpty(Object.fromEntries(fitting(all)));
    });
  }

  /** Forgets changes that were told of. */
  close(announcements: readonly OpenAnnouncement[]): Promise<void> {
    const gone = new Set(announcements.map(keyOf));
    return editJson(this.#store, this.#partition, Announcements, (book) =>
      nothingIfEmpty(Object.fromEntries(Object.entries(book).filter(([key]) => !gone.has(key)))),
    );
  }
}
