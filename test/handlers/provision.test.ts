import { describe, expect, test } from '@jest/globals';
import { ProvisionRequest, ProvisionResponse } from '../../protocol/commands/provision.ts';
import { writeDocument } from '../../protocol/schema/write.ts';
import { can, type ProtocolVersion, SupportedVersions } from '../../protocol/versions.ts';
import { loadPartnership, updatePartnership, type WipeOrder } from '../../src/devices/partnership.ts';
import { createPolicy, type PolicyOptions } from '../../src/devices/policy.ts';
import type { Context } from '../../src/handlers/context.ts';
import { provisionCommand } from '../../src/handlers/provision.ts';
import { answerBytes, contextOf, run } from './fixture.ts';

const Type = 'MS-EAS-Provisioning-WBXML';
const Information = { set: { model: 'iPhone 17', os: 'iOS 26', imei: '350000000000000' } };
const initial: ProvisionRequest = { deviceInformation: Information, policies: [{ policyType: Type }] };
const initialOf = (version: ProtocolVersion): ProvisionRequest =>
  can(version, 'deviceInformationInProvision') ? initial : { policies: [{ policyType: Type }] };
const acknowledgement = (policyKey: string | undefined, status = 1): ProvisionRequest => ({
  policies: [{ policyType: Type, policyKey, status }],
});

const device = (options: PolicyOptions = { provisioning: 'required' }, version: ProtocolVersion = '14.1') => {
  const context = contextOf({ version });
  const command = provisionCommand({ policy: createPolicy(options) });
  return { context, ask: (body: ProvisionRequest, as: Context = context) => run(command, ProvisionResponse, as, body) };
};

const stored = ({ state, account, device: { id } }: Context) => loadPartnership(state, account.name, id);

const order = async (context: Context, wipe: WipeOrder): Promise<void> => {
  const visit = { device: context.device, version: context.version, now: context.clock.now() };
  await updatePartnership(context.state, context.account.name, visit, (partnership) => ({ ...partnership, wipe }));
};

describe('the two phases', () => {
  test.each(SupportedVersions)(
    'in %s: policy with a temporary key, then a permanent one (MS-ASPROV_R534, R661)',
    async (version) => {
      const { context, ask } = device(undefined, version);
      const first = await ask(initialOf(version));
      expect(first.status).toBe(1);
      expect(first.policies).toHaveLength(1);
      const [policy] = first.policies ?? [];
      expect(policy).toMatchObject({ policyType: Type, status: 1, policyKey: expect.stringMatching(/^[1-9]\d{0,9}$/) });
      expect(policy?.data?.easProvisionDoc).toMatchObject({ devicePasswordEnabled: false, attachmentsEnabled: true });
      const second = await ask(acknowledgement(policy?.policyKey));
      expect(second).toEqual({
        status: 1,
        policies: [{ policyType: Type, status: 1, policyKey: expect.stringMatching(/^[1-9]\d{0,9}$/) }],
      });
      const permanent = second.policies?.[0]?.policyKey;
      expect(permanent).not.toBe(policy?.policyKey);
      expect((await stored(context))?.permanentKey?.key).toBe(Number(permanent));
      expect((await stored(context))?.temporaryKey).toBeUndefined();
    },
  );

  test('the response of phase two, byte for byte', async () => {
    const context = contextOf({ version: '14.1' });
    const command = provisionCommand({ policy: createPolicy({ provisioning: 'off' }) });
    const bytes = await answerBytes(command, context, { policies: [{ policyType: 'X' }] });
    // Provision{Status=1 Policies{Policy{PolicyType=X Status=3}}} on page 14.
    expect(Buffer.from(bytes).toString('hex')).toBe('03016a00000e454b03310001464748035800014b03330001010101');
  });

  test('device information is stored and confirmed first (MS-ASPROV_R488)', async () => {
    const { context, ask } = device();
    expect((await ask(initial)).deviceInformation).toEqual({ status: 1 });
    expect((await stored(context))?.information).toEqual(Information.set);
  });

  test.each(['14.1', '16.0', '16.1'] as const)(
    'in %s device information must be there: 165 (MS-ASCMD_R4953)',
    async (version) => {
      const { ask } = device(undefined, version);
      expect(await ask({ policies: [{ policyType: Type }] })).toEqual({ status: 165 });
    },
  );

  test('a repeated first phase gets the same temporary key, a repeated second one the same permanent key', async () => {
    const { ask } = device();
    const keys = [await ask(initial), await ask(initial)].map(({ policies }) => policies?.[0]?.policyKey);
    expect(keys[0]).toBe(keys[1]);
    const answers = [await ask(acknowledgement(keys[0])), await ask(acknowledgement(keys[0]))];
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[1]?.policies?.[0]?.status).toBe(1);
  });

  test('two first phases at once agree on one key', async () => {
    const { ask } = device();
    const answers = await Promise.all([ask(initial), ask(initial), ask(initial)]);
    expect(new Set(answers.map(({ policies }) => policies?.[0]?.policyKey)).size).toBe(1);
  });

  test.each(['0', '1', '4294967295', '4294967296', '-1', '', 'x', '1e3'])(
    'acknowledging the key "%s" is Policy Status 5 (MS-ASPROV_R657, R708)',
    async (key) => {
      const { context, ask } = device();
      await ask(initial);
      expect(await ask(acknowledgement(key))).toEqual({ status: 1, policies: [{ policyType: Type, status: 5 }] });
      expect((await stored(context))?.permanentKey).toBeUndefined();
    },
  );

  test('the temporary key of another device is worth nothing', async () => {
    const { context, ask } = device();
    const key = (await ask(initial)).policies?.[0]?.policyKey;
    const other = contextOf({ state: context.state, deviceId: 'PHONE2' });
    await ask(initial, other);
    expect((await ask(acknowledgement(key), other)).policies?.[0]?.status).toBe(5);
  });

  test('the permanent key cannot be acknowledged', async () => {
    const { ask } = device();
    const key = (await ask(initial)).policies?.[0]?.policyKey;
    const permanent = (await ask(acknowledgement(key))).policies?.[0]?.policyKey;
    expect((await ask(acknowledgement(permanent))).policies?.[0]?.status).toBe(5);
  });
});

