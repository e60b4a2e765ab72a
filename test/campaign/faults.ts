import type { Step as DeathStep } from '../faults/striking.ts';
import type { Chance } from '../support/chance.ts';
import type { StepTable } from './plan.ts';
import { pause, type WeatherRelay } from './relay.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

/** Where a fault strikes. */
export interface Scene {
  readonly world: World;
  /** What is done meanwhile; a fault that waits for its moment waits no longer. */
  readonly acted: Promise<unknown>;
  /** Called once the acts may begin. */
  readonly ready: () => void;
}

type FaultPlan = StepTable<Scene>[string]['plan'];

/** Milliseconds into the acts at which a fault strikes. */
const moment = (chance: Chance): number => chance.below(chance.percent(70) ? 120 : 600);

const DeathSteps: readonly DeathStep[] = ['commit', 'commit', 'commit', 'update', 'remove', 'move', 'append', 'submit'];

/** A node dies before or after it does something, at the latest when all is done; another takes its place. */
const dieAtStep: FaultPlan = (chance) => {
  const [node, nth] = [chance.below(4), 1 + chance.below(chance.percent(70) ? 2 : 6)];
  const step = chance.one(DeathSteps) ?? 'commit';
  const when = chance.percent(50) ? 'before' : 'after';
  return {
    text: `node ${node} dies ${when} ${step} ${nth}`,
    take: async ({ world: { stage }, acted, ready }) => {
      const { nodes } = stage;
      await nodes.arm(node, { step, when, nth });
      ready();
      await Promise.race([nodes.death(node), acted]);
      await nodes.kill(node);
      await nodes.heal();
    },
  };
};

/** A node is killed again and again, as in a crash loop. */
const killRepeatedly: FaultPlan = (chance) => {
  const node = chance.below(4);
  const times = Array.from({ length: 1 + chance.below(3) }, () => moment(chance));
  return {
    text: `node ${node} is killed after ${times.join(', ')} ms`,
    take: async ({ world: { stage }, ready }) => {
      ready();
      for (const time of times) {
        await pause(time);
        await stage.nodes.kill(node);
        await stage.nodes.heal();
      }
    },
  };
};

/** A node stands still, longer than others wait for it now and then. */
const pauseNode =
  (longest: number): FaultPlan =>
  (chance) => {
    const [node, at, time] = [
      chance.below(4),
      moment(chance),
      chance.percent(10) ? longest : 200 + chance.below(1_500),
    ];
    return {
      text: `node ${node} stands still after ${at} ms for ${time} ms`,
      take: async ({ world: { stage }, ready }) => {
        ready();
        await pause(at);
        stage.nodes.pause(node);
        await pause(time);
        stage.nodes.resume(node);
      },
    };
  };

/** The store forgets what was committed since a moment before: a fail-over, a restored backup. */
const loseState: FaultPlan = (chance) => {
  const at = 50 + moment(chance);
  return {
    text: `the state of the last ${at} ms is lost`,
    take: async ({ world, ready }) => {
      const { nodes, state } = world.stage;
      if (state.isInFiles) await nodes.killAll();
      const from = Date.now();
      await state.keep();
      await nodes.heal();
      ready();
      await pause(at);
      if (state.isInFiles) await nodes.killAll();
      await state.putBack();
      world.lose(from, Date.now());
      await nodes.heal();
    },
  };
};

/** Redis dies after it committed and before anybody heard of it. */
const killRedisAtCommit: FaultPlan = (chance) => {
  const [at, time] = [moment(chance), 50 + chance.below(400)];
  return {
    text: `Redis dies between a commit and its answer, after ${at} ms, and is back ${time} ms later`,
    take: async ({ world: { stage }, acted, ready }) => {
      ready();
      await pause(at);
      const committed = new Promise<void>((resolve) => stage.redis.swallowAnswerTo(/evalsha/i, resolve));
      await Promise.race([committed, acted]);
      stage.redis.spare();
      await stage.state.redis?.kill();
      stage.redis.cut();
      await pause(time);
      await stage.state.redis?.restart();
    },
  };
};

const fillStore: FaultPlan = (chance) => {
  const [at, time] = [moment(chance), 100 + chance.below(1_000)];
  return {
    text: `there is no room for state after ${at} ms for ${time} ms`,
    take: async ({ world: { stage }, ready }) => {
      ready();
      await pause(at);
      await stage.state.fill();
      await pause(time);
      await stage.state.unfill();
    },
  };
};

/** Milliseconds that clocks are set ahead or back. */
const ClockOffsets = [0, 90_000, -90_000, 3_600_000, -3_600_000, 93_600_000, -93_600_000];

const setClock: FaultPlan = (chance) => {
  const [at, offset] = [moment(chance), chance.one(ClockOffsets) ?? 0];
  return {
    text: `clocks are set to ${offset / 1000} s after ${at} ms`,
    take: async ({ world: { stage }, ready }) => {
      ready();
      await pause(at);
      await stage.nodes.setClock(offset);
    },
  };
};

