import type { ImapFlow } from 'imapflow';
import type { Email } from '../../protocol/classes/email.ts';
import type { CallOptions } from '../../src/phone/channel.ts';
import { createFolder, moveItem, updateFolder } from '../../src/phone/folder-commands.ts';
import { roleOfFolder } from '../../src/phone/folder-tree.ts';
import { differences, truthOf } from '../scenario/crowd-truth.ts';
import { DovecotPassword } from '../servers/dovecot.ts';
import { deliverLmtp, elsewhere, plainMessage } from '../servers/mail.ts';
import type { Chance } from '../support/chance.ts';
import { emailNodes } from '../support/client.ts';
import type { At, CampaignClass } from './item-class.ts';
import { addressOf, Ledger } from './names.ts';
import { describeCut, drawCut } from './phone-steps.ts';
import type { StepKind, StepTable } from './plan.ts';
import { pause } from './relay.ts';
import { sentOffences } from './sent-mail.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

/** Folders that nobody renames or removes. */
const Fixed = ['INBOX', 'Archive', 'Trash'];
/** Folders of its own that a mailbox has at most. */
const MostFolders = 3;
/** Newest mails of a folder that are touched: few, so that several hands meet at one. */
const Busy = 5;
/** Attempts of a program that finds Dovecot dead, and milliseconds between two. */
const Patience = { attempts: 150, pause: 100 };

/** Does what mail programs do that find Dovecot dead: tries again. */
const patiently = async (action: () => Promise<unknown>): Promise<void> => {
  let failure: unknown;
  for (let i = 0; i < Patience.attempts; i++) {
    try {
      await action();
      return;
    } catch (error) {
      failure = error;
      await pause(Patience.pause);
    }
  }
  throw new Error('Dovecot did not come back', { cause: failure });
};

const asUser = ({ world, who }: At<string>, action: (client: ImapFlow) => Promise<unknown>): Promise<void> =>
  patiently(() => elsewhere(world.stage.dovecot.port, addressOf(who), DovecotPassword, action));

/** A draw that is looked up in a list as it is once the step is taken. */
const drawn = <T>(list: readonly T[], draw: number): T | undefined => list[draw % Math.max(1, list.length)];

const deliver: StepKind<At<string>> = {
  weight: 30,
  plan: (chance) => {
    const [count, name] = [1 + chance.below(chance.percent(10) ? 15 : 3), chance.below(1_000_000)];
    const subjects = Array.from({ length: count }, (_, i) => `mail ${name}.${i}`);
    const take = async ({ world, who }: At<string>): Promise<void> => {
      for (const subject of subjects)
        await patiently(() => deliverLmtp(world.stage.dovecot.lmtpPort, addressOf(who), plainMessage(subject)));
    };
    return { text: `gets ${count} mails (${subjects[0]})`, take };
  },
};

const pathsOf = async (client: ImapFlow): Promise<readonly string[]> => {
  const listed = (await client.list()).map(({ path }) => path);
  return [...Fixed, ...listed.filter((path) => path.startsWith('Folder')).sort()];
};

type MailAct = (client: ImapFlow, uid: string, target: string) => Promise<unknown>;

/** Something another mail program does to one of the newest mails of a folder. */
const toMail =
  (what: string, act: (chance: Chance) => { text: string; act: MailAct }): StepKind<At<string>>['plan'] =>
  (chance) => {
    const [folder, mail, target] = [chance.percent(70) ? 0 : chance.below(60), chance.below(Busy), chance.below(60)];
    const { text, act: take } = act(chance);
    return {
      text: `${what} ${text}: mail -${mail} of folder ${folder}`.replace('  ', ' '),
      take: (at) =>
        asUser(at, async (client) => {
          const paths = await pathsOf(client);
          await client.mailboxOpen(drawn(paths, folder) ?? 'INBOX');
          const uids = (await client.search({ all: true }, { uid: true })) || [];
          const uid = drawn(uids.slice(-Busy), mail);
          if (uid === undefined) return;
          const found = await client.fetchOne(String(uid), { envelope: true }, { uid: true });
          if (found && found.envelope?.subject !== undefined) at.world.touch(found.envelope.subject, 'elsewhere');
          await take(client, String(uid), drawn(paths, target) ?? 'INBOX');
        }),
    };
  };

