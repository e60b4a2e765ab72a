import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ObjectKind, ObjectRead } from '../../../backends/contract/objects.ts';
import { codeOf, freshName } from '../../../backends/contract/test-kit/harness.ts';
import { eventAt, sampleObject } from '../../../backends/contract/test-kit/object-samples.ts';
import type { DavBackend } from '../../../backends/dav/backend.ts';
import { escapeXml } from '../../../backends/dav/names.ts';
import { loginOf, openDav } from './harness.ts';
import {
  type Asked,
  calendarProps,
  davError,
  multistatus,
  type Said,
  type ScriptedDav,
  scriptedDav,
} from './scripted-server.ts';

const login = loginOf({ user: 'anna', password: 'secret' });
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

interface Stage {
  readonly server: ScriptedDav;
  readonly backend: DavBackend;
  readonly objects: ReturnType<DavBackend['objects']>;
  /** Id of the folder of a name. */
  folder(name?: string): Promise<string>;
}

const Home = '/cal/anna/';

/** A server with one calendar in a configured home, and what a test adds to it. */
const stage = async (
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

const readAll = async (stream: AsyncIterable<ObjectRead>): Promise<ObjectRead[]> => {
  const all: ObjectRead[] = [];
  for await (const one of stream) all.push(one);
  return all;
};

const data = (text: string, etag = '"1"'): string =>
  `<D:getetag>${escapeXml(etag)}</D:getetag><C:calendar-data>${escapeXml(text)}</C:calendar-data>`;

const report = ({ method, body }: Asked, name: string): boolean => method === 'REPORT' && body.includes(name);

describe('finding the collections', () => {
  const principal = (href: string) => `<D:current-user-principal><D:href>${href}</D:href></D:current-user-principal>`;
  const home = (href: string) => `<C:calendar-home-set><D:href>${href}</D:href></C:calendar-home-set>`;

  test('goes from .well-known over a redirect to the principal and its home, once', async () => {
    const { server, folder } = await stage(
      ({ path }) => {
        if (path === '/.well-known/caldav') return { status: 301, headers: { location: '/dav/' } };
        if (path === '/dav/') return multistatus([{ href: path, props: principal('/p/anna') }]);
        if (path === '/p/anna') return multistatus([{ href: path, props: home('/cal/anna') }]);
        return undefined;
      },
      { home: undefined },
    );
    expect(await folder()).not.toBe('');
    await folder();
    expect(server.asked.map(({ path }) => path)).toEqual(['/.well-known/caldav', '/dav/', '/p/anna', Home, Home]);
    const basic = `Basic ${Buffer.from('anna:secret').toString('base64')}`;
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(server.asked.map(() => basic));
  });

  test.each([
    ['another host', 'https://elsewhere.example.org/dav/'],
    ['another host by plain HTTP', 'http://elsewhere.example.org/dav/'],
    ['another port', 'http://127.0.0.1:1/dav/'],
    ['one with a password in it', 'http://a:b@127.0.0.1/dav/'],
  ])('never sends a password to %s', async (_, location) => {
    const { backend } = await stage(() => ({ status: 302, headers: { location } }), { home: undefined });
    await expect(backend.account(login).folders?.list()).rejects.toThrow(/must not get passwords/);
  });

  test('ends where redirects go in circles', async () => {
    const circle = () => ({ status: 302, headers: { location: '/dav/' } });
    const { server, backend } = await stage(circle, { home: undefined });
    await expect(backend.account(login).folders?.list()).rejects.toThrow(/in circles/);
    expect(server.asked.length).toBeLessThan(20);
  });

  test('asks a configured principal, and leaves out what is configured so', async () => {
    const { backend } = await stage(
      ({ path, method }) => {
        if (path === '/who/anna/') return multistatus([{ href: path, props: home(Home) }]);
        if (path !== Home || method !== 'PROPFIND') return undefined;
        return multistatus([
          { href: Home, props: '<D:resourcetype><D:collection/></D:resourcetype>' },
          { href: `${Home}b/`, props: calendarProps('Birthdays') },
          { href: `${Home}x-1/`, props: calendarProps('Secret') },
          { href: `${Home}c%C3%BC/`, props: calendarProps('Club') },
          { href: 'https://elsewhere.example.org/cal/', props: calendarProps('Foreign') },
          { href: `${Home}inbox/`, props: '<D:resourcetype><D:collection/><C:schedule-inbox/></D:resourcetype>' },
        ]);
      },
      { home: undefined, principal: '/who/{user}', leaveOut: ['Birthdays', '/cal/*/x-*'] },
    );
    expect((await backend.account(login).folders?.list())?.map(({ name }) => name)).toEqual(['Club']);
  });

  test('a calendar that somebody else shares is told from the user’s own by its owner (RFC 3744 5.1)', async () => {
    const owned = (path: string) => ({ more: `<D:owner><D:href>${path}</D:href></D:owner>` });
    const { backend } = await stage(
      ({ path, method }) => {
        if (path === '/who/anna/') return multistatus([{ href: path, props: home(Home) }]);
        if (path !== Home || method !== 'PROPFIND') return undefined;
        return multistatus([
          { href: `${Home}a/`, props: calendarProps('Mine', owned('/who/anna')) },
          { href: `${Home}b/`, props: calendarProps('Untold') },
          { href: `${Home}c/`, props: calendarProps('Theirs', owned('/who/boss/')) },
        ]);
      },
      { home: undefined, principal: '/who/{user}' },
    );
    const { folders, events } = backend.account(login);
    const all = (await folders?.list()) ?? [];
    const own = await Promise.all(all.map(async ({ id, name }) => [name, await events?.isOwn?.(id)]));
    expect(own).toEqual([
      ['Mine', true],
      ['Untold', true],
      ['Theirs', false],
    ]);
  });

  test('the default folder is the configured one, the preferred, the usual, the first', async () => {
    const cases: [object, string, string][] = [
      [{ default: 'Z' }, '', 'Z'],
      [{}, `<C:schedule-default-calendar-URL><D:href>${Home}m/</D:href></C:schedule-default-calendar-URL>`, 'M'],
      [{}, '', 'Calendar'],
    ];
    for (const [settings, more, name] of cases) {
      const props = (title: string) => calendarProps(title, { more });
      const told = ['z', 'm', 'calendar', 'a'].map((part) => ({
        href: `${Home}${part}/`,
        props: props(part.charAt(0).toUpperCase() + part.slice(1)),
      }));
      const { backend } = await stage(({ path }) => (path === Home ? multistatus(told) : undefined), settings);
      const folders = (await backend.account(login).folders?.list()) ?? [];
      expect(folders.filter(({ role }) => role === 'default').map((one) => one.name)).toEqual([name]);
    }
  });

  test('a calendar of events and tasks is a folder of each, which is not removed while the other has objects', async () => {
    const { server, backend } = await stage(
      (asked) => {
        if (asked.path === Home) {
          const both = calendarProps('Both', { components: ['VEVENT', 'VTODO'] });
          return multistatus([
            { href: `${Home}calendar/`, props: calendarProps('Calendar') },
            { href: `${Home}tasks/`, props: calendarProps('Tasks', { components: ['VTODO'] }) },
            { href: `${Home}x/`, props: both },
          ]);
        }
        if (report(asked, 'VEVENT'))
          return multistatus([{ href: `${Home}x/1.ics`, props: '<D:getetag>"1"</D:getetag>' }]);
        if (report(asked, 'VTODO')) return multistatus([]);
        return asked.method === 'DELETE' ? { status: 204 } : undefined;
      },
      { components: ['VEVENT', 'VTODO'] },
    );
    const { folders } = backend.account(login);
    const both = ((await folders?.list()) ?? []).filter(({ name }) => name === 'Both');
    expect(both.map(({ itemClass }) => itemClass)).toEqual(['Calendar', 'Tasks']);
    const [events = '', tasks = ''] = both.map(({ id }) => id);
    expect(events).not.toBe(tasks);
    expect(await codeOf(folders?.remove(tasks) ?? Promise.resolve())).toBe('forbidden');
    await folders?.remove(events);
    expect(server.asked.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([`${Home}x/`]);
  });

  test('what the user may only read takes no objects, and is not asked to', async () => {
    const more = '<D:current-user-privilege-set><D:privilege><D:read/></D:privilege></D:current-user-privilege-set>';
    const { server, objects, folder } = await stage(({ path }) =>
      path === Home ? multistatus([{ href: `${Home}work/`, props: calendarProps('Work', { more }) }]) : undefined,
    );
    const id = await folder();
    const text = sampleObject('VEVENT', 'u', 't');
    expect(await codeOf(objects.create(id, text, freshName()))).toBe('forbidden');
    expect(await codeOf(objects.replace(id, 'x', text, 'r'))).toBe('forbidden');
    expect(await codeOf(objects.remove(id, ['x']))).toBe('forbidden');
    expect(await codeOf(objects.move(id, ['x'], id))).toBe('forbidden');
    expect(server.asked.map(({ method }) => method)).toEqual(['PROPFIND']);
  });
});

describe('failures', () => {
  test.each([
    [401, 'loginRefused'],
    [403, 'forbidden'],
    [404, 'notFound'],
    [410, 'notFound'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [507, 'overQuota'],
  ])('%d is %s', async (status, code) => {
    const { backend } = await stage(() => ({ status }));
    expect(await codeOf(backend.account(login).folders?.list() as Promise<unknown>)).toBe(code);
  });

  test.each([
    ['C:no-uid-conflict', 403, 'exists'],
    ['C:valid-calendar-data', 403, 'rejected'],
    ['C:max-resource-size', 403, 'tooLarge'],
    ['D:quota-not-exceeded', 507, 'overQuota'],
    ['D:need-privileges', 403, 'forbidden'],
    ['X:unknown', 409, 'rejected'],
    [undefined, 413, 'tooLarge'],
    [undefined, 415, 'rejected'],
    [undefined, 400, 'rejected'],
    [undefined, 423, 'unavailable'],
  ])('a PUT refused for %s with %d is %s', async (condition, status, code) => {
    const { objects, folder } = await stage(({ method }) => {
      if (method !== 'PUT') return undefined;
      return condition === undefined ? { status } : davError(status, condition);
    });
    const name = freshName();
    expect(await codeOf(objects.create(await folder(), sampleObject('VEVENT', name, 't'), name))).toBe(code);
  });

  test('a server that is not there, says nothing, or says no multistatus is unavailable', async () => {
    const gone = await stage(() => undefined);
    await gone.server.close();
    expect(await codeOf(gone.backend.account(login).folders?.list() as Promise<unknown>)).toBe('unavailable');
    for (const said of [
      { status: 200, body: '<html>' },
      { status: 207, body: '<a/>' },
      { status: 207, body: '<D:multistatus xmlns:D="DAV:">' },
      { status: 207, body: '<!DOCTYPE a><a/>' },
      { status: 207, headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
      { status: 200, drop: true },
    ]) {
      const { backend } = await stage(() => said);
      expect(await codeOf(backend.account(login).folders?.list() as Promise<unknown>)).toBe('unavailable');
    }
  });

  test('Retry-After is passed on, within reason', async () => {
    for (const [told, wanted] of [
      ['7', 7],
      ['86400', 900],
      ['soon', 30],
    ] as const) {
      const { backend } = await stage(() => ({ status: 503, headers: { 'retry-after': told } }));
      await expect(backend.account(login).folders?.list()).rejects.toMatchObject({ retryAfter: wanted });
    }
  });

  test('a connection that ends before the answer is replaced once', async () => {
    let drops = 0;
    const { objects, folder, server } = await stage(({ path }) => {
      if (path !== `${Home}work/`) return undefined;
      drops++;
      return drops === 1 ? { status: 200, drop: true } : multistatus([]);
    });
    const id = await folder();
    expect((await objects.read(id, ['x'])[Symbol.asyncIterator]().next()).value).toMatchObject({ outcome: 'missing' });
    expect(server.asked.filter(({ method }) => method === 'REPORT')).toHaveLength(2);
  });

  test('an abort ends a request at once', async () => {
    const controller = new AbortController();
    const { objects, folder } = await stage(({ path, method }) => {
      if (path === `${Home}work/` && method === 'PROPFIND') controller.abort(new Error('gone'));
      return undefined;
    });
    await expect(objects.list(await folder(), undefined, controller.signal)).rejects.toThrow('gone');
  });

  test('answers may be compressed', async () => {
    const { folder } = await stage(({ path }) => {
      const said = path === Home ? multistatus([{ href: `${Home}zip/`, props: calendarProps('Zip') }]) : undefined;
      return said && { ...said, headers: { 'content-encoding': 'gzip' }, body: gzipSync(said.body ?? '') };
    });
    expect(await folder('Zip')).not.toBe('');
  });
});

describe('changes by sync-collection', () => {
  const told = (id: string, etag: string) => ({
    href: `${Home}work/${id}.ics`,
    props: `<D:getetag>"${etag}"</D:getetag>`,
  });
  const token = (value: string) => `<D:sync-token>${value}</D:sync-token>`;

  test('go on where the server cut them', async () => {
    const { objects, folder } = await stage((asked) => {
      if (!report(asked, 'sync-collection')) return undefined;
      if (asked.body.includes('>t1<')) {
        return multistatus([told('a', '1'), { href: `${Home}work/`, status: 507 }], token('t2'));
      }
      return multistatus([told('b', '1'), { href: `${Home}work/a.ics`, status: 404 }], token('t3'));
    });
    const changes = await objects.changes(await folder(), 'tt1');
    expect(changes.changed.map(({ id }) => id)).toEqual(['b']);
    expect('removed' in changes.gone && [...changes.gone.removed]).toEqual(['a']);
    expect(changes.cursor).toBe('tt3');
  });

  test('that never get on are refused instead of asked for without end', async () => {
    const { objects, folder, server } = await stage((asked) =>
      report(asked, 'sync-collection') ? multistatus([{ href: `${Home}work/`, status: 507 }], token('t1')) : undefined,
    );
    expect(await codeOf(objects.changes(await folder(), 'tt1'))).toBe('cursorRefused');
    expect(server.asked.length).toBeLessThan(5);
  });

  test.each([
    [davError(403, 'D:valid-sync-token')],
    [davError(409, 'D:valid-sync-token')],
    [{ status: 410 }],
    [{ status: 400 }],
    [davError(507, 'D:number-of-matches-within-limits')],
  ])('with a token that is not known are refused: %j', async (said) => {
    const { objects, folder } = await stage((asked) => (report(asked, 'sync-collection') ? said : undefined));
    const id = await folder();
    const code = await codeOf(objects.changes(id, 'tt1'));
    expect(said.status === 410 ? ['cursorRefused', 'notFound'] : ['cursorRefused']).toContain(code);
  });

  test('of a calendar with tasks tell its events only, by content type or by content', async () => {
    const both = calendarProps('Work', { components: ['VEVENT', 'VTODO'] });
    const typed = (id: string, type: string) => ({
      href: `${Home}work/${id}.ics`,
      props: `<D:getetag>"1"</D:getetag><D:getcontenttype>${type}</D:getcontenttype>`,
    });
    const { objects, folder } = await stage((asked) => {
      if (asked.path === Home) return multistatus([{ href: `${Home}work/`, props: both }]);
      if (report(asked, 'sync-collection')) {
        const types = [
          'text/calendar;component=VEVENT',
          'text/calendar; component="vtodo"',
          'text/calendar',
          'text/calendar',
        ];
        return multistatus(
          types.map((type, i) => typed(`${i}`, type)),
          token('t2'),
        );
      }
      return multistatus([
        { href: `${Home}work/2.ics`, props: data(sampleObject('VTODO', 'u2', 't')) },
        { href: `${Home}work/3.ics`, props: data(eventAt('u3', '20300101T100000Z', '20300101T110000Z')) },
      ]);
    });
    const changes = await objects.changes(await folder(), 'tt1');
    expect(changes.changed.map(({ id }) => id)).toEqual(['0', '3']);
    expect('removed' in changes.gone && [...changes.gone.removed].sort()).toEqual(['1', '2']);
  });
});

describe('reading', () => {
  test('is done in batches, each one ahead', async () => {
    const { objects, folder, server } = await stage(
      (asked) => {
        if (!report(asked, 'calendar-multiget')) return undefined;
        const hrefs = [...asked.body.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href = '']) => href);
        return multistatus(hrefs.reverse().map((href) => ({ href, props: data(sampleObject('VEVENT', href, 't')) })));
      },
      { limits: { readBatch: 2 } },
    );
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const read = await readAll(objects.read(await folder(), ids));
    expect(read.map(({ id }) => id)).toEqual(ids);
    expect(server.asked.filter((asked) => report(asked, 'calendar-multiget'))).toHaveLength(3);
  });

  test('one object that is too large or cannot be had is set aside, and the others are read', async () => {
    const { objects, folder } = await stage(
      (asked) =>
        report(asked, 'calendar-multiget')
          ? multistatus([
              { href: `${Home}work/large.ics`, props: data('x'.repeat(70_000)) },
              { href: `${Home}work/locked.ics`, status: 403 },
              { href: `${Home}work/gone.ics`, status: 404 },
              { href: `${Home}work/fine.ics`, props: data(sampleObject('VEVENT', 'u', 't')) },
            ])
          : undefined,
      { limits: { objectBytes: 65_536 } },
    );
    const read = await readAll(objects.read(await folder(), ['large', 'locked', 'gone', 'fine', 'untold']));
    expect(read.map(({ outcome }) => outcome)).toEqual(['unreadable', 'unreadable', 'missing', 'item', 'missing']);
  });

  test('gives line ends back that XML has lost', async () => {
    const text = sampleObject('VEVENT', 'u', 't');
    const { objects, folder } = await stage((asked) =>
      report(asked, 'calendar-multiget')
        ? multistatus([{ href: `${Home}work/a.ics`, props: data(`\n${text.replaceAll('\r\n', '\n').trimEnd()}`) }])
        : undefined,
    );
    const [read] = await readAll(objects.read(await folder(), ['a']));
    expect(read).toMatchObject({ outcome: 'item', text });
  });
});

describe('writing', () => {
  const uid = 'u@example.org';
  const text = sampleObject('VEVENT', uid, 't');

  /** A calendar with one object, whose ETag a PUT does not tell. */
  const silent = (stored: () => string, seen: Asked[] = []) =>
    stage((asked) => {
      const { method, path } = asked;
      if (path.endsWith('.ics') && method === 'PROPFIND') {
        return multistatus([{ href: path, props: '<D:getetag>W/"2"</D:getetag>' }]);
      }
      if (method === 'PUT') {
        seen.push(asked);
        return { status: 204 };
      }
      return report(asked, 'calendar-multiget')
        ? multistatus([{ href: `${Home}work/a.ics`, props: data(stored(), 'W/"2"') }])
        : undefined;
    });

  test('a server that tells no ETag is asked; If-Match is strong also where a proxy made the ETag weak', async () => {
    const seen: Asked[] = [];
    const { objects, folder } = await silent(() => text, seen);
    const id = await folder();
    const [before] = await readAll(objects.read(id, ['a']));
    if (before?.outcome !== 'item') throw new Error('it is there');
    const { revision } = await objects.replace(id, 'a', text, before.revision);
    expect(revision).toBe(before.revision);
    expect(seen.map(({ headers }) => headers['if-match'])).toEqual(['"2"']);
  });

  test('where it keeps another text, the revision is none that the object has, so that the device gets it', async () => {
    const { objects, folder } = await silent(() => text.replace('SUMMARY:t', 'SUMMARY:changed by the server'));
    const id = await folder();
    const [before] = await readAll(objects.read(id, ['a']));
    if (before?.outcome !== 'item') throw new Error('it is there');
    expect((await objects.replace(id, 'a', text, before.revision)).revision).not.toBe(before.revision);
  });

  test('a replacement whose answer was lost is found to be made', async () => {
    let stored = text;
    const wanted = sampleObject('VEVENT', uid, 'new');
    const { objects, folder } = await stage((asked) => {
      if (asked.method === 'PUT') return { status: 412 };
      if (asked.method === 'PROPFIND' && asked.path.endsWith('.ics')) {
        return multistatus([{ href: asked.path, props: '<D:getetag>"2"</D:getetag>' }]);
      }
      return report(asked, 'calendar-multiget')
        ? multistatus([{ href: `${Home}work/a.ics`, props: data(stored, stored === text ? '"1"' : '"2"') }])
        : undefined;
    });
    const id = await folder();
    const [before] = await readAll(objects.read(id, ['a']));
    if (before?.outcome !== 'item') throw new Error('it is there');
    stored = wanted;
    const { revision } = await objects.replace(id, 'a', wanted, before.revision);
    expect(revision).not.toBe(before.revision);
    expect(await codeOf(objects.replace(id, 'a', sampleObject('VEVENT', uid, 'other'), before.revision))).toBe(
      'conflict',
    );
  });

  test('a server that cannot move has objects copied and removed', async () => {
    const orders: string[] = [];
    const answers: Readonly<Record<string, Said>> = {
      MOVE: { status: 501 },
      PUT: { status: 201, headers: { etag: '"9"' } },
      DELETE: { status: 204 },
    };
    const { objects, folder } = await stage((asked) => {
      const { method, path } = asked;
      if (path === Home) {
        return multistatus(['work', 'other'].map((one) => ({ href: `${Home}${one}/`, props: calendarProps(one) })));
      }
      if (method in answers) orders.push(`${method} ${path.replace(/[^/]*\.ics$/, '')}`);
      if (report(asked, 'calendar-query')) return multistatus([]);
      return answers[method] ?? multistatus([{ href: `${Home}work/a.ics`, props: data(text) }]);
    });
    const moved = await objects.move(await folder('work'), ['a'], await folder('other'));
    expect(moved).toHaveLength(1);
    expect(orders).toEqual([`MOVE ${Home}work/`, `PUT ${Home}other/`, `DELETE ${Home}work/`]);
  });

  test('an object of another kind is rejected before the server sees it', async () => {
    const { objects, folder, server } = await stage(() => undefined);
    const id = await folder();
    expect(await codeOf(objects.create(id, sampleObject('VTODO', 'u', 't'), freshName()))).toBe('rejected');
    expect(server.asked.some(({ method }) => method === 'PUT')).toBe(false);
  });
});

describe('a server that is asked too much', () => {
  test('is asked by one account only so often at a time', async () => {
    let [running, most] = [0, 0];
    const { objects, folder } = await stage(
      ({ method }) => {
        if (method !== 'DELETE') return undefined;
        running++;
        most = Math.max(most, running);
        setImmediate(() => running--);
        return { status: 204 };
      },
      { requestsPerUser: 2 },
    );
    await objects.remove(
      await folder(),
      Array.from({ length: 12 }, (_, i) => `id${i}`),
    );
    expect(most).toBeLessThanOrEqual(2);
  });
});
