import { createHash } from 'node:crypto';
import { DatabaseError } from '../../sqlite/errors.ts';
import { breathe } from '../contract/breathe.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId, ItemClass, MovedItem } from '../contract/folders.ts';
import { IdSet } from '../contract/id-set.ts';
import type { Cursor, IdempotencyName, ItemId, Listing, Position, Revision } from '../contract/items.ts';
import type { ObjectChanges, ObjectKind, ObjectRead, ObjectStore } from '../contract/objects.ts';
import { type LineComponent, linesOf, readComponent } from '../convert/lines/content-lines.ts';
import { appendedUid, rememberAppend } from './appends.ts';
import { objectChangesSince } from './changes.ts';
import { joinNumbers, splitNumbers } from './ids.ts';
import { forgetRemovals, recordRemoval, takeUid } from './messages.ts';
import { type FolderRow, type LocalStore, positionOf } from './store.ts';

/** What objects of one class are. */
export interface LocalObjectKind {
  readonly itemClass: Exclude<ItemClass, 'Email'>;
  /** The component that an object is, or that its VCALENDAR holds. */
  readonly component: ObjectKind;
  /** Seconds since 1970 at which an object is over, `Infinity`: never. Absent: none ever is. */
  readonly endOf?: ((text: string) => number) | undefined;
}

/** Objects read between two breaths: some milliseconds of work. */
const ReadsPerBreath = 50;

interface ObjectRow {
  readonly id: number;
  readonly uid: number;
  readonly revision: Revision;
  readonly text: string;
}

/** The native objects of one class in one account. */
export class LocalObjects implements ObjectStore {
  readonly #store: LocalStore;
  readonly #account: string;
  readonly #kind: LocalObjectKind;

  constructor(store: LocalStore, account: string, kind: LocalObjectKind) {
    this.#store = store;
    this.#account = account;
    this.#kind = kind;
  }

