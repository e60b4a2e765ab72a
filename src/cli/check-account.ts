import type { Abilities, CheckLine } from '../../backends/contract/backend.ts';
import type { Folder } from '../../backends/contract/folders.ts';
import type { WatchPromise } from '../../backends/contract/watch.ts';

/** Folders named in one line at most; of the others only the number is told. */
const NamedFolders = 5;

/** What is missed without an ability of the account. */
const Missed = [
  {
    name: 'folders',
    what: 'Folders',
    meaning: 'no backend has folders: phones show an empty account. Add a mail backend.',
  },
  { name: 'mail', what: 'Mail', meaning: 'no backend has mail: phones show none. Add a backend of kind imap.' },
  { name: 'submission', what: 'Sending', meaning: 'no backend sends mail: phones cannot. Add a backend of kind smtp.' },
  { name: 'watch', what: 'Push', meaning: 'no backend tells of changes: phones learn of them only when they look.' },
] as const satisfies readonly { name: keyof Abilities; what: string; meaning: string }[];

const promiseText = ({ how, seconds }: WatchPromise): string => {
  if (how === 'poll') return `within ${seconds} s, by looking`;
  return seconds < 1 ? 'at once, told by the server' : `within ${seconds} s, told by the server`;
};

const namesOf = (folders: readonly Folder[]): string => {
  const names = folders.slice(0, NamedFolders).map(({ name }) => name);
  const others = folders.length - names.length;
  return `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
};

/** How fast changes of each folder reach waiting phones, folders of one promise together. */
const promiseLines = ({ watch }: Abilities, folders: readonly Folder[]): CheckLine[] => {
  const groups = new Map<string, Folder[]>();
  for (const folder of watch === undefined ? [] : folders.filter(({ selectable }) => selectable)) {
    const text = promiseText((watch as NonNullable<typeof watch>).promise(folder.id));
    groups.set(text, [...(groups.get(text) ?? []), folder]);
  }
  return [...groups].map(([text, group]) => ({ ok: true, what: 'Push', meaning: `${namesOf(group)}: ${text}` }));
};

/** Opens a watch for a moment: only then a server shows which of its ways of telling works. */
const tryWatch = async ({ watch }: Abilities, folders: readonly Folder[]): Promise<void> => {
  const ids = folders.filter(({ selectable }) => selectable).map(({ id }) => id);
  const nothing = (): void => undefined;
  const watcher = await watch?.open(ids, { moved: nothing, hierarchyChanged: nothing, lost: nothing });
  await watcher?.close();
};

/** What an account has, and how fast its changes reach phones. */
export const accountLines = async (abilities: Abilities): Promise<readonly CheckLine[]> => {
  const missed = Missed.filter(({ name }) => abilities[name] === undefined);
  const lines: CheckLine[] = missed.map(({ what, meaning }) => ({ ok: 'missing', what, meaning }));
  const listed = (await abilities.folders?.list()) ?? [];
  const folders = listed.toSorted((a, b) => Number(b.role === 'inbox') - Number(a.role === 'inbox'));
  await tryWatch(abilities, folders);
  if (abilities.folders !== undefined) {
    lines.unshift({ ok: true, what: 'Folders', meaning: `${folders.length}: ${namesOf(folders)}` });
  }
  return [...lines, ...promiseLines(abilities, folders)];
};
