import type { Abilities, Backend } from '../../backends/contract/backend.ts';
import { BackendError, type BackendErrorCode } from '../../backends/contract/errors.ts';

// biome-ignore lint/correctness/useYield: it fails before it gives anything
async function* failingRead(code: BackendErrorCode): AsyncIterable<never> {
  throw new BackendError(code);
}

/** A backend whose every call fails while `failure` gives a code. */
export const failing = (backend: Backend, failure: () => BackendErrorCode | undefined): Backend => {
  const guarded = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const code = failure();
          if (code !== undefined) return name === 'read' ? failingRead(code) : Promise.reject(new BackendError(code));
          return member.apply(target, args);
        };
      },
    });
  const account: Backend['account'] = (given) => {
    const entries = Object.entries(backend.account(given)).map(([name, store]) => [name, guarded(store)]);
    return Object.fromEntries(entries) as Abilities;
  };
  return { ...backend, account };
};

/** The backend without mail and its search, as a DAV server is one. */
export const withoutMail = (backend: Backend): Backend => ({
  ...backend,
  account: (given) => {
    const { folders, contacts, events, watch } = backend.account(given);
    return { folders, contacts, events, watch } as Abilities;
  },
});

/** The backend without groupware, as an IMAP server is one. */
export const mailOnly = (backend: Backend): Backend => ({
  ...backend,
  account: (given) => {
    const { folders, mail, watch, search } = backend.account(given);
    const own = { list: async () => ((await folders?.list()) ?? []).filter(({ itemClass }) => itemClass === 'Email') };
    return {
      folders: Object.assign(Object.create(folders ?? null), own, {
        create: (folder: never) => folders?.create(folder),
        update: (id: string, change: never) => folders?.update(id, change),
        remove: (id: string) => folders?.remove(id),
      }),
      mail,
      watch,
      search,
    } as Abilities;
  },
});
