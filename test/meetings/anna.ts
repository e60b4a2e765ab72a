import type { EventStore } from '../../backends/contract/groupware.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import { type LocalBackend, LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { quietLog } from '../support/system.ts';

const login = { account: 'anna@example.test', user: 'anna@example.test', password: 'secret' };

/** Anna's mailbox and calendar in a local store, and a state store. */
export interface AnnaStores {
  readonly local: LocalBackend;
  readonly state: ReturnType<typeof openSqliteState>;
  readonly events: EventStore;
  readonly mail: MailStore;
  readonly calendar: string;
  readonly inbox: string;
  close(): Promise<void>;
}

export const openAnna = async (): Promise<AnnaStores> => {
  const settings = LocalSettings.parse({ file: ':memory:', passwordCost: 10 });
  const local = openLocal(settings, { log: quietLog(), now: Date.now, dataFolder: '' });
  await local.accounts.create(login.account, login.password, 'Anna');
  const state = openSqliteState(':memory:');
  const { events, mail, folders } = local.account(login);
  if (events === undefined || mail === undefined) throw new Error('the local store keeps both');
  const all = (await folders?.list()) ?? [];
  return {
    ...{ local, state, events, mail },
    calendar: all.find(({ itemClass }) => itemClass === 'Calendar')?.id ?? '',
    inbox: all.find(({ role }) => role === 'inbox')?.id ?? '',
    close: async () => {
      await local.close();
      await state.close();
    },
  };
};
