import type { ServerResponse } from 'node:http';
import { expect, test } from '@jest/globals';
import type { Abilities } from '../../backends/contract/backend.ts';
import { type Ambient, RequestContext } from '../../src/http/context.ts';

test('the abilities of an account are made when they are asked for, and anew after a rest', () => {
  const made: Abilities[] = [];
  const abilities = (): Abilities => {
    made.push({});
    return made.at(-1) as Abilities;
  };
  const account = { name: 'anna@example.org', address: 'anna@example.org', aliases: [] };
  const device = { id: 'PHONE1', type: 'iPhone' };
  const parts = { requestId: 'r1', version: '16.1', account, device, abilities } as const;
  const context = new RequestContext({} as Ambient, parts, {} as ServerResponse);
  expect(made).toHaveLength(0);
  const first = context.backend;
  expect(context.backend).toBe(first);
  context.rest();
  expect(made).toEqual([first]);
  expect(context.backend).not.toBe(first);
  expect(made).toHaveLength(2);
});
