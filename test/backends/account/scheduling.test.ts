import { expect, test } from '@jest/globals';
import { composedScheduling } from '../../../backends/account/scheduling.ts';
import type { Abilities } from '../../../backends/contract/backend.ts';
import { BackendError } from '../../../backends/contract/errors.ts';
import { codeOf } from '../../../backends/contract/test-kit/harness.ts';

const part = (prefix: string, abilities: Abilities) => ({ prefix, abilities });

test('each calendar is asked for at its own server, under its own id', async () => {
  const asked: string[] = [];
  const sends = async (folder: string): Promise<boolean> => {
    asked.push(folder);
    return folder === 'work';
  };
  const scheduling = composedScheduling([part('', {}), part('@cal/', { scheduling: { sends } })]);
  expect(await scheduling?.sends('@cal/work')).toBe(true);
  expect(await scheduling?.sends('@cal/club')).toBe(false);
  expect(await scheduling?.sends('mine')).toBe(false);
  expect(asked).toEqual(['work', 'club']);
  expect(await codeOf(scheduling?.sends('@gone/x') ?? Promise.resolve())).toBe('notFound');
});

test('where no server sends invitations there is no such ability', () => {
  expect(composedScheduling([part('', {}), part('@cal/', {})])).toBeUndefined();
});

test('a password that the calendar server refuses is no reason to ask the user for one', async () => {
  const sends = () => Promise.reject(new BackendError('loginRefused'));
  const scheduling = composedScheduling([part('', {}), part('@cal/', { scheduling: { sends } })]);
  expect(await codeOf(scheduling?.sends('@cal/work') ?? Promise.resolve())).toBe('unavailable');
});
