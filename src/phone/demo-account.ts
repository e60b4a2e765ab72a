import { readFile } from 'node:fs/promises';

/** An account to log in with, and where. */
export interface PhoneAccount {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

interface DemoFile {
  readonly url: string;
  readonly accounts: readonly { readonly user: string; readonly password: string }[];
}

const isDemoFile = (value: unknown): value is DemoFile =>
  typeof value === 'object' && value !== null && 'url' in value && 'accounts' in value && Array.isArray(value.accounts);

/**
 * An account of the demo server, out of the file that it writes at its first start.
 *
 * @param user - which account; the first unless told
 * @throws Error in words when there is no demo or no such account
 */
export const demoAccount = async (file: string, user?: string): Promise<PhoneAccount> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new Error(
      'No demo server was started here yet: run `npm start` first, or name a server with --url and --user',
    );
  }
  const demo: unknown = JSON.parse(text);
  if (!isDemoFile(demo))
    throw new Error(`${file} does not hold the accounts of the demo: delete it and start the demo again`);
  const found = user === undefined ? demo.accounts[0] : demo.accounts.find((each) => matches(each.user, user));
  if (found === undefined) {
    throw new Error(`The demo has no account ${user}: it has ${demo.accounts.map((each) => each.user).join(', ')}`);
  }
  return { url: demo.url, user: found.user, password: found.password };
};

/** Whether `wanted` names `user`, with or without its domain. */
const matches = (user: string, wanted: string): boolean => user === wanted || user.split('@')[0] === wanted;
