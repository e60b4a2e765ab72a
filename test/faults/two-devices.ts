import type { Email } from '../../protocol/classes/email.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { StatusFailure } from '../../src/phone/failures.ts';
import { deleteFolder } from '../../src/phone/folder-commands.ts';
import { itemOperations } from '../../src/phone/mail-commands.ts';
import type { At, CampaignClass } from '../campaign/item-class.ts';
import { mail } from '../campaign/mail.ts';
import { addressOf } from '../campaign/names.ts';
import { describeCut, drawCut, phoneSteps } from '../campaign/phone-steps.ts';
import { chanceAt, planStep, type Step, type StepKind, type StepTable } from '../campaign/plan.ts';
import { rest } from '../campaign/rest.ts';
import { type Stage, setStage } from '../campaign/stage.ts';
import type { Trace } from '../campaign/trace.ts';
import type { Witness } from '../campaign/witness.ts';
import { World } from '../campaign/world.ts';
import { differences, truthOf } from '../scenario/crowd-truth.ts';
import { DovecotPassword } from '../servers/dovecot.ts';
import { elsewhere } from '../servers/mail.ts';
import { emailNodes } from '../support/client.ts';

/** One mailbox on Dovecot, two devices and one IMAP client on it, who act one after the other. */

const Versions: readonly ProtocolVersion[] = ['14.1', '16.1'];

/** How often each acts, and the server is killed and started again. */
const Weights = { elsewhere: 40, phone: 57, restart: 3 };

/** Steps shown with a failure. */
const ShownSteps = 25;

/** Drafts that a mailbox has at most. */
const MostDrafts = 4;

/** A Status is an answer like any other where a folder or an item may be gone meanwhile. */
const unlessRefused = (error: unknown): void => {
  if (!(error instanceof StatusFailure) || error.status === 3 || error.status === 9) throw error;
};

const ownFolders = ({ phone }: Witness) => phone.watched.filter(({ displayName }) => displayName.startsWith('Folder'));

/** Something that is done to one of the folders that users made. */
const onFolder =
  (what: string, act: (who: Witness, serverId: string, cut: ReturnType<typeof drawCut>) => Promise<unknown>) =>
  (chance: Parameters<StepKind<At<Witness>>['plan']>[0]): Step<At<Witness>> => {
    const [draw, cut] = [chance.below(60), drawCut(chance)];
    return {
      text: `${what} folder ${draw}${describeCut(cut)}`,
      take: async ({ who }) => {
        await who.takeUp();
        const folders = ownFolders(who);
        const chosen = folders[draw % Math.max(1, folders.length)];
        if (chosen !== undefined) await who.attempt(() => act(who, chosen.serverId, cut).catch(unlessRefused));
      },
    };
  };

const emptyFolder = onFolder('empties', ({ device }, collectionId, cut) =>
  itemOperations(device, [{ kind: 'emptyFolderContents', collectionId, options: { deleteSubFolders: false } }], {
    cut,
  }),
);

const removeFolder = onFolder('removes', ({ device, phone }, serverId, cut) =>
  deleteFolder(device, phone.mailbox, serverId, { cut }),
);

/** What is written, changed or removed in the drafts of a phone that has them. */
const onDrafts =
  (
    what: string,
    act: (who: Witness, drafts: string, email: Email, draw: number) => void,
  ): StepKind<At<Witness>>['plan'] =>
  (chance) => {
    const [subject, draw] = [`draft ${chance.below(1_000_000)}`, chance.below(60)];
    return {
      text: `${what} a draft (${subject}, ${draw})`,
      take: async ({ who }) => {
        const drafts = can(who.device.version, 'drafts') ? who.phone.mailbox.folders.byRole('drafts') : undefined;
        if (drafts === undefined || who.phone.mailbox.collection(drafts.serverId).syncKey === '0') return;
        const body = { type: 1, data: `About ${subject}.` } as const;
        // What a user has written is read.
        act(who, drafts.serverId, { subject, to: 'carl@example.test', read: true, body }, draw);
      },
    };
  };

const draftAt = ({ phone }: Witness, drafts: string, draw: number): string | undefined => {
  const items = phone.mailbox.collection(drafts).items();
  return items[draw % Math.max(1, items.length)]?.serverId;
};

const writeDraft = onDrafts('writes', ({ phone }, drafts, email) => {
  const collection = phone.mailbox.collection(drafts);
  if (collection.items().length < MostDrafts) collection.add(email.subject ?? '', emailNodes(email));
});

const changeDraft = onDrafts('changes', (who, drafts, email, draw) => {
  const chosen = draftAt(who, drafts, draw);
  if (chosen !== undefined) who.phone.mailbox.collection(drafts).change(chosen, emailNodes(email));
});

const removeDraft = onDrafts('removes', (who, drafts, _, draw) => {
  const chosen = draftAt(who, drafts, draw);
  if (chosen !== undefined) who.phone.mailbox.collection(drafts).delete(chosen);
});

