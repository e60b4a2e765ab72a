import { describe, expect, test } from '@jest/globals';
import { accountBackends, composeAccount } from '../../../backends/account/compose.ts';
import type { Abilities, Backend, Login } from '../../../backends/contract/backend.ts';

const login: Login = { account: 'anna@example.org', user: 'anna', password: 'secret' };

/** Abilities told apart by the name of the backend that gave them. */
const abilities = (owner: string, ...names: (keyof Abilities)[]): Abilities =>
  Object.fromEntries(names.map((name) => [name, { owner }]));

const ownersOf = (composed: Abilities) =>
  Object.fromEntries(Object.entries(composed).map(([name, ability]) => [name, (ability as { owner: string }).owner]));

interface Recorded {
  readonly backend: Backend;
  readonly calls: unknown[][];
}

const recorded = (name: string, names: (keyof Abilities)[], more: Partial<Backend> = {}): Recorded => {
  const calls: unknown[][] = [];
  const backend: Backend = {
    account: (given) => {
      calls.push(['account', given.user]);
      return abilities(name, ...names);
    },
    forget: async (account) => void calls.push(['forget', account]),
    check: async (given) => {
      calls.push(['check', given?.user]);
      return [{ ok: true, what: 'it', meaning: 'works' }];
    },
    close: async () => void calls.push(['close']),
    ...more,
  };
  return { backend, calls };
};

const proves = (right: string): Pick<Backend, 'prove'> => ({ prove: async ({ password }) => password === right });

describe('one account of several backends', () => {
  const imap = recorded('imap', ['folders', 'mail', 'watch']);
  const smtp = recorded('smtp', ['submission']);
  const local = recorded('local', ['folders', 'mail', 'watch', 'submission']);

  test.each([
    [[imap, smtp], { folders: 'imap', mail: 'imap', watch: 'imap', submission: 'smtp' }],
    [[smtp, imap], { folders: 'imap', mail: 'imap', watch: 'imap', submission: 'smtp' }],
    [[local], { folders: 'local', mail: 'local', watch: 'local', submission: 'local' }],
    [[local, smtp], { folders: 'local', mail: 'local', watch: 'local', submission: 'local' }],
    [[smtp, local], { folders: 'local', mail: 'local', watch: 'local', submission: 'smtp' }],
    [[imap], { folders: 'imap', mail: 'imap', watch: 'imap' }],
    [[], {}],
  ])('takes each data class from the first that has it', (parts, expected) => {
    const named = parts.map(({ backend }, i) => ({ name: `part ${i}`, backend }));
    expect(ownersOf(composeAccount(named, login))).toEqual(expected);
  });

  test('never mixes folders and mail of two backends', () => {
    const noWatch = recorded('plain', ['folders', 'mail']);
    const parts = [noWatch, local].map(({ backend }) => ({ name: 'x', backend }));
    expect(ownersOf(composeAccount(parts, login))).toEqual({ folders: 'plain', mail: 'plain', submission: 'local' });
  });
});

describe('all backends as one', () => {
  test('the first that proves passwords proves them, with its own user name', async () => {
    const [smtp, imap, other] = [
      recorded('smtp', ['submission']),
      recorded('imap', ['folders'], {
        prove: async ({ user, password }) => user === 'anna@there' && password === 'secret',
      }),
      recorded('other', ['folders'], proves('other')),
    ];
    const all = accountBackends([
      { name: 'smtp', backend: smtp.backend },
      { name: 'imap', backend: imap.backend, login: (given) => ({ ...given, user: `${given.user}@there` }) },
      { name: 'other', backend: other.backend },
    ]);
    expect(await all.prove(login)).toBe(true);
    expect(await all.prove({ ...login, password: 'other' })).toBe(false);
    all.account(login);
    expect(imap.calls).toEqual([['account', 'anna@there']]);
    expect(smtp.calls).toEqual([['account', 'anna']]);
  });

  test('what cannot be told is thrown on', async () => {
    const failing = recorded('imap', ['folders'], { prove: () => Promise.reject(new Error('down')) });
    await expect(accountBackends([{ name: 'imap', backend: failing.backend }]).prove(login)).rejects.toThrow('down');
  });

  test('refuses to be without a proof', () => {
    const { backend } = recorded('smtp', ['submission']);
    expect(() => accountBackends([{ name: 'outgoing', backend }])).toThrow(/outgoing/);
  });

  test('asks every part, each line with its name', async () => {
    const [imap, smtp] = [recorded('imap', ['folders'], proves('secret')), recorded('smtp', ['submission'])];
    const all = accountBackends([
      { name: 'mail', backend: imap.backend },
      { name: 'outgoing', backend: smtp.backend, login: (given) => ({ ...given, user: 'relay' }) },
    ]);
    expect((await all.check(login)).map(({ what }) => what)).toEqual(['mail: it', 'outgoing: it']);
    await all.check(undefined);
    expect(smtp.calls).toEqual([
      ['check', 'relay'],
      ['check', undefined],
    ]);
  });

  test('forgets and closes every part, also after one failed', async () => {
    const failing = recorded('imap', ['folders'], {
      ...proves('secret'),
      forget: () => Promise.reject(new Error('forget failed')),
      close: () => Promise.reject(new Error('close failed')),
    });
    const smtp = recorded('smtp', ['submission']);
    const all = accountBackends([failing, smtp].map(({ backend }) => ({ name: 'x', backend })));
    await expect(all.forget('anna@example.org')).rejects.toThrow('forget failed');
    await expect(all.close()).rejects.toThrow('close failed');
    expect(smtp.calls).toEqual([['forget', 'anna@example.org'], ['close']]);
  });
});
