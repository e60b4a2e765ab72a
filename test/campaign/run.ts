import { Command, InvalidArgumentError, Option } from 'commander';
import { CampaignFailure, runCampaign } from './campaign.ts';
import type { StoreKind } from './stage.ts';
import { traceInto } from './trace.ts';

/** `npm run faults`: runs a fault campaign and tells how it ended. */

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
};

interface Options {
  readonly seed: number;
  readonly kills: number;
  readonly rounds: number;
  readonly users: number;
  readonly restEvery: number;
  readonly store: StoreKind;
  readonly trace?: string;
  readonly quiet?: boolean;
}

const program = new Command('faults')
  .description('Lets phones live while servers are killed, paused, cut off and lied to, and looks what they hold.')
  .option(
    '--seed <number>',
    'what decides all steps; another one each time unless given',
    positive,
    Date.now() % 1_000_000,
  )
  .option('--kills <number>', 'ends after so many server processes were killed', positive, 1_000)
  .option('--rounds <number>', 'ends after so many rounds', positive, 1_000_000)
  .option('--users <number>', 'mailboxes, with two phones each', positive, 3)
  .option('--rest-every <number>', 'rounds after which everything is looked at', positive, 20)
  .addOption(
    new Option('--store <kind>', 'what the nodes keep their state in')
      .choices(['sqlite', 'redis', 'cluster'])
      .default('sqlite'),
  )
  .option('--trace <folder>', 'writes down there what each phone says and hears')
  .option('--quiet', 'tells only how it ended')
  .parse();

const options = program.opts<Options>();
const onRound = options.quiet
  ? undefined
  : (text: string): void => console.log(new Date().toISOString().slice(14, 23), text);
const trace = options.trace === undefined ? undefined : traceInto(options.trace);

try {
  const report = await runCampaign({ ...options, isLong: true, onRound, trace });
  console.log(JSON.stringify({ store: options.store, ...report }));
} catch (error) {
  if (!(error instanceof CampaignFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
