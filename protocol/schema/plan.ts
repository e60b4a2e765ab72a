import type { Tag } from '../code-pages/tag.ts';
import { inSpan, type KnownVersion } from '../versions.ts';
import type { AnyElement, Fields } from './describe.ts';

/** One field of a container. */
export interface Entry {
  readonly key: string;
  readonly element: AnyElement;
  /** Name without namespace, as it stands in paths. */
  readonly step: string;
  /** Place in wire order, from 0. */
  readonly place: number;
}

/** A table of fields, prepared for walking it. */
export interface Plan {
  readonly entries: readonly Entry[];
  readonly byTag: ReadonlyMap<Tag, readonly Entry[]>;
  readonly required: readonly Entry[];
  readonly repeated: readonly Entry[];
  /** The entries that may be sent in a version. */
  readonly sendable: (version: KnownVersion) => readonly Entry[];
}

/** The name of a tag without its namespace. */
export const stepOf = (tag: Tag): string => tag.name.slice(tag.name.indexOf(':') + 1);

/** Whether an element may be sent in a version: both its tag and its own span must have it. */
export const isSendable = ({ tag, versions }: Pick<AnyElement, 'tag' | 'versions'>, version: KnownVersion): boolean =>
  tag.versions !== undefined && inSpan(version, tag.versions) && (versions === undefined || inSpan(version, versions));

/** A memo, not state: the same table always gives the same plan. */
const plans = new WeakMap<Fields, Plan>();

/** The plan of a table, made at its first use. */
export const planOf = (fields: Fields): Plan => {
  const known = plans.get(fields);
  if (known !== undefined) return known;
  const plan = makePlan(fields);
  plans.set(fields, plan);
  return plan;
};

const makePlan = (fields: Fields): Plan => {
  const entries = Object.entries(fields).map(([key, element], place) => ({
    key,
    element,
    step: stepOf(element.tag),
    place,
  }));
  const byVersion = new Map<KnownVersion, readonly Entry[]>();
  const sendable = (version: KnownVersion): readonly Entry[] => {
    const known = byVersion.get(version);
    if (known !== undefined) return known;
    const list = entries.filter(({ element }) => isSendable(element, version));
    byVersion.set(version, list);
    return list;
  };
  return {
    entries,
    byTag: groupByTag(entries),
    required: entries.filter(({ element }) => element.arity === 'one'),
    repeated: entries.filter(({ element }) => element.arity === 'many'),
    sendable,
  };
};

const groupByTag = (entries: readonly Entry[]): Map<Tag, Entry[]> => {
  const byTag = new Map<Tag, Entry[]>();
  for (const entry of entries) {
    const same = byTag.get(entry.element.tag);
    if (same === undefined) byTag.set(entry.element.tag, [entry]);
    else same.push(entry);
  }
  return byTag;
};

/**
 * The field that a tag belongs to. A tag may stand in a table more than once where its place
 * depends on the version; then the version decides.
 */
export const findEntry = (plan: Plan, tag: Tag, version: KnownVersion | undefined): Entry | undefined => {
  const entries = plan.byTag.get(tag);
  if (entries === undefined || entries.length === 1 || version === undefined) return entries?.[0];
  return entries.find(({ element }) => isSendable(element, version)) ?? entries[0];
};