type WayName = 'front' | 'imap' | 'smtp' | 'redis';

interface Trouble {
  readonly text: string;
  begin(relay: WeatherRelay): void;
}

/** Something goes wrong for a while between two servers. */
const onWay =
  (way: WayName, trouble: (chance: Chance) => Trouble): FaultPlan =>
  (chance) => {
    const [at, time] = [moment(chance), 50 + chance.below(1_200)];
    const { text, begin } = trouble(chance);
    return {
      text: `${way}: ${text} after ${at} ms for ${time} ms`,
      take: async ({ world: { stage }, ready }) => {
        ready();
        await pause(at);
        begin(stage[way]);
        await pause(time);
        stage[way].weather();
        stage[way].spare();
      },
    };
  };

const slow = (chance: Chance): Trouble => {
  const delay = 5 + chance.below(150);
  return {
    text: `each piece ${delay} ms late and in halves`,
    begin: (relay) => relay.weather({ delay, halved: true }),
  };
};

const blocked = (): Trouble => ({ text: 'nothing arrives', begin: (relay) => relay.weather({ blocked: true }) });

const cut = (): Trouble => ({ text: 'connections break', begin: (relay) => relay.cut() });

/** It was done, and the answer does not arrive. */
const swallowed =
  (requests: readonly RegExp[]) =>
  (chance: Chance): Trouble => {
    const request = chance.one(requests) ?? /./;
    return { text: `the answer to ${request} is lost`, begin: (relay) => relay.swallowAnswerTo(request) };
  };

const ImapRequests = [/UID STORE/, /UID MOVE/, /UID FETCH/, /APPEND/, /SELECT/, /LOGIN|AUTHENTICATE/, /LIST/];
const SmtpRequests = [/^EHLO/, /^MAIL/, /^DATA/, /\r\n\.\r\n$/];

/** Which servers can be killed and started again. */
const killServer =
  (name: 'dovecot' | 'postfix'): FaultPlan =>
  (chance) => {
    const [at, time] = [moment(chance), chance.below(400)];
    return {
      text: `${name} is killed after ${at} ms, and started again after ${time} ms`,
      take: async ({ world: { stage }, ready }) => {
        ready();
        await pause(at);
        await stage[name]?.kill();
        await pause(time);
        await stage[name]?.restart();
      },
    };
  };

/** Nothing happens: even that must work among all the rest. */
const calm: FaultPlan = () => ({ text: 'nothing', take: async ({ ready }) => ready() });

/** The faults that can strike on a stage. */
export const faultsOn = (stage: Stage, isLong: boolean): StepTable<Scene> => ({
  calm: { weight: 4, plan: calm },
  dieAtStep: { weight: 60, plan: dieAtStep },
  killRepeatedly: { weight: 30, plan: killRepeatedly },
  // Beyond a lease (10 s) only where there is time for it.
  pauseNode: { weight: 4, plan: pauseNode(isLong ? 12_000 : 1_500) },
  loseState: { weight: 8, plan: loseState },
  fillStore: { weight: 4, possible: stage.state.canFill, plan: fillStore },
  setClock: { weight: 6, plan: setClock },
  slowPhones: { weight: 3, plan: onWay('front', slow) },
  cutPhones: { weight: 4, plan: onWay('front', cut) },
  blockPhones: { weight: 2, plan: onWay('front', blocked) },
  losePhoneAnswer: { weight: 4, plan: onWay('front', swallowed([/^POST/])) },
  killDovecot: { weight: 5, plan: killServer('dovecot') },
  slowDovecot: { weight: 3, plan: onWay('imap', slow) },
  cutDovecot: { weight: 4, plan: onWay('imap', cut) },
  blockDovecot: { weight: 2, plan: onWay('imap', blocked) },
  loseDovecotAnswer: { weight: 8, plan: onWay('imap', swallowed(ImapRequests)) },
  killPostfix: { weight: 3, possible: stage.postfix !== undefined, plan: killServer('postfix') },
  slowPostfix: { weight: 2, possible: stage.postfix !== undefined, plan: onWay('smtp', slow) },
  losePostfixAnswer: {
    weight: 4,
    possible: stage.postfix !== undefined,
    plan: onWay('smtp', swallowed(SmtpRequests)),
  },
  killRedis: { weight: 8, possible: stage.state.redis !== undefined, plan: killRedisAtCommit },
  slowRedis: { weight: 2, possible: stage.state.redis !== undefined, plan: onWay('redis', slow) },
  cutRedis: { weight: 4, possible: stage.state.redis !== undefined, plan: onWay('redis', cut) },
  blockRedis: { weight: 2, possible: stage.state.redis !== undefined, plan: onWay('redis', blocked) },
  loseRedisAnswer: {
    weight: 5,
    possible: stage.state.redis !== undefined,
    plan: onWay('redis', swallowed([/evalsha/i])),
  },
});
