import type { ImapFlow } from 'imapflow';
import type { TreeNode } from '../../protocol/schema/index.ts';
import { type Dovecot, DovecotPassword } from '../servers/dovecot.ts';
import { deliverLmtp, elsewhere, plainMessage } from '../servers/mail.ts';
import { emailNodes } from '../support/client.ts';
import type { Member } from './crowd.ts';

/** Numbers from 0 up to 1, the same for the same seed. */
export type Random = () => number;

/** Mulberry32: small, and good enough to be unforeseeable. */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** All that steps are taken in. */
export interface World {
  readonly dovecot: Dovecot;
  readonly members: readonly Member[];
  readonly random: Random;
  /** How often each kind of step was taken. */
  readonly steps: Record<string, number>;
}

type Step = (world: World, member: Member) => Promise<void>;

const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];

/** Lets time pass. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a mail server does that finds Dovecot down: it tries again. */
const patiently = async (action: () => Promise<void>): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await action();
    } catch {
      await pause(200);
    }
  }
  throw new Error('Dovecot did not come back');
};

const deliver: Step = ({ dovecot, steps }, { user }) => {
  const message = plainMessage(`Mail ${steps.deliver ?? 0}`, 'Something to read.\r\n'.repeat(20));
  return patiently(() => deliverLmtp(dovecot.lmtpPort, user, message));
};

/** Something another mail program does to a message of a folder. */
const byImap =
  (path: string, action: (client: ImapFlow, uid: string, random: Random) => Promise<unknown>): Step =>
  ({ dovecot, random }, { user }) =>
    patiently(() =>
      elsewhere(dovecot.port, user, DovecotPassword, async (client) => {
        await client.mailboxOpen(path);
        const uids = (await client.search({ all: true }, { uid: true })) || [];
        const uid = pick(random, uids);
        if (uid !== undefined) await action(client, String(uid), random);
      }),
    );

const flag = async (client: ImapFlow, uid: string, random: Random): Promise<void> => {
  const name = random() < 0.5 ? '\\Seen' : '\\Flagged';
  if (random() < 0.6) await client.messageFlagsAdd(uid, [name], { uid: true });
  else await client.messageFlagsRemove(uid, [name], { uid: true });
};

/** Something the user does on the phone; it is sent as soon as the server can be reached. */
const onPhone =
  (change: (member: Member, collectionId: string, serverId: string, random: Random) => void): Step =>
  async ({ random }, member) => {
    const { mailbox } = member.phone;
    const folder = pick(
      random,
      ['inbox', 'inbox', 'trash'].flatMap((role) => mailbox.folders.byRole(role) ?? []),
    );
    const item = folder && pick(random, mailbox.collection(folder.serverId).items());
    if (folder === undefined || item === undefined) return;
    change(member, folder.serverId, item.serverId, random);
    await sendChanges(member, folder.serverId);
  };

/** Half a minute, as long as a phone is asked to stay away after 503. */
const sendChanges = async ({ phone }: Member, collectionId: string): Promise<void> => {
  for (let tries = 0; tries < 60 && phone.mailbox.collection(collectionId).pending > 0; tries++) {
    await phone.syncFolder(collectionId).catch(() => pause(1_000));
  }
};

const change = (fields: (random: Random) => readonly TreeNode[]): Step =>
  onPhone(({ phone }, collectionId, serverId, random) =>
    phone.mailbox.collection(collectionId).change(serverId, fields(random)),
  );

/** What can happen, and how likely it is. */
const Steps: Readonly<Record<string, readonly [weight: number, step: Step]>> = {
  deliver: [38, deliver],
  flagElsewhere: [14, byImap('INBOX', flag)],
  deleteElsewhere: [6, byImap('INBOX', (client, uid) => client.messageDelete(uid, { uid: true }))],
  fileElsewhere: [7, byImap('INBOX', (client, uid) => client.messageMove(uid, 'Archive', { uid: true }))],
  fetchBackElsewhere: [3, byImap('Archive', (client, uid) => client.messageMove(uid, 'INBOX', { uid: true }))],
  readOnPhone: [14, change((random) => emailNodes({ read: random() < 0.7 }))],
  flagOnPhone: [
    8,
    change((random) =>
      emailNodes(random() < 0.7 ? { flag: { status: 2, flagType: 'Flag for follow up' } } : { flag: {} }),
    ),
  ],
  deleteOnPhone: [
    10,
    onPhone(({ phone }, collectionId, serverId) => phone.mailbox.collection(collectionId).delete(serverId)),
  ],
};

const chooseStep = (random: Random): readonly [string, Step] => {
  const total = Object.values(Steps).reduce((sum, [weight]) => sum + weight, 0);
  let left = random() * total;
  for (const [name, [weight, step]] of Object.entries(Steps)) {
    left -= weight;
    if (left < 0) return [name, step];
  }
  return ['deliver', deliver];
};

/** Takes steps at the given rate until `end`, and waits until all of them are done. */
export const takeSteps = async (world: World, perSecond: number, end: number): Promise<void> => {
  const running = new Set<Promise<void>>();
  while (Date.now() < end) {
    const [name, step] = chooseStep(world.random);
    const member = pick(world.random, world.members);
    if (member === undefined) return;
    world.steps[name] = (world.steps[name] ?? 0) + 1;
    const taken: Promise<void> = step(world, member).finally(() => running.delete(taken));
    running.add(taken);
    await pause((2 * world.random() * 1000) / perSecond);
  }
  await Promise.all(running);
};
