import { rm } from 'node:fs/promises';
import { CalDav, CardDav } from '../../backends/dav/flavours.ts';
import { readTree } from '../../protocol/schema/index.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { StatusFailure } from '../../src/phone/failures.ts';
import { moveItem } from '../../src/phone/folder-commands.ts';
import { classOfFolder, type PhoneFolder } from '../../src/phone/folder-tree.ts';
import { itemNodes } from '../../src/phone/item-nodes.ts';
import { AbsentElements } from '../../src/sync/absent-elements.ts';
import type { GroupwareItem } from '../../src/sync/groupware-port.ts';
import { type DavCollection, type DavObject, DavProgram } from '../campaign/dav-program.ts';
import { addressOf } from '../campaign/names.ts';
import { Nodes } from '../campaign/nodes.ts';
import { describeCut, drawCut, phoneSteps } from '../campaign/phone-steps.ts';
import { chanceAt, planStep } from '../campaign/plan.ts';
import { startWeatherRelay, type WeatherRelay } from '../campaign/relay.ts';
import { quiet, settle } from '../campaign/rest.ts';
import type { Trace } from '../campaign/trace.ts';
import { Witness } from '../campaign/witness.ts';
import { makeFolder } from '../servers/process.ts';
import { type Radicale, startRadicale } from '../servers/radicale.ts';
import type { Chance } from '../support/chance.ts';
import { type DavClass, essence, ItemsOf } from './dav-items.ts';

/** Contacts, events and tasks on Radicale, two devices and another program, who act one after the other. */

const Versions: readonly ProtocolVersion[] = ['14.1', '16.1'];

/** How often each acts, and the server is killed and started again. */
const Weights = { elsewhere: 40, phone: 57, restart: 3 };

/** Steps shown with a failure. */
const ShownSteps = 25;

/** Items of a collection that are touched: few, so that several hands meet at one. */
const Busy = 4;

/** Collections of each user, by the name that phones show. */
const Collections: readonly (readonly [name: string, DavClass, DavCollection['kind']])[] = [
  ['Book A', 'Contacts', 'VCARD'],
  ['Book B', 'Contacts', 'VCARD'],
  ['Plan A', 'Calendar', 'VEVENT'],
  ['Plan B', 'Calendar', 'VEVENT'],
  ['List A', 'Tasks', 'VTODO'],
];

/** The servers; each seed is another user on them. */
export interface DavStage {
  readonly radicale: Radicale;
  readonly nodes: Nodes;
  readonly front: WeatherRelay;
  close(): Promise<void>;
}

