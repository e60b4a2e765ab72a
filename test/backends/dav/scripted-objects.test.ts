import { describe, expect, test } from '@jest/globals';
import { codeOf, freshName } from '../../../backends/contract/test-kit/harness.ts';
import { eventAt, sampleObject } from '../../../backends/contract/test-kit/object-samples.ts';
import { type Asked, calendarProps, davError, multistatus, type Said } from './scripted-server.ts';
import { data, Home, readAll, report, scriptedStages } from './scripted-stage.ts';

const stage = scriptedStages();

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
