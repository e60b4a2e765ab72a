import type { Abilities, Backend, CheckLine, Login } from '../contract/backend.ts';

/** A backend as one part of accounts. */
export interface AccountPart {
  /** Its name in the configuration, for messages to the administrator. */
  readonly name: string;
  readonly backend: Backend;
  /** Who the user is there; the same everywhere unless told. */
  readonly login?: (login: Login) => Login;
}

/** Which backend serves what: of each row the parts' first that can, for all of the row. */
const DataClasses = [['folders', 'mail', 'watch'], ['submission']] as const satisfies readonly (keyof Abilities)[][];

/**
 * The abilities of one account out of those of several backends: per data class the first part that
 * has its leading ability. Folders, mail and watch always come from one backend, whose ids they share.
 */
export const composeAccount = (parts: readonly AccountPart[], login: Login): Abilities => {
  const all = parts.map((part) => part.backend.account(loginAt(part, login)));
  return Object.assign({}, ...DataClasses.map((row) => pick(all.find((abilities) => abilities[row[0]]) ?? {}, row)));
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