/** Starts the servers for these seeds. */
export const stageForDav = async (seeds: readonly number[]): Promise<DavStage> => {
  const folder = makeFolder('two-devices-dav');
  const radicale = await startRadicale({ users: seeds.map((seed) => addressOf(`seed${seed}`)) });
  const nodes = await Nodes.start([{ imapPort: 0, smtpPort: 0, davUrl: radicale.url, folder }]);
  const front = await startWeatherRelay(nodes.nextPort);
  const close = async (): Promise<void> => {
    await nodes.close();
    await radicale.stop();
    await front.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { radicale, nodes, front, close };
};

/** A collection, where it lies and what is in it. */
interface Place extends DavCollection {
  readonly name: string;
  readonly itemClass: DavClass;
}

/** A user's collections, devices and other program. */
class Scene {
  readonly stage: DavStage;
  readonly program: DavProgram;
  readonly places: readonly Place[];
  readonly witnesses: readonly Witness[];
  /** How often others than a device tried to change an item, by its name. */
  readonly #touches = new Map<string, Map<unknown, number>>();
  #made = 0;

  constructor(stage: DavStage, user: string, trace: Trace | undefined) {
    this.stage = stage;
    this.program = new DavProgram(stage.radicale.url, addressOf(user));
    this.places = Collections.map(([name, itemClass, kind]) => ({
      ...{ name, itemClass, kind },
      path: `/${encodeURIComponent(addressOf(user))}/${name.toLowerCase().replace(' ', '-')}/`,
    }));
    const onChange = (witness: Witness, serverId: string): void => this.touch(this.nameOf(witness, serverId), witness);
    const folders = ({ displayName }: PhoneFolder): boolean => Collections.some(([name]) => name === displayName);
    const url = `http://127.0.0.1:${stage.front.port}`;
    this.witnesses = Versions.map(
      (version, i) => new Witness({ url, user, number: i + 1, version, onChange, trace, folders, idsReturn: true }),
    );
  }

  newName(): string {
    return `item${++this.#made}`;
  }

  touch(name: string | undefined, by: unknown): void {
    if (name === undefined) return;
    const doers = this.#touches.get(name) ?? new Map<unknown, number>();
    this.#touches.set(name, doers.set(by, (doers.get(by) ?? 0) + 1));
  }

  /** How often others than its device tried to change an item. */
  touches(witness: Witness, serverId: string): number {
    const name = this.nameOf(witness, serverId);
    if (name === undefined) return Number.POSITIVE_INFINITY;
    const doers = [...(this.#touches.get(name) ?? [])];
    return doers.filter(([by]) => by !== witness).reduce((sum, [, times]) => sum + times, 0);
  }

  nameOf(witness: Witness, serverId: string): string | undefined {
    const collectionId = serverId.slice(0, serverId.indexOf(':'));
    const folder = witness.phone.mailbox.folders.get(collectionId);
    const itemClass = folder === undefined ? undefined : (classOfFolder(folder.type) as DavClass);
    const item = itemClass && itemIn(witness, itemClass, collectionId, serverId);
    return itemClass && (item?.[ItemsOf[itemClass].name] as string | undefined);
  }

  /** What a device holds otherwise than the server, in words. */
  async differences(): Promise<readonly string[]> {
    const found = await Promise.all(this.places.map((place) => this.#differencesIn(place)));
    return found.flat();
  }

  async #differencesIn(place: Place): Promise<string[]> {
    const objects = await this.program.objects(place);
    return this.witnesses.flatMap((witness) => {
      const folder = witness.phone.watched.find(({ displayName }) => displayName === place.name);
      if (folder === undefined) return [`${witness.name} has no folder ${place.name}`];
      const { version } = witness.device;
      const { read } = ItemsOf[place.itemClass];
      const meant = objects.map(({ text }) => essence(place.itemClass, read(text, version))).sort();
      const held = [...witness.phone.mailbox.collection(folder.serverId).items()]
        .map(({ serverId }) => essence(place.itemClass, itemIn(witness, place.itemClass, folder.serverId, serverId)))
        .sort();
      return [
        ...lacking(meant, held).map((one) => `${witness.name} lacks in ${place.name}: ${one}`),
        ...lacking(held, meant).map((one) => `${witness.name} holds in ${place.name}: ${one}`),
      ];
    });
  }

  close(): void {
    for (const witness of this.witnesses) witness.close();
  }
}

/** Those of a list that another has not, each as often. */
const lacking = (list: readonly string[], other: readonly string[]): string[] => {
  const left = [...other];
  return list.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

const itemIn = (
  { phone, device }: Witness,
  itemClass: DavClass,
  collectionId: string,
  serverId: string,
): GroupwareItem | undefined => {
  const item = phone.mailbox.collection(collectionId).item(serverId);
  const { fields } = AbsentElements[itemClass];
  return item && (readTree(fields, item.fields, { version: device.version }) as GroupwareItem);
};

/** A step of anybody. */
interface Act {
  readonly text: string;
  run(scene: Scene): Promise<unknown>;
}

/** One of the first items of a list, which may be empty. */
const drawn = <T>(list: readonly T[], draw: number): T | undefined =>
  list[draw % Math.max(1, Math.min(Busy, list.length))];

type ProgramAct = (scene: Scene, place: Place, object: DavObject) => Promise<unknown>;

/** Something that the other program does to an object. */
const onObject =
  (text: string, place: number, draw: number, act: ProgramAct) =>
  async (scene: Scene): Promise<void> => {
    const chosen = scene.places[place] as Place;
    const object = drawn(await scene.program.objects(chosen), draw);
    if (object === undefined) return;
    const item = ItemsOf[chosen.itemClass].read(object.text, '14.1');
    scene.touch(item?.[ItemsOf[chosen.itemClass].name] as string, text);
    await act(scene, chosen, object);
  };

const planElsewhere = (chance: Chance): Act => {
  const [what, place, draw] = [chance.below(100), chance.below(Collections.length), chance.below(60)];
  const where = Collections[place]?.[0];
  const act = (text: string, run: ProgramAct): Act => ({
    text: `the other program ${text} ${draw} of ${where}`,
    run: onObject(text, place, draw, run),
  });
  if (what < 35)
    return { text: `the other program adds to ${where}`, run: (scene) => addElsewhere(scene, place, chance) };
  if (what < 75)
    return act('changes', ({ program }, { itemClass }, { path, text, etag }) =>
      program.put(path, ItemsOf[itemClass].edited(text, chance), etag),
    );
  if (what < 88) return act('deletes', ({ program }, _, object) => program.delete(object));
  return act('moves', async ({ program, places }, { name, itemClass }, object) => {
    const target = places.find((one) => one.itemClass === itemClass && one.name !== name);
    if (target !== undefined) await program.move(object, target);
  });
};

const addElsewhere = async (scene: Scene, place: number, chance: Chance): Promise<void> => {
  const { path, itemClass, kind } = scene.places[place] as Place;
  const name = scene.newName();
  const text = ItemsOf[itemClass].native(name, chance);
  await scene.program.put(`${path}${name}.${kind === 'VCARD' ? 'vcf' : 'ics'}`, text);
};

/** An item that a device holds. */
interface Held {
  readonly scene: Scene;
  readonly witness: Witness;
  readonly itemClass: DavClass;
  readonly folder: PhoneFolder;
  readonly serverId: string;
}

const heldBy = (scene: Scene, witness: Witness, place: number, draw: number): Held | undefined => {
  const [name, itemClass] = Collections[place] ?? [];
  const folder = witness.phone.watched.find(({ displayName }) => displayName === name);
  const items = folder === undefined ? [] : witness.phone.mailbox.collection(folder.serverId).items();
  const item = drawn(items, draw);
  if (folder === undefined || itemClass === undefined || item === undefined) return undefined;
  return { scene, witness, itemClass, folder, serverId: item.serverId };
};

/** What devices of 14.1 send is all that they have; from 16.0 on of events what they changed. */
const changeHeld = ({ witness, itemClass, folder, serverId }: Held, chance: Chance): void => {
  const { version } = witness.device;
  const { fields } = AbsentElements[itemClass];
  const change = ItemsOf[itemClass].change(chance, version);
  const collection = witness.phone.mailbox.collection(folder.serverId);
  const isWhole = itemClass !== 'Calendar' || !can(version, 'calendarGhostedByDefault');
  const item = { ...itemIn(witness, itemClass, folder.serverId, serverId), ...change };
  if (isWhole) collection.replace(serverId, itemNodes(fields, item, version));
  else collection.change(serverId, itemNodes(fields, change, version));
};

/** Gone meanwhile is an answer like any other. */
const unlessGone = (error: unknown): void => {
  if (!(error instanceof StatusFailure)) throw error;
};

const moveHeld = async ({ scene, witness, itemClass, folder, serverId }: Held, cut: ReturnType<typeof drawCut>) => {
  await witness.takeUp();
  const target = witness.phone.watched.find(
    (one) => one.serverId !== folder.serverId && classOfFolder(one.type) === itemClass,
  );
  if (target === undefined) return;
  scene.touch(scene.nameOf(witness, serverId), 'moved');
  const move = { srcMsgId: serverId, srcFldId: folder.serverId, dstFldId: target.serverId };
  const done = await witness.attempt(() => moveItem(witness.device, move, { cut }).catch(unlessGone));
  if (!done) await witness.attempt(() => moveItem(witness.device, move).catch(unlessGone));
};

const planOnPhone = (witness: Witness, chance: Chance): Act => {
  const [what, place, draw, cut] = [
    chance.below(100),
    chance.below(Collections.length),
    chance.below(60),
    drawCut(chance),
  ];
  const where = `${draw} of ${Collections[place]?.[0]}`;
  const act = (text: string, run: (held: Held) => unknown): Act => ({
    text: `${witness.name} ${text} ${where}`,
    run: async (scene) => {
      const held = heldBy(scene, witness, place, draw);
      if (held !== undefined) await run(held);
    },
  });
  if (what < 15)
    return {
      text: `${witness.name} adds to ${where}`,
      run: async (scene) => addOnPhone(scene, witness, place, chance),
    };
  if (what < 40) return act('changes', (held) => changeHeld(held, chance));
  if (what < 47)
    return act('deletes', ({ folder, serverId }) => witness.phone.mailbox.collection(folder.serverId).delete(serverId));
  if (what < 55) return act(`moves${describeCut(cut)}`, (held) => moveHeld(held, cut));
  const { sendMail: _, ...steps } = phoneSteps;
  const step = planStep(steps, chance);
  return { text: `${witness.name} ${step.text}`, run: () => step.take({ world: undefined as never, who: witness }) };
};

const addOnPhone = (scene: Scene, witness: Witness, place: number, chance: Chance): void => {
  const [name, itemClass] = Collections[place] ?? [];
  const folder = witness.phone.watched.find(({ displayName }) => displayName === name);
  if (folder === undefined || itemClass === undefined) return;
  const own = scene.newName();
  const item = ItemsOf[itemClass].item(own, chance, witness.device.version);
  const nodes = itemNodes(AbsentElements[itemClass].fields, item, witness.device.version);
  // One that it has to send twice may come back as a Change.
  scene.touch(own, 'made');
  witness.phone.mailbox.collection(folder.serverId).add(own, nodes);
};

const restart: Act = {
  text: 'the server is killed and started again',
  run: async ({ stage: { nodes } }) => {
    await nodes.kill(0);
    await nodes.heal();
  },
};

const planAct = (scene: Scene, seed: number, number: number): Act => {
  const chance = chanceAt(seed, number);
  const draw = chance.below(Weights.elsewhere + Weights.phone + Weights.restart);
  if (draw < Weights.restart) return restart;
  if (draw < Weights.restart + Weights.elsewhere) return planElsewhere(chance);
  return planOnPhone(scene.witnesses[chance.below(scene.witnesses.length)] as Witness, chance);
};

/** How long a run is. */
export interface DavRunOptions {
  readonly seed: number;
  readonly steps: number;
  /** Steps after which everything comes to rest and is looked at. */
  readonly restEvery: number;
  readonly trace?: Trace | undefined;
}

/** What a run was; `wrong` is what is not as it must be, in words, with the last steps before it. */
export interface DavRunReport {
  readonly steps: number;
  readonly restarts: number;
  readonly held: number;
  readonly wrong: readonly string[];
}

/** Everybody acts at random; at rest all three hold the same, and no device was told anything twice. */
export const runTwoDevicesOnDav = async (stage: DavStage, options: DavRunOptions): Promise<DavRunReport> => {
  const scene = new Scene(stage, `seed${options.seed}`, options.trace);
  try {
    for (const { path, name, kind } of scene.places) {
      const { method, body } = (kind === 'VCARD' ? CardDav : CalDav).creation(name, kind);
      await scene.program.send(method, path, body, { 'content-type': 'application/xml; charset=utf-8' });
    }
    await Promise.all(scene.witnesses.map(({ phone }) => phone.provision()));
    return await act(scene, options);
  } finally {
    scene.close();
  }
};

const act = async (scene: Scene, { seed, steps, restEvery }: DavRunOptions): Promise<DavRunReport> => {
  const done: string[] = [];
  const before = scene.stage.nodes.kills;
  let wrong = await rest(scene);
  while (wrong.length === 0 && done.length < steps) {
    const next = planAct(scene, seed, done.length + 1);
    done.push(`${done.length + 1}: ${next.text}`);
    await next.run(scene);
    if (done.length % restEvery === 0 || done.length === steps) wrong = await rest(scene);
  }
  const held = scene.witnesses
    .flatMap(({ phone }) => phone.mailbox.collections())
    .reduce((sum, { size }) => sum + size, 0);
  const shown = wrong.length === 0 ? [] : [...wrong, 'The last steps:', ...done.slice(-ShownSteps)];
  return { steps: done.length, restarts: scene.stage.nodes.kills - before, held, wrong: shown };
};

const rest = async (scene: Scene): Promise<readonly string[]> => {
  const { witnesses, stage } = scene;
  await stage.nodes.heal();
  await Promise.all(witnesses.map((witness) => witness.takeUp()));
  const unequal = await settle(witnesses, () => scene.differences());
  const complaints = () => [...witnesses.flatMap((witness) => witness.complaints()), ...stage.nodes.bugs];
  if (unequal.length > 0) return [...unequal, ...complaints()];
  const restless = await quiet(witnesses);
  const idle = witnesses.flatMap((witness) =>
    witness.wire.idleChanges((id) => scene.touches(witness, id)).map((each) => `${witness.name}: ${each}`),
  );
  return [...restless, ...idle, ...complaints()];
};
