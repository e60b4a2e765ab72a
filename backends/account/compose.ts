import type { Abilities, Backend, CheckLine, Login } from '../contract/backend.ts';
import { ComposedFolders } from './folders.ts';
import { GroupwareNames, type Part, prefixOf } from './parts.ts';
import { composedScheduling } from './scheduling.ts';
import { composedPositions, composedStores } from './stores.ts';
import { composedWatch } from './watch.ts';

/** A backend as one part of accounts. */
export interface AccountPart {
  /** Its name in the configuration, for messages to the administrator. */
  readonly name: string;
  readonly backend: Backend;
  /** Who the user is there; the same everywhere unless told. */
  readonly login?: (login: Login) => Login;
}

/** What only one backend serves, with the ids of its own folders. */
const LeadingAbilities = ['folders', 'mail', 'watch', 'search'] as const satisfies readonly (keyof Abilities)[];

/**
 * The abilities of one account out of those of several backends. Mail, its folders, watch and search come from
 * the leading part, the first that has mail (or folders, where none has mail), and mail is submitted by the first that does.
 * Contacts, events, tasks and notes come from all parts that have them, in folders of one hierarchy.
 */
export const composeAccount = (parts: readonly AccountPart[], login: Login): Abilities => {
  const all = parts.map((part) => ({
    prefix: prefixOf(part.name),
    abilities: part.backend.account(loginAt(part, login)),
  }));
  const has = (name: keyof Abilities) => all.find(({ abilities }) => abilities[name] !== undefined);
  const leading = has('mail') ?? has('folders');
  const others = all.filter((part) => part !== leading && hasGroupware(part));
  const submission = pick(has('submission')?.abilities ?? {}, ['submission']);
  if (leading === undefined) return submission;
  const names =
    others.length === 0 ? [...LeadingAbilities, ...GroupwareNames, 'scheduling' as const] : LeadingAbilities;
  const own = pick(leading.abilities, names);
  return { ...own, ...submission, ...(others.length === 0 ? {} : composed([{ ...leading, prefix: '' }, ...others])) };
};

const hasGroupware = ({ abilities }: Part): boolean =>
  abilities.folders !== undefined && GroupwareNames.some((name) => abilities[name] !== undefined);

/** What several parts make together. */
const composed = (parts: readonly Part[]): Abilities => {
  const watch = composedWatch(parts);
  const scheduling = composedScheduling(parts);
  return {
    folders: new ComposedFolders(parts),
    ...composedStores(parts),
    positions: composedPositions(parts),
    ...(watch === undefined ? {} : { watch }),
    ...(scheduling === undefined ? {} : { scheduling }),
  };
};

const pick = (abilities: Abilities, names: readonly (keyof Abilities)[]): Abilities =>
  Object.fromEntries(names.flatMap((name) => (abilities[name] === undefined ? [] : [[name, abilities[name]]])));

const loginAt = ({ login: map }: AccountPart, login: Login): Login => map?.(login) ?? login;

/** All backends of the accounts as if they were one; it always proves passwords. */
export type AccountBackends = Backend & Required<Pick<Backend, 'prove'>>;

/**
 * Several backends as one. The first that proves passwords proves them for all. Throws a
 * `TypeError` when none does: nobody could ever log in.
 */
export const accountBackends = (parts: readonly AccountPart[]): AccountBackends => {
  const prover = parts.find(({ backend }) => backend.prove !== undefined);
  const prove = prover?.backend.prove?.bind(prover.backend);
  if (prover === undefined || prove === undefined) {
    throw new TypeError(`None of the backends (${parts.map(({ name }) => name).join(', ')}) can prove a password`);
  }
  return {
    prove: (login) => prove(loginAt(prover, login)),
    account: (login) => composeAccount(parts, login),
    locate: (account, path) => {
      const found = parts.map(({ backend }) => backend.locate?.(account, path));
      return found.find((folder) => folder !== undefined);
    },
    forget: (account) => each(parts, ({ backend }) => backend.forget(account)),
    check: async (login) => (await Promise.all(parts.map((part) => checkPart(part, login)))).flat(),
    close: () => each(parts, ({ backend }) => backend.close()),
  };
};

/** The lines of one part, each with its name. */
const checkPart = async (part: AccountPart, login: Login | undefined): Promise<readonly CheckLine[]> => {
  const lines = await part.backend.check(login === undefined ? undefined : loginAt(part, login));
  return lines.map((line) => ({ ...line, what: `${part.name}: ${line.what}` }));
};

/** Does something with every part, also when it fails with one; the first failure is thrown at the end. */
const each = async (parts: readonly AccountPart[], action: (part: AccountPart) => Promise<void>): Promise<void> => {
  const results = await Promise.allSettled(parts.map(async (part) => action(part)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};
