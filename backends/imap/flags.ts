import { createHash } from 'node:crypto';
import type { Revision } from '../contract/items.ts';
import type { MailPatch } from '../contract/mail.ts';
import { categoriesOf, keywordOfCategory } from '../convert/mail/categories.ts';
import type { MailFacts } from '../convert/mail/email.ts';

/** What a message's flags say. */
export interface FlagState {
  readonly facts: MailFacts;
  /** `\Deleted`: to a device it is gone, and it comes back when the flag is taken off. */
  readonly deleted: boolean;
  readonly revision: Revision;
  /** The keywords of each category, as they stand on the server. */
  readonly keywords: ReadonlyMap<string, readonly string[]>;
  /** All of them, as they stand on the server. */
  readonly all: readonly string[];
}

/** Flags that a device sees, and their letter in a revision. */
const VisibleFlags = { '\\seen': 's', '\\answered': 'a', $forwarded: 'w', '\\flagged': 'f', '\\draft': 'd' } as const;

/** Names of {@link VisibleFlags} that other programs use. */
const Synonyms: Readonly<Record<string, keyof typeof VisibleFlags>> = { forwarded: '$forwarded' };

/** Reads the flags of a FETCH answer. */
export const readFlags = (flags: readonly string[]): FlagState => {
  const lower = new Set(flags.map((flag) => Synonyms[flag.toLowerCase()] ?? flag.toLowerCase()));
  const keywords = categoryKeywords(flags);
  const categories = [...keywords.keys()].sort();
  return {
    facts: {
      seen: lower.has('\\seen'),
      answered: lower.has('\\answered'),
      forwarded: lower.has('$forwarded'),
      flagged: lower.has('\\flagged'),
      draft: lower.has('\\draft'),
      categories,
    },
    deleted: lower.has('\\deleted'),
    revision: revisionOf(lower, categories),
    keywords,
    all: flags,
  };
};

/** Whether a flag is one whose change a device must be told of. */
export const isVisibleFlag = (flag: string): boolean => {
  const lower = flag.toLowerCase();
  if (lower in VisibleFlags || lower in Synonyms || lower === '\\deleted') return true;
  return categoriesOf([flag]).length > 0;
};

const categoryKeywords = (flags: readonly string[]): Map<string, string[]> => {
  const keywords = new Map<string, string[]>();
  for (const flag of flags) {
    const [category] = categoriesOf([flag]);
    if (category !== undefined) keywords.set(category, [...(keywords.get(category) ?? []), flag]);
  }
  return keywords;
};

/** Letters of the flags, then a digest of the categories: at most 5 + 1 + 16 characters. */
const revisionOf = (lower: ReadonlySet<string>, categories: readonly string[]): Revision => {
  const letters = Object.entries(VisibleFlags).flatMap(([flag, letter]) => (lower.has(flag) ? [letter] : []));
  const start = letters.length === 0 ? '0' : letters.join('');
  if (categories.length === 0) return start;
  return `${start}.${createHash('sha256').update(JSON.stringify(categories)).digest('base64url').slice(0, 16)}`;
};

/** Flags to set and to take off. */
export interface FlagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** What a patch means for a message in the given state. Keywords that are no categories are not touched. */
export const flagChange = (patch: MailPatch, current: FlagState): FlagChange => {
  const wanted: readonly (readonly [string, boolean | undefined])[] = [
    ['\\Seen', patch.read],
    ['\\Flagged', patch.flag === undefined ? undefined : isActive(patch.flag)],
    ['\\Answered', patch.answered],
    ['$Forwarded', patch.forwarded],
  ];
  const names = (on: boolean) => wanted.flatMap(([flag, value]) => (value === on ? [flag] : []));
  const categories = categoryChange(patch.categories, current.keywords);
  return { add: [...names(true), ...categories.add], remove: [...names(false), ...categories.remove] };
};

/** Status 2 is an active flag, 1 a completed one, 0 none ([MS-ASEMAIL] 2.2.2.74). */
const isActive = (flag: MailPatch['flag']): boolean => flag !== null && flag?.status === 2;

/** Longest keyword that every server takes: Dovecot refuses the whole command for a longer one. */
const MaxKeywordLength = 50;

/** The keyword of a category; none for a name that the server could not keep. */
const keywordOf = (category: string): string[] => {
  const keyword = keywordOfCategory(category);
  return keyword === undefined || keyword.length > MaxKeywordLength ? [] : [keyword];
};

const categoryChange = (
  categories: readonly string[] | undefined,
  keywords: ReadonlyMap<string, readonly string[]>,
): FlagChange => {
  if (categories === undefined) return { add: [], remove: [] };
  const wanted = new Set(categories);
  return {
    add: [...wanted].filter((name) => !keywords.has(name)).flatMap(keywordOf),
    remove: [...keywords].filter(([name]) => !wanted.has(name)).flatMap(([, names]) => names),
  };
};
