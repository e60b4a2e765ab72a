import { describe, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import { CommandFailure } from '../../src/handlers/command.ts';
import { StateUnavailable } from '../../src/state/contract.ts';
import { body, failing, withoutDocument } from './echo.ts';
import { ask, decode, lineOf, startedServers, testCommand } from './fixture.ts';

const start = startedServers();

describe('a failure', () => {
  const Failures: [what: string, error: unknown, old: number, status: number | undefined][] = [
    ['a Status of the command', new CommandFailure(9, 'bad key'), 200, 9],
    ['a common Status', new CommandFailure(113, 'full'), 507, 113],
    ['a full mailbox', new BackendError('overQuota'), 507, 113],
    ['a forbidden thing', new BackendError('forbidden'), 403, 130],
    ['a bug', new TypeError('x is not a function'), 500, 110],
    ['a BackendError that no handler foresaw', new BackendError('notFound'), 500, 110],
    ['a backend that is down', new BackendError('unavailable', { retryAfter: 12 }), 503, undefined],
    ['a state store that is down', new StateUnavailable('x'), 503, undefined],
    ['a refused login', new BackendError('loginRefused'), 401, undefined],
  ];
  test.each(Failures)('%s (MS-ASCMD 2.2.2)', async (_what, error, old, status) => {
    const { url } = await start({ commands: [failing(error)] });
    expect((await ask(url, { headers: { 'MS-ASProtocolVersion': '12.1' }, body })).status).toBe(old);
    const reply = await ask(url, { body });
    expect(reply.status).toBe(status === undefined ? old : 200);
    if (status !== undefined) expect(decode(reply.body)).toEqual({ status });
  });

  test('503 tells when to come again (MS-ASHTTP_R287)', async () => {
    const { url } = await start({ commands: [failing(new BackendError('unavailable', { retryAfter: 12 }))] });
    const { headers } = await ask(url, { body });
    expect(headers['retry-after']).toBe('12');
    expect(headers['www-authenticate']).toBeUndefined();
  });

  test('a refused login in the middle of a command drops the proof and its connections', async () => {
    const { url, backend } = await start({ commands: [failing(new BackendError('loginRefused'))] });
    const reply = await ask(url, { body });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Postrider", charset="UTF-8"',
    ]);
    expect(backend.forgotten).toEqual(['anna@example.org']);
    await ask(url, { body });
    expect(backend.logins).toHaveLength(2);
  });

  test('a bug is logged with the request id that the client gets, and shows nothing of itself', async () => {
    const bug = withoutDocument(new TypeError('secret detail'));
    const { url, log } = await start({ commands: [bug] });
    const reply = await ask(url, { body });
    const id = reply.headers['x-request-id'];
    expect(reply.status).toBe(500);
    expect(reply.body.toString()).toContain(String(id));
    expect(reply.body.toString()).not.toContain('secret');
    expect(log.entries).toMatchObject([{ level: 'error', facts: { requestId: id, reason: 'secret detail' } }]);
  });

  test('a command without a document for it answers HTTP in every version', async () => {
    const { url } = await start({ commands: [withoutDocument(new CommandFailure(113, 'full'))] });
    expect((await ask(url, { body })).status).toBe(507);
  });

  test('a piece that cannot be read ends the connection: the length was promised', async () => {
    const piece = {
      byteLength: 100,
      async *open() {
        yield Buffer.from('abc');
        throw new Error('disk');
      },
    };
    const raw = testCommand('FolderSync', async () => ({ kind: 'raw', contentType: 'x/y', content: piece }));
    const { url, log } = await start({ commands: [raw, testCommand('Ping', async () => ({ kind: 'empty' }))] });
    await expect(ask(url, { body })).rejects.toThrow();
    expect(log.entries).toMatchObject([{ level: 'warn' }]);
    expect((await ask(url, { path: lineOf('Ping'), body })).status).toBe(200);
  });
});
