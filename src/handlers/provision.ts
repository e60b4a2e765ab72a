import { ProvisionRequest, ProvisionResponse } from '../../protocol/commands/provision.ts';
import {
  GlobalStatus,
  PolicyAcknowledgement,
  PolicyStatus,
  ProvisionStatus,
  SettingsStatus,
  WipeStatus,
} from '../../protocol/status.ts';
import { can } from '../../protocol/versions.ts';
import {
  type IssuedKey,
  keptInformation,
  type Partnership,
  updatePartnership,
  type WipeKind,
} from '../devices/partnership.ts';
import { isKey, newPolicyKey, type Policy, type PolicyOptions } from '../devices/policy.ts';
import type { Command } from './command.ts';
import type { Context } from './context.ts';

/** The only type of policy that versions since 12.0 know ([MS-ASPROV] 2.2.2.43). */
const PolicyType = 'MS-EAS-Provisioning-WBXML';

type RequestPolicy = NonNullable<ProvisionRequest['policies']>[number];
type ResponsePolicy = NonNullable<ProvisionResponse['policies']>[number];
type WipeReport = Pick<ProvisionRequest, 'remoteWipe' | 'accountOnlyRemoteWipe'>;

/** What a device said of a wipe; `undefined`: nothing. */
const reportedWipe = ({ remoteWipe, accountOnlyRemoteWipe }: WipeReport): number | undefined =>
  remoteWipe?.status ?? accountOnlyRemoteWipe?.status;

/**
 * Records what the device said of its wipe, or that it was told of it now ([MS-ASPROV] 3.2.5.1.2.2).
 * A wiped device has to provision anew.
 */
const withWipe = (partnership: Partnership, report: number | undefined, now: number): Partnership => {
  const { wipe, permanentKey: _key, temporaryKey: _temporary, ...rest } = partnership;
  if (wipe === undefined || wipe.state === 'done') return partnership;
  if (report === WipeStatus.success) return { ...rest, wipe: { ...wipe, state: 'done', at: now } };
  if (report === undefined && wipe.state === 'sent') return partnership;
  return { ...partnership, wipe: { ...wipe, state: report === undefined ? 'sent' : 'failed', at: now } };
};

/** The element that orders a wipe; one for the account alone exists since 16.1 only. */
const wipeElement = (
  context: Context,
  kind: WipeKind,
): Pick<ProvisionResponse, 'remoteWipe' | 'accountOnlyRemoteWipe'> =>
  kind === 'account' && can(context.version, 'accountOnlyRemoteWipe')
    ? { accountOnlyRemoteWipe: true }
    : { remoteWipe: true };

/** Which Status refuses the compliance that the device claims; `undefined`: it is enough. */
const refusedCompliance = (claim: number | undefined, options: PolicyOptions): number | undefined => {
  if (options.provisioning === 'optional' || claim === PolicyAcknowledgement.applied) return undefined;
  if (claim === PolicyAcknowledgement.partlyApplied && options.allowPartial) return undefined;
  if (claim === PolicyAcknowledgement.externallyManaged) {
    return options.allowExternallyManaged ? undefined : GlobalStatus.externallyManagedDevicesNotAllowed;
  }
  return GlobalStatus.deviceNotFullyProvisionable;
};

const policyResponse = (status: number, rest: Partial<ResponsePolicy> = {}): ProvisionResponse => ({
  status: ProvisionStatus.success,
  policies: [{ policyType: PolicyType, status, ...rest }],
});

/** Reads, and with `apply` changes, the partnership of the device that asks. */
const partnershipOf = (context: Context, apply?: (partnership: Partnership) => Partnership): Promise<Partnership> => {
  const { account, device, version, clock, state } = context;
  return updatePartnership(state, account.name, { device, version, now: clock.now() }, apply);
};