const flag = toMail('flags', (chance) => {
  const [name, add] = [chance.percent(50) ? '\\Seen' : '\\Flagged', chance.percent(60)];
  return {
    text: `${add ? '+' : '-'}${name}`,
    act: (client, uid) =>
      add ? client.messageFlagsAdd(uid, [name], { uid: true }) : client.messageFlagsRemove(uid, [name], { uid: true }),
  };
});

const expunge = toMail('expunges', () => ({
  text: '',
  act: (client, uid) => client.messageDelete(uid, { uid: true }),
}));

const move = toMail('moves', () => ({
  text: '',
  act: (client, uid, target) => client.messageMove(uid, target, { uid: true }),
}));

const folderStep =
  (what: string, act: (client: ImapFlow, own: readonly string[], name: string, draw: number) => Promise<unknown>) =>
  (chance: Chance) => {
    const [name, draw] = [`Folder ${chance.below(1_000_000)}`, chance.below(60)];
    return {
      text: `${what} a folder (${name}, ${draw})`,
      take: (at: At<string>) =>
        asUser(at, async (client) => {
          const own = (await pathsOf(client)).slice(Fixed.length);
          await act(client, own, name, draw);
        }),
    };
  };

const makeFolder = folderStep('makes', async (client, own, name) => {
  if (own.length < MostFolders && !own.includes(name)) await client.mailboxCreate(name);
});

const renameFolder = folderStep('renames', async (client, own, name, draw) => {
  const chosen = drawn(own, draw);
  if (chosen !== undefined && !own.includes(name)) await client.mailboxRename(chosen, name);
});

const removeFolder = folderStep('removes', async (client, own, _, draw) => {
  const chosen = drawn(own, draw);
  if (chosen !== undefined) await client.mailboxDelete(chosen);
});

const elsewhereSteps: StepTable<At<string>> = {
  deliver,
  flag: { weight: 30, plan: flag },
  expunge: { weight: 8, plan: expunge },
  move: { weight: 12, plan: move },
  makeFolder: { weight: 3, plan: makeFolder },
  renameFolder: { weight: 3, plan: renameFolder },
  removeFolder: { weight: 1, plan: removeFolder },
};

/** The folders in which users work: not those of sent mail and drafts. */
const worked = ({ phone }: Witness): readonly string[] =>
  phone.watched.filter(({ type }) => !['sent', 'drafts'].includes(roleOfFolder(type))).map(({ serverId }) => serverId);

const numberOf = ({ serverId }: { readonly serverId: string }): number => Number(serverId.split('.')[1]);

/** Something a user does to one of the newest mails that the phone holds. */
const onMail =
  (
    what: string,
    act: (witness: Witness, collectionId: string, serverId: string) => unknown,
  ): StepKind<At<Witness>>['plan'] =>
  (chance) => {
    const [folder, mail] = [chance.percent(70) ? 0 : chance.below(60), chance.below(Busy)];
    return {
      text: `${what} mail -${mail} of folder ${folder}`,
      take: async ({ who }) => {
        const collectionId = drawn(worked(who), folder) ?? '';
        const items = [...who.phone.mailbox.collection(collectionId).items()].sort((a, b) => numberOf(a) - numberOf(b));
        const item = drawn(items.slice(-Busy), mail);
        if (item !== undefined) await act(who, collectionId, item.serverId);
      },
    };
  };

const marking = (email: Email): ReturnType<typeof onMail> =>
  onMail(`marks ${JSON.stringify(email)}`, ({ phone }, collectionId, serverId) =>
    phone.mailbox.collection(collectionId).change(serverId, emailNodes(email)),
  );

const Marks: readonly Email[] = [
  { read: true },
  { read: false },
  { flag: { status: 2, flagType: 'Flag for follow up' } },
  { flag: {} },
];

