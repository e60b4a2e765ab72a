import { can, type ProtocolVersion } from '../../../protocol/versions.ts';
import type { GroupwareClass } from '../../../src/sync/absent-elements.ts';
import { checkAdd, checkEdit, checkNoEdit, editsFor, tell } from './checking.ts';
import { Kinds, ObjectDevice } from './device.ts';
import type { Edit } from './edits.ts';
import { type CorpusObject, corpusObjects } from './objects.ts';

/** All objects of a corpus through devices of all versions and back. */

const Versions: readonly ProtocolVersion[] = ['12.1', '14.1', '16.1'];

/** How devices ask for bodies: whole, as HTML, and cut. */
const Preferences = [[{ type: 1 }], [{ type: 2 }], [{ type: 1, truncationSize: 12 }]] as const;

const versionsOf = (itemClass: GroupwareClass): readonly ProtocolVersion[] =>
  Versions.filter((version) => itemClass !== 'Notes' || can(version, 'searchSmsAndNotes'));

/** What a run was. */
export interface RoundTrips {
  readonly objects: number;
  readonly packaged: number;
  readonly changes: number;
  /** What is not as it must be, in words. */
  readonly wrong: readonly string[];
}

/** An event that does not say when it begins is none that a device could show. */
const begins = (text: string): boolean =>
  /^DTSTART[^:\n]*:\d{8}(?:T\d{6}Z?)?\r?$/m.test(text.replace(/^BEGIN:VTIMEZONE[\s\S]*?^END:VTIMEZONE/gm, ''));

const isNoObject = (reason: string, { text }: CorpusObject): boolean =>
  reason === 'It is no object of this kind' && !begins(text);

/** What is done with one object by devices of one version. */
interface Turn {
  readonly object: CorpusObject;
  readonly device: ObjectDevice;
  /** Its edits; with none of them it is not made anew either. */
  readonly edits: readonly Edit[];
}

async function* outcomes({ object, device, edits }: Turn): AsyncGenerator<string | undefined> {
  const told = await tell(device, object);
  if (typeof told === 'string') return isNoObject(told, object) ? undefined : yield told;
  yield await checkNoEdit(told);
  for (const edit of edits) yield await checkEdit(told, edit);
  if (edits.length > 0) yield await checkAdd(told);
}

/** The versions in which an object is looked at: two of three, and all of them in a long run; the first makes an edit. */
const turnsOf = (versions: readonly ProtocolVersion[], at: number, isLong: boolean): ProtocolVersion[] => {
  const from = at % versions.length;
  return [...versions.slice(from), ...versions.slice(0, from)].slice(0, isLong ? versions.length : 2);
};

/** What each object has to go through. */
function* turns(itemClass: GroupwareClass, objects: readonly CorpusObject[], isLong: boolean): Generator<Turn> {
  const versions = versionsOf(itemClass);
  for (const [at, object] of objects.entries()) {
    const preferences = Preferences[at % Preferences.length] ?? [];
    for (const [turn, version] of turnsOf(versions, at, isLong).entries()) {
      const device = new ObjectDevice({ version, itemClass, preferences });
      const all = editsFor(device);
      const chosen = Math.floor(at / versions.length) % all.length;
      yield { object, device, edits: isLong ? all : all.filter((_, index) => turn === 0 && index === chosen) };
    }
  }
}

/**
 * Takes each object through a Change of nothing, and in one version through an edit and an Add.
 *
 * @param isLong each edit of each object in each version: minutes
 */
export const roundTrips = async (itemClass: GroupwareClass, count: number, isLong = false): Promise<RoundTrips> => {
  const objects = corpusObjects(Kinds[itemClass], count);
  const wrong: string[] = [];
  let changes = 0;
  for (const turn of turns(itemClass, objects, isLong)) {
    for await (const found of outcomes(turn)) {
      changes++;
      if (found !== undefined) wrong.push(`${turn.object.name}: ${found}`);
    }
  }
  const packaged = objects.filter(({ name }) => name.startsWith('usr/')).length;
  return { objects: objects.length, packaged, changes, wrong };
};
