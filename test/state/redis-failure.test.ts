import { expect, test } from '@jest/globals';
import { natureOf, redirectOf } from '../../src/state/redis-failure.ts';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

test.each([
  ['again', reply('LOADING Redis is loading the dataset in memory')],
  ['again', reply("READONLY You can't write against a read only replica.")],
  ['again', reply("ERR Error running script: @user_script:1: -READONLY You can't write against a read only replica.")],
  ['again', reply('MOVED 866 10.0.0.1:6379')],
  ['again', reply('ASK 866 10.0.0.1:6379')],
  ['again', reply('CLUSTERDOWN Hash slot not served')],
  ['again', reply('NOSCRIPT No matching script. Please use EVAL.')],
  ['again', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
  ['unsure', new Error('Connection is closed.')],
  ['unsure', new Error('Command timed out')],
  ['unsure', new Error('Reached the max retries per request limit (which is 0).')],
  ['unsure', 'something else'],
  ['refused', reply("OOM command not allowed when used memory > 'maxmemory'.")],
  ['refused', reply('MISCONF Errors writing to the AOF file: No space left on device')],
  ['refused', reply('NOREPLICAS Not enough good replicas to write.')],
  ['refused', reply("NOPERM User default has no permissions to run the 'evalsha' command")],
])('%s: %s', (nature, error) => {
  expect(natureOf(error)).toBe(nature);
});

test('a redirect names the server, and whether it is for this once', () => {
  expect(redirectOf(reply('MOVED 866 10.0.0.1:6379'))).toEqual({ node: '10.0.0.1:6379', asking: false });
  expect(redirectOf(reply('ASK 866 node.example:1'))).toEqual({ node: 'node.example:1', asking: true });
  expect(redirectOf(reply('MOVED'))).toBeUndefined();
  expect(redirectOf(new Error('Connection is closed.'))).toBeUndefined();
});
