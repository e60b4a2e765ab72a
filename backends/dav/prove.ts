import { isBackendError } from '../contract/errors.ts';
import type { DavSession } from './account.ts';
import { type Credentials, type DavClient, hrefIn } from './client.ts';
import { discover } from './discovery.ts';
import { unavailable } from './failures.ts';
import { propfind } from './names.ts';

/**
 * Proves a password by asking the server. A server that answers the same question to someone without
 * a name would take any password for right, so it proves nothing: `unavailable`.
 */
export const provePassword = async (session: DavSession, signal?: AbortSignal): Promise<boolean> => {
  const { client, flavour, settings, login } = session;
  try {
    const { principal, homes } = await discover({ client, flavour, settings, as: login, signal });
    const place = principal ?? homes[0];
    if (place === undefined) throw unavailable(undefined, 'the server tells no principal of the user');
    await lookAt(client, place, login);
    if (await answersAnyone(client, place)) {
      throw unavailable(undefined, 'the server asks for no password, so that it cannot prove one');
    }
    return true;
  } catch (error) {
    if (isBackendError(error, 'loginRefused')) return false;
    throw error;
  }
};

const lookAt = async (client: DavClient, url: URL, as: Credentials | undefined) => {
  const body = propfind(['D:resourcetype', 'D:current-user-principal']);
  return client.multistatus({ method: 'PROPFIND', url, as, body, depth: '0' });
};

/** Whether someone without a name is told what is at a place of a user. */
const answersAnyone = async (client: DavClient, url: URL): Promise<boolean> => {
  try {
    const { resources } = await lookAt(client, url, undefined);
    const who = resources.map((one) => one.properties.get('D:current-user-principal')).find(Boolean);
    const isNobody = who?.children.some(({ name }) => name === 'D:unauthenticated') === true;
    return !isNobody || resources.some((one) => hrefIn(one, 'D:current-user-principal') !== undefined);
  } catch (error) {
    if (isBackendError(error, 'loginRefused', 'forbidden', 'notFound')) return false;
    throw error;
  }
};
