import { accountBackends } from '../../backends/account/compose.ts';
import type { BackendContext } from '../../backends/contract/backend.ts';
import { caldav, carddav } from '../../backends/dav/backend.ts';
import { LocalSettings, openLocal } from '../../backends/local/backend.ts';
import type { AccountBackend } from '../../src/server.ts';

/** What holds the contacts and events: a DAV server, or the local store where no URL is told. */
export const groupwareBackend = (url: string | undefined, context: BackendContext): AccountBackend => {
  // Deriving keys is not what is measured.
  if (url === undefined) return { ...openLocal(LocalSettings.parse({}), context), prove: async () => true };
  return accountBackends([
    { name: 'calendars', backend: caldav.open(caldav.settings.parse({ url }), context) },
    { name: 'contacts', backend: carddav.open(carddav.settings.parse({ url }), context) },
  ]);
};
