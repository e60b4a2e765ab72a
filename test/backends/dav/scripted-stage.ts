import { afterEach } from '@jest/globals';
import type { ObjectKind, ObjectRead } from '../../../backends/contract/objects.ts';
import type { DavBackend } from '../../../backends/dav/backend.ts';
import { escapeXml } from '../../../backends/dav/names.ts';
import { loginOf, openDav } from './harness.ts';
import { type Asked, calendarProps, multistatus, type Said, type ScriptedDav, scriptedDav } from './scripted-server.ts';

/** Who logs in at the stage. */
export const login = loginOf({ user: 'anna', password: 'secret' });

/** A scripted server with a backend in front of it. */
export interface Stage {
  readonly server: ScriptedDav;
  readonly backend: DavBackend;
  readonly objects: ReturnType<DavBackend['objects']>;
  /** Id of the folder of a name. */
  folder(name?: string): Promise<string>;
}

/** The home of the calendars. */
export const Home = '/cal/anna/';

/** Gives a function that makes a server with one calendar in a configured home, and what a test adds to it; each ends with its test. */
export const scriptedStages = () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });
  return async (
    answer: (asked: Asked) => Said | undefined,
    settings: object = {},
    kind: ObjectKind = 'VEVENT',
  ): Promise<Stage> => {
    const server = await scriptedDav(
      (asked) =>
        answer(asked) ??
        (asked.method === 'PROPFIND' && asked.path === Home
          ? multistatus([{ href: `${Home}work/`, props: calendarProps('Work') }])
          : undefined),
    );
    const backend = openDav(kind, { url: server.url, home: '/cal/{user}/', timeoutSeconds: 2, ...settings });
    opened.push(server, backend);
    const list = () => backend.account(login).folders?.list() ?? [];
    return {
      server,
      backend,
      objects: backend.objects(login, kind),
      folder: async (name = 'Work') => (await list()).find((folder) => folder.name === name)?.id ?? '',
    };
  };
};

/** All that a read gives. */
export const readAll = async (stream: AsyncIterable<ObjectRead>): Promise<ObjectRead[]> => {
  const all: ObjectRead[] = [];
  for await (const one of stream) all.push(one);
  return all;
};

/** The properties of a stored object. */
export const data = (text: string, etag = '"1"'): string =>
  `<D:getetag>${escapeXml(etag)}</D:getetag><C:calendar-data>${escapeXml(text)}</C:calendar-data>`;

/** Whether a request is a REPORT of a name. */
export const report = ({ method, body }: Asked, name: string): boolean => method === 'REPORT' && body.includes(name);
