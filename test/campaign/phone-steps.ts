import type { Cut } from '../../src/phone/transport.ts';
import type { Chance } from '../support/chance.ts';
import type { At } from './item-class.ts';
import type { StepKind, StepTable } from './plan.ts';
import type { Witness } from './witness.ts';

/** What may befall a phone's request: now and then its answer does not arrive, or it is cut off itself. */
export const drawCut = (chance: Chance): Cut | undefined => {
  if (!chance.percent(20)) return undefined;
  return chance.percent(70) ? { responseBytes: chance.below(2) * 20 } : { requestBytes: 10 };
};

/** A cut in words; empty: none. */
export const describeCut = (cut: Cut | undefined): string => (cut === undefined ? '' : ` ${JSON.stringify(cut)}`);

/** Something a phone asks of its server, perhaps in a tunnel. */
const asking =
  (what: string, ask: (witness: Witness, draw: number) => Promise<unknown>): StepKind<At<Witness>>['plan'] =>
  (chance) => {
    const [cut, draw, hops] = [drawCut(chance), chance.below(60), chance.percent(40)];
    return {
      text: `${what}${describeCut(cut)}${hops ? ' by a new connection' : ''}`,
      take: async ({ who }) => {
        await who.takeUp();
        if (hops) who.device.close();
        who.enterTunnel(cut);
        await ask(who, draw);
      },
    };
  };

/** What phones of any class do. */
export const phoneSteps: StepTable<At<Witness>> = {
  synchronise: { weight: 14, plan: asking('synchronises all', (witness) => witness.synchronise()) },
  syncOne: {
    weight: 10,
    plan: asking('synchronises one folder', (witness, draw) => {
      const folders = witness.phone.watched;
      const id = folders[draw % Math.max(1, folders.length)]?.serverId;
      return id === undefined ? Promise.resolve() : witness.attempt(() => witness.phone.syncOnce([id]));
    }),
  },
  folderSync: { weight: 3, plan: asking('asks for folders', (w) => w.attempt(() => w.phone.folderSync())) },
  sendMail: { weight: 4, plan: asking('sends its mail', (witness) => witness.flushOutbox()) },
  ping: { weight: 6, plan: asking('holds a Ping', async (witness) => witness.ping()) },
  hang: { weight: 4, plan: asking('holds a Sync', async (witness) => witness.hang()) },
};
