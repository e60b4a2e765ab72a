import type { BackendError, BackendErrorCode } from '../contract/errors.ts';
import { Access, type AccessScheme } from './access.ts';
import { refused, unavailable } from './failures.ts';
import type { HttpAnswer, HttpClient } from './http.ts';
import { type DavResource, type MultistatusEnd, readConditions, readMultistatus } from './multistatus.ts';
import { isSafeUrl } from './settings.ts';

/** Name and password as this server gets them. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What a request needs beside its address. */
export interface DavRequest {
  readonly method: string;
  readonly url: URL;
  /** `undefined`: asked without a name. */
  readonly as: Credentials | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** As in {@link HttpRequest}; redirects are followed only then. */
  readonly repeatable: boolean;
  /** What a 4xx status means that tells nothing. */
  readonly otherwise?: BackendErrorCode;
  readonly signal?: AbortSignal | undefined;
}

/** A request that is answered with a multistatus. */
export interface MultistatusRequest extends Omit<DavRequest, 'repeatable'> {
  readonly body: string;
  readonly depth: '0' | '1';
  /** `false`: it changes something. */
  readonly repeatable?: boolean;
}

/** A multistatus as a whole. */
export interface Multistatus extends MultistatusEnd {
  readonly resources: readonly DavResource[];
  /** Where it came from, after redirects. */
  readonly url: URL;
}

/** Where one server is, and who else may be asked in its name. */
export interface DavClientOptions {
  readonly http: HttpClient;
  readonly root: URL;
  /** Other hosts that get passwords if the server says so. */
  readonly hosts: readonly string[];
  /** Characters of one property at most. */
  readonly textLimit: number;
  /** How passwords are sent; what the server takes unless told. */
  readonly access?: AccessScheme | undefined;
}

/** Redirects that are followed one after the other. */
const RedirectLimit = 5;
const Redirects = new Set([301, 302, 303, 307, 308]);

/** Speaks WebDAV: requests with a name and password, redirects that are safe, multistatus and errors. */
export class DavClient {
  readonly #options: DavClientOptions;
  readonly #access: Access;

  constructor(options: DavClientOptions) {
    this.#options = options;
    this.#access = new Access(options.access ?? 'auto');
  }

  get root(): URL {
    return this.#options.root;
  }

  /**
   * An address that the server told, absolute. One of the same host with plain HTTP is taken for
   * HTTPS: servers behind a proxy that ends TLS do not know better.
   *
   * @returns `undefined` for a place that must not get the passwords of users
   */
  address(href: string, base: URL): URL | undefined {
    if (!URL.canParse(href, base.href)) return undefined;
    const url = new URL(href, base);
    const { root, hosts } = this.#options;
    if (url.hostname === root.hostname && url.protocol === 'http:' && root.protocol === 'https:') {
      url.protocol = 'https:';
      url.port = root.port;
    }
    if (url.username !== '' || url.password !== '') return undefined;
    const isKnown = url.hostname === root.hostname || hosts.includes(url.hostname);
    return url.origin === root.origin || (isKnown && isSafeUrl(url) && url.protocol === 'https:') ? url : undefined;
  }

  /**
   * Sends a request; the answer is a 2xx. Throws {@link BackendError}: what status and precondition
   * mean, `unavailable` for whatever is no answer.
   */
  async send(request: DavRequest): Promise<{ readonly answer: HttpAnswer; readonly url: URL }> {
    let { url } = request;
    for (let count = 0; ; count++) {
      const answer = await this.#sendAs({ ...request, url });
      if (answer.status >= 200 && answer.status < 300) return { answer, url };
      if (!request.repeatable || !Redirects.has(answer.status)) throw await failure(request, answer);
      answer.discard();
      if (count >= RedirectLimit) throw unavailable(undefined, 'the server redirects in circles');
      url = this.#redirected(answer.header('location'), url);
    }
  }

  /** Sends a request in the name of its user, once more when the server says how that is to be proved. */
  async #sendAs(request: DavRequest): Promise<HttpAnswer> {
    const { http } = this.#options;
    const { as, method, url, body, repeatable, signal } = request;
    for (let attempt = 1; ; attempt++) {
      const authorization = as === undefined ? undefined : this.#access.authorization(as, request);
      const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
      const answer = await http.send({ method, url, body, repeatable, headers }, signal);
      if (answer.status !== 401 || as === undefined || attempt > 1) return answer;
      if (!this.#access.challenged(as, request, answer.header('www-authenticate'))) return answer;
      answer.discard();
    }
  }

  /** Sends a request whose answer does not matter but for its headers. */
  async order(request: DavRequest): Promise<HttpAnswer> {
    const { answer } = await this.send(request);
    answer.discard();
    return answer;
  }

  /** Sends a request and reads its multistatus as a whole. */
  async multistatus(request: MultistatusRequest): Promise<Multistatus> {
    const resources: DavResource[] = [];
    const { headers, depth, repeatable = true } = request;
    const { answer, url } = await this.send({
      ...request,
      repeatable,
      headers: { ...headers, depth, 'content-type': 'application/xml; charset=utf-8' },
    });
    if (answer.status !== 207) {
      answer.discard();
      throw refused(
        { what: `${request.method} without a multistatus`, status: answer.status, conditions: [] },
        'unavailable',
      );
    }
    const end = await readMultistatus(answer, this.#options.textLimit, (resource) => resources.push(resource));
    return { ...end, resources, url };
  }

  #redirected(location: string | undefined, from: URL): URL {
    const url = location === undefined ? undefined : this.address(location, from);
    if (url !== undefined) return url;
    const where =
      location !== undefined && URL.canParse(location, from.href) ? new URL(location, from).origin : 'nowhere';
    throw unavailable(
      undefined,
      `the server redirects to ${where}, which must not get passwords unless \`url\` or \`hosts\` names it`,
    );
  }
}

const failure = async ({ method, otherwise }: DavRequest, answer: HttpAnswer): Promise<BackendError> => {
  const conditions = await readConditions(answer);
  const retryAfter = Number(answer.header('retry-after') ?? Number.NaN);
  const { status } = answer;
  const known = Number.isFinite(retryAfter) ? { retryAfter } : {};
  return refused({ what: method, status, conditions, ...known }, otherwise);
};

/** A property of a resource that is an address: the `D:href` in it. */
export const hrefIn = ({ properties }: DavResource, name: string): string | undefined =>
  properties
    .get(name)
    ?.children.find((one) => one.name === 'D:href')
    ?.text.trim();

/** The addresses in a property. */
export const hrefsIn = ({ properties }: DavResource, name: string): readonly string[] =>
  (properties.get(name)?.children ?? []).filter((one) => one.name === 'D:href').map(({ text }) => text.trim());

/** The text of a property without the blanks around it; `undefined` when it is absent or empty. */
export const propertyText = ({ properties }: DavResource, name: string): string | undefined =>
  properties.get(name)?.text.trim() || undefined;
