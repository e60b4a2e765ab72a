import { createHash } from 'node:crypto';
import type { Partition, StateStore, Write } from './contract.ts';
import { CurrentFormat, FormatPlace, formatWrite, requireReadable, type StateFormat, StateUnusable } from './format.ts';

/**
 * The file of an export, in lines of ASCII:
 *
 * 1. `{"postrider-state":1,"format":1,"readableFrom":1}`: the version of this form, and {@link StateFormat};
 * 2. for each document `["partition","name","value in base64"]`, those of a partition one after another;
 * 3. `{"documents":2,"sha256":"…"}`: how many there are, and the digest of all lines before with their ends.
 *
 * Revisions are left out: they count the commits of one store.
 */
const FileVersion = 1;

/** Bytes of documents that are written in one commit when a partition has more. */
const CommitBytes = 4 * 1024 * 1024;

/** The one document that belongs to a store, not to what it holds. */
const isFormat = (partition: Partition, name: string): boolean =>
  partition === FormatPlace.partition && name === FormatPlace.name;

/** JSON without characters that some reader of lines takes for the end of one. */
const line = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * The lines of a store's export, without their ends. Each partition is as it was at one moment, two
 * partitions at two; a phone does not notice, as what it knows lies in one.
 *
 * @throws StateUnavailable
 */
export async function* exportLines(store: StateStore): AsyncIterable<string> {
  const digest = createHash('sha256');
  const told = (text: string): string => {
    digest.update(`${text}\n`);
    return text;
  };
  yield told(line({ 'postrider-state': FileVersion, ...CurrentFormat }));
  let documents = 0;
  for await (const partition of store.partitions('')) {
    for (const [name, { value }] of await store.list(partition, '')) {
      if (isFormat(partition, name)) continue;
      yield told(line([partition, name, Buffer.from(value).toString('base64')]));
      documents++;
    }
  }
  yield line({ documents, sha256: digest.digest('hex') });
}

/** What is wrong with a file. */
const broken = (reason: string): StateUnusable =>
  new StateUnusable(
    `The file is no whole export of Postrider's state: ${reason}. Nothing was written; take another copy`,
  );

const parse = (text: string, number: number): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw broken(`line ${number} cannot be read`);
  }
};

const isDocument = (value: unknown): value is readonly [string, string, string] =>
  Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === 'string');

const requireHeader = (text: string): void => {
  const header = Object(parse(text, 1)) as Partial<StateFormat> & { readonly 'postrider-state'?: number };
  const version = header['postrider-state'];
  if (version === undefined) throw broken('its first line says nothing of Postrider');
  if (version !== FileVersion) {
    throw new StateUnusable(
      `The file has version ${version}, this release reads ${FileVersion}. Import it with the release that wrote it`,
    );
  }
  const { format = 0, readableFrom = Number.POSITIVE_INFINITY } = header;
  requireReadable({ format, readableFrom });
};

/**
 * Reads an export to its end without writing anything.
 *
 * @returns how many documents it holds
 * @throws StateUnusable when it is damaged, truncated, or of a newer release
 */
export const verifyExport = async (lines: AsyncIterable<string>): Promise<number> => {
  const digest = createHash('sha256');
  let [number, last] = [0, ''];
  for await (const text of lines) {
    if (number === 1) requireHeader(last);
    else if (number > 1 && !isDocument(parse(last, number))) throw broken(`line ${number} is no document`);
    if (number > 0) digest.update(`${last}\n`);
    [number, last] = [number + 1, text];
  }
  if (number < 2) throw broken('it ends in the first line');
  const end = Object(parse(last, number)) as { readonly documents?: number; readonly sha256?: string };
  if (end.documents === undefined) throw broken(`it ends in line ${number}, in the middle`);
  if (end.documents !== number - 2) throw broken(`it holds ${number - 2} documents and should hold ${end.documents}`);
  if (end.sha256 !== digest.digest('hex')) throw broken('it was changed, its digest does not fit');
  return end.documents;
};

/** Whether nothing is stored that an import could overwrite: only what a server notes at its first start. */
export const isEmptyStore = async (store: StateStore): Promise<boolean> => {
  for await (const partition of store.partitions('')) if (partition !== FormatPlace.partition) return false;
  return true;
};

/**
 * Replaces all that a store holds by an export that {@link verifyExport} found whole. A store in which
 * this was broken off is refused by every server until it is done again. No server may run on it.
 *
 * @throws StateUnavailable
 */
export const importLines = async (store: StateStore, lines: AsyncIterable<string>): Promise<void> => {
  await store.commit(FormatPlace.partition, [formatWrite({ ...CurrentFormat, importing: true })]);
  await clear(store);
  for await (const { partition, writes } of commitsOf(lines)) await store.commit(partition, writes);
  await store.commit(FormatPlace.partition, [formatWrite(CurrentFormat)]);
};

/** Removes everything but the note that an import is going on. */
const clear = async (store: StateStore): Promise<void> => {
  for await (const partition of store.partitions('')) {
    if (partition !== FormatPlace.partition) await store.drop(partition);
  }
  const names = [...(await store.list(FormatPlace.partition, '')).keys()].filter((name) => name !== FormatPlace.name);
  await store.commit(
    FormatPlace.partition,
    names.map((name) => ({ name, value: null })),
  );
};

/** The documents of an export as commits: one a partition, several of a very large one. */
async function* commitsOf(lines: AsyncIterable<string>): AsyncIterable<{ partition: Partition; writes: Write[] }> {
  let [partition, writes, bytes]: [Partition, Write[], number] = ['', [], 0];
  for await (const text of lines) {
    const document: unknown = JSON.parse(text);
    if (!isDocument(document)) continue;
    const value = new Uint8Array(Buffer.from(document[2], 'base64'));
    if (writes.length > 0 && (document[0] !== partition || bytes + value.length > CommitBytes)) {
      yield { partition, writes };
      [writes, bytes] = [[], 0];
    }
    partition = document[0];
    writes.push({ name: document[1], value });
    bytes += value.length;
  }
  if (writes.length > 0) yield { partition, writes };
}
