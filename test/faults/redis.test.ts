import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Device } from '../../src/phone/device.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { openStore } from '../state/redis-store.ts';
import { Client } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { KillableServer } from './killable.ts';
import { lostAnswers } from './lost-answers.ts';
import { lostState } from './lost-state.ts';

const keep = stopAfterTests();
let redis: Redis;
let places = 0;

beforeAll(async () => {
  redis = await keep(startRedis());
}, 30_000);

const freshPlace = (): string => `faults${places++}|${redis.url}`;

lostAnswers('on Redis', () => openStore(freshPlace()));
lostState('on Redis', () => openStore(freshPlace()));

test('on Redis: a first load, the server killed at any commit and the request repeated: the mail comes once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postrider-kill-redis-'));
  const server = await KillableServer.start(folder, freshPlace());
  try {
    await server.tell({ kind: 'deliver', to: 'ben@example.test', raw: message('only') });
    let runs = 0;
    const deaths = await server.dyingAtEach(['commit'], async (attempt) => {
      const deviceId = `load${++runs}`;
      const device = new Device({ url: server.url, user: 'ben', password: 'secret', deviceId, version: '16.1' });
      const phone = new Client(undefined, 'ben', device);
      await device.provision();
      await phone.folderSync();
      const begin = phone.request({ [phone.inbox]: { syncKey: '0' } });
      await attempt(() => phone.send(begin));
      const next = phone.request({ [phone.inbox]: {} });
      await attempt(() => phone.send(next));
      expect(phone.subjects(phone.inbox)).toEqual(['only']);
      expect(phone.mailbox.anomalies).toEqual([]);
      expect(phone.mailbox.wipes).toBe(0);
    });
    expect(deaths.length).toBeGreaterThanOrEqual(4);
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}, 180_000);
