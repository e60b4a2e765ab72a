import type { AccountIdentity } from '../handlers/context.ts';

/** How user names become accounts. */
export interface AccountOptions {
  /** Domains served, `example.org`; the first is that of a user name without one. At least one. */
  readonly domains: readonly string[];
  /** Windows domain names and the domain that each means; the first label of a domain needs no entry. */
  readonly windowsDomains?: Readonly<Record<string, string>> | undefined;
  /**
   * What is sent upstream, made of `{user}`, `{domain}`, `{address}` and `{login}`; `{user}` unless told.
   * `{login}` is the name as it was typed: `anna` and `anna@example.org` may be two users upstream, so
   * they are two accounts then. `domain\\user` is `user` in the first domain, else `user@domain`.
   */
  readonly upstreamUser?: string | undefined;
  /** The account's address, made of `{user}` and `{domain}`; `{user}@{domain}` unless told. */
  readonly address?: string | undefined;
  /** Further addresses that the user may send from, made like {@link address}. */
  readonly aliases?: readonly string[] | undefined;
  /** Whether `Anna` and `anna` are two users upstream; they are one unless told. */
  readonly caseSensitive?: boolean | undefined;
}

/** A user name, understood. */
export interface ResolvedAccount {
  readonly identity: AccountIdentity;
  /** Name to send upstream. */
  readonly upstreamUser: string;
}

/** An account, or why the user name means none. */
export type AccountResult =
  | { readonly ok: true; readonly account: ResolvedAccount }
  | { readonly ok: false; readonly reason: string };

/** Longest local part of an address ([RFC5321] 4.5.3.1.1). */
const MaxLocalPart = 64;

/**
 * Characters that mean something to IMAP, LDAP, a path or a master-user login and that no sane user
 * name holds. Refused here, whatever the backends would do about them.
 */
const Forbidden = /[\s"*%\\()<>[\]:;,|&/]/u;

/** `{user}` and the like, filled in once: what is filled in is not looked at again. */
const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/** Splits `user`, `user@domain` and `domain\user`; `\user`, as Android sends it, has no domain. */
const split = (login: string): { user: string; domain: string | undefined; windows: boolean } => {
  const backslash = login.indexOf('\\');
  const rest = login.slice(backslash + 1);
  const at = rest.lastIndexOf('@');
  if (at >= 0) return { user: rest.slice(0, at), domain: rest.slice(at + 1), windows: false };
  const domain = backslash > 0 ? login.slice(0, backslash) : undefined;
  return { user: rest, domain, windows: true };
};

/** Finds the domain that a login means; `undefined`: none that is served. */
type DomainFinder = (name: string | undefined, windows: boolean) => string | undefined;

const domainFinder = (domains: readonly string[], windowsNames: Readonly<Record<string, string>>): DomainFinder => {
  const windowsDomains = new Map([
    ...domains.map((domain): [string, string] => [domain.split('.')[0] ?? domain, domain]).reverse(),
    ...Object.entries(windowsNames).map(([name, domain]): [string, string] => [
      name.toLowerCase(),
      domain.toLowerCase(),
    ]),
  ]);
  return (name, windows) => {
    if (name === undefined) return domains[0];
    const lower = name.toLowerCase();
    return domains.includes(lower) ? lower : windows ? windowsDomains.get(lower) : undefined;
  };
};

/** Why a name without its domain is none; `undefined`: it is one. */
const wrongUser = (user: string): string | undefined => {
  if (user === '' || user.length > MaxLocalPart) return 'The user name is empty or too long';
  return Forbidden.test(user) || user.includes('@') ? 'The user name holds a character that is not allowed' : undefined;
};

/** Makes accounts out of user names. Throws when the options name no domain. */
export const accountResolver = (options: AccountOptions): ((login: string) => AccountResult) => {
  const domains = options.domains.map((domain) => domain.toLowerCase());
  if (domains.length === 0) throw new Error('No mail domain is configured: name at least one');
  const domainOf = domainFinder(domains, options.windowsDomains ?? {});
  const template = options.upstreamUser ?? '{user}';
  return (login) => {
    const { user: typed, domain: named, windows } = split(login);
    const domain = domainOf(named, windows);
    if (domain === undefined) return { ok: false, reason: 'The domain of this user name is not served here' };
    const reason = wrongUser(typed);
    if (reason !== undefined) return { ok: false, reason };
    const user = options.caseSensitive ? typed : typed.toLowerCase();
    const whole = `${user}@${domain}`;
    const asTyped = windows && domain === domains[0] ? user : whole;
    const address = fill(options.address ?? '{user}@{domain}', { user, domain });
    const name = template.includes('{login}') ? asTyped : whole;
    const upstreamUser = fill(template, { user, domain, address, login: asTyped });
    const aliases = (options.aliases ?? []).map((alias) => fill(alias, { user, domain }));
    return { ok: true, account: { identity: { name, address, aliases }, upstreamUser } };
  };
};
