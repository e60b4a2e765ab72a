import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { codeOf, freshName } from '../../../backends/contract/test-kit/harness.ts';
import { sampleObject } from '../../../backends/contract/test-kit/object-samples.ts';
import { calendarProps, davError, multistatus } from './scripted-server.ts';
import { Home, login, scriptedStages } from './scripted-stage.ts';

const stage = scriptedStages();

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