describe('compliance', () => {
  const Claims: [claim: number, options: Partial<PolicyOptions>, version: ProtocolVersion, status: number][] = [
    [1, {}, '14.1', 1],
    [2, {}, '14.1', 139],
    [2, { allowPartial: true }, '14.1', 1],
    [3, {}, '14.1', 139],
    [3, { allowPartial: true }, '14.1', 139],
    [4, {}, '14.1', 145],
    [4, { allowExternallyManaged: true }, '14.1', 1],
    [2, {}, '12.1', 2],
    [4, {}, '12.1', 2],
    [3, { provisioning: 'optional' }, '14.1', 1],
  ];
  test.each(Claims)(
    'claim %i with %j in %s: Status %i (MS-ASPROV_R455, R461, R660)',
    async (claim, options, version, status) => {
      const { context, ask } = device({ provisioning: 'required', ...options }, version);
      const key = (await ask(initialOf(version))).policies?.[0]?.policyKey;
      const answer = await ask(acknowledgement(key, claim));
      expect(answer.status).toBe(status);
      expect(answer.policies === undefined).toBe(status !== 1);
      expect((await stored(context))?.permanentKey === undefined).toBe(status !== 1);
    },
  );
});

describe('policies', () => {
  test('without provisioning there is none: Policy Status 2 (MS-ASPROV_R499)', async () => {
    const { ask } = device({ provisioning: 'off' });
    expect(await ask(initial)).toMatchObject({ status: 1, policies: [{ policyType: Type, status: 2 }] });
  });

  test('an unknown type is Policy Status 3, and named (MS-ASPROV_R502)', async () => {
    const { ask } = device();
    const answer = await ask({ policies: [{ policyType: 'MS-WAP-Provisioning-XML' }] });
    expect(answer).toEqual({ status: 1, policies: [{ policyType: 'MS-WAP-Provisioning-XML', status: 3 }] });
  });

  test('settings of the administrator replace the defaults', async () => {
    const { ask } = device({
      provisioning: 'required',
      policy: { devicePasswordEnabled: true, minDevicePasswordLength: 6 },
    });
    const document = (await ask(initial)).policies?.[0]?.data?.easProvisionDoc;
    expect(document).toMatchObject({ devicePasswordEnabled: true, minDevicePasswordLength: 6, allowCamera: true });
  });
});

describe('wipes', () => {
  const pending: WipeOrder = { kind: 'device', state: 'requested', at: 1 };

  test('an empty request without an order gets Status 1 and no wipe (MS-ASPROV_R654)', async () => {
    const { ask } = device();
    expect(await ask({})).toEqual({ status: 1 });
    expect(await ask({ remoteWipe: { status: 1 } })).toEqual({ status: 1 });
  });

  test('no request of the device can order one', async () => {
    const { context, ask } = device();
    for (const status of [1, 2, undefined]) await ask({ remoteWipe: { status }, accountOnlyRemoteWipe: { status } });
    expect((await stored(context))?.wipe).toBeUndefined();
  });

  test.each([{}, initial])(
    'an order is told on an empty and on an initial request (MS-ASPROV_R493)',
    async (request) => {
      const { context, ask } = device();
      await order(context, pending);
      expect(await ask(request)).toEqual({ status: 1, remoteWipe: true });
      expect((await stored(context))?.wipe?.state).toBe('sent');
    },
  );

  test('success is recorded, ends it, and the device has to provision anew (MS-ASPROV_R663, R664)', async () => {
    const { context, ask } = device();
    const key = (await ask(initial)).policies?.[0]?.policyKey;
    await ask(acknowledgement(key));
    await order(context, pending);
    await ask({});
    expect(await ask({ remoteWipe: { status: 1 } })).toEqual({ status: 1 });
    expect(await stored(context)).toMatchObject({ wipe: { kind: 'device', state: 'done' } });
    expect((await stored(context))?.permanentKey).toBeUndefined();
    expect((await ask({})).remoteWipe).toBeUndefined();
  });

  test('failure is Status 2 and the order again (MS-ASPROV_R665, R701)', async () => {
    const { context, ask } = device();
    await order(context, pending);
    await ask({});
    expect(await ask({ remoteWipe: { status: 2 } })).toEqual({ status: 2, remoteWipe: true });
    expect((await stored(context))?.wipe?.state).toBe('failed');
  });

  test.each([
    ['16.1', 'accountOnlyRemoteWipe'],
    ['16.0', 'remoteWipe'],
  ] as const)('of the account alone in %s: %s (MS-ASPROV_R66612)', async (version, element) => {
    const { context, ask } = device(undefined, version);
    await order(context, { ...pending, kind: 'account' });
    expect(await ask({})).toEqual({ status: 1, [element]: true });
    expect((await ask({ [element]: { status: 2 } })).status).toBe(2);
    expect(await ask({ [element]: { status: 1 } })).toEqual({ status: 1 });
  });
});

test('the id "validate" leaves no trace', async () => {
  const { context, ask } = device();
  const trying = contextOf({ state: context.state, deviceId: 'validate' });
  await ask(initial, trying);
  expect(await stored(trying)).toBeUndefined();
});

test('a request may be encoded with the schema', () => {
  expect(writeDocument(ProvisionRequest, initial, '16.1')).not.toHaveLength(0);
});