/** Removes a draft as another mail program does. */
const expungeDraft: StepKind<At<string>>['plan'] = (chance) => {
  const draw = chance.below(60);
  return {
    text: `expunges draft ${draw}`,
    take: ({ world, who }) =>
      elsewhere(world.stage.dovecot.port, addressOf(who), DovecotPassword, async (imap) => {
        if (!(await imap.list()).some(({ path }) => path === 'Drafts')) return;
        await imap.mailboxOpen('Drafts');
        const uids = (await imap.search({ all: true }, { uid: true })) || [];
        const uid = uids[draw % Math.max(1, uids.length)];
        if (uid !== undefined) await imap.messageDelete(String(uid), { uid: true });
      }),
  };
};

const elsewhereSteps: StepTable<At<string>> = { ...mail.elsewhere, expungeDraft: { weight: 2, plan: expungeDraft } };

const deviceSteps: StepTable<At<Witness>> = {
  ...phoneSteps,
  ...mail.onPhone,
  emptyFolder: { weight: 2, plan: emptyFolder },
  removeFolder: { weight: 1, plan: removeFolder },
  writeDraft: { weight: 4, plan: writeDraft },
  changeDraft: { weight: 4, plan: changeDraft },
  removeDraft: { weight: 2, plan: removeDraft },
};

/** Mail and drafts; the drafts are on those devices that may have them. */
const mailAndDrafts: CampaignClass = {
  ...mail,
  differences: async ({ stage, witnesses }) => {
    const owners = witnesses.map(({ user, phone, device, name }) => ({ user: addressOf(user), phone, device, name }));
    const truth = await truthOf(stage.dovecot, owners.slice(0, 1));
    return owners.flatMap((owner) => {
      const folders = new Map(truth.get(owner.user));
      const { phone } = owner;
      const surplus = phone.mailbox.folders.all().filter(({ displayName }) => !folders.has(displayName));
      if (!can(owner.device.version, 'drafts')) folders.delete('Drafts');
      return [
        ...differences(owner, new Map([[owner.user, folders]])).map((each) => `${owner.name}: ${each}`),
        ...surplus.map(({ displayName }) => `${owner.name}: the folder ${displayName} is not there any more`),
      ];
    });
  },
};

/** A step of anybody. */
interface Act {
  readonly text: string;
  run(world: World): Promise<unknown>;
}

const restart: Act = {
  text: 'the server is killed and started again',
  run: async ({ stage: { nodes } }) => {
    await nodes.kill(0);
    await nodes.heal();
  },
};

const planAct = (world: World, seed: number, number: number): Act => {
  const chance = chanceAt(seed, number);
  const draw = chance.below(Weights.elsewhere + Weights.phone + Weights.restart);
  if (draw < Weights.restart) return restart;
  if (draw < Weights.restart + Weights.elsewhere) {
    const step = planStep(elsewhereSteps, chance);
    return { text: `the IMAP client ${step.text}`, run: () => step.take({ world, who: world.users[0] ?? '' }) };
  }
  const witness = world.witnesses[chance.below(world.witnesses.length)] as Witness;
  const step = planStep(deviceSteps, chance);
  return { text: `${witness.name} ${step.text}`, run: () => step.take({ world, who: witness }) };
};

/** How long a run is, and how it is told of. */
export interface TwoDevicesOptions {
  readonly seed: number;
  readonly steps: number;
  /** Steps after which everything comes to rest and is looked at. */
  readonly restEvery: number;
  readonly trace?: Trace | undefined;
}

/** What a run was. */
export interface TwoDevicesReport {
  readonly steps: number;
  readonly restarts: number;
  /** Items that the devices hold at the end. */
  readonly held: number;
  /** What is not as it must be, in words, with the last steps before it; none: all is well. */
  readonly wrong: readonly string[];
}

/** Everybody acts at random; at rest both devices hold what the mailbox holds, and were told nothing twice. */
export const runTwoDevices = async (stage: Stage, options: TwoDevicesOptions): Promise<TwoDevicesReport> => {
  const world = new World(stage, [`seed${options.seed}`], Versions, options.trace);
  try {
    await Promise.all(world.witnesses.map(({ phone }) => phone.provision()));
    return await act(world, options);
  } finally {
    world.close();
  }
};

const act = async (world: World, { seed, steps, restEvery }: TwoDevicesOptions): Promise<TwoDevicesReport> => {
  const done: string[] = [];
  const { nodes } = world.stage;
  const before = nodes.kills;
  let wrong = await rest(world, [mailAndDrafts], 0);
  while (wrong.length === 0 && done.length < steps) {
    const next = planAct(world, seed, done.length + 1);
    done.push(`${done.length + 1}: ${next.text}`);
    await next.run(world);
    if (done.length % restEvery === 0 || done.length === steps) wrong = await rest(world, [mailAndDrafts], done.length);
  }
  const held = world.witnesses
    .flatMap(({ phone }) => phone.mailbox.collections())
    .reduce((sum, { size }) => sum + size, 0);
  const shown = wrong.length === 0 ? [] : [...wrong, 'The last steps:', ...done.slice(-ShownSteps)];
  return { steps: done.length, restarts: nodes.kills - before, held, wrong: shown };
};

/** Starts the servers; each seed is another user's mailbox on them. */
export const stageForTwo = (): Promise<Stage> => setStage('sqlite');
