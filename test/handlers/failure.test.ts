import { describe, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import { LoginRefused, LoginsQueued, LoginsThrottled } from '../../src/auth/errors.ts';
import { CommandFailure } from '../../src/handlers/command.ts';
import { DefaultRetryAfter, failureOf, isOwnStatus } from '../../src/handlers/failure.ts';
import { SpoolUnavailable } from '../../src/spool.ts';
import { StateUnavailable } from '../../src/state/contract.ts';

describe('failureOf (MS-ASCMD 2.2.2)', () => {
  const Waits: [error: Error, retryAfter: number][] = [
    [new BackendError('unavailable'), DefaultRetryAfter],
    [new BackendError('unavailable', { retryAfter: 5 }), 5],
    [new LoginsThrottled(17), 17],
    [new LoginsQueued(23), 23],
  ];
  test.each(Waits)('%s makes the device wait, in every version, and is no 401', (error, retryAfter) => {
    expect(failureOf(error)).toEqual({ http: 503, retryAfter, message: error.message });
  });

  test.each([
    [new StateUnavailable(new Error('the disk is full')), 'the disk is full'],
    [new SpoolUnavailable(Object.assign(new Error('x'), { code: 'ENOSPC' })), expect.stringContaining('ENOSPC')],
  ])('%s is a matter for those who run the server; the device waits', (error, trouble) => {
    expect(failureOf(error)).toEqual({ http: 503, retryAfter: DefaultRetryAfter, message: error.message, trouble });
    expect(failureOf(error).message).not.toMatch(/disk is full|ENOSPC/);
  });

  test.each([new LoginRefused('wrong'), new BackendError('loginRefused')])('%s asks for the password', (error) => {
    expect(failureOf(error)).toEqual({ http: 401, message: error.message });
  });

  test.each([
    [new CommandFailure(132, 'x'), 403, 132],
    [new CommandFailure(142, 'x'), 449, 142],
    [new BackendError('forbidden'), 403, 130],
    [new BackendError('overQuota'), 507, 113],
    [new BackendError('unsupported'), 501, 137],
  ])('%s: HTTP %i up to 12.1, Status %i later', (error, http, status) => {
    expect(failureOf(error)).toEqual({ http, status, message: error.message });
  });

  test.each([new TypeError('x'), new BackendError('notFound'), new BackendError('conflict'), 'text', undefined])(
    '%s was not foreseen: a bug, Status 110',
    (error) => {
      expect(failureOf(error)).toMatchObject({ http: 500, status: 110, bug: true });
    },
  );

  test('work given up because the client hung up is no bug', () => {
    const failure = failureOf(AbortSignal.abort().reason);
    expect(failure.http).toBe(503);
    expect(failure.bug).toBeUndefined();
  });

  test('a Status below 101 is the own one of the command', () => {
    expect(isOwnStatus(failureOf(new CommandFailure(9, 'x')))).toBe(true);
    expect(isOwnStatus(failureOf(new CommandFailure(110, 'x')))).toBe(false);
    expect(isOwnStatus(failureOf(new LoginRefused('x')))).toBe(false);
  });
});
