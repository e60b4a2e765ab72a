import { createHash } from 'node:crypto';
import type { Credentials } from './client.ts';
import { RecentMap } from './recent.ts';

/** How users prove themselves to a DAV server: by Basic (RFC 7617), or by Digest (RFC 7616), as SabreDAV asks for it. */

/** How passwords are sent: `auto` takes Digest where the server does not offer Basic. */
export const AccessSchemes = ['auto', 'basic', 'digest'] as const;
export type AccessScheme = (typeof AccessSchemes)[number];

/** What a server asks for in one scheme of its WWW-Authenticate. */
export interface Challenge {
  /** Lower case, `digest`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const Token = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/y;

/** The challenges in a WWW-Authenticate (RFC 9110, 11.6.1); what cannot be read ends it. */
export const readChallenges = (header: string): readonly Challenge[] => {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const text = header.trim();
  Token.lastIndex = 0;
  for (let found = Token.exec(text); found !== null; found = Token.exec(text)) {
    const [, name = '', quoted, plain] = found;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
};

/** Digests that RFC 7616 names, the strongest first, as Node calls them. */
const Algorithms: readonly (readonly [name: string, hash: string])[] = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
];

/** A Digest challenge that can be answered, and how often it was. */
interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; `undefined`: it named none, which is MD5. */
  readonly algorithm: string | undefined;
  readonly hash: string;
  readonly isSession: boolean;
  readonly hasQop: boolean;
  count: number;
}

const digestChallenge = ({ scheme, parameters }: Challenge): DigestChallenge | undefined => {
  const [realm, nonce, algorithm] = ['realm', 'nonce', 'algorithm'].map((name) => parameters.get(name));
  const base = (algorithm ?? 'MD5').toUpperCase().replace(/-SESS$/, '');
  const hash = Algorithms.find(([name]) => name === base)?.[1];
  const qops = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  if (scheme !== 'digest' || realm === undefined || nonce === undefined || hash === undefined) return undefined;
  if (qops !== undefined && !qops.includes('auth')) return undefined;
  const isSession = /-sess$/i.test(algorithm ?? '');
  const opaque = parameters.get('opaque');
  return { realm, nonce, opaque, algorithm, hash, isSession, hasQop: qops !== undefined, count: 0 };
};

/** The best Digest challenge of several. */
const bestDigest = (challenges: readonly Challenge[]): DigestChallenge | undefined => {
  const usable = challenges.flatMap((one) => digestChallenge(one) ?? []);
  return Algorithms.map(([, hash]) => usable.find((one) => one.hash === hash)).find((one) => one !== undefined);
};

/** What is asked for, as it goes into a proof. */
export interface AccessRequest {
  readonly method: string;
  readonly url: URL;
}

/** The Authorization that answers a Digest challenge; `cnonce` is random. */
const digestAuthorization = (
  challenge: DigestChallenge,
  { user, password }: Credentials,
  { method, url }: AccessRequest,
  cnonce: string,
): string => {
  const { realm, nonce, opaque, algorithm, hash, isSession, hasQop } = challenge;
  challenge.count++;
  const digest = (...parts: readonly string[]) => createHash(hash).update(parts.join(':')).digest('hex');
  const uri = url.pathname + url.search;
  const count = challenge.count.toString(16).padStart(8, '0');
  const secret = digest(user, realm, password);
  const first = isSession ? digest(secret, nonce, cnonce) : secret;
  const middle = hasQop ? [nonce, count, cnonce, 'auth'] : [nonce];
  const quoted = { username: user, realm, nonce, uri, response: digest(first, ...middle, digest(method, uri)), opaque };
  const fields = Object.entries(quoted).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quote(value)}`],
  );
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`);
  if (hasQop) fields.push('qop=auth', `nc=${count}`);
  if (hasQop || isSession) fields.push(`cnonce=${quote(cnonce)}`);
  // Headers are sent as Latin-1: names beyond that go as the UTF-8 that servers expect.
  return `Digest ${Buffer.from(fields.join(', '), 'utf8').toString('latin1')}`;
};

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

const basicAuthorization = ({ user, password }: Credentials): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Users whose last challenge is remembered; any other is challenged again, which costs a round trip. */
const ChallengesKept = 5_000;

/** What a client knows of how its server wants users to prove themselves. */
export class Access {
  readonly #scheme: AccessScheme;
  readonly #cnonce: () => string;
  /** Origins that do not take Basic. */
  readonly #withDigest = new Set<string>();
  readonly #challenges = new RecentMap<string, DigestChallenge>(ChallengesKept);

  constructor(scheme: AccessScheme, cnonce: () => string = () => crypto.randomUUID()) {
    this.#scheme = scheme;
    this.#cnonce = cnonce;
  }

  /** The Authorization of a request; `undefined`: it is asked without, and the server will say what it wants. */
  authorization(as: Credentials, request: AccessRequest): string | undefined {
    if (!this.#usesDigest(request.url)) return basicAuthorization(as);
    const challenge = this.#challenges.get(keyOf(as, request.url));
    return challenge === undefined ? undefined : digestAuthorization(challenge, as, request, this.#cnonce());
  }

  /**
   * Takes in what a server asked for with 401; `true`: the request can be sent again, which now says what the server
   * wants to know. A nonce may have become too old, whether the server says so or not.
   */
  challenged(as: Credentials, { url }: AccessRequest, header: string | undefined): boolean {
    const challenges = readChallenges(header ?? '');
    const digest = bestDigest(challenges);
    const takesBasic = challenges.some(({ scheme }) => scheme === 'basic');
    if (this.#scheme === 'basic' || digest === undefined || (this.#scheme === 'auto' && takesBasic)) return false;
    const known = this.#usesDigest(url) ? this.#challenges.get(keyOf(as, url)) : undefined;
    this.#withDigest.add(url.origin);
    this.#challenges.set(keyOf(as, url), digest);
    return known?.nonce !== digest.nonce;
  }

  #usesDigest({ origin }: URL): boolean {
    return this.#scheme === 'digest' || this.#withDigest.has(origin);
  }
}

/** A nonce belongs to a server and, as the proofs made with it are counted, to one user. */
const keyOf = ({ user }: Credentials, { origin }: URL): string => `${origin} ${user}`;
