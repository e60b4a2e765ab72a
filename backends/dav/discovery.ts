import { isBackendError } from '../contract/errors.ts';
import { type Credentials, type DavClient, hrefIn, hrefsIn } from './client.ts';
import type { Flavour } from './flavours.ts';
import { propfind } from './names.ts';
import type { DavSettings } from './settings.ts';

/** Where an account's collections are. */
export interface Homes {
  /** The user's principal, where the server has told one. */
  readonly principal: URL | undefined;
  /** Places with collections; none: the user has nothing of this kind here. */
  readonly homes: readonly URL[];
  /** Whether the server keeps an outbox for the user, as those do that send invitations (RFC 6638, 2.1). */
  readonly hasOutbox: boolean;
}

/** What discovery works with. */
export interface DiscoveryOptions {
  readonly client: DavClient;
  readonly flavour: Flavour;
  readonly settings: Pick<DavSettings, 'principal' | 'home'>;
  readonly as: Credentials;
  readonly signal?: AbortSignal | undefined;
}

const PrincipalProperties = ['D:current-user-principal'];

/** Finds the user's collections: by configuration, else as RFC 6764 (6) says. Throws `loginRefused`, `unavailable`. */
export const discover = async (options: DiscoveryOptions): Promise<Homes> => {
  const { client, settings, as } = options;
  if (settings.home !== undefined) {
    return { principal: undefined, homes: [placeOf(client, settings.home, as)], hasOutbox: false };
  }
  const fixed = settings.principal === undefined ? undefined : placeOf(client, settings.principal, as);
  const principal = fixed ?? (await findPrincipal(options));
  return principal === undefined ? { principal, homes: [], hasOutbox: false } : homesOf(options, principal);
};

/** A path of the configuration, filled in for a user. */
const placeOf = ({ root }: DavClient, template: string, { user }: Credentials): URL =>
  withSlash(
    new URL(
      template.replaceAll('{user}', () => encodeURIComponent(user)),
      root,
    ),
  );

/** Addresses of collections end with a slash. */
export const withSlash = (url: URL): URL => {
  if (url.pathname.endsWith('/')) return url;
  const slashed = new URL(url);
  slashed.pathname += '/';
  return slashed;
};

/**
 * The principal of the user. At a root without a path stands a web site as often as the DAV server,
 * so there the server is asked first where it is (RFC 6764, 5).
 */
const findPrincipal = async (options: DiscoveryOptions): Promise<URL | undefined> => {
  const { client, flavour } = options;
  const wellKnown = new URL(flavour.wellKnown, client.root);
  const places = client.root.pathname === '/' ? [wellKnown, client.root] : [client.root, wellKnown];
  let failure: unknown;
  for (const place of places) {
    try {
      const found = await principalAt(options, place);
      if (found !== undefined) return found;
    } catch (error) {
      if (isBackendError(error, 'loginRefused')) throw error;
      failure ??= error;
    }
  }
  if (isBackendError(failure, 'unavailable')) throw failure;
  return undefined;
};

const principalAt = async ({ client, as, signal }: DiscoveryOptions, url: URL): Promise<URL | undefined> => {
  const body = propfind(PrincipalProperties);
  const answer = await client.multistatus({ method: 'PROPFIND', url, as, body, depth: '0', signal });
  const href = answer.resources.map((resource) => hrefIn(resource, 'D:current-user-principal')).find(Boolean);
  return href === undefined ? undefined : client.address(href, answer.url);
};

const homesOf = async ({ client, flavour, as, signal }: DiscoveryOptions, principal: URL): Promise<Homes> => {
  const body = propfind([flavour.homeProperty, 'C:schedule-outbox-URL']);
  const answer = await client.multistatus({ method: 'PROPFIND', url: principal, as, body, depth: '0', signal });
  const hrefs = answer.resources.flatMap((resource) => hrefsIn(resource, flavour.homeProperty));
  const homes = hrefs.map((href) => client.address(href, answer.url)).filter((url) => url !== undefined);
  const hasOutbox = answer.resources.some((resource) => hrefIn(resource, 'C:schedule-outbox-URL') !== undefined);
  return { principal, homes: homes.map(withSlash), hasOutbox };
};
