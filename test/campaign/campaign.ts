import type { ProtocolVersion } from '../../protocol/versions.ts';
import { faultsOn, type Scene } from './faults.ts';
import type { At, CampaignClass } from './item-class.ts';
import { mail } from './mail.ts';
import { phoneSteps } from './phone-steps.ts';
import { chanceAt, planStep, type Step, type StepTable } from './plan.ts';
import { rest } from './rest.ts';
import { type Stage, type StoreKind, setStage } from './stage.ts';
import type { Trace } from './trace.ts';
import type { Witness } from './witness.ts';
import { World } from './world.ts';

/** How long a campaign is, and where. */
export interface CampaignOptions {
  readonly seed: number;
  readonly store: StoreKind;
  /** It ends with the round in which so many processes were killed, or so many rounds are over. */
  readonly kills: number;
  readonly rounds: number;
  readonly users: number;
  /** Rounds after which everything comes to rest and is looked at. */
  readonly restEvery: number;
  /** Whether there is time for faults of many seconds. */
  readonly isLong: boolean;
  /** Called with each round and each rest before it begins, in words. */
  readonly onRound?: ((text: string) => void) | undefined;
  readonly trace?: Trace | undefined;
}

/** How a campaign ended. */
export interface CampaignReport {
  readonly rounds: number;
  readonly kills: number;
  /** Kills at a step that was told, such as between a commit and its answer. */
  readonly killsAtStep: number;
  readonly steps: number;
  readonly rests: number;
  readonly seconds: number;
  /** Mails that the phones hold at the end, and mails that they sent. */
  readonly held: number;
  readonly sent: number;
  readonly seed: number;
}

/** The classes whose items take part. */
const Classes: readonly CampaignClass[] = [mail];
/** The versions of each user's phones. */
const Versions: readonly ProtocolVersion[] = ['12.1', '16.1'];
/** Rounds shown with a failure. */
const ShownRounds = 6;

const UserNames = ['anna', 'ben', 'carla', 'dora', 'emil', 'fred', 'greta', 'hans'];

/** A campaign found a server that does not do what it must. */
export class CampaignFailure extends Error {
  constructor(
    seed: number,
    round: number,
    faults: readonly string[],
    last: readonly string[],
    warnings: readonly string[],
  ) {
    super(
      [
        `The campaign of seed ${seed} failed at round ${round}. Again: npm run faults -- --seed ${seed}`,
        ...faults.map((each) => `  * ${each}`),
        'The last rounds:',
        ...last,
        'The last warnings of the nodes:',
        ...warnings,
      ].join('\n'),
    );
    this.name = 'CampaignFailure';
  }
}

const merged = <Actor>(tables: readonly StepTable<Actor>[]): StepTable<Actor> => Object.assign({}, ...tables);

/** All steps of one actor in one round, one after the other. */
interface Lane {
  readonly text: string;
  run(world: World): Promise<void>;
}

const laneOf = <Who>(name: string, who: Who, steps: readonly Step<At<Who>>[]): Lane => ({
  text: `${name} ${steps.map(({ text }) => text).join('; ')}`,
  run: async (world) => {
    for (const step of steps) await step.take({ world, who });
  },
});

/** A round: some do things, and a fault strikes meanwhile. */
interface Round {
  readonly text: string;
  readonly steps: number;
  run(world: World): Promise<void>;
}

/** A phone whose user takes it up does some things, one after the other. */
const phoneLane = (
  witness: Witness,
  table: StepTable<At<Witness>>,
  chance: ReturnType<typeof chanceAt>,
  steps: number,
) => {
  const lane = laneOf(
    witness.name,
    witness,
    Array.from({ length: steps }, () => planStep(table, chance)),
  );
  return {
    ...lane,
    run: async (world: World) => {
      await witness.takeUp();
      await lane.run(world);
    },
  };
};

const planRound = (world: World, { seed, isLong }: CampaignOptions, number: number): Round => {
  const elsewhere = merged(Classes.map((each) => each.elsewhere));
  const onPhone = merged([phoneSteps, ...Classes.map((each) => each.onPhone)]);
  let steps = 0;
  const lanes: Lane[] = [];
  for (const [i, user] of world.users.entries()) {
    const chance = chanceAt(seed, number, 1, i);
    const count = chance.below(4);
    steps += count;
    const planned = Array.from({ length: count }, () => planStep(elsewhere, chance));
    if (count > 0) lanes.push(laneOf(user, user, planned));
  }
  for (const [i, witness] of world.witnesses.entries()) {
    const chance = chanceAt(seed, number, 2, i);
    const count = chance.below(6);
    steps += count;
    if (count > 0) lanes.push(phoneLane(witness, onPhone, chance, count));
  }
  const fault = planStep(faultsOn(world.stage, isLong), chanceAt(seed, number, 3));
  const text = [`round ${number}: ${fault.text}`, ...lanes.map((lane) => `    ${lane.text}`)].join('\n');
  return { text, steps, run: (where) => strike(where, lanes, fault) };
};

/** Has everybody act while the fault strikes, and ends with everything running again. */
const strike = async (world: World, lanes: readonly Lane[], fault: Step<Scene>): Promise<void> => {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const acted = begun.then(() => Promise.all(lanes.map((lane) => lane.run(world))));
  await fault.take({ world, acted, ready: begin });
  await acted;
  await world.stage.nodes.heal();
};

/** Runs a campaign. Throws {@link CampaignFailure} when anything is not as it must be. */
export const runCampaign = async (options: CampaignOptions): Promise<CampaignReport> => {
  const stage = await setStage(options.store);
  const world = new World(stage, UserNames.slice(0, options.users), Versions, options.trace);
  try {
    return await fight(world, stage, options);
  } finally {
    world.close();
    await stage.close();
  }
};

const fight = async (world: World, { nodes }: Stage, options: CampaignOptions): Promise<CampaignReport> => {
  const { seed, rounds, kills, restEvery, onRound } = options;
  const begun = Date.now();
  const last: string[] = [];
  let [number, steps, rests] = [0, 0, 0];
  const look = async (): Promise<void> => {
    rests++;
    onRound?.(`rest ${rests} after ${number} rounds with ${nodes.kills} kills and ${steps} steps`);
    const found = await rest(world, Classes, rests);
    if (found.length > 0) throw new CampaignFailure(seed, number, found, last.slice(-ShownRounds), nodes.warnings);
  };
  await Promise.all(world.witnesses.map(({ phone }) => phone.provision()));
  await look();
  while (number < rounds && nodes.kills < kills) {
    const round = planRound(world, options, ++number);
    last.push(round.text);
    onRound?.(round.text);
    steps += round.steps;
    await round.run(world);
    if (number % restEvery === 0) await look();
  }
  await look();
  const collections = world.witnesses.flatMap(({ phone }) => phone.mailbox.collections());
  return {
    seed,
    rounds: number,
    kills: nodes.kills,
    killsAtStep: nodes.killsAtStep,
    steps,
    rests,
    seconds: (Date.now() - begun) / 1000,
    held: collections.reduce((sum, { size }) => sum + size, 0),
    sent: world.witnesses.reduce((sum, { outbox }) => sum + outbox.length, 0),
  };
};