/** Phase one: the policy, with a key that opens nothing but its acknowledgement. A repeat gets the same key. */
const offer = async (policy: Policy, context: Context, request: ProvisionRequest): Promise<ProvisionResponse> => {
  const fresh: IssuedKey = { key: newPolicyKey(context.random), policy: policy.digest };
  const information = request.deviceInformation?.set;
  const { temporaryKey } = await partnershipOf(context, (partnership) => ({
    ...partnership,
    information: information === undefined ? partnership.information : keptInformation(information),
    temporaryKey: partnership.temporaryKey?.policy === policy.digest ? partnership.temporaryKey : fresh,
  }));
  return policyResponse(PolicyStatus.success, {
    policyKey: String(temporaryKey?.key ?? fresh.key),
    data: { easProvisionDoc: policy.document },
  });
};

/**
 * Phase two: the temporary key becomes a permanent one. A repeated acknowledgement, whose answer was
 * lost, gets the same permanent key again.
 */
const acknowledge = async (policy: Policy, context: Context, sent: RequestPolicy): Promise<ProvisionResponse> => {
  const refusal = refusedCompliance(sent.status, policy.options);
  if (refusal !== undefined) {
    return { status: can(context.version, 'statusInBody') ? refusal : ProvisionStatus.protocolError };
  }
  const key = Number(sent.policyKey);
  const fresh = newPolicyKey(context.random);
  const { permanentKey } = await partnershipOf(context, (partnership) => {
    const { temporaryKey, ...rest } = partnership;
    if (temporaryKey === undefined || !isKey(temporaryKey, key)) return partnership;
    return { ...rest, permanentKey: { key: fresh, policy: temporaryKey.policy, from: temporaryKey.key } };
  });
  return permanentKey !== undefined && isKey({ key: permanentKey.from }, key)
    ? policyResponse(PolicyStatus.success, { policyKey: String(permanentKey.key) })
    : policyResponse(PolicyStatus.wrongPolicyKey);
};

const provision = async (policy: Policy, context: Context, request: ProvisionRequest): Promise<ProvisionResponse> => {
  const sent = request.policies?.[0];
  if (sent === undefined) return { status: ProvisionStatus.success };
  if (sent.policyType !== PolicyType) {
    return policyResponse(PolicyStatus.unknownPolicyType, { policyType: sent.policyType });
  }
  if (policy.options.provisioning === 'off') return policyResponse(PolicyStatus.noPolicy);
  if (sent.policyKey !== undefined) return acknowledge(policy, context, sent);
  const informed = request.deviceInformation !== undefined || !can(context.version, 'deviceInformationInProvision');
  return informed ? offer(policy, context, request) : { status: GlobalStatus.deviceInformationRequired };
};

/** A wipe that is pending goes before everything else ([MS-ASPROV] 3.2.5.1.2). */
const answer = async (policy: Policy, context: Context, request: ProvisionRequest): Promise<ProvisionResponse> => {
  const report = reportedWipe(request);
  const { wipe } = await partnershipOf(context, (partnership) => withWipe(partnership, report, context.clock.now()));
  if (wipe !== undefined && wipe.state !== 'done') {
    return {
      status: report === undefined ? ProvisionStatus.success : ProvisionStatus.protocolError,
      ...wipeElement(context, wipe.kind),
    };
  }
  const response = await provision(policy, context, request);
  const informed = request.deviceInformation !== undefined && response.status === ProvisionStatus.success;
  return informed ? { deviceInformation: { status: SettingsStatus.success }, ...response } : response;
};

/** Makes the Provision command ([MS-ASPROV] 2.2.2.44, 3.2.5.1). */
export const provisionCommand = ({
  policy,
}: {
  readonly policy: Policy;
}): Command<ProvisionRequest, ProvisionResponse> => ({
  name: 'Provision',
  request: ProvisionRequest,
  response: ProvisionResponse,
  bodyOptional: false,
  needsPolicyKey: () => false,
  handle: async (context, { body }) => ({ kind: 'document', value: await answer(policy, context, body ?? {}) }),
  failure: (status) => ({ status }),
});
