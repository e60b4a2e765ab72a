import { describe, expect, test } from '@jest/globals';
import { codeOf, freshName } from '../../../backends/contract/test-kit/harness.ts';
import { sampleObject } from '../../../backends/contract/test-kit/object-samples.ts';
import { calendarProps, multistatus } from './scripted-server.ts';
import { Home, login, report, scriptedStages } from './scripted-stage.ts';

const stage = scriptedStages();

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
