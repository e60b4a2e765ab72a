import { type DeviceInformation, SettingsRequest, SettingsResponse } from '../../protocol/commands/settings.ts';
import { type AnyElement, container, type Fields } from '../../protocol/schema/describe.ts';
import { GlobalStatus, SettingsStatus } from '../../protocol/status.ts';
import { can } from '../../protocol/versions.ts';
import { keptInformation, updatePartnership } from '../devices/partnership.ts';
import type { Command } from './command.ts';
import type { Context } from './context.ts';

/** The properties that a request may get or set; each is answered for itself ([MS-ASCMD] 2.2.1.18). */
type Property = Exclude<keyof SettingsResponse, 'status'>;
type Asked<P extends Property> = NonNullable<SettingsRequest[P]>;
type Told<P extends Property> = NonNullable<SettingsResponse[P]>;
type Answerers = { readonly [P in Property]: (context: Context, asked: Asked<P>) => Told<P> | Promise<Told<P>> };

/** Properties that phones ask for before they provision. */
const KeylessProperties: ReadonlySet<string> = new Set<Property>(['userInformation', 'deviceInformation']);

/** Longest recovery password ([MS-ASCMD] 2.2.3.132.3). */
const MaxPassword = 255;

const addressesOf = ({ account }: Context) => [account.address, ...account.aliases];

/** A phone does not send mail from an account without a full address ([MS-ASCMD] 2.2.3.57). */
const userInformation = (context: Context): Told<'userInformation'> => {
  const smtpAddresses = addressesOf(context);
  if (!can(context.version, 'userAccounts')) {
    return { status: SettingsStatus.success, get: { emailAddresses: { smtpAddresses } } };
  }
  const { displayName, address } = context.account;
  const account = {
    ...(displayName !== undefined && { userDisplayName: displayName }),
    ...(context.backend.submission === undefined && { sendDisabled: true }),
    emailAddresses: { smtpAddresses, primarySmtpAddress: address },
  };
  return { status: SettingsStatus.success, get: { accounts: [account] } };
};

const deviceInformation = async (context: Context, set: DeviceInformation): Promise<Told<'deviceInformation'>> => {
  const { account, device, version, clock, state } = context;
  await updatePartnership(state, account.name, { device, version, now: clock.now() }, (partnership) => ({
    ...partnership,
    information: keptInformation(set),
  }));
  return { status: SettingsStatus.success };
};

/** Everybody whom a text may be for is listed, also where it is off ([MS-ASCMD] 2.2.3.123). */
const OofOff: Told<'oof'>['get'] = {
  oofState: 0,
  oofMessages: [
    { appliesToInternal: true, enabled: false },
    { appliesToExternalKnown: true, enabled: false },
    { appliesToExternalUnknown: true, enabled: false },
  ],
};

/** No backend keeps out-of-office texts: they are off, and nobody may turn them on ([MS-ASCMD] 2.2.3.122). */
const oof = ({ get, set }: Asked<'oof'>): Told<'oof'> => {
  if ((get === undefined) === (set === undefined)) return { status: SettingsStatus.protocolError };
  if (set === undefined) return { status: SettingsStatus.success, get: OofOff };
  const half = (set.startTime === undefined) !== (set.endTime === undefined);
  return { status: half ? SettingsStatus.protocolError : SettingsStatus.accessDenied };
};

/** Recovery passwords are not kept: whoever could read them could open the phone ([MS-ASCMD] 2.2.3.177.15). */
const devicePassword = ({ set }: Asked<'devicePassword'>): Told<'devicePassword'> => ({
  status: (set.password?.length ?? 0) > MaxPassword ? SettingsStatus.invalidArguments : SettingsStatus.deniedByPolicy,
});

const answerers: Answerers = {
  userInformation,
  deviceInformation: (context, { set }) => deviceInformation(context, set),
  oof: (_context, asked) => oof(asked),
  devicePassword: (_context, asked) => devicePassword(asked),
  /** [MS-ASRM] 3.2.4.1: rights management is not there. */
  rightsManagementInformation: () => ({
    status: GlobalStatus.irmFeatureDisabled,
    get: { rightsManagementTemplates: [] },
  }),
};

const isProperty = (name: string): name is Property => Object.hasOwn(answerers, name);

const answerOne = <P extends Property>(context: Context, property: P, body: SettingsRequest) => {
  const asked = body[property];
  return asked === undefined ? undefined : answerers[property](context, asked as Asked<P>);
};

/** The response schema with its properties in the order of the request ([MS-ASCMD] 2.2.1.18). */
const responseInOrder = (properties: readonly Property[]): AnyElement => {
  const { tag, content } = SettingsResponse;
  if (content.kind !== 'container') throw new TypeError('A Settings response is a container');
  const { status, ...rest } = content.fields;
  const first = Object.fromEntries(properties.map((property) => [property, rest[property]]));
  return container(tag, { status, ...first, ...rest } as Fields);
};

/** Makes the Settings command ([MS-ASCMD] 2.2.1.18). */
export const settingsCommand = (): Command<SettingsRequest, SettingsResponse> => ({
  name: 'Settings',
  request: SettingsRequest,
  response: SettingsResponse,
  bodyOptional: false,
  needsPolicyKey: ({ body }) => Object.keys(body ?? {}).some((property) => !KeylessProperties.has(property)),
  async handle(context, { body = {} }) {
    // The reader keeps the elements in the order of the document.
    const properties = Object.keys(body).filter(isProperty);
    if (properties.length === 0) return { kind: 'document', value: { status: SettingsStatus.protocolError } };
    const value: Partial<Record<Property, unknown>> & { status: number } = { status: SettingsStatus.success };
    for (const property of properties) value[property] = await answerOne(context, property, body);
    return { kind: 'document', value: value as SettingsResponse, root: responseInOrder(properties) };
  },
  failure: (status) => ({ status }),
});
