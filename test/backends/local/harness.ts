import type { BackendContext, Login } from '../../../backends/contract/backend.ts';
import type { MailStore } from '../../../backends/contract/mail.ts';
import type { MailHarness } from '../../../backends/contract/test-kit/index.ts';
import { type LocalBackend, LocalSettings, openLocal } from '../../../backends/local/backend.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';

const ignore = (): void => undefined;

/** What a local store is opened with in tests. */
export const localContext = (dataFolder = '/nonexistent', now: () => number = Date.now): BackendContext => ({
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  now,
  dataFolder,
});

/** Settings as the configuration would give them. */
export const localSettings = (settings: Partial<LocalSettings> = {}): LocalSettings =>
  LocalSettings.parse({ file: ':memory:', passwordCost: 10, ...settings });

/** The login of a test account. */
export const loginOf = (account: string, password = 'secret'): Login => ({ account, user: account, password });

/** A local store in memory with accounts for anna and ben. */
export const openTestStore = async (
  settings: Partial<LocalSettings> = {},
  now: () => number = Date.now,
): Promise<LocalBackend> => {
  const local = openLocal(localSettings(settings), localContext(undefined, now));
  await local.accounts.create('anna@postrider.test', 'secret', 'Anna Weber');
  await local.accounts.create('ben@postrider.test', 'secret', 'Ben Fuchs');
  return local;
};

/** The store as the contract suites see it; the outside world is a second session of the same account. */
export const openLocalHarness = async (): Promise<MailHarness> => {
  const maxMessageSize = 8 * 1024 * 1024;
  const local = await openTestStore({ maxMessageSize });
  const outside = local.account(loginOf('anna@postrider.test'));
  const mail = outside.mail as MailStore;
  let names = 0;
  return {
    abilities: local.account(loginOf('anna@postrider.test')),
    createFolder: async (name, parentId) =>
      (await outside.folders?.create({ name, parentId, itemClass: 'Email' })) ?? '',
    deliver: async (folder, raw, { received, seen } = {}) => {
      const options = { ...(received && { date: received }), ...(seen !== undefined && { read: seen }) };
      return (await mail.append(folder, bytesSource(raw), options, `outside ${names++}`)).id;
    },
    setFlags: async (folder, id, { seen, flagged, answered }) => {
      await mail.update(folder, id, {
        ...(seen !== undefined && { read: seen }),
        ...(answered !== undefined && { answered }),
        ...(flagged !== undefined && { flag: flagged ? { status: 2 } : null }),
      });
    },
    expunge: (folder, ids) => mail.remove(folder, ids, 'permanent'),
    renameFolder: async (folder, name) => {
      await outside.folders?.update(folder, { name });
    },
    resetEpoch: () => local.renewEpochs(),
    tooLarge: maxMessageSize + 1,
    close: () => local.close(),
  };
};