/** Moves a mail to another folder, at once; when no answer comes it is moved again. */
const moveOnPhone: StepKind<At<Witness>>['plan'] = (chance) => {
  const [target, cut] = [chance.below(60), drawCut(chance)];
  return onMail(`moves to folder ${target}${describeCut(cut)}`, async (who, srcFldId, srcMsgId) => {
    await who.takeUp();
    const move = { srcMsgId, srcFldId, dstFldId: drawn(worked(who), target) ?? srcFldId };
    if (move.dstFldId === srcFldId) return;
    const moves = (call?: CallOptions) => who.attempt(() => moveItem(who.device, move, call));
    if (!(await moves({ cut }))) await moves();
  })(chance);
};

/** Makes or renames a folder on the phone. */
const editFolder: StepKind<At<Witness>>['plan'] = (chance) => {
  const [displayName, draw, cut] = [`Folder ${chance.below(1_000_000)}`, chance.below(60), drawCut(chance)];
  return {
    text: `makes or renames a folder (${displayName}, ${draw})${describeCut(cut)}`,
    take: async ({ who }) => {
      await who.takeUp();
      const own = who.phone.watched.filter((folder) => folder.displayName.startsWith('Folder'));
      const [place, chosen] = [{ parentId: '0', displayName }, drawn(own, draw)];
      const { device, phone } = who;
      await who.attempt(() =>
        own.length < MostFolders || chosen === undefined
          ? createFolder(device, phone.mailbox, place, { cut })
          : updateFolder(device, phone.mailbox, chosen.serverId, place, { cut }),
      );
    },
  };
};

const send: StepKind<At<Witness>>['plan'] = (chance) => {
  // Of a million names a run of a thousand kills draws some twice, and two mails would count as one sent twice.
  const subject = `sent ${chance.below(1_000_000)}.${chance.below(1_000_000)}`;
  return {
    text: `writes ${subject}`,
    take: async ({ world, who }) => {
      if (world.stage.postfix === undefined) return;
      const headers = { From: addressOf(who.user), To: Ledger, 'Message-ID': `<${subject.replace(' ', '.')}@phone>` };
      const mime = Buffer.from(plainMessage(subject, 'From a phone.', headers));
      who.outbox.push({ subject, mime, failures: 0, isAccepted: false });
    },
  };
};

const phoneSteps: StepTable<At<Witness>> = {
  mark: { weight: 12, plan: (chance) => (chance.one(Marks.map(marking)) ?? marking({ read: true }))(chance) },
  delete: {
    weight: 5,
    plan: onMail('deletes', ({ phone }, collectionId, serverId) =>
      phone.mailbox.collection(collectionId).delete(serverId),
    ),
  },
  move: { weight: 4, plan: moveOnPhone },
  editFolder: { weight: 1, plan: editFolder },
  send: { weight: 4, plan: send },
};

/** Mail, on Dovecot and Postfix. */
export const mail: CampaignClass = {
  elsewhere: elsewhereSteps,
  onPhone: phoneSteps,
  differences: async ({ stage, witnesses }) => {
    const owners = witnesses.map(({ user, name, phone }) => ({ user: addressOf(user), name, phone }));
    const truth = await truthOf(stage.dovecot, owners);
    return owners.flatMap((owner) => {
      const paths = truth.get(owner.user);
      const surplus = owner.phone.watched.filter(({ displayName }) => paths?.has(displayName) === false);
      return [
        ...differences(owner, truth).map((each) => `${owner.name}: ${each}`),
        ...surplus.map(({ displayName }) => `${owner.name}: the folder ${displayName} is not there any more`),
      ];
    });
  },
  offences: async (world: World) => [...(await sentOffences(world)), ...idleChanges(world)],
};

const idleChanges = (world: World): readonly string[] =>
  world.witnesses.flatMap((witness) =>
    witness.wire.idleChanges((serverId) => world.touches(witness, serverId)).map((each) => `${witness.name}: ${each}`),
  );
