import { type Command, Option } from 'commander';
import { accountResolver } from '../auth/accounts.ts';
import {
  type DeviceFacts,
  type DeviceFilter,
  type DeviceProblem,
  hasPendingWipe,
  listDevices,
  listProblems,
  removeDevice,
  retryProblems,
} from '../devices/device-list.ts';
import { SlowingSteps } from '../devices/loop-guard.ts';
import { loadPartnership, type Partnership } from '../devices/partnership.ts';
import type { StateStore } from '../state/contract.ts';
import { accountOptionsOf, type PlacedConfig } from '../wiring.ts';
import { type Console, print } from './console.ts';
import { CliFailure } from './failure.ts';
import { readConfigFile } from './serve.ts';
import { withStore } from './state.ts';

/** What the command line said. */
export interface DeviceOptions {
  readonly config: string;
  readonly user?: string | undefined;
  readonly device?: string | undefined;
  readonly json?: boolean | undefined;
  readonly force?: boolean | undefined;
}

type Work = (state: StateStore, filter: DeviceFilter) => Promise<number>;

/** Works with the state store beside a server that may run on it. */
const withDevices = async (options: DeviceOptions, io: Console, work: Work): Promise<number> => {
  const config = readConfigFile(options.config, io);
  const filter = { account: accountOf(options, config), deviceId: options.device };
  return withStore(config, (state) => work(state, filter));
};

const accountOf = ({ user }: DeviceOptions, config: PlacedConfig): string | undefined => {
  if (user === undefined) return undefined;
  const resolved = accountResolver(accountOptionsOf(config))(user);
  if (resolved.ok) return resolved.account.identity.name;
  throw new CliFailure(`--user ${user}: ${resolved.reason}. Served are ${config.domains.join(', ')}.`);
};

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ');

/** How far a device is with the policy. */
export const policyState = ({ wipe, permanentKey, temporaryKey }: Partnership): string => {
  if (wipe !== undefined) return `wipe of the ${wipe.kind} ${wipe.state}`;
  if (permanentKey !== undefined) return 'provisioned';
  return temporaryKey === undefined ? 'not provisioned' : 'provisioning';
};

/** What a step of slowing does, in words. */
const stepText = (step: number): string => {
  const { delay = 0, retryAfter } = SlowingSteps[step - 1] ?? {};
  return retryAfter === undefined ? `each waits ${delay / 1000} s` : `refused for ${retryAfter} s`;
};

const deviceJson = ({ account, deviceId, partnership, slowed, problems }: DeviceFacts): object => ({
  account,
  device: deviceId,
  type: partnership.deviceType,
  model: partnership.information?.model,
  userAgent: partnership.userAgent,
  version: partnership.version,
  firstSeen: new Date(partnership.firstSeen).toISOString(),
  lastSeen: new Date(partnership.lastSeen).toISOString(),
  policy: policyState(partnership),
  slowed: slowed && {
    step: slowed.step,
    command: slowed.command,
    since: new Date(slowed.since).toISOString(),
    until: new Date(slowed.until).toISOString(),
  },
  problems,
});

const deviceLines = ({ account, deviceId, partnership, slowed, problems }: DeviceFacts): string[] => {
  const { deviceType, information, userAgent, version, firstSeen, lastSeen } = partnership;
  const what = [deviceType, information?.model, userAgent, `EAS ${version}`].filter((part) => part).join(', ');
  const slow =
    slowed === undefined
      ? []
      : [
          `  slowed: repeats ${slowed.command} since ${timeOf(slowed.since)}, step ${slowed.step} of ${SlowingSteps.length} (${stepText(slowed.step)})`,
        ];
  return [
    `${account}  ${deviceId}`,
    `  ${what}`,
    `  first seen ${timeOf(firstSeen)}, last ${timeOf(lastSeen)} UTC; ${policyState(partnership)}`,
    ...slow,
    ...(problems === 0 ? [] : [`  ${problems} problems: postrider device problems --device ${deviceId}`]),
  ];
};

/** Lists devices; the time of the last visit is true to an hour. */
export const deviceList = (options: DeviceOptions, io: Console): Promise<number> =>
  withDevices(options, io, async (state, filter) => {
    let count = 0;
    for await (const device of listDevices(state, filter, Date.now())) {
      count++;
      if (options.json) print(io.output, JSON.stringify(deviceJson(device)));
      else print(io.output, ...deviceLines(device));
    }
    if (!options.json) print(io.output, count === 1 ? '1 device' : `${count} devices`);
    return 0;
  });

