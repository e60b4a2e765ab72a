import { deliverLmtp, plainMessage } from '../servers/mail.ts';
import type { CampaignClass } from './item-class.ts';
import { addressOf } from './names.ts';
import { pause } from './relay.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

/** Milliseconds within which every phone must hold what is there once nothing disturbs it any more. */
const SettleLimit = 90_000;
/** Milliseconds within which every waiting phone must hear of a mail: a watch that broke is opened again meanwhile. */
const WakeLimit = 90_000;

/**
 * Brings everything to rest and looks whether it is as it must be; gives what is not, in words:
 * each phone holds exactly what the store holds, no phone was told what it must not be, the next
 * look finds nothing, and whoever waits still hears of the next mail.
 */
export const rest = async (
  world: World,
  classes: readonly CampaignClass[],
  number: number,
): Promise<readonly string[]> => {
  const { witnesses, stage } = world;
  await stage.nodes.heal();
  await Promise.all(witnesses.map((witness) => witness.takeUp()));
  const differences = async () => (await Promise.all(classes.map((each) => each.differences(world)))).flat();
  const unequal = await settle(witnesses, differences);
  if (unequal.length > 0) return [...unequal, ...complaints(world)];
  const restless = await quiet(witnesses);
  const deaf = await wakes(world, number);
  const again = await settle(witnesses, differences);
  const offences = await Promise.all(classes.map((each) => each.offences(world)));
  return [...restless, ...deaf, ...again, ...offences.flat(), ...complaints(world)];
};

const complaints = ({ witnesses, stage }: World): readonly string[] => [
  ...witnesses.flatMap((witness) => witness.complaints()),
  ...stage.nodes.bugs,
];

/** What one phone sends in the first pass may reach the others in the second. */
const LeastPasses = 2;

/**
 * Synchronises until every phone holds what the store holds, or the time is over.
 *
 * @param differences what phones hold otherwise, in words
 */
export const settle = async (
  witnesses: readonly Witness[],
  differences: () => Promise<readonly string[]>,
): Promise<readonly string[]> => {
  const end = Date.now() + SettleLimit;
  for (let pass = 1; ; pass++) {
    const done = await Promise.all(witnesses.map((witness) => witness.synchronise()));
    if (pass < LeastPasses) continue;
    const late = witnesses.filter((_, i) => !done[i]).map(({ name }) => `${name}: its requests still fail`);
    const wrong = [...(await differences()), ...late];
    if (wrong.length === 0 || Date.now() > end) return wrong;
    await pause(200);
  }
};

/** Phones to which an idle Sync brings something although nothing happened. */
export const quiet = async (witnesses: readonly Witness[]): Promise<readonly string[]> => {
  const found = await Promise.all(witnesses.map(idleSync));
  return found.flat();
};

const idleSync = async ({ name, phone }: Witness): Promise<readonly string[]> => {
  const changes = await phone.syncFolders(phone.watched.map(({ serverId }) => serverId));
  return changes.flatMap(({ collectionId, added, changed, removed }) => {
    const told = Object.entries({ added, changed, removed }).filter(([, items]) => items.length > 0);
    const folder = `${phone.mailbox.folders.get(collectionId)?.displayName} (${collectionId})`;
    return told.map(([how, items]) => `${name}: ${folder} is told of ${how} ${JSON.stringify(items)} for no reason`);
  });
};

/** Phones that wait and do not hear of a mail. */
const wakes = async ({ witnesses, users, stage }: World, number: number): Promise<readonly string[]> => {
  const signal = AbortSignal.timeout(WakeLimit);
  const waits = witnesses.map(async (witness) => ({ witness, woken: await witness.wake(signal) }));
  for (const user of users)
    await deliverLmtp(stage.dovecot.lmtpPort, addressOf(user), plainMessage(`wake ${number} of ${user}`));
  const deaf = (await Promise.all(waits)).filter(({ woken }) => woken.length === 0);
  await Promise.all(witnesses.map((witness) => witness.takeUp()));
  return deaf.map(({ witness }) => `${witness.name} waits and does not hear of a mail`);
};
