import { GlobalStatus, legacyHttp } from '../../protocol/status.ts';
import type { Context } from '../handlers/context.ts';
import { isStorable, type Partnership, TooManyDevices, updatePartnership } from './partnership.ts';
import { isKey, type Policy } from './policy.ts';

/** Whether a device may do what it asks for. */
export interface Admission {
  /** Why not ([MS-ASCMD] 2.2.2); `undefined`: it may. */
  readonly status?: number | undefined;
  /** The same as an HTTP status, for versions before 14.0. */
  readonly http: number;
  /** Holds for every command; else only for those that need a policy key. */
  readonly always: boolean;
  /** The same in words; absent: the device has to provision. */
  readonly reason?: string | undefined;
}

/** The part of a context that the gate looks at. */
export type GateContext = Pick<Context, 'account' | 'device' | 'version' | 'state' | 'clock'>;

/** Lets devices in or not. */
export interface DeviceGate {
  /**
   * Notes the visit in the partnership and compares the policy key.
   *
   * @param policyKey The key sent; `undefined`: none, not even 0.
   * @throws StateUnavailable
   */
  admit(context: GateContext, command: string, policyKey: number | undefined): Promise<Admission>;
}

const Admitted: Admission = { http: 200, always: false };

const refusal = (status: number, always: boolean): Admission => ({ status, http: legacyHttp(status), always });

/** A wipe is HTTP 403 for a device that sends no key: it would not know what to do with 449 ([MS-ASCMD] 2.2.2). */
const wipeRefusal = (policyKey: number | undefined): Admission => {
  const refused = refusal(GlobalStatus.remoteWipeRequested, true);
  return policyKey === undefined ? { ...refused, http: 403 } : refused;
};

/** Told to a device whose wipe is pending, on every command but the one that brings the order. */
const wipePending = (partnership: Partnership): boolean =>
  partnership.wipe !== undefined && partnership.wipe.state !== 'done';

/**
 * What the policy key is worth ([MS-ASPROV] 3.2.5.1): no key yet 142, an older policy 143, any other
 * key 144. A device that sends no key at all is asked to provision with 142, too: Status 141 would
 * tell it to give up.
 */
const keyStatus = (policy: Policy, partnership: Partnership, policyKey: number | undefined): number | undefined => {
  const { permanentKey } = partnership;
  if (policyKey === undefined && policy.options.allowNonProvisionable) return undefined;
  if (policyKey === undefined || policyKey === 0 || permanentKey === undefined)
    return GlobalStatus.deviceNotProvisioned;
  if (!isKey(permanentKey, policyKey)) return GlobalStatus.invalidPolicyKey;
  return permanentKey.policy === policy.digest ? undefined : GlobalStatus.policyRefresh;
};

const Full =
  'The account has as many devices as it may have: an administrator can remove one that is no longer used ' +
  '(postrider device remove)';

const tooMany = (error: unknown): undefined => {
  if (!(error instanceof TooManyDevices)) throw error;
};

/** All that a device may ask for that only tries out an account: it cannot provision, since nothing of it is kept. */
const ValidationCommand = 'FolderSync';

/** Devices of an account: as many as Exchange allows (EasMaxDevices), more than anybody has in use. */
export const DefaultDeviceLimit = 100;

/**
 * Makes the gate for a policy.
 *
 * @param limit Devices that an account may have. A further one is refused whatever it asks for; none
 *   of the others is dropped for it, since nobody knows which one its owner could do without.
 */
export const createDeviceGate = (policy: Policy, limit = DefaultDeviceLimit): DeviceGate => ({
  async admit({ account, device, version, state, clock }, command, policyKey) {
    const visit = { device, version, now: clock.now() };
    const partnership = await updatePartnership(state, account.name, visit, undefined, limit).catch(tooMany);
    if (partnership === undefined) return { ...refusal(GlobalStatus.maximumDevicesReached, true), reason: Full };
    if (command === 'Provision') return Admitted;
    if (wipePending(partnership)) return wipeRefusal(policyKey);
    if (policy.options.provisioning !== 'required') return Admitted;
    if (command === ValidationCommand && !isStorable(device.id)) return Admitted;
    const status = keyStatus(policy, partnership, policyKey);
    return status === undefined ? Admitted : refusal(status, false);
  },
});