/** What devices have in place of items that they could not be given whole. */
const Instead: Readonly<Record<DeviceProblem['how'], string>> = {
  notice: 'a notice, with the original attached',
  standIn: 'a bare notice, with the original attached',
  leftOut: 'nothing',
};

const problemJson = ({ account, deviceId, since, ...rest }: DeviceProblem): object => ({
  account,
  device: deviceId,
  ...rest,
  since: new Date(since).toISOString(),
});

const problemLines = ({ account, deviceId, folder, item, how, reason, since, release }: DeviceProblem): string[] => [
  `${account}  ${deviceId}  folder ${folder}  item ${item}`,
  `  since ${timeOf(since)} UTC${release === '' ? ', to be tried again' : ` with Postrider ${release}`}; the device has ${Instead[how]}`,
  `  ${reason}`,
];

/** Lists what devices could not be given whole. */
export const deviceProblems = (options: DeviceOptions, io: Console): Promise<number> =>
  withDevices(options, io, async (state, filter) => {
    let count = 0;
    for await (const problem of listProblems(state, filter)) {
      count++;
      if (options.json) print(io.output, JSON.stringify(problemJson(problem)));
      else print(io.output, ...problemLines(problem));
    }
    if (!options.json) print(io.output, count === 1 ? '1 problem' : `${count} problems`);
    return 0;
  });

/** The one device that is meant. */
const oneDevice = async (state: StateStore, { account = '', deviceId = '' }: DeviceFilter) => {
  const partnership = await loadPartnership(state, account, deviceId);
  if (partnership !== undefined) return { account, deviceId, partnership };
  throw new CliFailure(
    `${account} has no device ${deviceId}. \`postrider device list --user ${account}\` tells which it has.`,
  );
};

/** Has what a device could not be given tried again. */
export const deviceRetry = (options: DeviceOptions, io: Console): Promise<number> =>
  withDevices(options, io, async (state, filter) => {
    const { account, deviceId } = await oneDevice(state, filter);
    const count = await retryProblems(state, { account, deviceId });
    print(
      io.output,
      `${count} ${count === 1 ? 'item is' : 'items are'} tried again when the device next synchronises.`,
    );
    return 0;
  });

/** Removes a device with all that is remembered of it. */
export const deviceRemove = (options: DeviceOptions, io: Console): Promise<number> =>
  withDevices(options, io, async (state, filter) => {
    const { account, deviceId, partnership } = await oneDevice(state, filter);
    if (hasPendingWipe(partnership) && !options.force) {
      throw new CliFailure(
        `${deviceId} has not carried out the order to wipe it. Removed, it would never hear of it, and could begin ` +
          'anew. Add --force to remove it all the same.',
      );
    }
    await removeDevice(state, { account, deviceId });
    print(io.output, `${deviceId} of ${account} is removed. If it comes again, it starts over as a new device.`);
    return 0;
  });

type Action = (options: DeviceOptions, io: Console) => Promise<number>;

interface DeviceCommand {
  readonly name: string;
  readonly description: string;
  readonly action: Action;
  /** Whether one device must be named. */
  readonly one?: boolean;
  readonly options?: readonly Option[];
}

const Commands: readonly DeviceCommand[] = [
  {
    name: 'list',
    description: 'list devices: what they are, when they were seen, whether they are slowed or miss anything',
    action: deviceList,
  },
  {
    name: 'problems',
    description: 'list what devices could not be given whole, and why',
    action: deviceProblems,
  },
  {
    name: 'retry',
    description: 'have what a device could not be given tried again',
    action: deviceRetry,
    one: true,
  },
  {
    name: 'remove',
    description: 'remove a device with all that is remembered of it; if it comes again, it starts over',
    action: deviceRemove,
    one: true,
    options: [new Option('--force', 'also when an order to wipe it is pending')],
  },
];

/** Adds `postrider device …`. The server may run meanwhile. */
export const addDevice = (program: Command, io: Console, finish: (work: Promise<number>) => Promise<void>): void => {
  const device = program.command('device').description('the devices of accounts');
  for (const { name, description, action, one = false, options = [] } of Commands) {
    const command = device
      .command(name)
      .description(description)
      .requiredOption('--config <file>', 'YAML file')
      .addOption(new Option('--user <name>', 'account').makeOptionMandatory(one))
      .addOption(new Option('--device <id>', 'device id').makeOptionMandatory(one));
    if (!one) command.option('--json', 'print one JSON object a line, for programs');
    for (const option of options) command.addOption(option);
    command.action((chosen: DeviceOptions) => finish(action(chosen, io)));
  }
};