  async list(folder: FolderId, since: Date | undefined): Promise<Listing> {
    return this.#store.read(() => {
      const row = this.#folder(folder);
      const from = since === undefined ? 0 : since.getTime() / 1000;
      const uids = this.#store.database
        .prepare(
          `SELECT uid FROM objects WHERE folder = ? AND ${since === undefined ? '? = 0' : '(ends IS NULL OR ends >= ?)'}`,
        )
        .all<{ uid: number }>(row.id, from)
        .map(({ uid }) => uid);
      const position = positionOf(row);
      return { ids: IdSet.numbered(String(row.epoch), uids), cursor: position, position };
    });
  }

  async changes(folder: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<ObjectChanges> {
    const row = this.#store.read(() => this.#folder(folder));
    return objectChangesSince(this.#store, row, cursor, signal);
  }

  async positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>> {
    const { itemClass } = this.#kind;
    return this.#store.read(() => {
      const found = folders.map((id) => [id, this.#store.position(this.#account, id, itemClass)] as const);
      return new Map(found.filter((pair): pair is [FolderId, Position] => pair[1] !== undefined));
    });
  }

  async *read(folder: FolderId, ids: readonly ItemId[], signal?: AbortSignal): AsyncIterable<ObjectRead> {
    const row = this.#store.read(() => this.#folder(folder));
    for (const [index, id] of ids.entries()) {
      if (index % ReadsPerBreath === 0) await breathe(signal);
      const found = this.#store.read(() => this.#find(row, id));
      yield found === undefined
        ? { id, outcome: 'missing' }
        : { id, outcome: 'item', text: found.text, revision: found.revision };
    }
  }

  async find(folder: FolderId, uid: string): Promise<ItemId | undefined> {
    return this.#store.read(() => {
      const row = this.#folder(folder);
      const found = this.#store.database
        .prepare('SELECT uid FROM objects WHERE folder = ? AND name = ?')
        .get<{ uid: number }>(row.id, uid);
      return found === undefined ? undefined : joinNumbers(row.epoch, found.uid);
    });
  }

  async create(
    folder: FolderId,
    text: string,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }> {
    this.#check(text);
    return this.#store.change((touched) => {
      const row = this.#folder(folder);
      const known = appendedUid(this.#store, row.id, name);
      if (known !== undefined) return this.#known(row, known);
      const revision = revisionOf(text);
      const uid = takeUid(this.#store.database, row.id);
      const modseq = this.#store.nextModseq(row.id);
      asExists(() =>
        this.#store.database
          .prepare('INSERT INTO objects (folder, uid, modseq, revision, name, ends, text) VALUES (?, ?, ?, ?, ?, ?, ?)')
          .run(row.id, uid, modseq, revision, uidOf(text) ?? name, this.#endOf(text), text),
      );
      rememberAppend(this.#store, row.id, { name, uid, revision });
      touched.folder(this.#account, row.id);
      return { id: joinNumbers(row.epoch, uid), revision };
    });
  }

  async replace(
    folder: FolderId,
    id: ItemId,
    text: string,
    expected: Revision,
  ): Promise<{ readonly revision: Revision }> {
    this.#check(text);
    return this.#store.change((touched) => {
      const row = this.#folder(folder);
      const found = this.#find(row, id);
      if (found === undefined) throw new BackendError('notFound', { detail: 'no such object' });
      if (found.revision !== expected) throw new BackendError('conflict');
      const revision = revisionOf(text);
      if (revision === expected) return { revision };
      const modseq = this.#store.nextModseq(row.id);
      asExists(() =>
        this.#store.database
          .prepare(
            'UPDATE objects SET modseq = ?, revision = ?, name = coalesce(?, name), ends = ?, text = ? WHERE id = ?',
          )
          .run(modseq, revision, uidOf(text) ?? null, this.#endOf(text), text, found.id),
      );
      touched.folder(this.#account, row.id);
      return { revision };
    });
  }

  async remove(folder: FolderId, ids: readonly ItemId[]): Promise<void> {
    this.#store.change((touched) => {
      const row = this.#folder(folder);
      const found = this.#rows(row, ids);
      if (found.length === 0) return;
      const modseq = this.#store.nextModseq(row.id);
      for (const { id, uid } of found) {
        this.#store.database.prepare('DELETE FROM objects WHERE id = ?').run(id);
        recordRemoval(this.#store.database, row.id, modseq, uid);
      }
      forgetRemovals(this.#store, row.id, modseq);
      touched.folder(this.#account, row.id);
    });
  }

  async move(folder: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]> {
    return this.#store.change((touched) => {
      const [source, destination] = [this.#folder(folder), this.#folder(target)];
      const found = this.#rows(source, ids);
      const moved = (row: ObjectRow, uid: number): MovedItem => ({
        id: joinNumbers(source.epoch, row.uid),
        newId: joinNumbers(destination.epoch, uid),
        revision: row.revision,
      });
      if (found.length === 0 || source.id === destination.id) return found.map((row) => moved(row, row.uid));
      const [gone, arrived] = [this.#store.nextModseq(source.id), this.#store.nextModseq(destination.id)];
      const results = found.map((row) => {
        const uid = takeUid(this.#store.database, destination.id);
        asExists(() =>
          this.#store.database
            .prepare('UPDATE objects SET folder = ?, uid = ?, modseq = ? WHERE id = ?')
            .run(destination.id, uid, arrived, row.id),
        );
        recordRemoval(this.#store.database, source.id, gone, row.uid);
        return moved(row, uid);
      });
      forgetRemovals(this.#store, source.id, gone);
      for (const { id } of [source, destination]) touched.folder(this.#account, id);
      return results;
    });
  }

  #folder(id: FolderId): FolderRow {
    return this.#store.folder(this.#account, id, this.#kind.itemClass);
  }

  #find(folder: FolderRow, id: ItemId): ObjectRow | undefined {
    const [epoch, uid] = splitNumbers(id) ?? [];
    if (uid === undefined || epoch !== folder.epoch) return undefined;
    return this.#store.database
      .prepare('SELECT id, uid, revision, text FROM objects WHERE folder = ? AND uid = ?')
      .get<ObjectRow>(folder.id, uid);
  }

  /** The objects of `ids` that are there, each once. */
  #rows(folder: FolderRow, ids: readonly ItemId[]): ObjectRow[] {
    return [...new Set(ids)].map((id) => this.#find(folder, id)).filter((row) => row !== undefined);
  }

  /** The first result under a name, also when that object was removed since. */
  #known(folder: FolderRow, { uid, revision }: { uid: number; revision: Revision }) {
    const id = joinNumbers(folder.epoch, uid);
    return { id, revision: this.#find(folder, id)?.revision ?? revision };
  }

  /** NULL: never over. */
  #endOf(text: string): number | null {
    const end = safely(() => this.#kind.endOf?.(text));
    return end === undefined || !Number.isFinite(end) ? null : end;
  }

  #check(text: string): void {
    if (text.length > this.#store.maxMessageSize) throw new BackendError('tooLarge');
    const { component } = this.#kind;
    // SQLite cannot hold the two, and no object has them.
    if (/\0|\p{Surrogate}/u.test(text) || !partsOf(text).some(({ name }) => name === component)) {
      throw new BackendError('rejected', { detail: `the text is no ${component}` });
    }
  }
}

/** What cannot be understood is stored all the same: it is set aside when a device is to have it. */
const safely = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** A component and those directly in it; none: the text is no object at all. */
const partsOf = (text: string): readonly LineComponent[] => {
  const outer = safely(() => readComponent(text));
  const inner = outer?.items.filter((item): item is LineComponent => item.kind === 'component') ?? [];
  return outer === undefined ? [] : [outer, ...inner];
};

/** The first UID of an object: that of a vCard, or of a component of an iCalendar object. */
const uidOf = (text: string): string | undefined =>
  partsOf(text)
    .flatMap((part) => linesOf(part, 'UID'))[0]
    ?.value.trim() || undefined;

/** 96 bits of the text's digest in 16 characters. */
const revisionOf = (text: string): Revision => createHash('sha256').update(text).digest('base64url').slice(0, 16);

const asExists = <Result>(call: () => Result): Result => {
  try {
    return call();
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'constraint') {
      throw new BackendError('exists', { detail: 'an object of this UID', cause: error });
    }
    throw error;
  }
};
