import { describe, expect, test } from '@jest/globals';
import { BackendError } from '../../../backends/contract/errors.ts';
import { loginFailure, sendFailure } from '../../../backends/smtp/failures.ts';

const reply = (responseCode: number, text: string, command = 'RCPT TO', code = 'EENVELOPE') =>
  Object.assign(new Error(text), { code, command, responseCode, response: `${responseCode} ${text}` });

describe('what a refusal means', () => {
  test.each([
    [reply(550, '5.1.1 No such user'), 'rejected'],
    [reply(550, 'No such user'), 'rejected'],
    [reply(553, '5.7.1 Sender address rejected: not owned', 'MAIL FROM'), 'rejected'],
    [reply(554, '5.7.1 Spam', 'DATA', 'EMESSAGE'), 'rejected'],
    [reply(552, '5.3.4 Message size exceeds fixed limit', 'MAIL FROM'), 'tooLarge'],
    [reply(552, 'Message size exceeds', 'DATA'), 'tooLarge'],
    [reply(554, '5.2.3 Too long', 'DATA'), 'tooLarge'],
    [reply(552, '5.2.2 Mailbox full'), 'overQuota'],
    [reply(452, '4.2.2 Mailbox full'), 'unavailable'],
    [reply(450, '4.2.0 Greylisted'), 'unavailable'],
    [reply(451, '4.3.0 Try again', 'DATA'), 'unavailable'],
    [reply(421, '4.3.2 Shutting down', 'DATA'), 'unavailable'],
    [reply(530, '5.7.0 Must issue STARTTLS first', 'MAIL FROM'), 'unavailable'],
    [reply(554, 'No SMTP service here', 'CONN', 'EPROTOCOL'), 'unavailable'],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ESOCKET', command: 'CONN' }), 'unavailable'],
    [Object.assign(new Error('Timeout'), { code: 'ETIMEDOUT' }), 'unavailable'],
    [Object.assign(new Error('Message size larger than allowed 10'), { code: 'EMESSAGE' }), 'tooLarge'],
    [new Error('anything else'), 'unavailable'],
  ])('%s: %s', (error, code) => {
    expect(sendFailure(error)).toMatchObject({ code });
  });

  test('unavailable says when to come again', () => {
    expect(sendFailure(new Error('x')).retryAfter).toBe(30);
  });

  test('never repeats an address', () => {
    const error = sendFailure(reply(550, '5.1.1 <ben@example.org>: Recipient address rejected'));
    expect(error.message).not.toContain('ben@');
    expect(error.message).toContain('Recipient address rejected');
  });

  test('keeps a failure that is one already', () => {
    const error = new BackendError('conflict');
    expect(sendFailure(error)).toBe(error);
  });
});

describe('a refused login', () => {
  test.each([
    [535, 'user', 'loginRefused'],
    [535, 'fixed', 'unavailable'],
    [454, 'user', 'unavailable'],
    [534, 'user', 'unavailable'],
  ] as const)('%d to the password of %s: %s', (responseCode, whose, code) => {
    expect(loginFailure(reply(responseCode, 'no', 'AUTH PLAIN', 'EAUTH'), whose)).toMatchObject({ code });
  });
});
