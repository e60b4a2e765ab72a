import type { ProvisionResponse } from '../../protocol/commands/provision.ts';
import { can } from '../../protocol/versions.ts';
import { type CallOptions, type Channel, notEmpty, type RequestOf, requireSuccess } from './channel.ts';
import { StatusFailure, UnusableAnswer, WipeOrdered } from './failures.ts';

/** PolicyType of all versions but 2.5 ([MS-ASPROV] 2.2.2.44). */
const PolicyType = 'MS-EAS-Provisioning-WBXML';
/** Policy Status: there is no policy for this device; it works without ([MS-ASPROV] 2.2.2.54.2). */
const NoPolicy = 2;

/**
 * Gets the policy and acknowledges it ([MS-ASPROV] 3.1.5.1): a temporary key with the policy, the
 * final key with the acknowledgement. Up to 14.0 the device tells about itself by Settings.
 *
 * @returns the final policy key; 0 when there is no policy
 */
export const provisionDevice = async (device: Channel, call: CallOptions): Promise<number> => {
  const policyKey = await policyKeyOf(device, call);
  if (!can(device.version, 'deviceInformationInProvision')) {
    const request = { deviceInformation: { set: device.profile.information } };
    const answer = await device.ask('Settings', request, { ...call, policyKey });
    requireSuccess('Settings', notEmpty('Settings', answer).status);
  }
  return policyKey;
};

const policyKeyOf = async (device: Channel, call: CallOptions): Promise<number> => {
  const offered = await ask(device, call, 0, {
    deviceInformation: can(device.version, 'deviceInformationInProvision')
      ? { set: device.profile.information }
      : undefined,
    policies: [{ policyType: PolicyType }],
  });
  const [policy] = offered.policies ?? [];
  if (policy === undefined || policy.status === NoPolicy) return 0;
  const temporary = keyOf(policy);
  const policies = [{ policyType: PolicyType, policyKey: String(temporary), status: 1 }];
  const [acknowledged] = (await ask(device, call, temporary, { policies })).policies ?? [];
  if (acknowledged === undefined)
    throw new UnusableAnswer('Provision', 'the acknowledgement is answered without a policy');
  return keyOf(acknowledged);
};

/** Tells the server that the wipe is done; the device must then never come back with its data. */
export const acknowledgeWipe = async (
  device: Channel,
  { accountOnly }: WipeOrdered,
  call: CallOptions = {},
): Promise<void> => {
  const done = { status: 1 };
  const request = accountOnly ? { accountOnlyRemoteWipe: done } : { remoteWipe: done };
  await device.ask('Provision', request, { ...call, policyKey: 0 });
};

const ask = async (
  device: Channel,
  call: CallOptions,
  policyKey: number,
  request: RequestOf<'Provision'>,
): Promise<ProvisionResponse> => {
  const answer = await device.ask('Provision', request, { ...call, policyKey });
  const response = notEmpty('Provision', answer);
  if (response.remoteWipe || response.accountOnlyRemoteWipe) throw new WipeOrdered(response.remoteWipe !== true);
  requireSuccess('Provision', response.status);
  return response;
};

const keyOf = ({ status, policyKey }: { readonly status: number; readonly policyKey?: string | undefined }): number => {
  if (status !== 1) throw new StatusFailure('Provision', status, 'the policy has');
  const key = Number(policyKey ?? Number.NaN);
  if (!Number.isInteger(key) || key <= 0) throw new UnusableAnswer('Provision', `${policyKey} is no policy key`);
  return key;
};
