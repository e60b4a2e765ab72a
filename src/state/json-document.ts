import type { Partition, StateStore } from './contract.ts';
import { packDocument, unpackDocument } from './document.ts';

/** A document that is JSON alone, and what it is while there is none. */
export interface JsonDocument<T extends object> {
  readonly name: string;
  readonly empty: T;
}

/** Reads a document; revision 0: it is not there. */
export const loadJson = async <T extends object>(
  store: StateStore,
  partition: Partition,
  { name, empty }: JsonDocument<T>,
): Promise<{ readonly value: T; readonly revision: number }> => {
  const document = (await store.load(partition, [name])).get(name);
  return document === undefined
    ? { value: empty, revision: 0 }
    : { value: unpackDocument<T>(document.value).json, revision: document.revision };
};

/** Changes a document, again where another request comes between; `undefined` takes it away. */
export const editJson = async <T extends object>(
  store: StateStore,
  partition: Partition,
  document: JsonDocument<T>,
  change: (value: T) => T | undefined,
): Promise<void> => {
  for (;;) {
    const { value, revision } = await loadJson(store, partition, document);
    const next = change(value);
    if (next === undefined && revision === 0) return;
    const write = { name: document.name, value: next === undefined ? null : packDocument(next), expect: revision };
    if (await store.commit(partition, [write])) return;
  }
};
