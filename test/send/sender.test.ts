import { describe, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import { CommandFailure } from '../../src/handlers/command.ts';
import { refusalsIn, submissionFailure } from '../../src/send/refusals.ts';
import { chooseSender, type FromPolicy } from '../../src/send/sender.ts';

const account = { name: 'anna', address: 'Anna@example.org', aliases: ['info@example.net'] };
const choose = (policy: FromPolicy, ...authors: string[]) =>
  chooseSender(account, policy, { authors, plainAuthor: true });

describe('as whom a mail goes out', () => {
  test.each([
    ['anna@EXAMPLE.org', { envelope: 'Anna@example.org' }],
    ['info@example.net', { envelope: 'info@example.net' }],
    ['info+shop@example.net', { envelope: 'info@example.net' }],
  ])('%s is the own address, whatever the policy', (author, choice) => {
    for (const policy of ['rewrite', 'refuse', 'allow'] as const) expect(choose(policy, author)).toEqual(choice);
  });

  test.each(['annab@example.org', 'anna@example.org.evil.test', 'x+anna@example.org', 'info@example.org'])(
    '%s is not',
    (author) => {
      const primary = 'Anna@example.org';
      expect(choose('rewrite', author)).toEqual({ envelope: primary, from: primary });
      expect(choose('allow', author)).toEqual({ envelope: primary, sender: primary });
      expect(() => choose('refuse', author)).toThrow(CommandFailure);
    },
  );

  test('one own author among others makes nobody else one; no author is the user', () => {
    expect(choose('rewrite', 'anna@example.org', 'boss@example.org')).toMatchObject({ from: 'Anna@example.org' });
    expect(choose('refuse')).toEqual({ envelope: 'Anna@example.org', from: 'Anna@example.org' });
  });

  test('a From that could be read in two ways is written anew', () => {
    const choice = chooseSender(account, 'allow', { authors: ['anna@example.org'], plainAuthor: false });
    expect(choice).toEqual({ envelope: 'Anna@example.org', from: 'anna@example.org' });
  });
});

describe('what a refusal is to the device', () => {
  const refused = (...replies: string[]) =>
    new BackendError('rejected', { refused: replies.map((reply, i) => ({ address: `r${i}@x.test`, reply })) });

  test.each([
    [refused('550 5.1.1 unknown', '553-5.1.3 bad'), 116],
    [refused('550 5.1.1 unknown', '550 5.7.1 policy'), 120],
    [refused('550 no such user'), 120],
    [new BackendError('rejected', { detail: '554 5.7.1 spam' }), 120],
    [new BackendError('tooLarge'), 115],
    [new BackendError('overQuota'), 113],
  ])('%# has its Status', (error, status) => {
    expect(submissionFailure(error)).toMatchObject({ status });
  });

  test('what may pass stays what it is', () => {
    for (const error of [new BackendError('unavailable'), new TypeError('bug')]) {
      expect(submissionFailure(error)).toBe(error);
      expect(refusalsIn(error, ['a@x.test'])).toEqual([]);
    }
  });

  test('a refusal of the whole mail is one for each recipient', () => {
    const error = new BackendError('rejected', { detail: '554 5.7.1 spam' });
    expect(refusalsIn(error, ['a@x.test', 'b@x.test']).map(({ address }) => address)).toEqual(['a@x.test', 'b@x.test']);
    expect(refusalsIn(refused('550 x'), ['a@x.test'])).toEqual([{ address: 'r0@x.test', reply: '550 x' }]);
  });
});
