import { afterEach, describe, expect, test } from '@jest/globals';
import { ProvisionRequest, ProvisionResponse } from '../../protocol/commands/provision.ts';
import { readDocument } from '../../protocol/schema/read.ts';
import { writeDocument } from '../../protocol/schema/write.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { createDeviceGate } from '../../src/devices/gate.ts';
import { loadPartnership, updatePartnership, type WipeOrder } from '../../src/devices/partnership.ts';
import { createPolicy, type PolicyOptions } from '../../src/devices/policy.ts';
import { provisionCommand } from '../../src/handlers/provision.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { ask, decode, encode, type Fixture, lineOf, startServer, testCommand } from '../http/fixture.ts';

const Type = 'MS-EAS-Provisioning-WBXML';
const required: PolicyOptions = { provisioning: 'required' };

let fixture: Fixture;
afterEach(() => fixture.server.close());

const ok = (name: string, needsPolicyKey = true) =>
  testCommand(name, async () => ({ kind: 'document', value: { status: 1 } }), { needsPolicyKey: () => needsPolicyKey });

const state = openSqliteState(':memory:');

/** A server with Provision, a command that needs a key and one that does not. */
const start = async (options: PolicyOptions): Promise<void> => {
  const policy = createPolicy(options);
  fixture = await startServer({
    policy: options,
    commands: [ok('FolderSync'), ok('Sync'), ok('Ping', false), provisionCommand({ policy })],
  });
};

type Told = [http: number, status: number | undefined];

const call = async (
  command: string,
  key: string | undefined,
  version: ProtocolVersion = '14.1',
  device = 'PHONE1',
): Promise<Told> => {
  const headers = { 'X-MS-PolicyKey': key, 'MS-ASProtocolVersion': version };
  const reply = await ask(fixture.url, { path: lineOf(command, device), headers, body: encode({ syncKey: '0' }) });
  return [reply.status, reply.status === 200 ? decode(reply.body).status : undefined];
};

const provision = async (body: ProvisionRequest, key: string, version: ProtocolVersion, device = 'PHONE1') => {
  const bytes = Buffer.concat(writeDocument(ProvisionRequest, body, version) as Uint8Array[]);
  const headers = { 'X-MS-PolicyKey': key, 'MS-ASProtocolVersion': version };
  const reply = await ask(fixture.url, { path: lineOf('Provision', device), headers, body: bytes });
  return readDocument(ProvisionResponse, bytesSource(reply.body)).policies?.[0]?.policyKey ?? '';
};

const obtainKey = async (
  version: ProtocolVersion,
  device = 'PHONE1',
): Promise<{ temporary: string; permanent: string }> => {
  const deviceInformation = can(version, 'deviceInformationInProvision') ? { set: { model: 'X' } } : undefined;
  const temporary = await provision({ deviceInformation, policies: [{ policyType: Type }] }, '0', version, device);
  const acknowledged = { policies: [{ policyType: Type, policyKey: temporary, status: 1 }] };
  return { temporary, permanent: await provision(acknowledged, temporary, version, device) };
};

describe('provisioning required (MS-ASPROV_R483)', () => {
  test.each([
    ['12.1', [449, undefined], [449, undefined]],
    ['14.0', [200, 142], [200, 144]],
    ['14.1', [200, 142], [200, 144]],
    ['16.1', [200, 142], [200, 144]],
  ] as [ProtocolVersion, Told, Told][])(
    'in %s: no key, a wrong key, the right one (MS-ASCMD_R7564, R7566)',
    async (version, none, wrong) => {
      await start(required);
      expect(await call('FolderSync', '0', version)).toEqual(none);
      expect(await call('FolderSync', undefined, version)).toEqual(none);
      expect(await call('FolderSync', '4711', version)).toEqual(none);
      const { temporary, permanent } = await obtainKey(version);
      expect(await call('FolderSync', permanent, version)).toEqual([200, 1]);
      expect(await call('FolderSync', '0', version)).toEqual(none);
      expect(await call('FolderSync', temporary, version)).toEqual(wrong);
      expect(await call('FolderSync', 'nonsense', version)).toEqual(none);
    },
  );

  test('Ping needs no key: a phone that sends none would provision for ever', async () => {
    await start(required);
    for (const key of [undefined, '0', '4711']) expect(await call('Ping', key)).toEqual([200, 1]);
  });

  test('the temporary key opens nothing (MS-ASPROV_R650)', async () => {
    await start(required);
    const temporary = await provision(
      { deviceInformation: { set: {} }, policies: [{ policyType: Type }] },
      '0',
      '14.1',
    );
    expect(await call('FolderSync', temporary)).toEqual([200, 142]);
  });

  test('the key of one device opens nothing for another', async () => {
    await start(required);
    const { permanent } = await obtainKey('14.1', 'PHONE1');
    await obtainKey('14.1', 'PHONE2');
    expect(await call('FolderSync', permanent, '14.1', 'PHONE2')).toEqual([200, 144]);
  });

  test('"validate" may only try FolderSync, and is never stored', async () => {
    await start(required);
    expect(await call('FolderSync', '0', '12.1', 'validate')).toEqual([200, 1]);
    expect(await call('Sync', '0', '12.1', 'validate')).toEqual([449, undefined]);
  });

  test('devices that never provision, when allowed: those that send no key at all', async () => {
    await start({ ...required, allowNonProvisionable: true });
    expect(await call('FolderSync', undefined)).toEqual([200, 1]);
    expect(await call('FolderSync', '0')).toEqual([200, 142]);
  });
});

describe('provisioning optional or off', () => {
  test.each(['optional', 'off'] as const)('%s: any key or none is let in', async (provisioning) => {
    await start({ provisioning });
    for (const key of [undefined, '0', '4711']) expect(await call('FolderSync', key)).toEqual([200, 1]);
  });
});

describe('the gate itself', () => {
  const Anna = { name: 'anna@example.org', address: 'anna@example.org', aliases: [] };
  const context = (id: string) => ({
    account: Anna,
    device: { id, type: 'iPhone' },
    version: '14.1' as const,
    state,
    clock: { now: () => 1000, after: () => () => {} },
  });
  const visit = (id: string) => ({ device: { id, type: 'iPhone' }, version: '14.1' as const, now: 1000 });

  test('a policy that changed is Status 143 for its old keys (MS-ASPROV_R693)', async () => {
    await start(required);
    const [old, changed] = [createPolicy(required), createPolicy({ ...required, policy: { allowCamera: false } })];
    const permanentKey = { key: 7, policy: old.digest, from: 6 };
    await updatePartnership(state, Anna.name, visit('A'), (partnership) => ({ ...partnership, permanentKey }));
    expect(await createDeviceGate(old).admit(context('A'), 'Sync', 7)).toMatchObject({ always: false });
    expect(await createDeviceGate(changed).admit(context('A'), 'Sync', 7)).toMatchObject({ status: 143, http: 449 });
    expect(await createDeviceGate(changed).admit(context('A'), 'Sync', 8)).toMatchObject({ status: 144 });
  });

  const pending: WipeOrder = { kind: 'device', state: 'requested', at: 1 };
  test.each([
    ['requested', 'Sync', 7, { status: 140, http: 449, always: true }],
    ['requested', 'Ping', undefined, { status: 140, http: 403, always: true }],
    ['sent', 'Sync', 0, { status: 140, always: true }],
    ['failed', 'Sync', 0, { status: 140, always: true }],
    ['requested', 'Provision', 0, { always: false }],
    ['done', 'Sync', 0, { always: false }],
  ] as const)(
    'a wipe that is %s, %s with key %s (MS-ASCMD_R5279, R7561)',
    async (wipeState, command, key, expected) => {
      await start(required);
      for (const provisioning of ['off', 'optional'] as const) {
        await updatePartnership(state, Anna.name, visit('W'), (partnership) => ({
          ...partnership,
          wipe: { ...pending, state: wipeState },
        }));
        const admission = await createDeviceGate(createPolicy({ provisioning })).admit(context('W'), command, key);
        expect(admission).toMatchObject(expected);
        expect('status' in admission).toBe('status' in expected);
      }
    },
  );
});

describe('the limit of devices', () => {
  const Ben = { name: 'ben@example.org', address: 'ben@example.org', aliases: [] };
  const context = (id: string, account = Ben) => ({
    account,
    device: { id, type: 'iPhone' },
    version: '14.1' as const,
    state,
    clock: { now: () => 1000, after: () => () => {} },
  });

  test('refuses a further device whatever it asks, and leaves those that are there alone (MS-ASCMD_R4980)', async () => {
    const gate = createDeviceGate(createPolicy({ provisioning: 'off' }), 2);
    for (const id of ['A', 'B']) expect(await gate.admit(context(id), 'FolderSync', 0)).toMatchObject({ http: 200 });
    for (const command of ['FolderSync', 'Provision', 'Ping']) {
      expect(await gate.admit(context('C'), command, 0)).toMatchObject({ status: 177, http: 403, always: true });
    }
    for (const id of ['A', 'B']) expect(await gate.admit(context(id), 'FolderSync', 0)).toMatchObject({ http: 200 });
    expect(await gate.admit(context('C', { ...Ben, name: 'benno@example.org' }), 'Sync', 0)).toMatchObject({
      http: 200,
    });
    expect(await loadPartnership(state, Ben.name, 'C')).toBeUndefined();
  });

  test('is not reached by who only tries out the account', async () => {
    const gate = createDeviceGate(createPolicy({ provisioning: 'off' }), 2);
    expect(await gate.admit(context('validate'), 'FolderSync', 0)).toMatchObject({ http: 200 });
  });

  test.each([
    ['12.1', [403, undefined]],
    ['14.1', [200, 177]],
    ['16.1', [200, 177]],
  ] as [ProtocolVersion, Told][])('is told as version %s wants it, in words too', async (version, told) => {
    fixture = await startServer({
      commands: [ok('FolderSync')],
      services: { gate: createDeviceGate(createPolicy({ provisioning: 'off' }), 1) },
    });
    expect(await call('FolderSync', '0', version, 'FIRST')).toEqual([200, 1]);
    expect(await call('FolderSync', '0', version, 'SECOND')).toEqual(told);
    expect(fixture.log.entries.at(-1)?.facts).toMatchObject({ reason: expect.stringContaining('device remove') });
  });
});
